#include "bridge/pipeline/dispatch.h"

#include <algorithm>
#include <utility>

namespace trestle {
namespace {

// A timer that came late is harmless: every sweep looks at every network.
constexpr Millis kTimerMin{1};
constexpr Millis kTimerMax = std::chrono::seconds(5);
constexpr Millis kStoreRetry = std::chrono::seconds(1);

// A hand-over that a power cut takes out of the store is made again with the same id, as one is
// that the cut came before: its lease was synced. A failure is not repeated by itself.
Admission AdmissionOf(const Attempt& attempt) {
  return attempt.certainty == Certainty::kSent ? Admission::kRepeatable : Admission::kReserved;
}

}  // namespace

bool Dispatch::Post(Task task) {
  const Result<void> posted =
      lane_.Post([alive = std::weak_ptr<int>(alive_), task = std::move(task)]() mutable {
        if (!alive.expired()) std::move(task)();
      });
  // The lane is the core's alone and what it posts is bounded, so only a stop can refuse.
  if (!posted && core_.hands_over) core_.metrics.Add("trestle_impossible_total", "lane_refused");
  return posted.has_value();
}

void Dispatch::Ring(AdapterSlot& slot) {
  if (!core_.hands_over || slot.rung.exchange(true)) return;
  const bool posted = Post([this, &slot] {
    slot.rung = false;
    Look(slot);
  });
  if (!posted) slot.rung = false;
}

void Dispatch::Withdraw(AdapterSlot& slot, const DeliveryId& delivery) {
  if (!core_.hands_over) return;
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

void Dispatch::Give(Effects::Lease lease) {
  auto held = std::make_shared<Effects::Lease>(std::move(lease));
  Post([this, held] { Launch(std::move(*held)); });
}

void Dispatch::Look(AdapterSlot& slot) {
  TRESTLE_CHECK(lane_.is_current());
  if (!core_.hands_over || !IsUsable(slot.health)) return;
  Pull& pull = pulls_[slot.network];
  if (pull.under_way) {
    pull.again = true;
    return;
  }
  if (slot.places.FreeOf(core_.limits) == 0) {
    pull.left = true;  // the next answer looks again
    return;
  }
  Done<LeaseReport> done = [this, &slot,
                            alive = std::weak_ptr<int>(alive_)](Result<LeaseReport> report) {
    if (alive.expired()) return;
    Post([this, &slot, report] { Looked(slot, report); });
  };
  const Result<void> started = runner_.Start<LeaseReport>(
      [&slot](Turn& turn) { return LeaseFor(turn, slot); }, std::move(done), Admission::kReserved);
  pull.under_way = started.has_value();
}

// What was leased has been launched by now: effects come before the answer.
void Dispatch::Looked(AdapterSlot& slot, const Result<LeaseReport>& report) {
  TRESTLE_CHECK(lane_.is_current());
  Pull& pull = pulls_[slot.network];
  pull.under_way = false;
  if (!report) {
    SetTimer(slot, kStoreRetry);
    return;
  }
  pull.left = report->left;
  const bool again = std::exchange(pull.again, false);
  if (again || report->more) {
    Look(slot);
  } else if (report->next_due) {
    SetTimer(slot, *report->next_due - core_.clock.wall_now());
  }
}

void Dispatch::Launch(Effects::Lease lease) {
  TRESTLE_CHECK(lane_.is_current());
  const Row& row = lease.row;
  AdapterSlot* slot = core_.networks.Find(row->subject.row.network);
  const std::uint64_t serial = ++last_serial_;
  flights_.emplace(serial, Flight{slot, row, std::move(lease.place),
                                  core_.clock.mono_now() + core_.limits.attempt_age_max, false});
  SetDeadlineTimer();
  slot->adapter.Deliver(
      std::move(lease.delivery),
      [this, serial, row, alive = std::weak_ptr<int>(alive_)](Result<Attempt> attempt) {
        if (alive.expired()) return;
        // An adapter's error says nothing about what the network got.
        const Attempt unknown{Certainty::kMaybeSent, Retry::kLater, Rule::kNone, std::nullopt,
                              Trouble::kNoAnswer};
        const Attempt answer = attempt ? *attempt : unknown;
        Post([this, serial, row, answer] { Answered(serial, row, answer); });
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
    Settle(serial, flight.row, unanswered);
  }
}

void Dispatch::Answered(std::uint64_t serial, const Row& row, const Attempt& attempt) {
  TRESTLE_CHECK(lane_.is_current());
  const auto flight = flights_.find(serial);
  const bool is_late = flight == flights_.end() || flight->second.is_settling;
  if (is_late) {
    // Given up meanwhile. That it was sent is worth knowing whenever it comes; anything else is
    // overtaken by the attempt that followed.
    if (attempt.certainty == Certainty::kSent) Settle(0, row, attempt);
    return;
  }
  flight->second.is_settling = true;
  AdapterSlot& slot = *flight->second.slot;
  slot.unanswered = 0;
  if (attempt.certainty == Certainty::kSent) slot.last_sent_ms = core_.clock.mono_now().ms;
  Settle(serial, row, attempt);
}

void Dispatch::Settle(std::uint64_t serial, const Row& row, const Attempt& attempt) {
  Done<void> done = [this, serial, row, attempt,
                     alive = std::weak_ptr<int>(alive_)](Result<void> result) {
    if (alive.expired()) return;
    Post([this, serial, row, attempt, result] { Settled(serial, row, attempt, result); });
  };
  // Refused only when the store's executor stops: then the lease ends with the next process, and
  // the same delivery is tried again.
  static_cast<void>(
      runner_.Start<void>([row, attempt](Turn& turn) { return SettleAttempt(turn, *row, attempt); },
                          std::move(done), AdmissionOf(attempt)));
}

void Dispatch::Settled(std::uint64_t serial, const Row& row, const Attempt& attempt,
                       const Result<void>& result) {
  TRESTLE_CHECK(lane_.is_current());
  if (!result) {
    // What the network answered must not be lost to a full disk: it is written until it is written.
    const MonoTime at = core_.clock.mono_now() + kStoreRetry;
    const Result<void> set =
        lane_.PostAt(at, [this, serial, row, attempt, alive = std::weak_ptr<int>(alive_)] {
          if (!alive.expired()) Settle(serial, row, attempt);
        });
    if (set) return;
  }
  const auto flight = flights_.find(serial);
  if (flight == flights_.end()) return;  // a late word
  AdapterSlot& slot = *flight->second.slot;
  flights_.erase(flight);
  if (when_quiet_ && flights_.empty()) {
    std::move (*when_quiet_)({});
    when_quiet_.reset();
  }
  const Pull& pull = pulls_[slot.network];
  if (pull.left || pull.under_way) Look(slot);
}

}  // namespace trestle
