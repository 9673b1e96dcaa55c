// User data headers, the ways of being a part, and segments of sealed frames.
#include "adapters/sms/user_data.h"

#include <catch2/catch.hpp>

#include "adapters/sms/segments.h"

namespace trestle::sms {
namespace {

Bytes Hex(std::string_view hex) { return FromHex(hex).value(); }

Pdu DeliverWith(Bytes content, std::uint8_t esm_class, std::vector<Tlv> tlvs) {
  MessageBody body;
  body.esm_class = esm_class;
  body.short_message = std::move(content);
  return {CommandId::kDeliverSm, 0, 1, body, std::move(tlvs)};
}

}  // namespace

TEST_CASE("Concatenation with an 8-bit reference is read") {
  const UserData data = ParseUserData(Hex("0500030a0201414243")).value();
  CHECK(data.header.concatenation == Concatenation{0x0A, false, 2, 1});
  CHECK(AsText(data.content) == "ABC");
  CHECK(data.header_octets == 6);
}

TEST_CASE("Concatenation with a 16-bit reference is read") {
  const UserData data = ParseUserData(Hex("06080412340302")).value();
  CHECK(data.header.concatenation == Concatenation{0x1234, true, 3, 2});
  CHECK(data.content.empty());
}

TEST_CASE("Ports of both widths are read") {
  CHECK(ParseUserData(Hex("0605043efb3e80")).value().header.ports == Ports{16123, 16000, true});
  CHECK(ParseUserData(Hex("040402f0f1")).value().header.ports == Ports{0xF0, 0xF1, false});
}

TEST_CASE("Every header that can be written is read back") {
  const std::optional<Concatenation> places[] = {
      {}, Concatenation{7, false, 255, 255}, Concatenation{0xFFFF, true, 2, 1}};
  const std::optional<Ports> ports[] = {{}, Ports{16123, 16999, true}, Ports{240, 255, false}};
  for (const auto& place : places) {
    for (const auto& port : ports) {
      const UserDataHeader header{place, port};
      const Bytes octets = EncodeUserDataHeader(header);
      if (octets.empty()) continue;
      CHECK(ParseUserData(octets).value().header == header);
    }
  }
}

TEST_CASE("Unknown elements are skipped, national language is told") {
  const UserData data = ParseUserData(Hex("0b7001ff240101000307020141")).value();
  CHECK(data.header.national == GsmTables{0, 1});
  CHECK(ParseUserData(Hex("087001ff0003070201")).value().header.concatenation.has_value());
}

TEST_CASE("A concatenation element with an impossible place is ignored") {
  CHECK_FALSE(ParseUserData(Hex("0500030a0200")).value().header.concatenation);
  CHECK_FALSE(ParseUserData(Hex("0500030a0203")).value().header.concatenation);
  CHECK_FALSE(ParseUserData(Hex("0500030a0000")).value().header.concatenation);
}

TEST_CASE("A header that passes the end is refused at every cut") {
  const Bytes whole = Hex("0b05043efb3e800003070201");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CHECK_FALSE(ParseUserData(ByteView(whole).first(size)).has_value());
  }
  CHECK_FALSE(ParseUserData(Hex("03000500")).has_value());
  CHECK_FALSE(ParseUserData(Hex("0100")).has_value());
}

TEST_CASE("sar TLVs place a part only when all three are there") {
  const std::vector<Tlv> all = {MakeTlvU16(0x020C, 300), MakeTlvU8(0x020E, 3),
                                MakeTlvU8(0x020F, 2)};
  CHECK(ReadShortMessage(DeliverWith({'A'}, 0, all)).value().header.concatenation ==
        Concatenation{300, true, 3, 2});
  CHECK_FALSE(
      ReadShortMessage(DeliverWith({'A'}, 0, {all[0], all[1]})).value().header.concatenation);
}

TEST_CASE("A header's place wins over sar TLVs") {
  const std::vector<Tlv> sar = {MakeTlvU16(0x020C, 300), MakeTlvU8(0x020E, 3),
                                MakeTlvU8(0x020F, 2)};
  const auto message = ReadShortMessage(DeliverWith(Hex("0500030a020141"), 0x40, sar)).value();
  CHECK(message.header.concatenation == Concatenation{0x0A, false, 2, 1});
}

TEST_CASE("Content may stand in message_payload, and in one place only") {
  const Tlv payload{0x0424, Bytes(1000, 'x')};
  CHECK(ReadShortMessage(DeliverWith({}, 0, {payload})).value().content.size() == 1000);
  CHECK_FALSE(ReadShortMessage(DeliverWith({'A'}, 0, {payload})).has_value());
  CHECK_FALSE(ReadShortMessage({CommandId::kUnbind, 0, 1}).has_value());
}

TEST_CASE("A segment is twelve octets of header and its chunk") {
  Segment segment;
  segment.reference = 0xAB;
  segment.index = 1;
  segment.count = 3;
  segment.source_port = 16007;
  segment.chunk = {1, 2, 3};
  CHECK(ToHex(EncodeSegment(segment).value()) == "0b05043efb3e870003ab0302010203");
}

TEST_CASE("A full segment fills a message and comes back") {
  Segment segment;
  segment.index = 254;
  segment.count = 255;
  segment.chunk = Bytes(kSegmentChunkBytesMax, 0x5A);
  const Bytes octets = EncodeSegment(segment).value();
  CHECK(octets.size() == 140);
  const Segment read = DecodeSegment(octets).value();
  CHECK(read.index == 254);
  CHECK(read.count == 255);
  CHECK(read.chunk == segment.chunk);
  CHECK(SegmentSetName(read) == SegmentSetName(segment));
}

TEST_CASE("What is no segment of ours is refused") {
  CHECK(DecodeSegment(Hex("0b050423f000000003070201")).error().reason == Reason::kUnsupported);
  CHECK(DecodeSegment(Hex("0605043efb3e80")).error().reason == Reason::kMalformed);
  CHECK(DecodeSegment(Hex("050003070201")).error().reason == Reason::kMalformed);
  CHECK(DecodeSegment(Hex("0b05043efb3e800003070200")).error().reason == Reason::kMalformed);
  CHECK(DecodeSegment({}).error().reason == Reason::kMalformed);
}

TEST_CASE("A segment too long or out of place is not written") {
  Segment segment;
  segment.chunk = Bytes(kSegmentChunkBytesMax + 1, 0);
  CHECK_FALSE(EncodeSegment(segment).has_value());
  segment.chunk.clear();
  segment.index = 1;
  CHECK_FALSE(EncodeSegment(segment).has_value());
}

TEST_CASE("A frame's source port stays in the application range and does not change") {
  for (std::uint8_t i = 0; i < 200; ++i) {
    const Bytes reference = {i, 7};
    const std::uint16_t port = SourcePortFor(reference);
    CHECK(port >= 16000);
    CHECK(port <= 16999);
    CHECK(port == SourcePortFor(reference));
  }
}

}  // namespace trestle::sms
