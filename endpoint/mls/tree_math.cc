#include "endpoint/mls/tree_math.h"

#include <bit>

namespace trestle::mls {

std::uint32_t Level(NodeIndex node) {
  // The level is the number of ones at the low end (RFC 9420, Appendix C).
  return static_cast<std::uint32_t>(std::countr_one(node.value));
}

NodeIndex RootOf(std::uint32_t leaves) { return {leaves == 0 ? 0 : leaves - 1}; }

std::optional<NodeIndex> LeftOf(NodeIndex node) {
  const std::uint32_t level = Level(node);
  if (level == 0) return std::nullopt;
  return NodeIndex{node.value ^ (1U << (level - 1))};
}

std::optional<NodeIndex> RightOf(NodeIndex node) {
  const std::uint32_t level = Level(node);
  if (level == 0) return std::nullopt;
  return NodeIndex{node.value ^ (3U << (level - 1))};
}

std::optional<NodeIndex> ParentOf(NodeIndex node, std::uint32_t leaves) {
  if (node == RootOf(leaves)) return std::nullopt;
  const std::uint32_t level = Level(node);
  const std::uint32_t bit = (node.value >> (level + 1)) & 1;
  return NodeIndex{(node.value | (1U << level)) ^ (bit << (level + 1))};
}

std::optional<NodeIndex> SiblingOf(NodeIndex node, std::uint32_t leaves) {
  const std::optional<NodeIndex> parent = ParentOf(node, leaves);
  if (!parent) return std::nullopt;
  return node < *parent ? RightOf(*parent) : LeftOf(*parent);
}

std::vector<NodeIndex> DirectPath(NodeIndex node, std::uint32_t leaves) {
  std::vector<NodeIndex> out;
  for (auto up = ParentOf(node, leaves); up; up = ParentOf(*up, leaves)) out.push_back(*up);
  return out;
}

bool IsInSubtree(NodeIndex root, NodeIndex node) {
  const std::uint32_t reach = (1U << Level(root)) - 1;
  return node.value + reach >= root.value && node.value <= root.value + reach;
}

NodeIndex CommonAncestor(LeafIndex a, LeafIndex b) {
  std::uint32_t x = NodeOf(a).value;
  std::uint32_t y = NodeOf(b).value;
  std::uint32_t shift = 0;
  while (x != y) {
    x >>= 1;
    y >>= 1;
    ++shift;
  }
  return {shift == 0 ? x : (x << shift) + (1U << (shift - 1)) - 1};
}

}  // namespace trestle::mls
