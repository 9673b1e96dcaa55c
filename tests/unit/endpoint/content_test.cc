#include <catch2/catch.hpp>

#include "bridge/base/digest.h"
#include "endpoint/content/cbor.h"
#include "endpoint/sealing.h"
#include "tests/unit/endpoint/world.h"

namespace trestle::content {
namespace {

using endpoint::testing::Must;
using endpoint::testing::SeededRandom;
using endpoint::testing::WhyNot;

// draft-ietf-mimi-content-08, Reaction: its CBOR and its message id.
constexpr std::string_view kDraftReaction =
    "8750d37bc0e6a8b4f04e9e6382375f587bf6f640f65820017ce54837404c3696e0c747b985cb172716d0ed0a3d249c"
    "a63ace7d82a096f4a20178256d696d693a2f2f6578616d706c652e636f6d2f752f63617468792d77617368696e6774"
    "6f6e0278256d696d693a2f2f6578616d706c652e636f6d2f722f656e67696e656572696e675f7465616d8502600178"
    "18746578742f706c61696e3b636861727365743d7574662d3843e29da4";
constexpr std::string_view kDraftReactionId =
    "0158c4288911e50a8f6be3f47746b6682f10fd91bc8c05557aa589a3157aff68";

const MessageId kSomeId{{1, 2, 3}};

void ExpectRoundTrip(const Message& message) {
  CHECK(Must(Decode(Must(Encode(message)))) == message);
}

ExternalPart SomeFile() {
  return {"video/mp4",
          "https://example.org/f",
          0,
          1000,
          1,
          Bytes(16, 1),
          Bytes(12, 2),
          {},
          1,
          Bytes(32, 3),
          "holiday",
          "h.mp4"};
}

TEST_CASE("The draft's reaction decodes, encodes to what it was, and has the draft's id") {
  const Bytes cbor = Must(FromHex(kDraftReaction));
  const Message message = Must(Decode(cbor));
  CHECK(message.is_reaction());
  CHECK(message.text() == "\xE2\x9D\xA4");
  CHECK(Must(Encode(message)) == cbor);
  const MessageId id =
      IdOf(cbor, message.salt, message.sender_uri().value(), message.room_uri().value());
  CHECK(ToHex(id.bytes) == kDraftReactionId);
}

TEST_CASE("Every kind of message survives its encoding") {
  ExpectRoundTrip(Message::Text("plain"));
  ExpectRoundTrip(Message::Markdown("**bold**"));
  ExpectRoundTrip(Message::Reply(kSomeId, "yes"));
  ExpectRoundTrip(Message::Reaction(kSomeId, "+1"));
  ExpectRoundTrip(Message::Unreact(kSomeId));
  ExpectRoundTrip(Message::Edit(kSomeId, "better"));
  ExpectRoundTrip(Message::Delete(kSomeId));
  ExpectRoundTrip(Message::Attachment(SomeFile()));
  ExpectRoundTrip(Message::Text("soon gone").ExpiringAfterReading(30));
  ExpectRoundTrip(Message::Of(Part::Of("application/vnd.trestle.payment-request+cbor", {0xA0})));
  ExpectRoundTrip(Message::Alternatives(
      {Part::Of(kMarkdown, ToBytes("_a_")), Part::Of(kPlainText, ToBytes("a"))}));
}

TEST_CASE("A deletion and a withdrawn reaction are told apart") {
  CHECK(Message::Delete(kSomeId).is_deletion());
  CHECK_FALSE(Message::Unreact(kSomeId).is_deletion());
  CHECK(Message::Unreact(kSomeId).is_reaction());
}

TEST_CASE("The text of alternatives is the first that is text") {
  const Message message = Message::Alternatives(
      {Part::Of("text/html", ToBytes("<p>")), Part::Of(kPlainText, ToBytes("shown"))});
  CHECK(message.text() == "shown");
}

TEST_CASE("Extensions keep the order of their encoded keys") {
  Message message = Message::Text("x");
  message.SetExtension(-1, {0x01});
  message.SetExtension(1, {0x61, 0x61});
  message.SetExtension(300, {0x02});
  const Message again = Must(Decode(Must(Encode(message))));
  CHECK(again.extensions.front().key == ExtensionKey{1});
  CHECK(again.extensions.back().key == ExtensionKey{-1});
}

TEST_CASE("Parts nest four levels deep and no deeper") {
  Part part = Part::Of(kPlainText, {});
  for (int depth = 1; depth < kPartDepthMax; ++depth) {
    part = Part{Disposition::kRender, "", MultiPart{PartSemantics::kProcessAll, {part, part}}};
  }
  ExpectRoundTrip(Message::Of(part));
  part = Part{Disposition::kRender, "", MultiPart{PartSemantics::kProcessAll, {part, part}}};
  CHECK(WhyNot(Encode(Message::Of(part))) == "parts nested too deeply");
}

TEST_CASE("More parts than the limit are refused") {
  MultiPart many{PartSemantics::kProcessAll, std::vector<Part>(kPartsMax, Part::Of("a/b", {}))};
  CHECK(WhyNot(Encode(Message::Of({Disposition::kRender, "", many}))) == "too many parts");
}

TEST_CASE("CBOR that is not deterministic is refused") {
  const Bytes good = Must(Encode(Message::Text("x")));
  Bytes long_head = good;
  long_head[0] = 0x98;  // an array of seven, its length in an octet of its own
  long_head.insert(long_head.begin() + 1, 7);
  CHECK(WhyNot(Decode(long_head)) == "CBOR that is not in its shortest form");
  Bytes indefinite = good;
  indefinite[0] = 0x9F;
  CHECK(WhyNot(Decode(indefinite)) == "CBOR of indefinite or reserved length");
}

TEST_CASE("Map keys out of order, or twice, are refused") {
  Message message = Message::Text("x");
  message.SetExtension(1, {0x01});
  message.SetExtension(2, {0x01});
  Bytes cbor = Must(Encode(message));
  const auto first = std::search_n(cbor.begin(), cbor.end(), 1, 0xA2) + 1;
  Bytes swapped = cbor;
  std::swap(swapped[static_cast<std::size_t>(first - cbor.begin())],
            swapped[static_cast<std::size_t>(first - cbor.begin()) + 2]);
  CHECK(WhyNot(Decode(swapped)) == "map keys out of order");
  *first = 2;
  CHECK(WhyNot(Decode(cbor)) == "map keys out of order");
}

TEST_CASE("A text that is not UTF-8 is refused") {
  for (const Bytes& bad : {Bytes{0xFF}, Bytes{0xC0, 0x80}, Bytes{0xED, 0xA0, 0x80},
                           Bytes{0xE2, 0x82}, Bytes{0xF4, 0x90, 0x80, 0x80}}) {
    CHECK_FALSE(IsUtf8(bad));
  }
  CHECK(IsUtf8(AsBytes("h\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80")));
}

TEST_CASE("A message that is cut at any octet is refused") {
  const Bytes cbor = Must(Encode(Message::Reply(kSomeId, "yes")));
  for (std::size_t length = 0; length < cbor.size(); ++length) {
    CHECK_FALSE(Decode(ByteView(cbor).first(length)).has_value());
  }
}

struct Prepared {
  SeededRandom random{3};
  endpoint::Speaker speaker{{1, 2, 3}, GroupId::Mint(random)};
  endpoint::PreparedContent content = Must(endpoint::PrepareContent(
      Message::Text("x"), speaker, TtlClass::kDay, DeliveryClass::kNormal, random));
  std::string WhyRefused() {
    return WhyNot(endpoint::CheckContent(content.data, content.header, speaker));
  }
};

TEST_CASE_METHOD(Prepared, "Content passes its own check, with the same id on both sides") {
  CHECK(Must(endpoint::CheckContent(content.data, content.header, speaker)).message_id ==
        content.message_id);
}

TEST_CASE_METHOD(Prepared, "Content with another's franking tag is refused") {
  content.header.franking_tag[0] ^= 1;
  CHECK(WhyRefused() == "the franking tag is not the content's");
}

TEST_CASE_METHOD(Prepared, "Content that was changed is refused") {
  content.data.back() ^= 1;
  CHECK(WhyRefused() == "the franking tag is not the content's");
}

TEST_CASE_METHOD(Prepared, "Content under another sender's tag is refused") {
  content.header.sender_tag[0] ^= 1;
  CHECK(WhyRefused() == "the sender tag is not the sender's");
}

TEST_CASE_METHOD(Prepared, "Content of another speaker is refused") {
  speaker.handle[0] ^= 1;
  CHECK(WhyRefused() == "the sender tag is not the sender's");
}

TEST_CASE_METHOD(Prepared, "Content without the sender's blind is refused") {
  content.data = Must(Encode(Message::Text("x")));
  content.header.franking_tag = HmacSha256(Bytes16{}, content.data);
  CHECK(WhyRefused() == "a message without its sender's blind");
}

}  // namespace
}  // namespace trestle::content
