// The words of the erasure log: what a leaf says and what a tree head says, octet for octet, for
// the daemon that writes them and for whoever checks them (docs/erasure.md). No content, no
// address, no account stands in either.
#pragma once

#include "bridge/base/ids.h"

namespace trestle {

enum class ErasureCause : std::uint8_t {
  kDelivered = 1,  // a network or a client took it
  kExpired = 2,    // its time to live had passed
  kRevoked = 3,    // the contact's consent was withdrawn while it waited
  kGivenUp = 4,    // tried in vain, and purged by the operator or by its time
};
std::string_view ErasureCauseName(ErasureCause cause);  // "delivered", "expired", …

struct ErasureLeaf {
  Bytes32 commitment{};  // of the envelope: see CommitmentTo
  ErasureCause cause = ErasureCause::kDelivered;
  std::uint32_t hour = 0;  // of the erasure, in hours of the Unix epoch: a bucket, not a time
};

// SHA-256 over a label and the envelope's id. The id is 16 random octets, so the commitment tells
// nothing to who does not know it.
Bytes32 CommitmentTo(const EnvelopeId& envelope);
// version 1, commitment, cause, hour (big-endian): 38 octets.
Bytes EncodeErasureLeaf(const ErasureLeaf& leaf);
// kMalformed for anything else.
Result<ErasureLeaf> ParseErasureLeaf(ByteView octets);

// The log is cut into shards, one for each week of the epoch in which something was erased; each
// head names the final head of the shard before it, so all of them are one chain.
struct ErasureHead {
  std::uint32_t shard = 0;
  std::uint64_t size = 0;
  Bytes32 root{};
  Bytes32 previous{};  // HashOfHead of the shard before; zeros for the first
};
inline constexpr std::int64_t kErasureShardMs = 7 * 24 * 3600 * std::int64_t{1000};
inline std::uint32_t ErasureShardOf(WallTime at) {
  return static_cast<std::uint32_t>(at.ms / kErasureShardMs);
}
inline std::uint32_t HourOf(WallTime at) { return static_cast<std::uint32_t>(at.ms / 3'600'000); }

// What the daemon signs: a label, shard, size, root, previous.
Bytes EncodeErasureHead(const ErasureHead& head);
Bytes32 HashOfHead(const ErasureHead& head);

}  // namespace trestle
