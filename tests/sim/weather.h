// What the way between the bridge and one network is like now: nothing connects, everything is
// swallowed, or all stands still. Changes by the run's faults and clears up when they end. One
// thread.
#pragma once

#include <functional>
#include <vector>

#include "tests/sim/chaos.h"

namespace trestle::world {

class Weather {
 public:
  Weather(TimeQueue& queue, SeededRandom& random, Chaos& chaos)
      : queue_(queue), random_(random), chaos_(chaos) {}

  // Now and then; `changed` runs when the network goes down or comes up.
  void Tick(const std::function<void()>& changed);

  bool is_down() const { return chaos_.is_active() && queue_.mono_now() < down_until_; }
  bool is_half_open() const { return chaos_.is_active() && queue_.mono_now() < half_open_until_; }
  // How long something under way takes: little, seconds, or until a clog goes.
  Millis Latency();

 private:
  TimeQueue& queue_;
  SeededRandom& random_;
  Chaos& chaos_;
  MonoTime down_until_{};
  MonoTime half_open_until_{};
  MonoTime clogged_until_{};
  bool was_down_ = false;
};

}  // namespace trestle::world
