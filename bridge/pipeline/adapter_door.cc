#include "bridge/pipeline/adapter_door.h"

#include "bridge/base/event_log.h"
#include "bridge/pipeline/contact_flow.h"
#include "bridge/pipeline/ingest.h"

namespace trestle {

Result<void> AdapterDoor::Offer(Inbound inbound, Done<void> durable) {
  if (!open_) return Fail(Reason::kCancelled, "the core is stopped");
  slot_.last_inbound_ms = core_.clock.mono_now().ms;
  return runner_.Start<void>([this, inbound = std::move(inbound)](
                                 Turn& turn) { return TakeInbound(turn, slot_.network, inbound); },
                             std::move(durable));
}

void AdapterDoor::Report(DeliveryReport report) {
  if (!open_) return;
  Done<void> done = [](Result<void>) {};
  const Result<void> started = runner_.Start<void>(
      [this, report](Turn& turn) { return TakeReport(turn, slot_.network, report); },
      std::move(done));
  // A report is the network's courtesy: nothing waits for it, so a busy store may lose it, counted.
  if (!started) core_.metrics.Add("trestle_inbound_total", "report_lost");
}

Result<void> AdapterDoor::Reopen(const LinkId& link, Done<void> durable) {
  if (!open_) return Fail(Reason::kCancelled, "the core is stopped");
  return runner_.Start<void>(
      [this, link](Turn& turn) { return ReopenLink(turn, slot_.network, link); },
      std::move(durable));
}

void AdapterDoor::ReportHealth(const Network& network, Health health) {
  if (network != slot_.network) {
    core_.metrics.Add("trestle_impossible_total", "health_of_another_network");
    return;
  }
  const Health before = slot_.health.exchange(health);
  core_.metrics.Set("trestle_adapter_up", slot_.network.name(), health == Health::kHealthy ? 1 : 0);
  if (before == health) return;
  LogEvent(Severity::kInfo, "adapter_health",
           {EventField::Enum("network", slot_.network.name()),
            EventField::Enum("health", HealthName(health))});
  if (IsUsable(health)) dispatch_.Ring(slot_);
}

}  // namespace trestle
