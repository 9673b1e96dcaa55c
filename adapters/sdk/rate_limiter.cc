#include "adapters/sdk/rate_limiter.h"

#include <algorithm>

namespace trestle {
namespace {

constexpr std::int64_t kMicrosOfMinute = 60'000'000;

}  // namespace

RateLimiter::RateLimiter(Rate rate)
    : interval_us_(kMicrosOfMinute / std::clamp<std::int64_t>(rate.per_minute, 1, kMicrosOfMinute)),
      tolerance_us_(interval_us_ * (std::max<std::int64_t>(rate.burst, 1) - 1)) {}

Millis RateLimiter::Take(const std::string& key, MonoTime now) {
  const std::int64_t now_us = now.ms * 1000;
  auto found = full_at_us_.find(key);
  if (found == full_at_us_.end()) {
    if (full_at_us_.size() >= kKeysMax) ForgetFull(now_us);
    if (full_at_us_.size() >= kKeysMax) return Millis{interval_us_ / 1000 + 1};
    found = full_at_us_.emplace(key, now_us).first;
  }
  const std::int64_t full_at = std::max(found->second, now_us);
  const std::int64_t wait_us = full_at - now_us - tolerance_us_;
  if (wait_us > 0) return Millis{(wait_us + 999) / 1000};
  found->second = full_at + interval_us_;
  return Millis{0};
}

void RateLimiter::Hold(const std::string& key, MonoTime until) {
  if (full_at_us_.size() >= kKeysMax && !full_at_us_.contains(key)) return;
  std::int64_t& full_at = full_at_us_[key];
  full_at = std::max(full_at, until.ms * 1000 + tolerance_us_);
}

void RateLimiter::ForgetFull(std::int64_t now_us) {
  std::erase_if(full_at_us_, [now_us](const auto& entry) { return entry.second <= now_us; });
}

}  // namespace trestle
