#include "adapters/sms/send_rate.h"

namespace trestle::sms {

Millis SendRate::Take(MonoTime now) {
  if (now < held_until_) return held_until_ - now;
  Recover(now);
  const std::int64_t now_us = now.ms * 1000;
  const std::int64_t burst_us = kBurst.count() * 1000;
  const std::int64_t ahead_us = next_us_ - now_us;
  if (ahead_us > burst_us) return Millis{(ahead_us - burst_us + 999) / 1000};
  next_us_ = std::max(next_us_, now_us) + 60'000'000 / per_minute_;
  return Millis{0};
}

Millis SendRate::Throttled(MonoTime now) {
  // Answers to what was in the window already say the same thing once.
  if (now < held_until_) return held_until_ - now;
  per_minute_ = std::max(per_minute_ / 2, kPerMinuteMin);
  changed_ = now;
  held_until_ = now + pause_;
  const Millis pause = pause_;
  pause_ = std::min(pause_ * 2, kPauseMax);
  return pause;
}

void SendRate::Recover(MonoTime now) {
  if (per_minute_ == max_per_minute_) return;
  const std::int64_t steps = (now - changed_) / kRecoverEvery;
  if (steps <= 0) return;
  changed_ = now;
  const std::int64_t step = std::max<std::int64_t>(max_per_minute_ / 10, 1);
  per_minute_ = std::min(per_minute_ + std::min<std::int64_t>(steps, 10) * step, max_per_minute_);
}

}  // namespace trestle::sms
