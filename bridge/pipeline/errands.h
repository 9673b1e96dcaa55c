// What an earlier turn noted and left for the next: requests and cancellations by alias, so that
// the turn that answers them is the same whatever the alias hides, and withdrawals too large for
// one turn. Durable until done; taken up again by the sweep and after a restart.
#pragma once

#include "bridge/directory/requests.h"
#include "bridge/pipeline/turn.h"

namespace trestle {

// Asks, and rings for the errand. Nothing in the answer or in the work depends on the alias.
Result<AskResult> AskInTurn(Turn& turn, const AskRequest& request);

// As many as one turn takes; rings again when there are more.
Result<void> DoErrands(Turn& turn);

}  // namespace trestle
