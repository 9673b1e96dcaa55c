// The outbox's side of the flow, inside turns: what an attempt's answer means, and what becomes of
// rows that nobody takes. Leases are in leases.h.
//
//   waits --lease--> leased --sent------------------> erased, sender told
//     ^                |------not sent, maybe sent--> waits, later
//     |                |------never, too often------> dead letter, sender told (failed; unknown
//     |                |                             when an attempt ended in doubt)
//     |                '------expired, withdrawn----> erased, sender told
//     '--- a lease that lapsed, because its process died: sent again with the same delivery id
//
// After "maybe sent" the same DeliveryId is always tried again: networks that take idempotency keys
// drop the repetition, and on the others the endpoint drops an envelope it has seen, a receipt
// changes nothing twice, and the bridge's own texts may be read twice.
#pragma once

#include <vector>

#include "bridge/pipeline/answers.h"
#include "bridge/pipeline/turn.h"

namespace trestle {

// What became of a row that was leased: as it stands now, which need not be as it was leased.
Result<void> SettleAttempt(Turn& turn, const LeasedRow& leased, const Attempt& attempt);

// Takes up after an earlier process: its leases end, its ephemeral rows are dropped.
Result<void> TakeUp(Turn& turn);

// What a sweep saw: how long each network's oldest delivery that could go has not gone.
struct SweepReport {
  std::vector<std::pair<Network, Millis>> oldest_due;
  bool more = false;  // as much was done of one kind as one sweep may: there may be more
};
// Erases what has expired, tells senders, lets lapsed leases go, and moves what waits for a network
// that has been down for too long. After the clock was set back what waits for its time is due at
// once, since the time it waits for may be far away.
enum class WallClock : std::uint8_t { kSteady, kSetBack };
Result<SweepReport> SweepOnce(Turn& turn, WallClock wall);

// Operators. kNotFound, kExpired, kConflict as stated in core.h.
Result<void> RequeueLetter(Turn& turn, std::int64_t id);
Result<void> PurgeLetter(Turn& turn, std::int64_t id);
// All that the filter means, at most kLettersMax in one go, oldest first.
inline constexpr std::size_t kLettersMax = 1000;
Result<LetterCount> RequeueLetters(Turn& turn, const LetterFilter& filter);
Result<LetterCount> PurgeLetters(Turn& turn, const LetterFilter& filter);

}  // namespace trestle
