#include "endpoint/mls/secret_tree.h"

#include <bit>

namespace trestle::mls {
namespace {

std::size_t Slot(RatchetKind kind) { return static_cast<std::size_t>(kind); }

SecretBytes ChildSecret(const SecretBytes& secret, bool left) {
  // RFC 9420, Section 9.
  return ExpandWithLabel(secret, "tree", AsBytes(left ? "left" : "right"), crypto::kHashBytes);
}

}  // namespace

SecretTree::SecretTree(const Suite& suite, SecretBytes encryption_secret, std::uint32_t leaves)
    : suite_(&suite), leaves_(leaves) {
  node_secrets_[RootOf(leaves)] = std::move(encryption_secret);
}

SecretTree::LeafRatchets SecretTree::RatchetsFrom(const SecretBytes& leaf_secret) const {
  LeafRatchets out;
  out[Slot(RatchetKind::kHandshake)].secret =
      ExpandWithLabel(leaf_secret, "handshake", {}, crypto::kHashBytes);
  out[Slot(RatchetKind::kApplication)].secret =
      ExpandWithLabel(leaf_secret, "application", {}, crypto::kHashBytes);
  return out;
}

SecretBytes SecretTree::LeafSecret(LeafIndex leaf) const {
  NodeIndex node = NodeOf(leaf);
  std::vector<NodeIndex> down;  // from the leaf up to the nearest known secret
  while (!node_secrets_.contains(node)) {
    down.push_back(node);
    node = *ParentOf(node, leaves_);
  }
  SecretBytes secret = node_secrets_.at(node);
  for (std::size_t i = down.size(); i-- > 0;) {
    secret = ChildSecret(secret, LeftOf(node) == down[i]);
    node = down[i];
  }
  return secret;
}

void SecretTree::Open(LeafIndex leaf) {
  // RFC 9420, Section 9.2: a secret is deleted when everything below it has been derived.
  NodeIndex node = NodeOf(leaf);
  std::vector<NodeIndex> down;
  while (!node_secrets_.contains(node)) {
    down.push_back(node);
    node = *ParentOf(node, leaves_);
  }
  for (std::size_t i = down.size(); i-- > 0;) {
    const SecretBytes secret = std::move(node_secrets_.at(node));
    node_secrets_.erase(node);
    node_secrets_[*LeftOf(node)] = ChildSecret(secret, true);
    node_secrets_[*RightOf(node)] = ChildSecret(secret, false);
    node = down[i];
  }
  ratchets_[leaf] = RatchetsFrom(node_secrets_.at(node));
  node_secrets_.erase(node);
}

MessageKey SecretTree::KeyOf(const Ratchet& ratchet) const {
  // RFC 9420, Section 9.1.
  return {DeriveTreeSecret(ratchet.secret, "key", ratchet.generation, suite_->key_bytes()),
          DeriveTreeSecret(ratchet.secret, "nonce", ratchet.generation, crypto::kNonceBytes)};
}

void SecretTree::Advance(Ratchet& ratchet) const {
  ratchet.secret =
      DeriveTreeSecret(ratchet.secret, "secret", ratchet.generation, crypto::kHashBytes);
  ++ratchet.generation;
}

Result<SecretTree::Lookup> SecretTree::Find(LeafIndex leaf, RatchetKind kind,
                                            std::uint32_t generation) const {
  if (leaf.value >= leaves_) return Fail(Reason::kInvalidArgument, "no such leaf in this epoch");
  Ratchet ratchet;
  if (const auto open = ratchets_.find(leaf); open != ratchets_.end()) {
    const Ratchet& known = open->second[Slot(kind)];
    if (generation < known.generation) {
      const auto held = known.held.find(generation);
      if (held == known.held.end()) {
        return Fail(Reason::kConflict, "a generation that was used already or is no longer held");
      }
      return Lookup{leaf, kind, generation, held->second};
    }
    ratchet.generation = known.generation;
    ratchet.secret = known.secret;
  } else {
    ratchet = RatchetsFrom(LeafSecret(leaf))[Slot(kind)];
  }
  if (generation - ratchet.generation > kSkipMax) {
    return Fail(Reason::kTooLarge, "a generation too far ahead");
  }
  while (ratchet.generation < generation) Advance(ratchet);
  return Lookup{leaf, kind, generation, KeyOf(ratchet)};
}

void SecretTree::Consume(const Lookup& lookup) {
  if (!ratchets_.contains(lookup.leaf)) Open(lookup.leaf);
  Ratchet& ratchet = ratchets_.at(lookup.leaf)[Slot(lookup.kind)];
  if (ratchet.held.erase(lookup.generation) > 0) return;
  while (ratchet.generation < lookup.generation) {
    ratchet.held[ratchet.generation] = KeyOf(ratchet);
    Advance(ratchet);
    if (ratchet.held.size() > kHeldKeysMax) ratchet.held.erase(ratchet.held.begin());
  }
  if (ratchet.generation == lookup.generation) Advance(ratchet);
}

std::uint32_t SecretTree::next_generation(LeafIndex leaf, RatchetKind kind) const {
  const auto open = ratchets_.find(leaf);
  return open == ratchets_.end() ? 0 : open->second[Slot(kind)].generation;
}

void SecretTree::Write(TlsWriter& out) const {
  out.U32(leaves_);
  TlsWriter nodes;
  for (const auto& [node, secret] : node_secrets_) nodes.U32(node.value).Vector(secret);
  out.Vector(nodes.bytes());
  TlsWriter leaves;
  for (const auto& [leaf, both] : ratchets_) {
    leaves.U32(leaf.value);
    for (const Ratchet& ratchet : both) {
      leaves.U32(ratchet.generation).Vector(ratchet.secret);
      TlsWriter held;
      for (const auto& [generation, key] : ratchet.held) {
        held.U32(generation).Vector(key.key).Vector(key.nonce);
      }
      leaves.Vector(held.bytes());
    }
  }
  out.Vector(leaves.bytes());
}

Result<void> SecretTree::CheckComplete() const {
  if (leaves_ > kLeavesMax || !std::has_single_bit(leaves_)) {
    return Fail(Reason::kMalformed, "a secret tree of an impossible size");
  }
  for (std::uint32_t i = 0; i < leaves_; ++i) {
    bool found = ratchets_.contains({i});
    for (auto node = std::optional(NodeOf({i})); node && !found; node = ParentOf(*node, leaves_)) {
      found = node_secrets_.contains(*node);
    }
    if (!found) return Fail(Reason::kMalformed, "a secret tree with a leaf that has no secret");
  }
  return {};
}

Result<SecretTree> SecretTree::Read(const Suite& suite, TlsReader& in) {
  SecretTree out;
  out.suite_ = &suite;
  out.leaves_ = TRESTLE_TRY(in.U32());
  TlsReader nodes(TRESTLE_TRY(in.Vector()));
  while (!nodes.at_end()) {
    const NodeIndex node{TRESTLE_TRY(nodes.U32())};
    out.node_secrets_[node] = SecretBytes(TRESTLE_TRY(ReadBytes(nodes)));
  }
  TlsReader leaves(TRESTLE_TRY(in.Vector()));
  while (!leaves.at_end()) {
    LeafRatchets& both = out.ratchets_[LeafIndex{TRESTLE_TRY(leaves.U32())}];
    for (Ratchet& ratchet : both) {
      ratchet.generation = TRESTLE_TRY(leaves.U32());
      ratchet.secret = SecretBytes(TRESTLE_TRY(ReadBytes(leaves)));
      TlsReader held(TRESTLE_TRY(leaves.Vector()));
      while (!held.at_end()) {
        MessageKey& key = ratchet.held[TRESTLE_TRY(held.U32())];
        key.key = SecretBytes(TRESTLE_TRY(ReadBytes(held)));
        key.nonce = SecretBytes(TRESTLE_TRY(ReadBytes(held)));
      }
    }
  }
  TRESTLE_TRY(out.CheckComplete());
  return out;
}

}  // namespace trestle::mls
