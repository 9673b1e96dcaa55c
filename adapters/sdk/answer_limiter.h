// At most one canned answer per thread and minute, so that two machines never talk to each other
// for long and nobody is flooded through us. Not thread-safe: each adapter's loop owns one.
// Bounded: when full of recent names, nobody new is answered.
#pragma once

#include <list>
#include <string>
#include <unordered_map>

#include "bridge/base/seams.h"

namespace trestle {

class AnswerLimiter {
 public:
  static constexpr std::size_t kNamesMax = 10000;
  static constexpr Millis kPause = std::chrono::minutes(1);

  // True when this name may be answered now; notes the answer.
  bool Take(const std::string& name, MonoTime now) {
    ForgetOld(now);
    if (last_.size() >= kNamesMax || !last_.emplace(name, now).second) return false;
    by_age_.push_back(name);
    return true;
  }
  // Also between answers, because a name is a person's address.
  void ForgetOld(MonoTime now) {
    while (!by_age_.empty() && now - last_.at(by_age_.front()) >= kPause) {
      last_.erase(by_age_.front());
      by_age_.pop_front();
    }
  }

 private:
  std::unordered_map<std::string, MonoTime> last_;
  std::list<std::string> by_age_;  // oldest first
};

}  // namespace trestle
