#include "endpoint/mls/ratchet_tree.h"

#include <algorithm>

#include "bridge/base/digest.h"

namespace trestle::mls {
namespace {

constexpr std::uint8_t kLeafType = 1;  // RFC 9420, Section 7.8: NodeType
constexpr std::uint8_t kParentType = 2;

}  // namespace

void ParentNode::Write(TlsWriter& out) const {
  out.Vector(encryption_key).Vector(parent_hash);
  WriteListWith(out, unmerged_leaves,
                [](TlsWriter& list, LeafIndex leaf) { list.U32(leaf.value); });
}

Result<ParentNode> ParentNode::Read(TlsReader& in) {
  ParentNode out;
  out.encryption_key = TRESTLE_TRY(ReadBytes(in));
  out.parent_hash = TRESTLE_TRY(ReadBytes(in));
  out.unmerged_leaves =
      TRESTLE_TRY(ReadListWith<LeafIndex>(in, kLeavesMax, [](TlsReader& list) -> Result<LeafIndex> {
        return LeafIndex{TRESTLE_TRY(list.U32())};
      }));
  return out;
}

std::uint32_t RatchetTree::leaf_count() const {
  return static_cast<std::uint32_t>((nodes_.size() + 1) / 2);
}

const LeafNode* RatchetTree::leaf(LeafIndex index) const {
  if (index.value >= leaf_count()) return nullptr;
  return std::get_if<LeafNode>(&nodes_[NodeOf(index).value]);
}

const ParentNode* RatchetTree::parent(NodeIndex node) const {
  if (node.value >= nodes_.size()) return nullptr;
  return std::get_if<ParentNode>(&nodes_[node.value]);
}

bool RatchetTree::is_blank(NodeIndex node) const {
  return node.value >= nodes_.size() || std::holds_alternative<std::monostate>(nodes_[node.value]);
}

const Bytes* RatchetTree::key_at(NodeIndex node) const {
  if (const ParentNode* found = parent(node)) return &found->encryption_key;
  if (!IsLeaf(node)) return nullptr;
  const LeafNode* found = leaf(LeafOf(node));
  return found == nullptr ? nullptr : &found->encryption_key;
}

std::vector<LeafIndex> RatchetTree::members() const {
  std::vector<LeafIndex> out;
  for (std::uint32_t i = 0; i < leaf_count(); ++i) {
    if (leaf({i}) != nullptr) out.push_back({i});
  }
  return out;
}

Result<LeafIndex> RatchetTree::Add(LeafNode added) {
  LeafIndex index{0};
  while (index.value < leaf_count() && leaf(index) != nullptr) ++index.value;
  if (index.value >= leaf_count()) {
    // RFC 9420, Section 7.7: a new blank root; the old tree becomes its left subtree.
    const std::uint32_t leaves = leaf_count() == 0 ? 1 : leaf_count() * 2;
    if (leaves > kLeavesMax) return Fail(Reason::kBusy, "the group is full");
    nodes_.resize(NodeCount(leaves));
  }
  // RFC 9420, Section 12.1.1: the new leaf is unmerged at every parent above it.
  for (const NodeIndex up : DirectPath(NodeOf(index), leaf_count())) {
    if (auto* found = std::get_if<ParentNode>(&nodes_[up.value])) {
      auto& unmerged = found->unmerged_leaves;
      unmerged.insert(std::upper_bound(unmerged.begin(), unmerged.end(), index), index);
    }
  }
  nodes_[NodeOf(index).value] = std::move(added);
  return index;
}

void RatchetTree::Replace(LeafIndex index, LeafNode leaf) {
  TRESTLE_CHECK(index.value < leaf_count());
  nodes_[NodeOf(index).value] = std::move(leaf);
}

void RatchetTree::Remove(LeafIndex index) {
  TRESTLE_CHECK(leaf(index) != nullptr);
  nodes_[NodeOf(index).value] = std::monostate{};
  BlankPath(index);
  // RFC 9420, Section 7.7: drop the right half while it has no member.
  while (leaf_count() > 1) {
    const std::uint32_t half = leaf_count() / 2;
    const std::vector<LeafIndex> present = members();
    if (present.empty() || present.back().value >= half) break;
    nodes_.resize(NodeCount(half));
  }
}

void RatchetTree::BlankPath(LeafIndex index) {
  for (const NodeIndex up : DirectPath(NodeOf(index), leaf_count())) {
    nodes_[up.value] = std::monostate{};
  }
}

void RatchetTree::SetParent(NodeIndex node, ParentNode parent) {
  TRESTLE_CHECK(node.value < nodes_.size() && !IsLeaf(node));
  nodes_[node.value] = std::move(parent);
}

std::vector<NodeIndex> RatchetTree::Resolution(NodeIndex node) const {
  if (const ParentNode* found = parent(node)) {
    std::vector<NodeIndex> out{node};
    for (const LeafIndex unmerged : found->unmerged_leaves) out.push_back(NodeOf(unmerged));
    return out;
  }
  if (IsLeaf(node)) {
    return is_blank(node) ? std::vector<NodeIndex>{} : std::vector<NodeIndex>{node};
  }
  std::vector<NodeIndex> out = Resolution(*LeftOf(node));
  const std::vector<NodeIndex> right = Resolution(*RightOf(node));
  out.insert(out.end(), right.begin(), right.end());
  return out;
}

std::vector<PathStep> RatchetTree::FilteredDirectPath(LeafIndex index) const {
  std::vector<PathStep> out;
  NodeIndex below = NodeOf(index);
  for (const NodeIndex up : DirectPath(below, leaf_count())) {
    const NodeIndex sibling = *SiblingOf(below, leaf_count());
    if (!Resolution(sibling).empty()) out.push_back({up, sibling});
    below = up;
  }
  return out;
}

void RatchetTree::HashInto(NodeIndex node, const std::set<LeafIndex>& without, Bytes& out,
                           std::vector<Bytes>* all) const {
  TlsWriter input;  // RFC 9420, Section 7.8: TreeHashInput
  if (IsLeaf(node)) {
    const LeafIndex index = LeafOf(node);
    const LeafNode* found = without.contains(index) ? nullptr : leaf(index);
    input.U8(kLeafType).U32(index.value).U8(found != nullptr ? 1 : 0);
    if (found != nullptr) found->Write(input);
  } else {
    const ParentNode* found = parent(node);
    input.U8(kParentType).U8(found != nullptr ? 1 : 0);
    if (found != nullptr && without.empty()) {
      found->Write(input);
    } else if (found != nullptr) {
      ParentNode reduced = *found;
      std::erase_if(reduced.unmerged_leaves, [&](LeafIndex i) { return without.contains(i); });
      reduced.Write(input);
    }
    Bytes child;
    HashInto(*LeftOf(node), without, child, all);
    input.Vector(child);
    HashInto(*RightOf(node), without, child, all);
    input.Vector(child);
  }
  const Bytes32 digest = Sha256(input.bytes());
  out.assign(digest.begin(), digest.end());
  if (all != nullptr) (*all)[node.value] = out;
}

Bytes RatchetTree::TreeHash(NodeIndex node) const {
  Bytes out;
  HashInto(node, {}, out, nullptr);
  return out;
}

Bytes RatchetTree::RootHash() const { return TreeHash(RootOf(leaf_count())); }

std::vector<Bytes> RatchetTree::TreeHashes() const {
  std::vector<Bytes> out(nodes_.size());
  if (nodes_.empty()) return out;
  Bytes root;
  HashInto(RootOf(leaf_count()), {}, root, &out);
  return out;
}

Bytes RatchetTree::ParentHash(NodeIndex node, NodeIndex sibling) const {
  const ParentNode* found = parent(node);
  TRESTLE_CHECK(found != nullptr);
  // RFC 9420, Section 7.9: the sibling's hash as it was before the unmerged leaves came.
  Bytes sibling_hash;
  HashInto(sibling, {found->unmerged_leaves.begin(), found->unmerged_leaves.end()}, sibling_hash,
           nullptr);
  TlsWriter input;  // RFC 9420, Section 7.9: ParentHashInput
  input.Vector(found->encryption_key).Vector(found->parent_hash).Vector(sibling_hash);
  const Bytes32 digest = Sha256(input.bytes());
  return ToBytes(ByteView(digest));
}

bool RatchetTree::IsParentHashValid(NodeIndex parent_index, NodeIndex child, NodeIndex sibling,
                                    std::vector<bool>& covered) const {
  const ParentNode& above = *parent(parent_index);
  const Bytes expected = ParentHash(parent_index, sibling);
  const std::vector<NodeIndex> resolution = Resolution(child);
  std::set<NodeIndex> unmerged_below;
  for (const LeafIndex leaf_index : above.unmerged_leaves) {
    if (IsInSubtree(child, NodeOf(leaf_index))) unmerged_below.insert(NodeOf(leaf_index));
  }
  bool valid = false;
  for (const NodeIndex candidate : resolution) {
    const Bytes* hash = nullptr;
    if (const ParentNode* found = parent(candidate)) {
      hash = &found->parent_hash;
    } else if (const LeafNode* member = leaf(LeafOf(candidate))) {
      const auto* commit = std::get_if<FromCommit>(&member->source);
      if (commit != nullptr) hash = &commit->parent_hash;
    }
    if (hash == nullptr || *hash != expected) continue;
    // RFC 9420, Section 7.9.2: the rest of the resolution is what is unmerged at the parent.
    std::set<NodeIndex> rest(resolution.begin(), resolution.end());
    rest.erase(candidate);
    if (rest != unmerged_below || valid || covered[candidate.value]) return false;
    covered[candidate.value] = true;
    valid = true;
  }
  return valid;
}

Result<void> RatchetTree::VerifyParentHashes() const {
  std::vector<bool> covered(nodes_.size(), false);
  for (std::uint32_t i = 1; i < nodes_.size(); i += 2) {
    const NodeIndex node{i};
    if (parent(node) == nullptr) continue;
    const NodeIndex left = *LeftOf(node);
    const NodeIndex right = *RightOf(node);
    // RFC 9420, Section 7.9.2: exactly one descendant makes the parent valid.
    if (IsParentHashValid(node, left, right, covered) ==
        IsParentHashValid(node, right, left, covered)) {
      return Fail(Reason::kCrypto, "a parent node is not chained to exactly one leaf");
    }
  }
  return {};
}

Result<void> RatchetTree::VerifyStructure() const {
  std::set<std::string_view> keys;
  for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
    const NodeIndex node{i};
    const Bytes* key = key_at(node);
    if (key != nullptr && !keys.insert(AsText(*key)).second) {
      return Fail(Reason::kInvalidArgument, "two nodes of the tree share an encryption key");
    }
    const ParentNode* found = parent(node);
    if (found == nullptr) continue;
    if (!std::is_sorted(found->unmerged_leaves.begin(), found->unmerged_leaves.end()) ||
        std::adjacent_find(found->unmerged_leaves.begin(), found->unmerged_leaves.end()) !=
            found->unmerged_leaves.end()) {
      return Fail(Reason::kMalformed, "unmerged leaves are not in ascending order");
    }
    for (const LeafIndex unmerged : found->unmerged_leaves) {
      // RFC 9420, Section 12.4.3.1: an unmerged leaf is a member below the parent …
      if (leaf(unmerged) == nullptr || !IsInSubtree(node, NodeOf(unmerged))) {
        return Fail(Reason::kInvalidArgument, "an unmerged leaf is blank or not below its parent");
      }
      // … and unmerged at every parent in between.
      for (const NodeIndex between : DirectPath(NodeOf(unmerged), leaf_count())) {
        if (between == node) break;
        const ParentNode* middle = parent(between);
        if (middle != nullptr && !std::binary_search(middle->unmerged_leaves.begin(),
                                                     middle->unmerged_leaves.end(), unmerged)) {
          return Fail(Reason::kInvalidArgument, "a leaf is unmerged above but not below");
        }
      }
    }
  }
  return {};
}

void RatchetTree::Write(TlsWriter& out) const {
  std::size_t used = nodes_.size();
  while (used > 0 && is_blank({static_cast<std::uint32_t>(used - 1)})) --used;
  TlsWriter list;
  for (std::size_t i = 0; i < used; ++i) {
    if (const auto* found_leaf = std::get_if<LeafNode>(&nodes_[i])) {
      list.U8(1).U8(kLeafType);
      found_leaf->Write(list);
    } else if (const auto* found_parent = std::get_if<ParentNode>(&nodes_[i])) {
      list.U8(1).U8(kParentType);
      found_parent->Write(list);
    } else {
      list.U8(0);
    }
  }
  out.Vector(list.bytes());
}

Result<RatchetTree> RatchetTree::Read(TlsReader& in) {
  TlsReader list(TRESTLE_TRY(in.Vector()));
  RatchetTree out;
  while (!list.at_end()) {
    if (out.nodes_.size() == NodeCount(kLeavesMax)) {
      return Fail(Reason::kTooLarge, "a ratchet tree with too many nodes");
    }
    const bool at_leaf = out.nodes_.size() % 2 == 0;
    if (!TRESTLE_TRY(ReadPresence(list))) {
      out.nodes_.emplace_back();
      continue;
    }
    const std::uint8_t type = TRESTLE_TRY(list.U8());
    if (type != (at_leaf ? kLeafType : kParentType)) {
      return Fail(Reason::kMalformed, "a node of the wrong type for its place in the tree");
    }
    if (at_leaf) {
      out.nodes_.emplace_back(TRESTLE_TRY(LeafNode::Read(list)));
    } else {
      out.nodes_.emplace_back(TRESTLE_TRY(ParentNode::Read(list)));
    }
  }
  // RFC 9420, Section 12.4.3.3: the last node is not blank; the receiver extends to a full tree.
  if (out.nodes_.empty() || std::holds_alternative<std::monostate>(out.nodes_.back())) {
    return Fail(Reason::kMalformed, "a ratchet tree is empty or ends in a blank node");
  }
  std::uint32_t leaves = 1;
  while (NodeCount(leaves) < out.nodes_.size()) leaves *= 2;
  out.nodes_.resize(NodeCount(leaves));
  return out;
}

}  // namespace trestle::mls
