// The receiver's word on a frame, as octets.
#include <catch2/catch.hpp>

#include "adapters/sms/segment_status.h"

namespace trestle::sms {
namespace {

SegmentStatus Status(std::uint8_t count, std::initializer_list<std::size_t> missing) {
  SegmentStatus out;
  out.set = {16321, 200};
  out.count = count;
  for (const std::size_t index : missing) out.missing.set(index);
  out.proof = {1, 2, 3, 4, 5, 6, 7, 8};
  return out;
}

}  // namespace

TEST_CASE("A status of all that is there has the octets that the header states") {
  const auto encoded = EncodeStatuses({Status(4, {})}).value();
  CHECK(ToHex(encoded.user_data) ==
        "0605043efd3efd"
        "01"
        "3fc1"
        "c8"
        "04"
        "0102030405060708");
}

TEST_CASE("A status of what is missing has a bit for each segment") {
  const auto encoded = EncodeStatuses({Status(10, {0, 3, 9})}).value();
  CHECK(ToHex(encoded.user_data) ==
        "0605043efd3efd"
        "02"
        "3fc1"
        "c8"
        "0a"
        "0902"
        "0102030405060708");
  CHECK(DecodeStatusMessage(encoded.user_data).value() ==
        std::vector<SegmentStatus>{Status(10, {0, 3, 9})});
}

TEST_CASE("A message takes ten words, and one on 255 segments fits") {
  const std::vector<SegmentStatus> many(12, Status(60, {}));
  const auto encoded = EncodeStatuses(many).value();
  CHECK(encoded.taken == kStatusesPerMessageMax);
  CHECK(encoded.user_data.size() <= 140);
  CHECK(DecodeStatusMessage(encoded.user_data).value().size() == encoded.taken);
  SegmentStatus long_one = Status(255, {0, 254});
  const auto encoded_long = EncodeStatuses({long_one}).value();
  CHECK(DecodeStatusMessage(encoded_long.user_data).value() ==
        std::vector<SegmentStatus>{long_one});
}

TEST_CASE("Octets that no status has are refused") {
  const Bytes good = FromHex("023fc1c80a09020102030405060708").value();
  CHECK(DecodeStatuses(good));
  for (std::size_t i = 0; i < good.size(); ++i) {
    CHECK_FALSE(DecodeStatuses(ByteView(good).first(i)));
  }
  CHECK_FALSE(DecodeStatuses(FromHex("033fc1c80a09020102030405060708").value()));  // no such kind
  CHECK_FALSE(DecodeStatuses(FromHex("013fc1c8000102030405060708").value()));      // of nothing
  CHECK_FALSE(DecodeStatuses(FromHex("023fc1c80a00000102030405060708").value()));  // none missing
  CHECK_FALSE(DecodeStatuses(FromHex("023fc1c80aff030102030405060708").value()));  // all missing
  CHECK_FALSE(DecodeStatuses(FromHex("023fc1c80a09040102030405060708").value()));  // beyond
}

TEST_CASE("The proof covers the name, what is missing and every octet that is there") {
  std::vector<ChunkDigest> digests = {DigestOfChunk(Bytes{1}), DigestOfChunk(Bytes{2}),
                                      DigestOfChunk(Bytes{3})};
  const SetName set{16001, 5};
  const ChunkDigest whole = ProofOf(set, {}, digests);
  CHECK(whole != ProofOf({16002, 5}, {}, digests));
  CHECK(whole != ProofOf({16001, 6}, {}, digests));
  CHECK(whole != ProofOf(set, MissingSegments().set(1), digests));
  const ChunkDigest without_second = ProofOf(set, MissingSegments().set(1), digests);
  digests[1] = DigestOfChunk(Bytes{9});
  CHECK(without_second == ProofOf(set, MissingSegments().set(1), digests));
  CHECK(whole != ProofOf(set, {}, digests));
}

TEST_CASE("The name of a set is read as it is written, and nothing else is") {
  CHECK(SetNameOf(TextOf(SetName{16999, 255})) == SetName{16999, 255});
  for (const char* text : {"", ":", "1:", ":1", "1:256", "65536:1", "1:1x", "x1:1", "1"}) {
    CHECK_FALSE(SetNameOf(text));
  }
}

}  // namespace trestle::sms
