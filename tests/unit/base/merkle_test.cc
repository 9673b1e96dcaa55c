// Merkle trees: the examples of RFC 6962, Section 2.1.3, and every size up to 64.
#include <catch2/catch.hpp>

#include "bridge/base/digest.h"
#include "bridge/base/merkle.h"

using namespace trestle;
using namespace trestle::merkle;

namespace {

struct Tree {
  std::vector<Bytes32> leaves;

  // MTH as RFC 6962, Section 2.1, words it, over any range.
  Bytes32 Hash(std::size_t begin, std::size_t end) const {
    if (end == begin) return EmptyRoot();
    if (end - begin == 1) return leaves.at(begin);
    std::size_t split = 1;
    while (split * 2 < end - begin) split *= 2;
    return NodeHash(Hash(begin, begin + split), Hash(begin + split, end));
  }
  Bytes32 Root(std::size_t size) const { return Hash(0, size); }
  auto Source() const {
    return [this](int level, std::uint64_t index) -> Result<Bytes32> {
      const std::size_t size = std::size_t{1} << level;
      return Hash(index * size, (index + 1) * size);
    };
  }
};

Tree TreeOf(std::size_t size) {
  Tree tree;
  for (std::size_t i = 0; i < size; ++i) {
    tree.leaves.push_back(LeafHash(Bytes{static_cast<std::uint8_t>(i), 7}));
  }
  return tree;
}

std::string Hex(const Bytes32& hash) { return ToHex(hash); }

}  // namespace

// SHA-256 of nothing (FIPS 180-4) and of one zero octet, the leaf without content.
TEST_CASE("The empty tree and the empty leaf hash as the RFC says") {
  CHECK(Hex(EmptyRoot()) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(Hex(LeafHash({})) == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
}

// The tree of RFC 6962, Section 2.1.3: leaves d0 to d6 with hashes a b c d e f j,
// g = ab, h = cd, i = ef, k = gh, l = ij.
TEST_CASE("The paths and proofs of the RFC's example are those it lists") {
  const Tree tree = TreeOf(7);
  const auto& d = tree.leaves;
  const Bytes32 g = NodeHash(d[0], d[1]);
  const Bytes32 h = NodeHash(d[2], d[3]);
  const Bytes32 i = NodeHash(d[4], d[5]);
  const Bytes32 j = d[6];
  const Bytes32 k = NodeHash(g, h);
  const Bytes32 l = NodeHash(i, j);
  using Path = std::vector<Bytes32>;
  CHECK(*RootOf(7, tree.Source()) == NodeHash(k, l));
  CHECK(*InclusionPath(0, 7, tree.Source()) == Path{d[1], h, l});
  CHECK(*InclusionPath(3, 7, tree.Source()) == Path{d[2], g, l});
  CHECK(*InclusionPath(4, 7, tree.Source()) == Path{d[5], j, k});
  CHECK(*InclusionPath(6, 7, tree.Source()) == Path{i, k});
  CHECK(*ConsistencyPath(3, 7, tree.Source()) == Path{d[2], d[3], g, l});
  CHECK(*ConsistencyPath(4, 7, tree.Source()) == Path{l});
  CHECK(*ConsistencyPath(6, 7, tree.Source()) == Path{i, j, k});
}

TEST_CASE("Every leaf of every size up to 64 is proven, and nothing else is") {
  const Tree tree = TreeOf(65);
  for (std::uint64_t size = 1; size <= 64; ++size) {
    const Head head{size, tree.Root(size)};
    REQUIRE(*RootOf(size, tree.Source()) == head.root);
    for (std::uint64_t index = 0; index < size; ++index) {
      auto path = *InclusionPath(index, size, tree.Source());
      REQUIRE(IsIncluded(tree.leaves[index], index, head, path));
      REQUIRE_FALSE(IsIncluded(tree.leaves[index + 1], index, head, path));
      REQUIRE_FALSE(IsIncluded(tree.leaves[index], index + 1, head, path));
      REQUIRE_FALSE(IsIncluded(tree.leaves[index], index, {size, tree.leaves[64]}, path));
      if (path.empty()) continue;
      path.back()[31] ^= 1;
      REQUIRE_FALSE(IsIncluded(tree.leaves[index], index, head, path));
      path.back()[31] ^= 1;
      path.push_back(path.back());
      REQUIRE_FALSE(IsIncluded(tree.leaves[index], index, head, path));
      path.resize(path.size() - 2);
      REQUIRE_FALSE(IsIncluded(tree.leaves[index], index, head, path));
    }
  }
}

TEST_CASE("Every tree up to 64 is the beginning of every longer one, and of no other") {
  const Tree tree = TreeOf(64);
  Tree other = TreeOf(64);
  other.leaves[0] = LeafHash(Bytes{9, 9, 9});
  for (std::uint64_t to = 1; to <= 64; ++to) {
    const Head end{to, tree.Root(to)};
    for (std::uint64_t from = 1; from <= to; ++from) {
      const auto path = *ConsistencyPath(from, to, tree.Source());
      REQUIRE(IsConsistent({from, tree.Root(from)}, end, path));
      REQUIRE_FALSE(IsConsistent({from, other.Root(from)}, end, path));
      REQUIRE_FALSE(IsConsistent({from, tree.Root(from)}, {to, other.Root(to)}, path));
      REQUIRE_FALSE(IsConsistent({to + 1, tree.Root(from)}, end, path));
      if (path.empty()) continue;
      auto shorter = path;
      shorter.pop_back();
      REQUIRE_FALSE(IsConsistent({from, tree.Root(from)}, end, shorter));
      auto longer = path;
      longer.push_back(path.back());
      REQUIRE_FALSE(IsConsistent({from, tree.Root(from)}, end, longer));
    }
  }
}

TEST_CASE("The empty tree is the beginning of any, with nothing to show for it") {
  const Tree tree = TreeOf(5);
  CHECK(ConsistencyPath(0, 5, tree.Source())->empty());
  CHECK(IsConsistent({0, EmptyRoot()}, {5, tree.Root(5)}, {}));
  CHECK_FALSE(IsConsistent({0, EmptyRoot()}, {5, tree.Root(5)}, {tree.leaves[0]}));
  CHECK_FALSE(IsIncluded(tree.leaves[0], 0, {0, EmptyRoot()}, {}));
}
