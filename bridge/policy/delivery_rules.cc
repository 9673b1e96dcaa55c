#include "bridge/policy/delivery_rules.h"

#include <algorithm>

namespace trestle {
namespace {

constexpr Millis kRetryAfterBelievedMax = std::chrono::hours(1);

int RankOf(ReceiptLevel level) {
  switch (level) {
    case ReceiptLevel::kAccepted:
      return 1;
    case ReceiptLevel::kHandedOver:
      return 2;
    case ReceiptLevel::kFailed:
    case ReceiptLevel::kExpired:
    case ReceiptLevel::kUnknown:
      return 3;
    case ReceiptLevel::kDelivered:
      return 4;
    case ReceiptLevel::kRead:
      return 5;
    case ReceiptLevel::kRefused:
      return 6;
  }
  return 0;
}

}  // namespace

Millis PauseAfter(const RetryRow& row, int attempts, std::optional<Millis> retry_after,
                  const Limits& limits, Random& random) {
  const Millis most = std::min(row.max, limits.backoff_max);
  Millis pause = std::max(row.first, limits.backoff_first);
  for (int i = 1; i < attempts && pause < most; ++i) pause *= row.factor;
  pause = std::min(pause, most);
  if (retry_after && row.heeds_retry_after) {
    pause = std::max(pause, std::min(*retry_after, kRetryAfterBelievedMax));
  }
  const auto jitter_max = static_cast<std::uint64_t>(pause.count() * row.jitter_percent / 100 + 1);
  return pause + Millis{static_cast<std::int64_t>(DrawBelow(random, jitter_max))};
}

bool IsLastAttempt(const RetryRow& row, int attempts, const Limits& limits) {
  if (row.attempts_max == kUntilExpiry) return false;
  return attempts >= std::min(row.attempts_max, limits.attempts_max);
}

Rule MayMove(bool maybe_sent, bool endpoint_drops_repeats) {
  return maybe_sent && !endpoint_drops_repeats ? Rule::kMaybeSentThere : Rule::kNone;
}

std::vector<std::size_t> FairPicks(std::span<const LeaseCandidate> candidates, UnderWay senders,
                                   UnderWay receivers, std::size_t per_receiver_max,
                                   std::size_t rows_max) {
  std::vector<std::size_t> picks;
  std::vector<bool> taken(candidates.size(), false);
  while (picks.size() < rows_max) {
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const bool is_open = !taken[i] && receivers[candidates[i].receiver] < per_receiver_max;
      if (!is_open) continue;
      const std::size_t under_way = senders[candidates[i].sender];
      if (!best || under_way < senders[candidates[*best].sender]) best = i;
      if (under_way == 0) break;  // none has fewer, and the earliest of them goes first
    }
    if (!best) break;
    taken[*best] = true;
    ++senders[candidates[*best].sender];
    ++receivers[candidates[*best].receiver];
    picks.push_back(*best);
  }
  return picks;
}

ReceiptLevel Folded(ReceiptLevel current, ReceiptLevel report) {
  return RankOf(report) > RankOf(current) ? report : current;
}

}  // namespace trestle
