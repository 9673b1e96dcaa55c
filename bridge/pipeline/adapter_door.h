// The core's side of one adapter: each network has its own door, so what comes through it is of
// that network and no other, whatever the adapter says. Any thread may call.
#pragma once

#include "bridge/pipeline/dispatch.h"

namespace trestle {

class AdapterDoor final : public AdapterHost {
 public:
  AdapterDoor(AdapterSlot& slot, Surroundings& core, WorkRunner& runner, Dispatch& dispatch)
      : slot_(slot), core_(core), runner_(runner), dispatch_(dispatch) {}

  Result<void> Offer(Inbound inbound, Done<void> durable) override;
  void Report(DeliveryReport report) override;
  Result<void> Reopen(const LinkId& link, Done<void> durable) override;
  void ReportHealth(const Network& network, Health health) override;

  const Network& network() const { return slot_.network; }
  void Close() { open_ = false; }

 private:
  AdapterSlot& slot_;
  Surroundings& core_;
  WorkRunner& runner_;
  Dispatch& dispatch_;
  std::atomic<bool> open_{true};
};

}  // namespace trestle
