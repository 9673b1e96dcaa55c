// Hands deliveries to adapters. Runs on the core's lane: leases due rows, gives each to its
// adapter, and settles the answers; at most one delivery a thread and a bounded number a network
// are under way. Woken by doorbells (a commit put something into a network's outbox, an adapter
// came up, an attempt ended) and by one timer for each network. The store's rows are the truth; a
// doorbell that is lost costs the time until the next sweep.
#pragma once

#include <map>

#include "bridge/pipeline/deliveries.h"
#include "bridge/pipeline/work.h"

namespace trestle {

class Dispatch {
 public:
  Dispatch(Surroundings& core, WorkRunner& runner, Executor& lane)
      : core_(core), runner_(runner), lane_(lane) {}

  // Any thread. Nothing happens before Open and after Close.
  void Ring(AdapterSlot& slot);
  // Any thread. The adapter is asked to hold the delivery back if it still can. What is leased when
  // this is called reaches the adapter first: both ways lead over the lane, in order.
  void Withdraw(AdapterSlot& slot, const DeliveryId& delivery);
  void Open() { open_ = true; }
  void Close() { open_ = false; }

 private:
  struct Pull {
    bool under_way = false;
    bool again = false;                // rung meanwhile
    std::optional<MonoTime> timer_at;  // the earliest that is set
  };

  void Look(AdapterSlot& slot);                            // lane
  void Hand(AdapterSlot& slot, Result<LeaseBatch> batch);  // lane
  void SetTimer(AdapterSlot& slot, Millis from_now);       // lane
  void Settle(AdapterSlot& slot, const DeliveryId& delivery, const Attempt& attempt);
  void Settled(AdapterSlot& slot, const DeliveryId& delivery, const Attempt& attempt,
               const Result<void>& result);  // lane
  bool Post(Task task);

  Surroundings& core_;
  WorkRunner& runner_;
  Executor& lane_;
  std::atomic<bool> open_{false};
  std::map<Network, Pull> pulls_;                                // lane only
  const std::shared_ptr<int> alive_ = std::make_shared<int>(0);  // posted tasks may outlive this
};

}  // namespace trestle
