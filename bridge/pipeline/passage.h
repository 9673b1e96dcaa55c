// Whether a row of the outbox may be handed to its network now, and what is handed over. Looked at
// whenever a row is leased or sent again, so that an expiry or a withdrawal that came after it was
// accepted counts. Inside a turn.
#pragma once

#include "bridge/pipeline/turn.h"

namespace trestle {

Result<RowCase> CaseOf(Turn& turn, const OutboxRow& row, Payload payload = Payload::kLeftSealed);

enum class Passage : std::uint8_t {
  kGoes,
  kExpired,
  kLost,       // its storage key is destroyed
  kWithdrawn,  // the contact does not allow it any more
  kUnagreed,   // both sides do not agree to the SMS edge
  kBroken,
};

// The delivery is there when it goes. The case's payload must have been opened, and is moved into
// it.
struct Judgement {
  Passage passage = Passage::kBroken;
  std::optional<Delivery> delivery;
};
Result<Judgement> JudgePassage(Turn& turn, RowCase& subject);

}  // namespace trestle
