// The core's side of one adapter: each network has its own door, so what comes through it is of
// that network and no other, whatever the adapter says. Any thread may call.
#pragma once

#include "bridge/pipeline/flow_watch.h"

namespace trestle {

class AdapterDoor final : public AdapterHost {
 public:
  AdapterDoor(AdapterSlot& slot, Surroundings& core, WorkRunner& runner, FlowWatch& flow,
              Executor& lane)
      : slot_(slot), core_(core), runner_(runner), flow_(flow), lane_(lane) {}

  Result<void> Offer(Inbound inbound, Done<void> durable) override;
  void Report(DeliveryReport report) override;
  Result<void> Reopen(const LinkId& link, Done<void> durable) override;
  void ReportHealth(const Network& network, Health health) override;
  void NameLoopback(const EnrolmentId& peer) override;

  const Network& network() const { return slot_.network; }
  void Close() { open_ = false; }

 private:
  void TakeUp(const DeliveryReport& report);       // lane
  void TakeUpLater(const DeliveryReport& report);  // lane

  AdapterSlot& slot_;
  Surroundings& core_;
  WorkRunner& runner_;
  FlowWatch& flow_;
  Executor& lane_;
  std::atomic<bool> open_{true};
  std::size_t reports_held_ = 0;                                 // lane
  const std::shared_ptr<int> alive_ = std::make_shared<int>(0);  // posted tasks may outlive this
};

}  // namespace trestle
