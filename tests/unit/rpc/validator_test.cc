// Each kind of limit at its edge, on the real messages that use it.
#include "bridge/rpc/validator.h"

#include <catch2/catch.hpp>

#include "trestle/v1/adapters.pb.h"
#include "trestle/v1/admin.pb.h"
#include "trestle/v1/directory.pb.h"
#include "trestle/v1/keys.pb.h"
#include "trestle/v1/messages.pb.h"
#include "trestle/v1/routing.pb.h"

using namespace trestle;

namespace {

bool Passes(const google::protobuf::Message& message) { return Validate(message).empty(); }

std::string FirstField(const google::protobuf::Message& message) {
  const auto violations = Validate(message);
  return violations.empty() ? "" : violations.front().field;
}

v1::SubmitRequest SubmitOf(std::size_t link_bytes, std::size_t payload_bytes) {
  v1::SubmitRequest request;
  request.set_link_id(std::string(link_bytes, 'l'));
  request.set_payload(std::string(payload_bytes, 'p'));
  return request;
}

v1::CreateAliasRequest LabelOf(const std::string& label) {
  v1::CreateAliasRequest request;
  request.set_label(label);
  return request;
}

v1::CreateAliasRequest TtlOf(std::uint32_t ttl_s) {
  v1::CreateAliasRequest request;
  request.set_ttl_s(ttl_s);
  return request;
}

v1::PublishRequest PackagesOf(int count, std::size_t bytes) {
  v1::PublishRequest request;
  for (int i = 0; i < count; ++i) request.add_key_packages(std::string(bytes, 'k'));
  return request;
}

}  // namespace

TEST_CASE("An exact size is exact") {
  CHECK(Passes(SubmitOf(16, 1)));
  CHECK(FirstField(SubmitOf(15, 1)) == "link_id");
  CHECK(FirstField(SubmitOf(17, 1)) == "link_id");
}

TEST_CASE("A largest size is still allowed and one more is not") {
  CHECK(Passes(SubmitOf(16, 66048)));
  CHECK(FirstField(SubmitOf(16, 66049)) == "payload");
}

TEST_CASE("A required value must be there") {
  CHECK(FirstField(SubmitOf(16, 0)) == "payload");
  CHECK(FirstField(SubmitOf(0, 1)) == "link_id");
  CHECK(FirstField(v1::SetPreferencesRequest()) == "preferences");
  CHECK(FirstField(v1::PublishRequest()) == "key_packages");
  CHECK(FirstField(v1::RequeueRequest()) == "id");
}

TEST_CASE("An optional value may be absent, and is judged when it is there") {
  v1::EnrolRequest request;
  CHECK(Passes(request));
  request.set_join_code("1234567");
  CHECK(FirstField(request) == "join_code");
  request.set_join_code("12345678");
  CHECK(Passes(request));
}

TEST_CASE("A pattern is matched by the whole value") {
  v1::EnrolRequest request;
  request.set_join_code("1234567a");
  CHECK(Validate(request).front().description == "must match [0-9]{8}");
  v1::ReachRequest reach;
  reach.set_alias("brisk-otter-4821");
  CHECK(Passes(reach));
  reach.set_alias("brisk-otter-4821\n");
  CHECK(!Passes(reach));
}

TEST_CASE("A label may be any printable text") {
  CHECK(Passes(LabelOf("Fahrrad für Zoë 🚲")));
  CHECK(!Passes(LabelOf("two\nlines")));
  CHECK(!Passes(LabelOf(std::string("\0", 1))));
  CHECK(Passes(LabelOf(std::string(64, 'x'))));
  CHECK(!Passes(LabelOf(std::string(65, 'x'))));
}

TEST_CASE("A range holds at both ends, and zero means not set") {
  CHECK(Passes(TtlOf(0)));
  CHECK(!Passes(TtlOf(59)));
  CHECK(Passes(TtlOf(60)));
  CHECK(Passes(TtlOf(31536000)));
  CHECK(!Passes(TtlOf(31536001)));
}

TEST_CASE("An unsigned number above the signed ones is above every range") {
  v1::RequeueRequest request;
  request.set_id(UINT64_MAX);
  CHECK(FirstField(request) == "id");
  request.set_id(INT64_MAX);
  CHECK(Passes(request));
}

TEST_CASE("A list holds as many items as stated, each within its own limits") {
  CHECK(Passes(PackagesOf(32, 1)));
  CHECK(FirstField(PackagesOf(33, 1)) == "key_packages");
  CHECK(Passes(PackagesOf(1, 16384)));
  CHECK(FirstField(PackagesOf(1, 16385)) == "key_packages[0]");
  CHECK(FirstField(PackagesOf(1, 0)) == "key_packages[0]");
}

TEST_CASE("An enum value must be one that this version names") {
  v1::CreateAliasRequest request;
  request.set_policy(v1::ALIAS_POLICY_CLOSED);
  CHECK(Passes(request));
  request.set_policy(static_cast<v1::AliasPolicy>(4));
  CHECK(FirstField(request) == "policy");
}

TEST_CASE("A required oneof needs a member, and the member keeps its own limits when empty") {
  v1::ExplainRequest request;
  CHECK(FirstField(request) == "target");
  request.set_link_id("");
  CHECK(FirstField(request) == "link_id");
  request.set_link_id(std::string(16, 'l'));
  CHECK(Passes(request));
}

TEST_CASE("Limits hold inside nested messages, and the path names the place") {
  v1::ExplainRequest request;
  request.set_alias("brisk-otter-4821");
  request.mutable_what_if()->add_networks_down("sms");
  CHECK(Passes(request));
  request.mutable_what_if()->add_networks_down("SMS");
  CHECK(FirstField(request) == "what_if.networks_down[1]");
}

TEST_CASE("A bad request is answered with at most eight violations") {
  v1::PublishRequest request = PackagesOf(32, 0);
  CHECK(Validate(request).size() == kViolationsMax);
}

TEST_CASE("A violation never repeats the value") {
  v1::ReachRequest request;
  request.set_alias("Canary!");
  const std::string text = Validate(request).front().description;
  CHECK(text.find("Canary") == std::string::npos);
}
