// The outbox's side of the flow, inside turns: what may be handed to a network now, and what an
// attempt's answer means.
//
//   waits --lease--> leased --sent------------------> erased, sender told
//     ^                |------not sent, maybe sent--> waits, later
//     |                |------never, too often------> dead letter, sender told
//     |                '------expired, withdrawn----> erased, sender told
//     '--- a lease that lapsed, because its process died: sent again with the same delivery id
//
// After "maybe sent" the same DeliveryId is always tried again: networks that take idempotency keys
// drop the repetition, and on the others the endpoint drops an envelope it has seen, a receipt
// changes nothing twice, and the bridge's own texts may be read twice.
#pragma once

#include <vector>

#include "bridge/pipeline/turn.h"

namespace trestle {

struct LeasedDelivery {
  Delivery delivery;
  int attempt = 1;  // counted from 1
};

struct LeaseBatch {
  std::vector<LeasedDelivery> deliveries;
  bool more = false;                 // ask again: the batch was full, or rows were dropped from it
  std::optional<WallTime> next_due;  // when the next row of this network wants its turn
};

// Expiry and consent are looked at once more; what may not go any more is dropped here.
Result<LeaseBatch> LeaseFor(Turn& turn, const Network& network, std::size_t rows_max);

Result<void> SettleAttempt(Turn& turn, const DeliveryId& delivery, const Attempt& attempt);

// Takes up after an earlier process: its leases end, its ephemeral rows are dropped.
Result<void> TakeUp(Turn& turn);

// Erases what has expired, tells senders, and lets lapsed leases go.
Result<void> SweepOnce(Turn& turn);

// Operators. kNotFound, kExpired, kConflict as stated in core.h.
Result<void> RequeueLetter(Turn& turn, std::int64_t id);
Result<void> PurgeLetter(Turn& turn, std::int64_t id);

}  // namespace trestle
