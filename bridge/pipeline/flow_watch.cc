#include "bridge/pipeline/flow_watch.h"

#include <algorithm>

#include "bridge/base/event_log.h"

namespace trestle {
namespace {

std::string LabelOf(const AdapterSlot& slot, std::string_view outcome) {
  return std::string(slot.network.name()).append(".").append(outcome);
}

std::optional<Millis> Since(std::int64_t mono_ms, MonoTime now) {
  if (mono_ms < 0) return std::nullopt;
  return now - MonoTime{mono_ms};
}

bool SaysItIsUp(Health reported) {
  return reported != Health::kDown && reported != Health::kStarting;
}

}  // namespace

bool FlowWatch::Post(Task task) {
  return lane_
      .Post([alive = std::weak_ptr<int>(alive_), task = std::move(task)]() mutable {
        if (!alive.expired()) std::move(task)();
      })
      .has_value();
}

void FlowWatch::SetReported(AdapterSlot& slot, Health reported) {
  slot.reported = reported;
  Recompute(slot);
}

void FlowWatch::NameLoopback(AdapterSlot& slot, const EnrolmentId& peer) {
  Post([this, &slot, peer] { watches_[slot.network].loopback = peer; });
}

Result<void> FlowWatch::Heard(AdapterSlot& slot, std::string nonce, Done<void> durable) {
  auto shared = std::make_shared<Done<void>>(std::move(durable));
  return lane_.Post(
      [this, &slot, nonce = std::move(nonce), shared, alive = std::weak_ptr<int>(alive_)] {
        if (!alive.expired()) TakeEcho(slot, nonce);
        std::move (*shared)({});
      });
}

void FlowWatch::TakeEcho(AdapterSlot& slot, const std::string& nonce) {
  Watch& watch = watches_[slot.network];
  const MonoTime now = core_.clock.mono_now();
  // One that comes after its time proves hearing all the same.
  core_.metrics.Add("trestle_canaries_total", LabelOf(slot, "heard"));
  slot.canary_misses = 0;
  if (watch.nonce == nonce) {
    slot.canary_ms = (now - watch.sent_at).count();
    watch.nonce.clear();
  }
  Judge(slot, watch, now, Millis{0});
}

void FlowWatch::Tick(const SweepReport& report) {
  TRESTLE_CHECK(lane_.is_current());
  const MonoTime now = core_.clock.mono_now();
  for (const auto& [network, oldest_due] : report.oldest_due) {
    AdapterSlot* slot = core_.networks.Find(network);
    if (slot == nullptr) continue;
    Watch& watch = watches_[network];
    if (!SaysItIsUp(slot->reported)) {
      watch.up_since = now;
      watch.nonce.clear();
      slot->unanswered = 0;
    } else {
      LookAtCanary(*slot, watch, now);
      Judge(*slot, watch, now, oldest_due);
      RestartIfDue(*slot, watch, now);
    }
    Show(*slot, now, oldest_due);
  }
}

void FlowWatch::LookAtCanary(AdapterSlot& slot, Watch& watch, MonoTime now) {
  if (!watch.loopback) return;
  if (!watch.nonce.empty() && now - watch.sent_at >= core_.limits.canary_patience) {
    watch.nonce.clear();
    ++slot.canary_misses;
    core_.metrics.Add("trestle_canaries_total", LabelOf(slot, "missed"));
  }
  if (watch.nonce.empty() && now >= watch.next_canary) SendCanary(slot, watch, now);
}

void FlowWatch::SendCanary(AdapterSlot& slot, Watch& watch, MonoTime now) {
  Bytes16 drawn{};
  core_.random.Fill(drawn);
  watch.nonce = ToHex(drawn);
  watch.sent_at = now;
  // After a miss the next one goes at once: three misses in a row should not take three intervals.
  const bool hurries = slot.canary_misses > 0;
  watch.next_canary = now + (hurries ? core_.limits.canary_patience : core_.limits.canary_interval);
  Delivery delivery;
  delivery.id = DeliveryId::Mint(core_.random);
  delivery.to = *watch.loopback;
  delivery.body = ServiceReply{"ECHO " + watch.nonce};
  delivery.expires_at = core_.clock.wall_now() + core_.limits.canary_patience;
  core_.metrics.Add("trestle_canaries_total", LabelOf(slot, "sent"));
  slot.adapter.Deliver(
      std::move(delivery), [this, &slot, nonce = watch.nonce,
                            alive = std::weak_ptr<int>(alive_)](Result<Attempt> attempt) {
        if (alive.expired() || !attempt) return;
        Post([this, &slot, nonce, answer = *attempt] { CanaryAnswered(slot, nonce, answer); });
      });
}

// A canary that did not leave says nothing about hearing; the adapter's own word is for that.
void FlowWatch::CanaryAnswered(AdapterSlot& slot, const std::string& nonce,
                               const Attempt& attempt) {
  Watch& watch = watches_[slot.network];
  if (watch.nonce != nonce || attempt.certainty != Certainty::kNotSent) return;
  watch.nonce.clear();
  core_.metrics.Add("trestle_canaries_total", LabelOf(slot, "not_sent"));
}

void FlowWatch::Judge(AdapterSlot& slot, Watch& watch, MonoTime now, Millis oldest_due) {
  FlowFacts facts;
  facts.has_loopback = watch.loopback.has_value();
  facts.canary_misses = slot.canary_misses;
  facts.is_canary_slow = slot.canary_ms > core_.limits.canary_patience.count() / 2;
  facts.unanswered = slot.unanswered;
  facts.oldest_due = slot.draining ? Millis{0} : oldest_due;
  facts.since_sent = Since(slot.last_sent_ms, now);
  facts.since_inbound = Since(slot.last_inbound_ms, now);
  facts.running_for = now - watch.up_since;
  facts.on_probation = now < watch.probation_until;
  const FlowVerdict verdict = JudgeFlow(facts, core_.limits);
  if (Combined(slot.reported, verdict.health) == Health::kHealthy) {
    watch.restart_pause = Millis{0};
    watch.next_restart = now;
  }
  if (slot.flow.exchange(verdict.health) == verdict.health) return;
  LogEvent(Severity::kWarning, "adapter_flow",
           {EventField::Enum("network", slot.network.name()),
            EventField::Enum("flow", HealthName(verdict.health)),
            EventField::Enum("reason", FlowReasonName(verdict.reason))});
  Recompute(slot);
}

void FlowWatch::RestartIfDue(AdapterSlot& slot, Watch& watch, MonoTime now) {
  if (slot.health != Health::kDeaf || now < watch.next_restart) return;
  const Limits& limits = core_.limits;
  watch.restart_pause = watch.restart_pause == Millis{0}
                            ? limits.restart_first
                            : std::min(watch.restart_pause * 2, limits.restart_max);
  watch.next_restart = now + watch.restart_pause;
  watch.next_canary = now;
  watch.nonce.clear();
  slot.unanswered = 0;
  ++slot.restarts;
  const Result<void> begun = slot.adapter.Reconnect();
  core_.metrics.Add("trestle_adapter_restarts_total", slot.network.name());
  LogEvent(Severity::kWarning, "adapter_restarted",
           {EventField::Enum("network", slot.network.name()),
            EventField::Enum("outcome", begun ? "begun" : "unsupported")});
  // Without a loop-back peer only real messages can show whether it helped: some are let through.
  if (!watch.loopback) watch.probation_until = now + limits.canary_patience;
}

void FlowWatch::Show(AdapterSlot& slot, MonoTime now, Millis oldest_due) {
  const std::string& name = slot.network.name();
  core_.metrics.Set("trestle_oldest_due_ms", name, oldest_due.count());
  core_.metrics.Set("trestle_canary_ms", name, slot.canary_ms);
  const auto age = Since(slot.last_inbound_ms, now);
  core_.metrics.Set("trestle_last_inbound_ms", name, age ? age->count() : -1);
}

void FlowWatch::Recompute(AdapterSlot& slot) {
  Health now_is = Health::kStarting;
  {
    const std::lock_guard lock(mutex_);
    now_is = Combined(slot.reported, slot.flow);
    const Health before = slot.health.exchange(now_is);
    core_.metrics.Set("trestle_adapter_up", slot.network.name(),
                      now_is == Health::kHealthy ? 1 : 0);
    core_.metrics.Set("trestle_adapter_health", slot.network.name(), HealthRank(now_is));
    if (before == now_is) return;
    if (IsUsable(now_is)) {
      slot.down_since_ms = -1;
    } else if (IsUsable(before) || slot.down_since_ms < 0) {
      slot.down_since_ms = core_.clock.mono_now().ms;
    }
  }
  LogEvent(Severity::kInfo, "adapter_health",
           {EventField::Enum("network", slot.network.name()),
            EventField::Enum("health", HealthName(now_is))});
  if (changed_) changed_(slot.network, now_is);
  if (IsUsable(now_is)) dispatch_.Ring(slot);
}

}  // namespace trestle
