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

void Dispatch::WhenQuiet(Done<void> done) {
  auto shared = std::make_shared<Done<void>>(std::move(done));
  const bool posted = Post([this, shared] {
    if (flights_.empty()) return std::move(*shared)({});
    when_quiet_ = std::move(*shared);
  });
  if (!posted) std::move (*shared)(Fail(Reason::kCancelled, "the core is stopped"));
}

LeaseRequest Dispatch::RequestFor(const AdapterSlot& slot, std::size_t rows_max) const {
  LeaseRequest request;
  request.network = slot.network;
  request.rows_max = rows_max;
  for (const auto& [serial, flight] : flights_) {
    if (flight.slot != &slot) continue;
    ++request.senders[flight.sender];
    ++request.receivers[flight.receiver];
  }
  return request;
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
  Done<LeaseBatch> done = [this, &slot,
                           alive = std::weak_ptr<int>(alive_)](Result<LeaseBatch> batch) {
    if (alive.expired()) return;
    Post([this, &slot, batch = std::move(batch)]() mutable { Hand(slot, std::move(batch)); });
  };
  const Result<void> started =
      runner_.Start<LeaseBatch>([request = RequestFor(slot, in_flight_max - in_flight)](
                                    Turn& turn) { return LeaseFor(turn, request); },
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
  for (LeasedDelivery& each : batch->deliveries) GiveTo(slot, std::move(each));
  const bool again = std::exchange(pull.again, false);
  if (again || batch->more) {
    Look(slot);
  } else if (batch->next_due) {
    SetTimer(slot, *batch->next_due - core_.clock.wall_now());
  }
}

void Dispatch::GiveTo(AdapterSlot& slot, LeasedDelivery each) {
  ++slot.in_flight;
  const std::uint64_t serial = ++last_serial_;
  const DeliveryId id = each.delivery.id;
  flights_.emplace(serial, Flight{&slot, id, each.sender, each.receiver,
                                  core_.clock.mono_now() + core_.limits.attempt_age_max, false});
  SetDeadlineTimer();
  slot.adapter.Deliver(
      std::move(each.delivery),
      [this, serial, id, alive = std::weak_ptr<int>(alive_)](Result<Attempt> attempt) {
        if (alive.expired()) return;
        // An adapter's error says nothing about what the network got.
        const Attempt unknown{Certainty::kMaybeSent, Retry::kLater, Rule::kNone, std::nullopt,
                              Trouble::kNoAnswer};
        const Attempt answer = attempt ? *attempt : unknown;
        Post([this, serial, id, answer] { Answered(serial, id, answer); });
      });
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

// One timer, for the flight that is over first.
void Dispatch::SetDeadlineTimer() {
  const auto open =
      std::ranges::find_if(flights_, [](const auto& entry) { return !entry.second.is_settling; });
  if (deadline_timer_set_ || open == flights_.end()) return;
  const Result<void> set =
      lane_.PostAt(open->second.deadline, [this, alive = std::weak_ptr<int>(alive_)] {
        if (alive.expired()) return;
        deadline_timer_set_ = false;
        EndOverdue();
        SetDeadlineTimer();
      });
  deadline_timer_set_ = set.has_value();
}

void Dispatch::EndOverdue() {
  const MonoTime now = core_.clock.mono_now();
  const Attempt unanswered{Certainty::kMaybeSent, Retry::kLater, Rule::kNoAnswer, std::nullopt,
                           Trouble::kNoAnswer};
  for (auto& [serial, flight] : flights_) {
    if (flight.deadline > now) break;
    if (flight.is_settling) continue;
    flight.is_settling = true;
    ++flight.slot->unanswered;
    core_.metrics.Add("trestle_unanswered_total", flight.slot->network.name());
    Settle(serial, flight.id, unanswered);
  }
}

void Dispatch::Answered(std::uint64_t serial, const DeliveryId& id, const Attempt& attempt) {
  TRESTLE_CHECK(lane_.is_current());
  const auto flight = flights_.find(serial);
  const bool is_late = flight == flights_.end() || flight->second.is_settling;
  if (is_late) {
    // Given up meanwhile. That it was sent is worth knowing whenever it comes; anything else is
    // overtaken by the attempt that followed.
    if (attempt.certainty == Certainty::kSent) Settle(0, id, attempt);
    return;
  }
  flight->second.is_settling = true;
  AdapterSlot& slot = *flight->second.slot;
  slot.unanswered = 0;
  if (attempt.certainty == Certainty::kSent) slot.last_sent_ms = core_.clock.mono_now().ms;
  Settle(serial, id, attempt);
}

void Dispatch::Settle(std::uint64_t serial, const DeliveryId& id, const Attempt& attempt) {
  Done<void> done = [this, serial, id, attempt,
                     alive = std::weak_ptr<int>(alive_)](Result<void> result) {
    if (alive.expired()) return;
    Post([this, serial, id, attempt, result] { Settled(serial, id, attempt, result); });
  };
  // Refused only when the store's executor stops: then the lease ends with the next process, and
  // the same delivery is tried again.
  static_cast<void>(
      runner_.Start<void>([id, attempt](Turn& turn) { return SettleAttempt(turn, id, attempt); },
                          std::move(done), Admission::kReserved));
}

void Dispatch::Settled(std::uint64_t serial, const DeliveryId& id, const Attempt& attempt,
                       const Result<void>& result) {
  TRESTLE_CHECK(lane_.is_current());
  if (!result) {
    // What the network answered must not be lost to a full disk: it is written until it is written.
    const MonoTime at = core_.clock.mono_now() + kStoreRetry;
    const Result<void> set =
        lane_.PostAt(at, [this, serial, id, attempt, alive = std::weak_ptr<int>(alive_)] {
          if (!alive.expired()) Settle(serial, id, attempt);
        });
    if (set) return;
  }
  const auto flight = flights_.find(serial);
  if (flight == flights_.end()) return;  // a late word
  AdapterSlot& slot = *flight->second.slot;
  flights_.erase(flight);
  --slot.in_flight;
  if (when_quiet_ && flights_.empty()) {
    std::move (*when_quiet_)({});
    when_quiet_.reset();
  }
  Look(slot);
}

}  // namespace trestle
