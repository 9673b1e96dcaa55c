// Checks a proof of erasure against what this home has pinned and seen. Pure; the bridge is not
// trusted with anything.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bridge/base/ids.h"
#include "bridge/envelope/erasure.h"
#include "trestle/v1/messages.pb.h"

namespace trestle::cli {

// What a home remembers of a bridge's log.
struct LogMemory {
  std::optional<Bytes32> key;       // the first one seen
  std::optional<ErasureHead> head;  // the newest one checked
};

struct ErasureVerdict {
  // Of the log: signature, key, chain, and that it continues what was seen before.
  bool log_is_sound = false;
  // Whether the last seen head could be compared; false after a long absence.
  bool continued = true;
  std::optional<ErasureLeaf> leaf;  // proven to be in the log; none: not erased, or no proof
  std::string alarm;                // a sentence when something is wrong
  Bytes32 key{};
  ErasureHead head;  // to be remembered when the log is sound
};

ErasureVerdict CheckErasure(const EnvelopeId& envelope, const v1::ErasureProofResponse& proof,
                            const LogMemory& memory);

// A head as the home keeps it; none for octets that are none.
Bytes EncodeMemory(const ErasureHead& head);
std::optional<ErasureHead> ParseMemory(ByteView octets);

}  // namespace trestle::cli
