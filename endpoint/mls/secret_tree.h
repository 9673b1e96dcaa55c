// The secret tree (RFC 9420, Section 9): one ratchet per member for application messages and one
// for handshakes, each yielding a key and nonce per generation, each used once. Looking a key up
// changes nothing; it is spent by Consume, after the message has proved itself. So a forged message
// costs a receiver no state.
#pragma once

#include <map>

#include "endpoint/mls/tree_math.h"

namespace trestle::mls {

enum class RatchetKind : std::uint8_t { kHandshake = 0, kApplication = 1 };

struct MessageKey {
  SecretBytes key;
  SecretBytes nonce;
};

class SecretTree {
 public:
  // How far ahead a generation may be, and how many keys of generations passed over are kept for
  // messages that arrive late; the oldest go first.
  static constexpr std::uint32_t kSkipMax = 512;
  static constexpr std::size_t kHeldKeysMax = 512;

  SecretTree() = default;
  SecretTree(const Suite& suite, SecretBytes encryption_secret, std::uint32_t leaves);

  // A key found, and the ratchet as it will be once the key is spent.
  struct Lookup {
    LeafIndex leaf;
    RatchetKind kind;
    std::uint32_t generation;
    MessageKey key;
  };
  // kConflict when the generation was spent already (a replay) or is too old to be held; kTooLarge
  // when it is further ahead than kSkipMax; kInvalidArgument for a leaf outside the tree.
  Result<Lookup> Find(LeafIndex leaf, RatchetKind kind, std::uint32_t generation) const;
  void Consume(const Lookup& lookup);

  std::uint32_t next_generation(LeafIndex leaf, RatchetKind kind) const;

  void Write(TlsWriter& out) const;  // with its secrets: for sealed storage alone
  static Result<SecretTree> Read(const Suite& suite, TlsReader& in);

 private:
  struct Ratchet {
    std::uint32_t generation = 0;  // of the next key
    SecretBytes secret;
    std::map<std::uint32_t, MessageKey> held;
  };
  using LeafRatchets = std::array<Ratchet, 2>;

  MessageKey KeyOf(const Ratchet& ratchet) const;
  void Advance(Ratchet& ratchet) const;
  SecretBytes LeafSecret(LeafIndex leaf) const;
  void Open(LeafIndex leaf);  // derives the leaf's ratchets, and erases the secrets on its path
  Result<void> CheckComplete() const;  // every leaf has a ratchet or a secret above it
  LeafRatchets RatchetsFrom(const SecretBytes& leaf_secret) const;

  const Suite* suite_ = nullptr;
  std::uint32_t leaves_ = 0;
  std::map<NodeIndex, SecretBytes> node_secrets_;  // of subtrees that no message has touched
  std::map<LeafIndex, LeafRatchets> ratchets_;
};

}  // namespace trestle::mls
