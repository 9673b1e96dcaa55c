// TreeKEM (RFC 9420, Sections 7.4 to 7.6): a member replaces the keys on its path to the root, and
// sends each new secret to exactly those who stand below. The public half changes a RatchetTree,
// the private half lives in PrivateKeys.
#pragma once

#include <map>

#include "endpoint/mls/ratchet_tree.h"

namespace trestle::mls {

using crypto::HpkeCiphertext;

struct UpdatePathNode {
  Bytes encryption_key;
  std::vector<HpkeCiphertext> encrypted_path_secret;

  void Write(TlsWriter& out) const;
  static Result<UpdatePathNode> Read(TlsReader& in);
};

struct UpdatePath {
  LeafNode leaf_node;
  std::vector<UpdatePathNode> nodes;

  void Write(TlsWriter& out) const;
  static Result<UpdatePath> Read(TlsReader& in);
};

void WriteHpkeCiphertext(TlsWriter& out, const HpkeCiphertext& sealed);
Result<HpkeCiphertext> ReadHpkeCiphertext(TlsReader& in);

// The private keys that a member holds: its leaf's, and those of ancestors whose secrets it was
// sent.
struct PrivateKeys {
  LeafIndex own;
  std::map<NodeIndex, SecretBytes> by_node;

  // Forgets keys of nodes that are blank now or hold another public key.
  void Prune(const RatchetTree& tree);
  // Every key belongs to the public key at its node.
  Result<void> CheckAgainst(const RatchetTree& tree) const;
};

// RFC 9420, Section 7.4: the key pair of a node from its path secret, and the secret above it.
Result<crypto::KeyPair> NodeKeyPair(ByteView path_secret);
SecretBytes NextPathSecret(ByteView path_secret);

// A path that this member makes. The tree already holds its public keys.
struct NewPath {
  LeafNode leaf_node;
  std::vector<PathStep> steps;
  std::vector<SecretBytes> path_secrets;  // one per step
  SecretBytes commit_secret;
};

// Replaces the sender's leaf (taken from `leaf`, with a fresh key) and its filtered direct path.
Result<NewPath> MakePath(RatchetTree& tree, PrivateKeys& keys, LeafNode leaf, ByteView group_id,
                         ByteView signature_private_key, Random& random);
// Encrypts the path secrets; `added` are the leaves that this commit adds, who get theirs by
// Welcome.
Result<UpdatePath> EncryptPath(const Suite& suite, const RatchetTree& tree, const NewPath& path,
                               const std::set<LeafIndex>& added, ByteView provisional_context,
                               Random& random);

// Puts a received path into the tree and verifies its parent hash. The leaf is checked by the
// caller.
Result<void> MergePath(RatchetTree& tree, LeafIndex sender, const UpdatePath& path,
                       const std::set<LeafIndex>& added);

struct DecryptedPath {
  SecretBytes path_secret;  // the one that was sent to this member
  SecretBytes commit_secret;
};
// Decrypts what a merged path holds for this member and takes over its private keys.
Result<DecryptedPath> DecryptPath(const Suite& suite, const RatchetTree& tree, PrivateKeys& keys,
                                  LeafIndex sender, const UpdatePath& path,
                                  const std::set<LeafIndex>& added, ByteView provisional_context);

// Sets the keys from `first` up to the root out of a path secret (RFC 9420, Sections 7.5
// and 12.4.3.1); every derived public key must stand in the tree. Answers the commit secret.
Result<SecretBytes> AdoptPathSecrets(const RatchetTree& tree, PrivateKeys& keys, LeafIndex sender,
                                     NodeIndex first, SecretBytes path_secret);

}  // namespace trestle::mls
