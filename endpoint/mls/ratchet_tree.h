// The public ratchet tree (RFC 9420, Sections 4 and 7): who is a member and which public keys stand
// above them. A value: copies are independent, and a group tries a change on a copy. It always
// holds a full tree; the trailing blanks of the wire form are added on reading and cut on writing.
#pragma once

#include <set>
#include <variant>

#include "endpoint/mls/tree_math.h"

namespace trestle::mls {

struct ParentNode {
  Bytes encryption_key;
  Bytes parent_hash;
  std::vector<LeafIndex> unmerged_leaves;  // ascending

  void Write(TlsWriter& out) const;
  static Result<ParentNode> Read(TlsReader& in);
  bool operator==(const ParentNode&) const = default;
};

// One step of a filtered direct path: the node, and its child that is not on the path.
struct PathStep {
  NodeIndex node;
  NodeIndex copath_child;
};

class RatchetTree {
 public:
  RatchetTree() = default;

  // Leftmost blank leaf, or a new one to the right (RFC 9420, Section 12.1.1). kBusy at kLeavesMax.
  Result<LeafIndex> Add(LeafNode leaf);
  void Replace(LeafIndex index, LeafNode leaf);  // leaf alone; the path above stays
  void Remove(LeafIndex index);                  // RFC 9420, Section 12.1.3, with truncation
  void BlankPath(LeafIndex index);               // all ancestors
  void SetParent(NodeIndex node, ParentNode parent);

  std::uint32_t leaf_count() const;                // blank ones too: a power of two, or 0
  const LeafNode* leaf(LeafIndex index) const;     // null when blank or outside
  const ParentNode* parent(NodeIndex node) const;  // null when blank, a leaf or outside
  bool is_blank(NodeIndex node) const;
  const Bytes* key_at(NodeIndex node) const;  // null when blank
  std::vector<LeafIndex> members() const;     // ascending

  std::vector<NodeIndex> Resolution(NodeIndex node) const;         // RFC 9420, Section 4.1.1
  std::vector<PathStep> FilteredDirectPath(LeafIndex leaf) const;  // RFC 9420, Section 4.1.2

  Bytes RootHash() const;
  Bytes TreeHash(NodeIndex node) const;   // RFC 9420, Section 7.8
  std::vector<Bytes> TreeHashes() const;  // of every node, by index
  // RFC 9420, Section 7.9: of `node` with the copath child `sibling`; `node` must not be blank.
  Bytes ParentHash(NodeIndex node, NodeIndex sibling) const;

  // RFC 9420, Section 7.9.2: every parent is chained to exactly one leaf by parent hashes.
  Result<void> VerifyParentHashes() const;
  // RFC 9420, Section 12.4.3.1: what `unmerged_leaves` may hold, and that no two nodes share a key.
  Result<void> VerifyStructure() const;

  void Write(TlsWriter& out) const;
  static Result<RatchetTree> Read(TlsReader& in);
  bool operator==(const RatchetTree&) const = default;

 private:
  using Node = std::variant<std::monostate, LeafNode, ParentNode>;

  void HashInto(NodeIndex node, const std::set<LeafIndex>& without, Bytes& out,
                std::vector<Bytes>* all) const;
  bool IsParentHashValid(NodeIndex parent, NodeIndex child, NodeIndex sibling,
                         std::vector<bool>& covered) const;

  std::vector<Node> nodes_;
};

}  // namespace trestle::mls
