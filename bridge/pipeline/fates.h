// How the life of an outbox row ends other than by being postponed. Each end erases what there is,
// traces it and tells the sender of an envelope. Shared by dispatch and sweep.
#pragma once

#include "bridge/pipeline/passage.h"

namespace trestle {

Result<void> EndSent(Turn& turn, const RowCase& subject);
Result<void> EndExpired(Turn& turn, const RowCase& subject);
// Its contact does not allow it any more.
Result<void> EndWithdrawn(Turn& turn, const RowCase& subject);
// Both sides do not agree to the SMS edge any more.
Result<void> EndUnagreed(Turn& turn, const RowCase& subject);
// An ephemeral row, receipt or reply that was not taken.
Result<void> EndDropped(Turn& turn, const RowCase& subject, Rule rule);
// Its storage key is gone, so it was erased before: the database is an older copy.
Result<void> EndLost(Turn& turn, const RowCase& subject);
// An operator may look at it; the payload stays until its expiry.
Result<void> EndGivenUp(Turn& turn, const RowCase& subject, Rule rule);

// One step of this row's way, traced.
Result<void> TraceRow(Turn& turn, const RowCase& subject, Step step, Outcome outcome, Rule rule);

// Erases an envelope: overwritten, counted under `cause` and logged.
Result<void> EraseEnvelope(Turn& turn, const EnvelopeRecord& envelope, ErasureCause cause);

}  // namespace trestle
