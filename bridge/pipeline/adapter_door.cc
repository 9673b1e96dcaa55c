#include "bridge/pipeline/adapter_door.h"

#include "bridge/pipeline/contact_flow.h"
#include "bridge/pipeline/ingest.h"

namespace trestle {

namespace {

constexpr Millis kReportRetry = std::chrono::seconds(1);
constexpr std::size_t kReportsHeldMax = 4096;

const std::string* EchoIn(const Inbound& inbound) {
  const auto* command = std::get_if<ServiceCommand>(&inbound.body);
  const bool on_service = std::holds_alternative<EnrolmentId>(inbound.from);
  const bool is_echo = command != nullptr && command->verb == ServiceVerb::kEcho;
  return on_service && is_echo ? &command->argument : nullptr;
}

std::size_t BytesOf(const Inbound& inbound) {
  const auto* frame = std::get_if<Frame>(&inbound.body);
  const auto* envelope = frame == nullptr ? nullptr : std::get_if<EnvelopeFrame>(frame);
  return envelope == nullptr ? 0 : envelope->payload.size();
}

}  // namespace

Result<void> AdapterDoor::Offer(Inbound inbound, Done<void> durable) {
  if (!open_) return Fail(Reason::kCancelled, "the core is stopped");
  TRESTLE_TRY(core_.inbound.Take(AsBytes(slot_.network.name())));
  slot_.last_inbound_ms = core_.clock.mono_now().ms;
  if (const std::string* nonce = EchoIn(inbound)) {
    return flow_.Heard(slot_, *nonce, std::move(durable));
  }
  const std::size_t bytes = BytesOf(inbound);
  return runner_.Start<void>([this, inbound = std::move(inbound)](
                                 Turn& turn) { return TakeInbound(turn, slot_.network, inbound); },
                             std::move(durable), Admission::kBounded, bytes);
}

// By way of the lane, as the answer to the attempt goes: so a report that an adapter makes after
// its answer is not taken up before it.
void AdapterDoor::Report(DeliveryReport report) {
  if (!open_) return;
  const Result<void> posted = lane_.Post([this, report, alive = std::weak_ptr<int>(alive_)] {
    if (!alive.expired()) TakeUp(report);
  });
  if (!posted) core_.metrics.Add("trestle_inbound_total", "report_lost");
}

void AdapterDoor::TakeUp(const DeliveryReport& report) {
  Done<void> done = [this, report, alive = std::weak_ptr<int>(alive_)](Result<void> result) {
    if (result || alive.expired()) return;
    // Refused by a lane that has stopped.
    static_cast<void>(lane_.Post([this, report, alive] {
      if (!alive.expired()) TakeUpLater(report);
    }));
  };
  const Result<void> started = runner_.Start<void>(
      [this, report](Turn& turn) { return TakeReport(turn, slot_.network, report); },
      std::move(done));
  if (!started) TakeUpLater(report);
}

// The adapter has told it once and forgets it: a disk that is full must not lose it. It is held in
// memory, so many at most, and written as soon as anything can be.
void AdapterDoor::TakeUpLater(const DeliveryReport& report) {
  if (!open_) return;
  const MonoTime at = core_.clock.mono_now() + kReportRetry;
  const bool is_held = reports_held_ < kReportsHeldMax &&
                       lane_.PostAt(at, [this, report, alive = std::weak_ptr<int>(alive_)] {
                         if (alive.expired()) return;
                         --reports_held_;
                         TakeUp(report);
                       });
  if (is_held) {
    ++reports_held_;
  } else {
    core_.metrics.Add("trestle_inbound_total", "report_lost");
  }
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
  flow_.SetReported(slot_, health);
}

void AdapterDoor::NameLoopback(const EnrolmentId& peer) { flow_.NameLoopback(slot_, peer); }

}  // namespace trestle
