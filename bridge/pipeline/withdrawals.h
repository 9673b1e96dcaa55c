// What happens to what is on its way when consent ends: it is erased in the same transaction, its
// sender is told, and what an adapter has in hand is asked back. Nothing waits for its turn to be
// looked at.
#pragma once

#include "bridge/pipeline/turn.h"

namespace trestle {

// At most Limits::withdrawn_rows_max rows now; the rest in turns that follow by themselves.
Result<void> WithdrawRows(Turn& turn, const ContactRecord& contact);

// The rows with content that EdgePassageOf lets go no more end; of those under way the adapter is
// told. What is left by chance is met again when it is leased.
Result<void> WithdrawContent(Turn& turn, const ContactRecord& contact);

// True for rows that need consent: receipts and the bridge's own words do not.
bool NeedsConsent(OutboxKind kind);

}  // namespace trestle
