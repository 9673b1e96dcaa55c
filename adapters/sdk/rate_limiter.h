// A token bucket for each key (a Page, a number, a pair of them), kept as one instant per key: when
// its bucket will be full again. A key that is full is forgotten, so memory follows traffic. Not
// thread-safe: its loop owns it.
#pragma once

#include <string>
#include <unordered_map>

#include "bridge/base/seams.h"

namespace trestle {

class RateLimiter {
 public:
  static constexpr std::size_t kKeysMax = 65536;

  struct Rate {
    std::int64_t per_minute = 60;  // how fast a bucket fills
    std::int64_t burst = 1;        // how much it holds
  };
  explicit RateLimiter(Rate rate);

  // Zero: one was taken. Else nothing was taken, and this is how long to wait. With kKeysMax busy
  // keys, a new one has to wait too.
  Millis Take(const std::string& key, MonoTime now);
  // Gives this key nothing before `until`: the network's own word.
  void Hold(const std::string& key, MonoTime until);

  std::size_t keys_used() const { return full_at_us_.size(); }

 private:
  void ForgetFull(std::int64_t now_us);

  const std::int64_t interval_us_;   // for one token
  const std::int64_t tolerance_us_;  // how far ahead of now a bucket's instant may be
  std::unordered_map<std::string, std::int64_t> full_at_us_;
};

}  // namespace trestle
