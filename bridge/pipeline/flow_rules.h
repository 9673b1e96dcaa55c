// Whether messages flow through an adapter, as a pure function over what was seen: canaries that
// came back or did not, how long what is due has waited, how long nothing came in. An adapter that
// calls itself healthy is not believed when nothing flows.
#pragma once

#include "bridge/adapter_api/adapter.h"
#include "bridge/policy/limits.h"

namespace trestle {

struct FlowFacts {
  bool has_loopback = false;
  int canary_misses = 0;                // in a row
  bool is_canary_slow = false;          // the last one took more than half of what it may
  int unanswered = 0;                   // attempts in a row without an answer
  Millis oldest_due{0};                 // how long the oldest delivery that could go has not gone
  std::optional<Millis> since_sent;     // none: nothing has been sent since the start
  std::optional<Millis> since_inbound;  // none: nothing has come in since the start
  Millis running_for{0};                // since the adapter came up
  bool on_probation = false;            // just restarted: it is given the chance to show itself
};

enum class FlowReason : std::uint8_t {
  kFlows,
  kProbation,
  kCanarySlow,
  kCanaryMissed,
  kCanariesMissed,
  kUnanswered,
  kWaitsLong,
  kWaitsTooLong,
  kNothingIn,
};
std::string_view FlowReasonName(FlowReason reason);  // "flows", …

struct FlowVerdict {
  Health health = Health::kHealthy;  // kHealthy, kDegraded or kDeaf
  FlowReason reason = FlowReason::kFlows;
  bool operator==(const FlowVerdict&) const = default;
};

FlowVerdict JudgeFlow(const FlowFacts& facts, const Limits& limits);

// What the adapter counts as: the worse of what it says and what flows. Down and starting are its
// own to say.
Health Combined(Health reported, Health flow);

}  // namespace trestle
