// An account's key log: what became of its key packages, as a chain of hashes that its owner can
// check. The bridge appends, the owner's endpoint verifies: a bridge that changes, drops or inserts
// an entry after the owner has seen a later one is found out. What the chain cannot show is a key
// that the bridge made up itself: safety numbers are for that. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "bridge/base/ids.h"
#include "bridge/base/result.h"
#include "bridge/base/seams.h"

namespace trestle {

// Numbers are hashed and never reused.
enum class KeyLogKind : std::uint8_t {
  kPublished = 1,   // by the owner
  kClaimed = 2,     // handed to the contact, and erased at the bridge
  kLastResort = 3,  // handed to the contact, and kept for the next
  kExhausted = 4,   // a contact was due one and there was none
};
std::string_view KeyLogKindName(KeyLogKind kind);  // "published", …

struct KeyLogEntry {
  std::uint64_t number = 0;  // from 1, gapless
  WallTime at{};
  KeyLogKind kind = KeyLogKind::kPublished;
  Bytes32 ref{};      // SHA-256 of the key package; zeros for kExhausted
  ContactId contact;  // zeros for kPublished
  Bytes32 hash{};     // over the entry before and this one
  bool operator==(const KeyLogEntry&) const = default;
};

// The hash that the entry must carry after `before` (zeros for the first).
Bytes32 KeyLogHash(const Bytes32& before, const KeyLogEntry& entry);

// Where a reader has got to.
struct KeyLogHead {
  std::uint64_t number = 0;
  Bytes32 hash{};
  bool operator==(const KeyLogHead&) const = default;
};

// The head after the entries, or kConflict when one does not follow from the one before. The
// entries must begin right after `from`; without one, the first entry is taken as the start: the
// log is bounded, and its beginning may be gone.
Result<KeyLogHead> VerifyKeyLog(const std::optional<KeyLogHead>& from,
                                std::span<const KeyLogEntry> entries);

}  // namespace trestle
