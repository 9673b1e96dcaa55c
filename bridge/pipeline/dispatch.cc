#include "bridge/pipeline/dispatch.h"

#include <algorithm>
#include <utility>

namespace trestle {
namespace {

// A timer that came late is harmless: every sweep looks at every network.
constexpr Millis kTimerMin{1};
constexpr Millis kTimerMax = std::chrono::seconds(5);
constexpr Millis kStoreRetry = std::chrono::seconds(1);

}  // namespace

bool Dispatch::Post(Task task) {
  const Result<void> posted =
      lane_.Post([alive = std::weak_ptr<int>(alive_), task = std::move(task)]() mutable {
        if (!alive.expired()) std::move(task)();
      });
  // The lane is the core's alone and what it posts is bounded, so only a stop can refuse.
  if (!posted && open_) core_.metrics.Add("trestle_impossible_total", "lane_refused");
  return posted.has_value();
}

void Dispatch::Ring(AdapterSlot& slot) {
  if (!open_ || slot.rung.exchange(true)) return;
  const bool posted = Post([this, &slot] {
    slot.rung = false;
    Look(slot);
  });
  if (!posted) slot.rung = false;
}

void Dispatch::Withdraw(AdapterSlot& slot, const DeliveryId& delivery) {
  if (!open_) return;
  Post([&slot, delivery] { slot.adapter.Withdraw(delivery); });
}

void Dispatch::Look(AdapterSlot& slot) {
  TRESTLE_CHECK(lane_.is_current());
  if (!open_ || !IsUsable(slot.health)) return;
  Pull& pull = pulls_[slot.network];
  if (pull.under_way) {
    pull.again = true;
    return;
  }
  const std::size_t in_flight_max = core_.limits.in_flight_per_adapter_max;
  const std::size_t in_flight = slot.in_flight;
  if (in_flight >= in_flight_max) return;  // the next answer looks again
  const std::size_t rows_max = in_flight_max - in_flight;
  Done<LeaseBatch> done = [this, &slot,
                           alive = std::weak_ptr<int>(alive_)](Result<LeaseBatch> batch) {
    if (alive.expired()) return;
    Post([this, &slot, batch = std::move(batch)]() mutable { Hand(slot, std::move(batch)); });
  };
  const Result<void> started = runner_.Start<LeaseBatch>(
      [&slot, rows_max](Turn& turn) { return LeaseFor(turn, slot.network, rows_max); },
      std::move(done), Admission::kReserved);
  pull.under_way = started.has_value();
}

void Dispatch::Hand(AdapterSlot& slot, Result<LeaseBatch> batch) {
  TRESTLE_CHECK(lane_.is_current());
  Pull& pull = pulls_[slot.network];
  pull.under_way = false;
  if (!batch) {
    SetTimer(slot, kStoreRetry);
    return;
  }
  for (LeasedDelivery& each : batch->deliveries) {
    ++slot.in_flight;
    const DeliveryId id = each.delivery.id;
    slot.adapter.Deliver(
        std::move(each.delivery),
        [this, &slot, id, alive = std::weak_ptr<int>(alive_)](Result<Attempt> attempt) {
          if (alive.expired()) return;
          // An adapter's error says nothing about what the network got.
          const Attempt unknown{Certainty::kMaybeSent, Retry::kLater, Rule::kNone, std::nullopt};
          Settle(slot, id, attempt ? *attempt : unknown);
        });
  }
  const bool again = std::exchange(pull.again, false);
  if (again || batch->more) {
    Look(slot);
  } else if (batch->next_due) {
    SetTimer(slot, *batch->next_due - core_.clock.wall_now());
  }
}

void Dispatch::SetTimer(AdapterSlot& slot, Millis from_now) {
  Pull& pull = pulls_[slot.network];
  const MonoTime at = core_.clock.mono_now() + std::clamp(from_now, kTimerMin, kTimerMax);
  if (pull.timer_at && *pull.timer_at <= at) return;
  const Result<void> set = lane_.PostAt(at, [this, &slot, at, alive = std::weak_ptr<int>(alive_)] {
    if (alive.expired()) return;
    Pull& mine = pulls_[slot.network];
    if (mine.timer_at == at) mine.timer_at.reset();
    Look(slot);
  });
  if (set) pull.timer_at = at;
}

void Dispatch::Settle(AdapterSlot& slot, const DeliveryId& delivery, const Attempt& attempt) {
  Done<void> done = [this, &slot, delivery, attempt,
                     alive = std::weak_ptr<int>(alive_)](Result<void> result) {
    if (alive.expired()) return;
    Post([this, &slot, delivery, attempt, result] { Settled(slot, delivery, attempt, result); });
  };
  // Refused only when the store's executor stops: then the lease ends with the next process, and
  // the same delivery is tried again.
  static_cast<void>(runner_.Start<void>(
      [delivery, attempt](Turn& turn) { return SettleAttempt(turn, delivery, attempt); },
      std::move(done), Admission::kReserved));
}

void Dispatch::Settled(AdapterSlot& slot, const DeliveryId& delivery, const Attempt& attempt,
                       const Result<void>& result) {
  TRESTLE_CHECK(lane_.is_current());
  if (!result && open_) {
    // What the network answered must not be lost to a full disk: it is written until it is written.
    const MonoTime at = core_.clock.mono_now() + kStoreRetry;
    const Result<void> set =
        lane_.PostAt(at, [this, &slot, delivery, attempt, alive = std::weak_ptr<int>(alive_)] {
          if (!alive.expired()) Settle(slot, delivery, attempt);
        });
    if (set) return;
  }
  --slot.in_flight;
  Look(slot);
}

}  // namespace trestle
