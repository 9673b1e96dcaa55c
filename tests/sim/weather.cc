#include "tests/sim/weather.h"

namespace trestle::world {
namespace {

constexpr std::uint64_t kSpellMsMax = 25'000;
constexpr std::uint64_t kLatencyMsMax = 20;
constexpr std::uint64_t kDelayMsMax = 14'000;
constexpr std::uint64_t kReleaseMsMax = 500;

}  // namespace

void Weather::Tick(const std::function<void()>& changed) {
  const auto spell = [&](Fault fault, MonoTime& until) {
    if (!chaos_.Hit(fault)) return;
    const Millis span{static_cast<std::int64_t>(1000 + random_.Below(kSpellMsMax))};
    until = std::max(until, queue_.mono_now() + span);
  };
  spell(Fault::kNetworkDown, down_until_);
  spell(Fault::kHalfOpen, half_open_until_);
  spell(Fault::kClog, clogged_until_);
  if (is_down() == was_down_) return;
  was_down_ = !was_down_;
  changed();
}

Millis Weather::Latency() {
  Millis span{static_cast<std::int64_t>(1 + random_.Below(kLatencyMsMax))};
  if (chaos_.Hit(Fault::kDelay)) {
    span += Millis{static_cast<std::int64_t>(random_.Below(kDelayMsMax))};
  }
  // What stands still goes again in random order.
  if (chaos_.is_active() && queue_.mono_now() < clogged_until_) {
    span += clogged_until_ - queue_.mono_now();
    span += Millis{static_cast<std::int64_t>(random_.Below(kReleaseMsMax))};
  }
  return span;
}

}  // namespace trestle::world
