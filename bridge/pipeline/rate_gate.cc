#include "bridge/pipeline/rate_gate.h"

#include <algorithm>

namespace trestle {
namespace {

std::int64_t IntervalOf(const LimitRow& row, const Limits& limits) {
  constexpr std::int64_t kSecondUs = 1'000'000;
  const std::int64_t span = row.unit == LimitUnit::kPerMinute ? 60 * kSecondUs : kSecondUs;
  const auto amount = static_cast<std::int64_t>(row.amount(limits));
  return std::max<std::int64_t>(span / std::max<std::int64_t>(amount, 1), 1);
}

std::int64_t ToleranceOf(const LimitRow& row, const Limits& limits) {
  const auto burst = static_cast<std::int64_t>(row.burst(limits));
  return IntervalOf(row, limits) * (std::max<std::int64_t>(burst, 1) - 1);
}

}  // namespace

RateGate::RateGate(std::string_view row, const Limits& limits, const Clock& clock, Metrics& metrics)
    : row_(LimitRowOf(row)),
      clock_(clock),
      metrics_(metrics),
      interval_us_(IntervalOf(row_, limits)),
      tolerance_us_(ToleranceOf(row_, limits)) {}

Result<void> RateGate::Take(ByteView key) {
  const std::int64_t now_us = clock_.mono_now().ms * 1000;
  std::int64_t wait_us = interval_us_;
  const std::string name(AsText(key));
  {
    const std::lock_guard lock(mutex_);
    auto found = full_at_us_.find(name);
    if (found == full_at_us_.end()) {
      if (full_at_us_.size() >= kKeysMax) ForgetFull(now_us);
      if (full_at_us_.size() < kKeysMax) {
        found = full_at_us_.emplace(name, now_us).first;
      }
    }
    if (found != full_at_us_.end()) {
      const std::int64_t full_at = std::max(found->second, now_us);
      wait_us = full_at - now_us - tolerance_us_;
      if (wait_us <= 0) found->second = full_at + interval_us_;
    }
  }
  if (wait_us <= 0) return {};
  metrics_.Add("trestle_over_limit_total", row_.name);
  return Fail(Reason::kBusy, "faster than allowed (docs/limits.md)",
              Millis{(wait_us + 999) / 1000});
}

void RateGate::ForgetFull(std::int64_t now_us) {
  std::erase_if(full_at_us_, [now_us](const auto& entry) { return entry.second <= now_us; });
}

}  // namespace trestle
