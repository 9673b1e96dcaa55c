#include "endpoint/mls/tree_kem.h"

#include <algorithm>

namespace trestle::mls {
namespace {

// The nodes to which a path secret is encrypted: new members get theirs by Welcome (RFC 9420,
// Section 7.5).
std::vector<NodeIndex> Receivers(const RatchetTree& tree, NodeIndex copath_child,
                                 const std::set<LeafIndex>& added) {
  std::vector<NodeIndex> out = tree.Resolution(copath_child);
  std::erase_if(out, [&](NodeIndex node) { return IsLeaf(node) && added.contains(LeafOf(node)); });
  return out;
}

// Parent hashes of a fresh path, from the root down (RFC 9420, Section 7.5). Answers the leaf's.
Bytes SetParentHashes(RatchetTree& tree, const std::vector<PathStep>& steps,
                      const std::vector<Bytes>& public_keys) {
  Bytes above;  // the root's is empty
  for (std::size_t i = steps.size(); i-- > 0;) {
    tree.SetParent(steps[i].node, ParentNode{public_keys[i], above, {}});
    above = tree.ParentHash(steps[i].node, steps[i].copath_child);
  }
  return above;
}

}  // namespace

void WriteHpkeCiphertext(TlsWriter& out, const HpkeCiphertext& sealed) {
  out.Vector(sealed.kem_output).Vector(sealed.ciphertext);
}

Result<HpkeCiphertext> ReadHpkeCiphertext(TlsReader& in) {
  HpkeCiphertext out;
  out.kem_output = TRESTLE_TRY(ReadBytes(in));
  out.ciphertext = TRESTLE_TRY(ReadBytes(in));
  return out;
}

void UpdatePathNode::Write(TlsWriter& out) const {
  out.Vector(encryption_key);
  WriteListWith(out, encrypted_path_secret, &WriteHpkeCiphertext);
}

Result<UpdatePathNode> UpdatePathNode::Read(TlsReader& in) {
  UpdatePathNode out;
  out.encryption_key = TRESTLE_TRY(ReadBytes(in));
  out.encrypted_path_secret =
      TRESTLE_TRY(ReadListWith<HpkeCiphertext>(in, kLeavesMax, &ReadHpkeCiphertext));
  return out;
}

void UpdatePath::Write(TlsWriter& out) const {
  leaf_node.Write(out);
  WriteList(out, nodes);
}

Result<UpdatePath> UpdatePath::Read(TlsReader& in) {
  UpdatePath out;
  out.leaf_node = TRESTLE_TRY(LeafNode::Read(in));
  out.nodes = TRESTLE_TRY(ReadList<UpdatePathNode>(in));
  return out;
}

void PrivateKeys::Prune(const RatchetTree& tree) {
  std::erase_if(by_node, [&](const auto& entry) {
    const Bytes* expected = tree.key_at(entry.first);
    if (expected == nullptr) return true;
    const Result<Bytes> actual = crypto::X25519PublicKey(entry.second);
    return !actual || *actual != *expected;
  });
}

Result<void> PrivateKeys::CheckAgainst(const RatchetTree& tree) const {
  for (const auto& [node, key] : by_node) {
    const Bytes* expected = tree.key_at(node);
    if (expected == nullptr || TRESTLE_TRY(crypto::X25519PublicKey(key)) != *expected) {
      return Fail(Reason::kCrypto, "a private key does not belong to its node");
    }
  }
  return {};
}

Result<crypto::KeyPair> NodeKeyPair(ByteView path_secret) {
  return crypto::HpkeDeriveKeyPair(DeriveSecret(path_secret, "node"));
}

SecretBytes NextPathSecret(ByteView path_secret) { return DeriveSecret(path_secret, "path"); }

Result<NewPath> MakePath(RatchetTree& tree, PrivateKeys& keys, LeafNode leaf, ByteView group_id,
                         ByteView signature_private_key, Random& random) {
  NewPath out;
  // RFC 9420, Section 7.5, step 1: blank the direct path, with its keys.
  tree.BlankPath(keys.own);
  for (const NodeIndex up : DirectPath(NodeOf(keys.own), tree.leaf_count())) keys.by_node.erase(up);
  out.steps = tree.FilteredDirectPath(keys.own);
  // Step 2: path secrets up the filtered direct path, and the key pairs that they yield.
  SecretBytes secret = crypto::RandomSecret(random, crypto::kHashBytes);
  std::vector<Bytes> public_keys;
  for (const PathStep& step : out.steps) {
    crypto::KeyPair pair = TRESTLE_TRY(NodeKeyPair(secret));
    public_keys.push_back(pair.public_key);
    keys.by_node[step.node] = std::move(pair.private_key);
    out.path_secrets.push_back(secret);
    secret = NextPathSecret(secret);
  }
  out.commit_secret = std::move(secret);
  // Step 3: parent hashes. Step 4: the leaf, with a freshly sampled key.
  Bytes parent_hash = SetParentHashes(tree, out.steps, public_keys);
  crypto::KeyPair leaf_pair = crypto::MakeX25519KeyPair(random);
  leaf.encryption_key = leaf_pair.public_key;
  leaf.source = FromCommit{std::move(parent_hash)};
  TRESTLE_TRY(leaf.Sign(signature_private_key, {group_id, keys.own}));
  keys.by_node[NodeOf(keys.own)] = std::move(leaf_pair.private_key);
  tree.Replace(keys.own, leaf);
  out.leaf_node = std::move(leaf);
  return out;
}

Result<UpdatePath> EncryptPath(const Suite& suite, const RatchetTree& tree, const NewPath& path,
                               const std::set<LeafIndex>& added, ByteView provisional_context,
                               Random& random) {
  UpdatePath out{path.leaf_node, {}};
  for (std::size_t i = 0; i < path.steps.size(); ++i) {
    UpdatePathNode node{tree.parent(path.steps[i].node)->encryption_key, {}};
    for (const NodeIndex receiver : Receivers(tree, path.steps[i].copath_child, added)) {
      // RFC 9420, Section 7.6.
      node.encrypted_path_secret.push_back(
          TRESTLE_TRY(EncryptWithLabel(suite, *tree.key_at(receiver), "UpdatePathNode",
                                       provisional_context, path.path_secrets[i], random)));
    }
    out.nodes.push_back(std::move(node));
  }
  return out;
}

Result<void> MergePath(RatchetTree& tree, LeafIndex sender, const UpdatePath& path,
                       const std::set<LeafIndex>& added) {
  // RFC 9420, Section 7.5: blank the direct path, then set the filtered one.
  tree.BlankPath(sender);
  const std::vector<PathStep> steps = tree.FilteredDirectPath(sender);
  if (path.nodes.size() != steps.size()) {
    return Fail(Reason::kInvalidArgument, "an update path has the wrong number of nodes");
  }
  std::vector<Bytes> public_keys;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const UpdatePathNode& node = path.nodes[i];
    if (node.encryption_key.size() != crypto::kX25519Bytes) {
      return Fail(Reason::kMalformed, "an update path's key has the wrong length");
    }
    // RFC 9420, Section 7.6: one ciphertext for each node of the resolution.
    if (node.encrypted_path_secret.size() != Receivers(tree, steps[i].copath_child, added).size()) {
      return Fail(Reason::kInvalidArgument, "an update path does not serve its receivers");
    }
    public_keys.push_back(node.encryption_key);
  }
  const Bytes expected = SetParentHashes(tree, steps, public_keys);
  const auto* commit = std::get_if<FromCommit>(&path.leaf_node.source);
  if (commit == nullptr || commit->parent_hash != expected) {
    return Fail(Reason::kCrypto, "an update path's parent hash does not verify");
  }
  tree.Replace(sender, path.leaf_node);
  return {};
}

Result<SecretBytes> AdoptPathSecrets(const RatchetTree& tree, PrivateKeys& keys, LeafIndex sender,
                                     NodeIndex first, SecretBytes path_secret) {
  bool reached = false;
  for (const PathStep& step : tree.FilteredDirectPath(sender)) {
    reached = reached || step.node == first;
    if (!reached) continue;
    crypto::KeyPair pair = TRESTLE_TRY(NodeKeyPair(path_secret));
    // RFC 9420, Section 7.5: the derived public key is the one that was sent.
    const ParentNode* parent = tree.parent(step.node);
    if (parent == nullptr || parent->encryption_key != pair.public_key) {
      return Fail(Reason::kCrypto, "a path secret does not yield its node's public key");
    }
    keys.by_node[step.node] = std::move(pair.private_key);
    path_secret = NextPathSecret(path_secret);
  }
  if (!reached) return Fail(Reason::kInvalidArgument, "a path secret for a node that has none");
  return path_secret;
}

Result<DecryptedPath> DecryptPath(const Suite& suite, const RatchetTree& tree, PrivateKeys& keys,
                                  LeafIndex sender, const UpdatePath& path,
                                  const std::set<LeafIndex>& added, ByteView provisional_context) {
  for (const NodeIndex up : DirectPath(NodeOf(sender), tree.leaf_count())) keys.by_node.erase(up);
  const std::vector<PathStep> steps = tree.FilteredDirectPath(sender);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    // RFC 9420, Section 7.5: the node whose copath child has this member below it.
    if (!IsInSubtree(steps[i].copath_child, NodeOf(keys.own))) continue;
    const std::vector<NodeIndex> receivers = Receivers(tree, steps[i].copath_child, added);
    for (std::size_t j = 0; j < receivers.size(); ++j) {
      const auto held = keys.by_node.find(receivers[j]);
      if (held == keys.by_node.end()) continue;
      SecretBytes secret =
          TRESTLE_TRY(DecryptWithLabel(suite, held->second, "UpdatePathNode", provisional_context,
                                       path.nodes[i].encrypted_path_secret[j]));
      DecryptedPath out{secret, {}};
      out.commit_secret =
          TRESTLE_TRY(AdoptPathSecrets(tree, keys, sender, steps[i].node, std::move(secret)));
      return out;
    }
  }
  return Fail(Reason::kInvalidArgument, "an update path holds nothing for this member");
}

}  // namespace trestle::mls
