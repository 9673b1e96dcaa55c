#include "bridge/rpc/status_map.h"

#include <catch2/catch.hpp>

#include <map>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

using namespace trestle;

namespace {

google::rpc::Status DetailsOf(const grpc::Status& status) {
  google::rpc::Status details;
  REQUIRE(details.ParseFromString(status.error_details()));
  return details;
}

}  // namespace

TEST_CASE("Every Reason has its gRPC status") {
  using grpc::StatusCode;
  const std::map<Reason, StatusCode> expected = {
      {Reason::kInvalidArgument, StatusCode::INVALID_ARGUMENT},
      {Reason::kMalformed, StatusCode::INVALID_ARGUMENT},
      {Reason::kTooLarge, StatusCode::INVALID_ARGUMENT},
      {Reason::kUnauthenticated, StatusCode::UNAUTHENTICATED},
      {Reason::kPermissionDenied, StatusCode::PERMISSION_DENIED},
      {Reason::kNotFound, StatusCode::NOT_FOUND},
      {Reason::kAlreadyExists, StatusCode::ALREADY_EXISTS},
      {Reason::kConflict, StatusCode::ABORTED},
      {Reason::kExpired, StatusCode::FAILED_PRECONDITION},
      {Reason::kBusy, StatusCode::RESOURCE_EXHAUSTED},
      {Reason::kUnavailable, StatusCode::UNAVAILABLE},
      {Reason::kStorage, StatusCode::UNAVAILABLE},
      {Reason::kCrypto, StatusCode::INVALID_ARGUMENT},
      {Reason::kUnsupported, StatusCode::UNIMPLEMENTED},
      {Reason::kCancelled, StatusCode::UNAVAILABLE},
      {Reason::kInternal, StatusCode::INTERNAL},
  };
  int reasons = 0;
  for (int n = 0; n < 256; ++n) {
    const auto reason = static_cast<Reason>(n);
    if (ReasonName(reason) == "unknown") continue;
    ++reasons;
    INFO(ReasonName(reason));
    REQUIRE(expected.contains(reason));
    CHECK(CodeFor(reason) == expected.at(reason));
  }
  CHECK(reasons == static_cast<int>(expected.size()));
}

TEST_CASE("The details carry the reason's name in our domain") {
  const grpc::Status status = StatusFor(Error{Reason::kNotFound, "no such alias"});
  google::rpc::ErrorInfo info;
  REQUIRE(DetailsOf(status).details(0).UnpackTo(&info));
  CHECK(status.error_message() == "no such alias");
  CHECK(info.reason() == ReasonName(Reason::kNotFound));
  CHECK(info.domain() == "trestle");
}

TEST_CASE("A retry time travels as RetryInfo, to the millisecond") {
  const grpc::Status status = StatusFor(Error{Reason::kBusy, "full", Millis{1250}});
  google::rpc::RetryInfo retry;
  REQUIRE(DetailsOf(status).details(1).UnpackTo(&retry));
  CHECK(retry.retry_delay().seconds() == 1);
  CHECK(retry.retry_delay().nanos() == 250'000'000);
}

TEST_CASE("Without a retry time there is no RetryInfo") {
  CHECK(DetailsOf(StatusFor(Error{Reason::kBusy, "full"})).details_size() == 1);
}

TEST_CASE("Broken limits are named field by field") {
  const grpc::Status status =
      StatusFor({{"link_id", "exactly 16 octets, got 3"}, {"payload", "is required"}});
  google::rpc::BadRequest bad;
  REQUIRE(DetailsOf(status).details(1).UnpackTo(&bad));
  CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(status.error_message() == "link_id: exactly 16 octets, got 3");
  CHECK(bad.field_violations(1).field() == "payload");
}
