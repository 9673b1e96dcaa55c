// The small pure rules of deliveries: how long to wait after a failed attempt, and how reports
// about one envelope are folded into one level.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <vector>

#include "bridge/base/bytes.h"
#include "bridge/base/seams.h"
#include "bridge/envelope/refusal.h"
#include "bridge/policy/limits.h"
#include "bridge/policy/retry_table.h"

namespace trestle {

// The pause after attempt number `attempts` (from 1), by its row of the retry table: growing
// between the row's bounds (and the limits'), plus jitter so that a network that comes back is not
// met by all at once. The network's own word, when it gave one and the row heeds it, is the least;
// it is believed up to an hour.
Millis PauseAfter(const RetryRow& row, int attempts, std::optional<Millis> retry_after,
                  const Limits& limits, Random& random);

// Whether this was the last try that the row and the limits allow.
bool IsLastAttempt(const RetryRow& row, int attempts, const Limits& limits);

// Whether a delivery may leave the network it waits for and go over another one. After it may have
// been sent, only when the recipient's endpoint drops what it has seen: no network knows what
// another one has shown.
Rule MayMove(bool maybe_sent, bool endpoint_drops_repeats);

// One delivery that could go now, as far as fairness asks. Equal keys are the same sender and the
// same receiver.
struct LeaseCandidate {
  Bytes16 sender{};
  Bytes16 receiver{};
};
using UnderWay = std::map<Bytes16, std::size_t>;
// Which candidates go now, at most `rows_max`, in the order in which they go: always one of the
// sender that has the fewest under way, so that a flood of one does not hold up another; never more
// of one receiver than the limit.
std::vector<std::size_t> FairPicks(std::span<const LeaseCandidate> candidates, UnderWay senders,
                                   UnderWay receivers, std::size_t per_receiver_max,
                                   std::size_t rows_max);

// The level after a further report: a lattice, so that late and repeated reports change nothing.
// Proof of arrival outranks a failure; a failure outranks the hand-over it follows.
ReceiptLevel Folded(ReceiptLevel current, ReceiptLevel report);

}  // namespace trestle
