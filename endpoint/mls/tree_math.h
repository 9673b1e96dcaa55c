// Positions in the ratchet tree, which is always full: with n leaves (a power of two) it is an
// array of 2n - 1 nodes, leaves at even and parents at odd places (RFC 9420, Appendix C). Pure
// arithmetic.
#pragma once

#include <compare>
#include <optional>
#include <vector>

#include "endpoint/mls/leaf_node.h"

namespace trestle::mls {

struct NodeIndex {
  std::uint32_t value = 0;
  auto operator<=>(const NodeIndex&) const = default;
};

inline constexpr std::uint32_t kLeavesMax = 1U
                                            << 12;  // twenty times the largest group of the design

constexpr NodeIndex NodeOf(LeafIndex leaf) { return {leaf.value * 2}; }
constexpr bool IsLeaf(NodeIndex node) { return node.value % 2 == 0; }
constexpr LeafIndex LeafOf(NodeIndex node) { return {node.value / 2}; }
constexpr std::uint32_t NodeCount(std::uint32_t leaves) { return leaves == 0 ? 0 : 2 * leaves - 1; }

std::uint32_t Level(NodeIndex node);  // leaves are level 0
NodeIndex RootOf(std::uint32_t leaves);
std::optional<NodeIndex> LeftOf(NodeIndex node);                           // none for a leaf
std::optional<NodeIndex> RightOf(NodeIndex node);                          // none for a leaf
std::optional<NodeIndex> ParentOf(NodeIndex node, std::uint32_t leaves);   // none for the root
std::optional<NodeIndex> SiblingOf(NodeIndex node, std::uint32_t leaves);  // none for the root

// The ancestors of a node, nearest first, root last.
std::vector<NodeIndex> DirectPath(NodeIndex node, std::uint32_t leaves);
bool IsInSubtree(NodeIndex root, NodeIndex node);
NodeIndex CommonAncestor(LeafIndex a, LeafIndex b);

}  // namespace trestle::mls
