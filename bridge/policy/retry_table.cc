#include "bridge/policy/retry_table.h"

#include <array>

namespace trestle {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// The rows of single networks stand before those of every network.
constexpr std::array kRows = {
    RetryRow{"native", Trouble::kNoAnswer, seconds(1), 2, seconds(30), kUntilExpiry, true, 25,
             "the client acknowledges or comes back; the delivery id tells it what it has"},
    RetryRow{"sms", Trouble::kPasses, seconds(5), 2, minutes(5), 30, true, 25,
             "each try may cost money"},
    RetryRow{"sms", Trouble::kNoAnswer, seconds(10), 3, minutes(15), 5, true, 25,
             "each try may cost money, and the centre takes no keys"},
    RetryRow{"whatsapp", Trouble::kThrottledPerson, seconds(6), 4, minutes(30), kUntilExpiry, true,
             25, "Meta's pair rate: 4^n seconds, other people are not affected"},
    RetryRow{kEveryNetwork, Trouble::kPasses, seconds(1), 2, minutes(5), 30, true, 25,
             "what passes passes soon or not at all"},
    RetryRow{kEveryNetwork, Trouble::kThrottled, seconds(10), 2, minutes(5), kUntilExpiry, true, 25,
             "not the delivery's fault"},
    RetryRow{kEveryNetwork, Trouble::kThrottledPerson, seconds(6), 2, minutes(5), kUntilExpiry,
             true, 25, "not the delivery's fault"},
    RetryRow{kEveryNetwork, Trouble::kRestricted, minutes(15), 2, hours(1), kUntilExpiry, true, 25,
             "the identity, not the delivery; an operator is told"},
    RetryRow{kEveryNetwork, Trouble::kStopped, minutes(1), 2, minutes(15), kUntilExpiry, true, 25,
             "waits for an operator; fallback goes around it"},
    RetryRow{kEveryNetwork, Trouble::kNoLink, seconds(1), 2, minutes(1), kUntilExpiry, true, 25,
             "nothing left the bridge"},
    RetryRow{kEveryNetwork, Trouble::kNoAnswer, seconds(1), 2, minutes(5), 10, true, 25,
             "the same id again; then its fate is unknown, and said so"},
    RetryRow{kEveryNetwork, Trouble::kNobodyThere, seconds(1), 2, minutes(5), kUntilExpiry, true,
             25, "no failed attempt: only the expiry ends waiting for somebody"},
    RetryRow{kEveryNetwork, Trouble::kOwn, seconds(1), 2, minutes(1), kUntilExpiry, true, 25,
             "a full queue or disk of the adapter"},
};

}  // namespace

std::span<const RetryRow> RetryTable() { return kRows; }

const RetryRow& RetryRowFor(const Network& network, Trouble trouble) {
  for (const RetryRow& row : kRows) {
    const bool is_for_it = row.network == network.name() || row.network == kEveryNetwork;
    if (row.trouble == trouble && is_for_it) return row;
  }
  return RetryRowFor(network, Trouble::kPasses);
}

}  // namespace trestle
