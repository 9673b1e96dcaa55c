#include "bridge/base/merkle.h"

#include <bit>

#include "bridge/base/digest.h"

namespace trestle::merkle {
namespace {

constexpr std::uint8_t kLeafPrefix = 0x00;  // RFC 9162, Section 2.1.1
constexpr std::uint8_t kNodePrefix = 0x01;

// The largest power of two below n; n > 1.
std::uint64_t SplitOf(std::uint64_t n) { return std::bit_floor(n - 1); }

// MTH of the leaves [begin, begin + size). Splits keep `begin` a multiple of every complete size.
Result<Bytes32> RangeHash(std::uint64_t begin, std::uint64_t size, Subtree subtree) {
  if (std::has_single_bit(size)) return subtree(std::countr_zero(size), begin / size);
  const std::uint64_t split = SplitOf(size);
  const Bytes32 left = TRESTLE_TRY(RangeHash(begin, split, subtree));
  const Bytes32 right = TRESTLE_TRY(RangeHash(begin + split, size - split, subtree));
  return NodeHash(left, right);
}

}  // namespace

Bytes32 LeafHash(ByteView leaf) { return Sha256({ByteView(&kLeafPrefix, 1), leaf}); }

Bytes32 NodeHash(const Bytes32& left, const Bytes32& right) {
  return Sha256({ByteView(&kNodePrefix, 1), left, right});
}

Bytes32 EmptyRoot() { return Sha256(ByteView()); }

Result<Bytes32> RootOf(std::uint64_t size, Subtree subtree) {
  TRESTLE_CHECK(size <= kLeavesMax);
  if (size == 0) return EmptyRoot();
  return RangeHash(0, size, subtree);
}

// RFC 9162, Section 2.1.3.1, from the root down; the path is told from the leaf up.
Result<std::vector<Bytes32>> InclusionPath(std::uint64_t index, std::uint64_t size,
                                           Subtree subtree) {
  TRESTLE_CHECK(index < size && size <= kLeavesMax);
  std::vector<Bytes32> path;
  std::uint64_t begin = 0;
  while (size > 1) {
    const std::uint64_t split = SplitOf(size);
    if (index < split) {
      path.push_back(TRESTLE_TRY(RangeHash(begin + split, size - split, subtree)));
      size = split;
    } else {
      path.push_back(TRESTLE_TRY(RangeHash(begin, split, subtree)));
      begin += split;
      index -= split;
      size -= split;
    }
  }
  return std::vector<Bytes32>(path.rbegin(), path.rend());
}

// RFC 9162, Section 2.1.4.1: SUBPROOF, from the root down.
Result<std::vector<Bytes32>> ConsistencyPath(std::uint64_t from, std::uint64_t to,
                                             Subtree subtree) {
  TRESTLE_CHECK(from <= to && to <= kLeavesMax);
  std::vector<Bytes32> path;
  if (from == 0 || from == to) return path;
  std::uint64_t begin = 0;
  bool whole = true;  // the subtree at hand begins the list, so the verifier knows its hash
  while (from != to) {
    const std::uint64_t split = SplitOf(to);
    if (from <= split) {
      path.push_back(TRESTLE_TRY(RangeHash(begin + split, to - split, subtree)));
      to = split;
    } else {
      path.push_back(TRESTLE_TRY(RangeHash(begin, split, subtree)));
      begin += split;
      from -= split;
      to -= split;
      whole = false;
    }
  }
  if (!whole) path.push_back(TRESTLE_TRY(RangeHash(begin, to, subtree)));
  return std::vector<Bytes32>(path.rbegin(), path.rend());
}

bool IsIncluded(const Bytes32& leaf_hash, std::uint64_t index, const Head& head,
                const std::vector<Bytes32>& path) {
  if (index >= head.size || path.size() > kLevelsMax) return false;
  std::uint64_t at = index;
  std::uint64_t last = head.size - 1;
  Bytes32 hash = leaf_hash;
  for (const Bytes32& each : path) {
    if (last == 0) return false;
    if ((at & 1) != 0 || at == last) {
      hash = NodeHash(each, hash);
      for (; (at & 1) == 0 && at != 0; at >>= 1) last >>= 1;
    } else {
      hash = NodeHash(hash, each);
    }
    at >>= 1;
    last >>= 1;
  }
  return last == 0 && hash == head.root;
}

bool IsConsistent(const Head& from, const Head& to, const std::vector<Bytes32>& path) {
  if (from.size > to.size || path.size() > kLevelsMax + 1) return false;
  if (from.size == to.size) return path.empty() && from.root == to.root;
  if (from.size == 0) return path.empty();
  std::vector<Bytes32> rest = path;
  if (std::has_single_bit(from.size)) rest.insert(rest.begin(), from.root);
  if (rest.empty()) return false;
  std::uint64_t at = from.size - 1;
  std::uint64_t last = to.size - 1;
  for (; (at & 1) != 0; at >>= 1) last >>= 1;
  Bytes32 from_hash = rest.front();
  Bytes32 to_hash = rest.front();
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (last == 0) return false;
    if ((at & 1) != 0 || at == last) {
      from_hash = NodeHash(rest[i], from_hash);
      to_hash = NodeHash(rest[i], to_hash);
      for (; (at & 1) == 0 && at != 0; at >>= 1) last >>= 1;
    } else {
      to_hash = NodeHash(to_hash, rest[i]);
    }
    at >>= 1;
    last >>= 1;
  }
  return last == 0 && from_hash == from.root && to_hash == to.root;
}

}  // namespace trestle::merkle
