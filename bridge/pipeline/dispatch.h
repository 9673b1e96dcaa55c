// Hands deliveries to adapters. Runs on the core's lane: has due rows leased, gives what was leased
// (leases.h) to its adapter, and settles the answers; at most one delivery a thread and a bounded
// number a network are under way. Woken by doorbells (a commit put something into a network's
// outbox, an adapter came up, an attempt ended while something was left) and by one timer for each
// network. The store's rows are the truth; a doorbell that is lost costs the time until the next
// sweep.
//
// A delivery that is under way is a flight. One that its adapter does not answer in time ends as
// maybe sent and gives its place free; an answer that comes after that counts only when it says
// "sent".
#pragma once

#include <map>

#include "bridge/pipeline/deliveries.h"
#include "bridge/pipeline/leases.h"
#include "bridge/pipeline/work.h"

namespace trestle {

class Dispatch {
 public:
  Dispatch(Surroundings& core, WorkRunner& runner, Executor& lane)
      : core_(core), runner_(runner), lane_(lane) {}

  // Any thread. Nothing happens before Open and after Close.
  void Ring(AdapterSlot& slot);
  // Any thread, after the commit that leased it.
  void Give(Effects::Lease lease);
  // Any thread. The adapter is asked to hold the delivery back if it still can. What is leased when
  // this is called reaches the adapter first: both ways lead over the lane, in order.
  void Withdraw(AdapterSlot& slot, const DeliveryId& delivery);
  void Open() { core_.hands_over = true; }
  void Close() { core_.hands_over = false; }
  // Any thread, after Close: `done` runs on the lane when nothing is under way any more. The last
  // call counts.
  void WhenQuiet(Done<void> done);

 private:
  struct Pull {
    bool under_way = false;
    bool again = false;                // rung meanwhile
    bool left = false;                 // as LeaseReport says
    std::optional<MonoTime> timer_at;  // the earliest that is set
  };
  using Row = std::shared_ptr<const LeasedRow>;
  struct Flight {
    AdapterSlot* slot = nullptr;
    Row row;
    Place place;
    MonoTime deadline{};
    bool is_settling = false;  // answered, or given up
  };

  void Look(AdapterSlot& slot);                                                 // lane
  void Looked(AdapterSlot& slot, const Result<LeaseReport>& report);            // lane
  void Launch(Effects::Lease lease);                                            // lane
  void SetTimer(AdapterSlot& slot, Millis from_now);                            // lane
  void SetDeadlineTimer();                                                      // lane
  void EndOverdue();                                                            // lane
  void Answered(std::uint64_t serial, const Row& row, const Attempt& attempt);  // lane
  void Settle(std::uint64_t serial, const Row& row, const Attempt& attempt);
  void Settled(std::uint64_t serial, const Row& row, const Attempt& attempt,
               const Result<void>& result);  // lane
  bool Post(Task task);

  Surroundings& core_;
  WorkRunner& runner_;
  Executor& lane_;
  // All of the lane alone. Serials rise, and so do deadlines, which have one span.
  std::map<Network, Pull> pulls_;
  std::map<std::uint64_t, Flight> flights_;
  std::uint64_t last_serial_ = 0;
  bool deadline_timer_set_ = false;
  std::optional<Done<void>> when_quiet_;
  const std::shared_ptr<int> alive_ = std::make_shared<int>(0);  // posted tasks may outlive this
};

}  // namespace trestle
