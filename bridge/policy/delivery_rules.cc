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

Millis BackoffAfter(int attempts, std::optional<Millis> retry_after, const Limits& limits,
                    Random& random) {
  Millis pause = limits.backoff_first;
  for (int i = 1; i < attempts && pause < limits.backoff_max; ++i) pause *= 2;
  pause = std::min(pause, limits.backoff_max);
  if (retry_after) {
    pause = std::max(pause, std::min(*retry_after, kRetryAfterBelievedMax));
  }
  const auto jitter_max = static_cast<std::uint64_t>(pause.count() / 4 + 1);
  return pause + Millis{static_cast<std::int64_t>(DrawBelow(random, jitter_max))};
}

ReceiptLevel Folded(ReceiptLevel current, ReceiptLevel report) {
  return RankOf(report) > RankOf(current) ? report : current;
}

}  // namespace trestle
