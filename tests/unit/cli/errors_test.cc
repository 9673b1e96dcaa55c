#include "cli/errors.h"

#include <catch2/catch.hpp>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

using namespace trestle;
using namespace trestle::cli;

namespace {

struct Described {
  grpc::StatusCode code = grpc::StatusCode::UNKNOWN;
  std::string message = {};
  std::string reason = {};
  int retry_ms = 0;
  int violations = 0;
};

// A status as the bridge makes it.
grpc::Status Make(const Described& described) {
  google::rpc::Status status;
  google::rpc::ErrorInfo info;
  info.set_reason(described.reason);
  info.set_domain("trestle");
  status.add_details()->PackFrom(info);
  if (described.retry_ms != 0) {
    google::rpc::RetryInfo retry;
    retry.mutable_retry_delay()->set_seconds(described.retry_ms / 1000);
    retry.mutable_retry_delay()->set_nanos(described.retry_ms % 1000 * 1'000'000);
    status.add_details()->PackFrom(retry);
  }
  google::rpc::BadRequest bad;
  for (int i = 0; i < described.violations; ++i) {
    bad.add_field_violations()->set_field("f" + std::to_string(i));
    bad.mutable_field_violations(i)->set_description("is wrong");
  }
  if (described.violations != 0) status.add_details()->PackFrom(bad);
  return {described.code, described.message, status.SerializeAsString()};
}

const CallContext kAsAccount{.server = "127.0.0.1:7443", .as = As::kAccount};

}  // namespace

TEST_CASE("An error of the bridge is its sentence and its reason") {
  const auto status = Make({.code = grpc::StatusCode::NOT_FOUND,
                            .message = "the account has no such alias",
                            .reason = "not_found"});

  CHECK(SentenceFor(status, kAsAccount) == "the account has no such alias (not_found).");
}

TEST_CASE("A retry time is said in words") {
  const auto status = Make({.code = grpc::StatusCode::RESOURCE_EXHAUSTED,
                            .message = "too much waits",
                            .reason = "busy",
                            .retry_ms = 1500});

  CHECK(SentenceFor(status, kAsAccount) == "too much waits (busy). Try again in 1 s.");
}

TEST_CASE("Every field that breaks a limit is named once") {
  const auto status = Make({.code = grpc::StatusCode::INVALID_ARGUMENT,
                            .message = "f0: is wrong",
                            .reason = "invalid_argument",
                            .violations = 3});

  CHECK(SentenceFor(status, kAsAccount) ==
        "f0: is wrong (invalid_argument). f1: is wrong. f2: is wrong.");
}

TEST_CASE("An unknown account is told what to look at") {
  const auto status = Make({.code = grpc::StatusCode::UNAUTHENTICATED,
                            .message = "no account has this token",
                            .reason = "unauthenticated"});

  CHECK(SentenceFor(status, kAsAccount).find("`trestle enrol`") != std::string::npos);
}

TEST_CASE("A wrong operator token names its option") {
  const auto status = Make({.code = grpc::StatusCode::UNAUTHENTICATED,
                            .message = "this is not the operator's token",
                            .reason = "unauthenticated"});

  CHECK(SentenceFor(status, {.server = "s", .as = As::kOperator}).find("--operator-token-file") !=
        std::string::npos);
}

TEST_CASE("When nothing listens the address and the way to another are named") {
  const grpc::Status status(grpc::StatusCode::UNAVAILABLE, "failed to connect to all addresses");

  CHECK(SentenceFor(status, kAsAccount) ==
        "no bridge answers at 127.0.0.1:7443. Is trestled running? --server HOST:PORT chooses "
        "another one.");
}

TEST_CASE("A bridge that stops is not taken for one that is absent") {
  const auto status = Make({.code = grpc::StatusCode::UNAVAILABLE,
                            .message = "the bridge is stopping",
                            .reason = "cancelled"});

  CHECK(SentenceFor(status, kAsAccount) == "the bridge is stopping (cancelled).");
}

TEST_CASE("Another program's answer is shown without its control signs") {
  const grpc::Status status(grpc::StatusCode::INTERNAL, "a\x1b[2Jb");

  CHECK(SentenceFor(status, kAsAccount) == "the call to 127.0.0.1:7443 failed: a?[2Jb");
}

TEST_CASE("A refusal is its rule and its sentence") {
  v1::Refusal refusal;
  refusal.set_rule(v1::RULE_NO_CONSENT);
  refusal.set_sentence("There is no consent for this.");

  CHECK(SentenceFor(refusal) == "refused (no_consent): There is no consent for this.");
}

TEST_CASE("An error of this machine is its sentence and its reason") {
  CHECK(SentenceFor(Error{Reason::kBusy, "too many threads", Millis{2000}}) ==
        "too many threads (busy). Try again in 2 s.");
}
