// The small pure rules of deliveries: how long to wait after a failed attempt, and how reports
// about one envelope are folded into one level.
#pragma once

#include <optional>

#include "bridge/base/seams.h"
#include "bridge/envelope/refusal.h"
#include "bridge/policy/limits.h"

namespace trestle {

// The pause after attempt number `attempts` (from 1): doubling between the limits' bounds, plus up
// to a quarter of jitter so that a network that comes back is not met by all at once. The network's
// own word, when it gave one, is the least; it is believed up to an hour.
Millis BackoffAfter(int attempts, std::optional<Millis> retry_after, const Limits& limits,
                    Random& random);

// The level after a further report: a lattice, so that late and repeated reports change nothing.
// Proof of arrival outranks a failure; a failure outranks the hand-over it follows.
ReceiptLevel Folded(ReceiptLevel current, ReceiptLevel report);

}  // namespace trestle
