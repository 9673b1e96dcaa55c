// The codec, the AAD header and the MLS framing reader.
#include <catch2/catch.hpp>

#include "bridge/envelope/mls_framing.h"
#include "bridge/envelope/network.h"
#include "tests/unit/pipeline/sealed.h"
#include "tests/unit/sdk/manual_seams.h"

using namespace trestle;
using namespace trestle::test;

namespace {

struct Scene {
  Bytes Message(std::size_t ciphertext_bytes = 256) {
    return Application(random, {.group = group, .id = id, .ciphertext_bytes = ciphertext_bytes});
  }
  CountingRandom random;
  GroupId group = GroupId::Mint(random);
  EnvelopeId id = EnvelopeId::Mint(random);
};

}  // namespace

TEST_CASE("Lengths are written in their shortest form and read back") {
  for (const std::size_t length : {0U, 63U, 64U, 16383U, 16384U, (1U << 30) - 1}) {
    TlsWriter out;
    out.Length(length);
    TlsReader in(out.bytes());
    CHECK(in.Length().value() == length);
    CHECK(in.at_end());
  }
}

TEST_CASE("The reader refuses a length that is not in its shortest form") {
  for (const Bytes& octets : {Bytes{0x40, 0x3F}, Bytes{0x80, 0, 0x3F, 0xFF}, Bytes{0xC0}}) {
    TlsReader in(octets);
    CHECK(in.Length().error().reason == Reason::kMalformed);
  }
}

TEST_CASE("The reader never goes past the end") {
  const Bytes octets{0x05, 1, 2};
  TlsReader in(octets);
  CHECK_FALSE(in.Vector());
  TlsReader again(octets);
  CHECK_FALSE(again.U32());
  CHECK(again.Fixed(3));
  CHECK(again.ExpectEnd());
  CHECK_FALSE(again.U8());
}

TEST_CASE("The AAD header comes back with and without the stamp's hash, in its stated size") {
  Scene scene;
  AadHeader header;
  header.envelope_id = scene.id;
  header.ttl = TtlClass::kHour;
  header.delivery = DeliveryClass::kEphemeral;
  scene.random.Fill(header.franking_tag);
  CHECK(EncodeAad(header).size() == 91);
  header.last_stamp_hash = Bytes32{1, 2, 3};
  const Bytes aad = EncodeAad(header);
  CHECK(aad.size() == 124);
  const AadHeader back = ParseAad(aad).value();
  CHECK(back.envelope_id == scene.id);
  CHECK(back.ttl == TtlClass::kHour);
  CHECK(back.delivery == DeliveryClass::kEphemeral);
  CHECK(back.last_stamp_hash == header.last_stamp_hash);
  CHECK(back.franking_tag == header.franking_tag);
}

TEST_CASE("No shortened, lengthened or unknown AAD header is taken") {
  Scene scene;
  AadHeader header;
  header.envelope_id = scene.id;
  const Bytes aad = EncodeAad(header);
  for (std::size_t size = 0; size < aad.size(); ++size) {
    CHECK_FALSE(ParseAad(ByteView(aad).first(size)));
  }
  Bytes longer = aad;
  longer.push_back(0);
  CHECK_FALSE(ParseAad(longer));
  header.ttl = static_cast<TtlClass>(6);
  CHECK_FALSE(ParseAad(EncodeAad(header)));
  header.ttl = static_cast<TtlClass>(0);
  CHECK_FALSE(ParseAad(EncodeAad(header)));
  header.ttl = TtlClass::kDay;
  header.delivery = static_cast<DeliveryClass>(2);
  CHECK_FALSE(ParseAad(EncodeAad(header)));
}

TEST_CASE("Every class of time to live has its span and its name") {
  CHECK(TtlOf(TtlClass::kHalfMinute) == std::chrono::seconds(30));
  CHECK(TtlOf(TtlClass::kWeek) == std::chrono::hours(168));
  CHECK(TtlName(TtlClass::kFiveMinutes) == "5m");
}

TEST_CASE("An application message shows its group, epoch and header, and nothing else") {
  Scene scene;
  const Bytes message = scene.Message();
  const ApplicationMessage read = ParseApplicationMessage(message).value();
  CHECK(read.group_id == scene.group);
  CHECK(read.epoch == 1);
  CHECK(read.header.envelope_id == scene.id);
  CHECK(read.ciphertext_bytes == 256);
}

TEST_CASE("Other ciphertext changes nothing of what the bridge reads") {
  Scene scene;
  Bytes message = scene.Message();
  const ApplicationMessage before = ParseApplicationMessage(message).value();
  for (std::size_t i = message.size() - 256; i < message.size(); ++i) message[i] ^= 0xA5;
  const ApplicationMessage after = ParseApplicationMessage(message).value();
  CHECK(after.header.envelope_id == before.header.envelope_id);
  CHECK(after.epoch == before.epoch);
}

TEST_CASE("The buckets are the powers of two from 256 to 65536") {
  std::size_t buckets = 0;
  for (std::size_t size = 0; size <= 70'000; ++size) buckets += IsBucket(size) ? 1 : 0;
  CHECK(buckets == 9);
  CHECK(IsBucket(256));
  CHECK(IsBucket(65'536));
  CHECK_FALSE(IsBucket(128));
}

TEST_CASE("A ciphertext off its bucket is refused") {
  Scene scene;
  CHECK(ParseApplicationMessage(scene.Message(257)).error().reason == Reason::kInvalidArgument);
}

TEST_CASE("The largest bucket fits and one above it does not") {
  Scene scene;
  CHECK(ParseApplicationMessage(scene.Message(64 * 1024)));
  CHECK(ParseApplicationMessage(scene.Message(128 * 1024)).error().reason == Reason::kTooLarge);
}

TEST_CASE("Framing must parse to the last octet") {
  Scene scene;
  const Bytes message = scene.Message();
  for (std::size_t size = 0; size < message.size(); ++size) {
    CHECK_FALSE(ParseFraming(ByteView(message).first(size)));
  }
  Bytes longer = message;
  longer.push_back(0);
  CHECK_FALSE(ParseFraming(longer));
}

TEST_CASE("Wire formats beside private message, Welcome and key package are refused") {
  for (const std::uint16_t format : std::initializer_list<std::uint16_t>{0, 1, 4, 6, 0xFFFF}) {
    TlsWriter out;
    out.U16(1).U16(format).Fixed(Bytes(64, 1));
    CHECK(ParseFraming(out.bytes()).error().reason == Reason::kUnsupported);
  }
}

TEST_CASE("A Welcome and a key package are recognised, with their suite") {
  CountingRandom random;
  CHECK(ParseFraming(Welcome(random))->wire_format == WireFormat::kWelcome);
  CHECK(ParseFraming(Welcome(random))->cipher_suite == 1);
  CHECK(ParseFraming(KeyPackage(random))->wire_format == WireFormat::kKeyPackage);
}

TEST_CASE("A key package is a last resort when its owner has marked it so") {
  CountingRandom random;
  CHECK(IsLastResortKeyPackage(WholeKeyPackage(random, {10})));
  CHECK(IsLastResortKeyPackage(WholeKeyPackage(random, {0x0A0A, 10})));
  CHECK_FALSE(IsLastResortKeyPackage(WholeKeyPackage(random, {})));
  CHECK_FALSE(IsLastResortKeyPackage(WholeKeyPackage(random, {11})));
}

TEST_CASE("What is not a key package to its last octet is no last resort") {
  CountingRandom random;
  const Bytes whole = LastResort(random);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    CHECK_FALSE(IsLastResortKeyPackage(ByteView(whole).first(length)));
  }
  Bytes longer = whole;
  longer.push_back(0);
  CHECK_FALSE(IsLastResortKeyPackage(longer));
  CHECK_FALSE(IsLastResortKeyPackage(KeyPackage(random)));
  CHECK_FALSE(IsLastResortKeyPackage(Welcome(random)));
}

TEST_CASE("A payload above 1 MiB is refused before it is looked at") {
  const Bytes large(kHandshakePayloadBytesMax + 1, 0);
  CHECK(ParseFraming(large).error().reason == Reason::kTooLarge);
}

TEST_CASE("A network's name is lower case, short, and begins with a letter") {
  CHECK(Network::Parse("rcs_2")->name() == "rcs_2");
  for (const std::string& name : {std::string(), std::string("2g"), std::string("SMS"),
                                  std::string("a b"), std::string(33, 'a'), std::string("_x")}) {
    CHECK_FALSE(Network::Parse(name));
  }
}
