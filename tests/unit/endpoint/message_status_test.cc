#include "endpoint/content/message_status.h"

#include <catch2/catch.hpp>

#include "tests/unit/endpoint/world.h"

namespace trestle::content {
namespace {

using endpoint::testing::Must;
using endpoint::testing::WhyNot;

// draft-mahy-mimi-message-status, Message Status Format Example.
constexpr std::string_view kDraftReport =
    "84"
    "825820d3c14744d1791d02548232c23d35efa97668174ba385af066011e43bd7e5150102"
    "825820e701beee59f9376282f39092e1041b2ac2e3aad1776570c1a28de244979c71ed02"
    "8258206b50bfdd71edc83554ae21380080f4a3ba77985da34528a515fac3c38e4998b800"
    "8258205c95a4dfddab84348bcc265a479299fbd3a2eecfa3d490985da5113e5480c7f103";

TEST_CASE("The draft's report decodes, and encodes to what it was") {
  const Bytes cbor = Must(FromHex(kDraftReport));
  const auto statuses = Must(DecodeStatuses(cbor));
  REQUIRE(statuses.size() == 4);
  CHECK(statuses[0].status == MessageStatus::kRead);
  CHECK(statuses[2].status == MessageStatus::kUnread);
  CHECK(statuses[3].status == MessageStatus::kExpired);
  CHECK(statuses[3].message.bytes.front() == 0x5c);
  CHECK(Must(EncodeStatuses(statuses)) == cbor);
}

TEST_CASE("A report that is cut, empty, too long or of other fields is refused") {
  const Bytes cbor = Must(FromHex(kDraftReport));
  for (std::size_t length = 0; length < cbor.size(); ++length) {
    CHECK_FALSE(DecodeStatuses(ByteView(cbor).first(length)).has_value());
  }
  CHECK(WhyNot(DecodeStatuses(Bytes{0x80})) == "a report of no message");
  CHECK(WhyNot(DecodeStatuses(Bytes{0x81, 0x81, 0x40})) == "a message's status has two fields");
  CHECK(WhyNot(DecodeStatuses(Bytes{0x81, 0x82, 0x40, 0x00})) == "a message id is 32 octets");
  CHECK(WhyNot(DecodeStatuses(Bytes{0x99, 0x04, 0x01})) == "a report of too many messages");
  CHECK(WhyNot(EncodeStatuses({})) == "a report is of 1 to 1024 messages");
  CHECK(WhyNot(EncodeStatuses(std::vector<StatusOfMessage>(kStatusesMax + 1))) ==
        "a report is of 1 to 1024 messages");
}

TEST_CASE("A status beyond the draft's is kept, one beyond its octet is refused") {
  const std::vector<StatusOfMessage> unknown{{{}, static_cast<MessageStatus>(200)}};
  Bytes cbor = Must(EncodeStatuses(unknown));
  CHECK(Must(DecodeStatuses(cbor)) == unknown);
  cbor.pop_back();
  cbor.back() = 0x19;  // a number of two octets
  cbor.push_back(1);
  cbor.push_back(0);
  CHECK(WhyNot(DecodeStatuses(cbor)) == "a status is one octet");
}

TEST_CASE("A read state crosses a thread, sealed like any other message") {
  endpoint::testing::World world;
  world.Meet();
  const endpoint::Sealed asked = world.AnaSays("Is it still there?");
  const endpoint::Opened read = Must(world.ben->Unseal("ana", asked.payload));
  const Message report = Must(StatusReport({{read.message_id, MessageStatus::kRead}}));
  const endpoint::Sealed sealed = Must(world.ben->Seal("ana", report, {}));
  const Message arrived = Must(world.ana->Unseal("ben", sealed.payload)).message;
  CHECK(Must(StatusesOf(arrived)) ==
        std::vector<StatusOfMessage>{{asked.message_id, MessageStatus::kRead}});
  CHECK(WhyNot(StatusesOf(read.message)) == "the message is no status report");
}

}  // namespace
}  // namespace trestle::content
