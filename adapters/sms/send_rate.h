// How fast submits may leave: the rate that the operator sold, halved at each throttling answer and
// recovered by a tenth every five seconds without one. After a throttling answer nothing leaves for
// a pause that doubles while throttling goes on. Pure but for the time given in.
#pragma once

#include <algorithm>

#include "bridge/base/seams.h"

namespace trestle::sms {

class SendRate {
 public:
  static constexpr std::int64_t kPerMinuteMin = 6;
  static constexpr Millis kRecoverEvery = std::chrono::seconds(5);
  static constexpr Millis kPauseMax = std::chrono::minutes(1);
  static constexpr Millis kBurst = std::chrono::milliseconds(250);  // of messages, at once

  SendRate(std::int64_t per_minute, Millis pause)
      : max_per_minute_(std::max(per_minute, kPerMinuteMin)),
        first_pause_(pause),
        per_minute_(max_per_minute_),
        pause_(pause) {}

  // Zero: one may leave now. Else nothing may, and this is how long to wait.
  Millis Take(MonoTime now);
  // The centre said 0x58 or 0x14; answers how long nothing leaves.
  Millis Throttled(MonoTime now);
  void Succeeded() { pause_ = first_pause_; }

  std::int64_t per_minute() const { return per_minute_; }

 private:
  void Recover(MonoTime now);

  const std::int64_t max_per_minute_;
  const Millis first_pause_;
  std::int64_t per_minute_;
  Millis pause_;
  MonoTime changed_{};
  MonoTime held_until_{};
  std::int64_t next_us_ = 0;  // when the next one would leave at an even pace
};

}  // namespace trestle::sms
