// Proofs of erasure as a hostile bridge might make them: a leaf, a head, a place and a path.
// Whatever they are, they are judged without harm, and what is judged right stays right only as it
// is.
#include "bridge/base/merkle.h"
#include "bridge/envelope/erasure.h"

using namespace trestle;

namespace {

std::uint64_t Take(ByteView& from, std::size_t octets) {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < octets && !from.empty(); ++i, from = from.subspan(1)) {
    out = out << 8 | from[0];
  }
  return out;
}

Bytes32 TakeHash(ByteView& from) {
  Bytes32 out{};
  for (std::uint8_t& each : out) each = static_cast<std::uint8_t>(Take(from, 1));
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteView input(data, size);
  if (const auto leaf = ParseErasureLeaf(input)) {
    TRESTLE_CHECK(EncodeErasureLeaf(*leaf) == ToBytes(input));
  }
  const merkle::Head from{Take(input, 8), TakeHash(input)};
  const merkle::Head to{Take(input, 8), TakeHash(input)};
  const std::uint64_t index = Take(input, 8);
  std::vector<Bytes32> path;
  while (!input.empty() && path.size() < 64) path.push_back(TakeHash(input));
  const bool included = merkle::IsIncluded(from.root, index, to, path);
  const bool consistent = merkle::IsConsistent(from, to, path);
  if (path.empty()) return 0;
  path.back()[0] ^= 1;
  TRESTLE_CHECK(!included || !merkle::IsIncluded(from.root, index, to, path));
  TRESTLE_CHECK(!consistent || !merkle::IsConsistent(from, to, path));
  return 0;
}
