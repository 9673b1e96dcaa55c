// Whether a row of the outbox may be handed to its network now, and what is handed over. Looked at
// whenever a row is leased or sent again, so that an expiry or a withdrawal that came after it was
// accepted counts. Inside a turn.
#pragma once

#include "bridge/pipeline/turn.h"

namespace trestle {

// A row and what belongs to it; parts are missing for rows that are no envelope's.
struct RowCase {
  OutboxRow row;
  std::optional<EnvelopeRecord> envelope;
  std::optional<ContactRecord> contact;
};
Result<RowCase> CaseOf(Turn& turn, const OutboxRow& row, Payload payload = Payload::kLeftSealed);

enum class Passage : std::uint8_t {
  kGoes,
  kExpired,
  kLost,       // its storage key is destroyed
  kWithdrawn,  // the contact does not allow it any more
  kUnagreed,   // both sides do not agree to the SMS edge
  kBroken,
};

// The delivery is there when it goes. The case's payload must have been opened.
struct Judgement {
  Passage passage = Passage::kBroken;
  std::optional<Delivery> delivery;
};
Result<Judgement> JudgePassage(Turn& turn, const RowCase& subject);

}  // namespace trestle
