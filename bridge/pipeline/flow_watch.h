// Judges every adapter by what flows (flow_rules.h): sends a canary to its loop-back peer from time
// to time, takes what comes back, and looks at what waits. A deaf adapter is quarantined (nothing
// is handed to it and the router goes around it), and told to make its connections anew, with
// growing pauses, until it is heard again. Runs on the core's lane; SetReported, NameLoopback and
// Heard may be called from any thread.
//
//                missed, stuck                       pause over
//   healthy ---> degraded ------> deaf (quarantine) -----------> reconnect, probation
//      ^------------- heard, flows -------------------------------------'
#pragma once

#include <functional>
#include <map>

#include "bridge/pipeline/dispatch.h"
#include "bridge/pipeline/flow_rules.h"

namespace trestle {

// Told of every change of an adapter's health; on any thread, never under a lock of ours.
using HealthChanged = std::function<void(const Network&, Health)>;

class FlowWatch {
 public:
  FlowWatch(Surroundings& core, Executor& lane, Dispatch& dispatch, HealthChanged changed)
      : core_(core), lane_(lane), dispatch_(dispatch), changed_(std::move(changed)) {}

  void SetReported(AdapterSlot& slot, Health reported);
  void NameLoopback(AdapterSlot& slot, const EnrolmentId& peer);
  // An echo came in; `durable` is answered on the lane.
  Result<void> Heard(AdapterSlot& slot, std::string nonce, Done<void> durable);

  void Tick(const SweepReport& report);  // lane: after each sweep

 private:
  struct Watch {
    std::optional<EnrolmentId> loopback;
    std::string nonce;  // of the canary that is out; "": none is
    MonoTime sent_at{};
    MonoTime next_canary{};
    MonoTime up_since{};
    MonoTime probation_until{};
    MonoTime next_restart{};
    Millis restart_pause{0};  // zero: not restarted since it was last healthy
  };

  bool Post(Task task);
  void TakeEcho(AdapterSlot& slot, const std::string& nonce);
  void LookAtCanary(AdapterSlot& slot, Watch& watch, MonoTime now);
  void SendCanary(AdapterSlot& slot, Watch& watch, MonoTime now);
  void CanaryAnswered(AdapterSlot& slot, const std::string& nonce, const Attempt& attempt);
  void Judge(AdapterSlot& slot, Watch& watch, MonoTime now, Millis oldest_due);
  void RestartIfDue(AdapterSlot& slot, Watch& watch, MonoTime now);
  void Show(AdapterSlot& slot, MonoTime now, Millis oldest_due);
  void Recompute(AdapterSlot& slot);

  Surroundings& core_;
  Executor& lane_;
  Dispatch& dispatch_;
  const HealthChanged changed_;
  std::mutex mutex_;                  // for Recompute alone: one change of a slot after another
  std::map<Network, Watch> watches_;  // lane only
  const std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace trestle
