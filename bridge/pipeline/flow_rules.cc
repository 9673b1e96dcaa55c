#include "bridge/pipeline/flow_rules.h"

#include "bridge/pipeline/router.h"

namespace trestle {
namespace {

constexpr FlowVerdict kFlows{};

FlowVerdict Deaf(const FlowFacts& facts, FlowReason reason) {
  if (facts.on_probation) return {Health::kDegraded, FlowReason::kProbation};
  return {Health::kDeaf, reason};
}

bool IsStuck(const FlowFacts& facts, const Limits& limits) {
  const bool sent_nothing = !facts.since_sent || *facts.since_sent >= limits.waiting_age_deaf;
  return facts.oldest_due >= limits.waiting_age_deaf && sent_nothing &&
         facts.running_for >= limits.waiting_age_deaf;
}

bool HeardNothing(const FlowFacts& facts, const Limits& limits) {
  if (limits.inbound_age_max <= Millis{0}) return false;
  return facts.since_inbound.value_or(facts.running_for) >= limits.inbound_age_max;
}

}  // namespace

std::string_view FlowReasonName(FlowReason reason) {
  switch (reason) {
    case FlowReason::kFlows:
      return "flows";
    case FlowReason::kProbation:
      return "probation";
    case FlowReason::kCanarySlow:
      return "canary_slow";
    case FlowReason::kCanaryMissed:
      return "canary_missed";
    case FlowReason::kCanariesMissed:
      return "canaries_missed";
    case FlowReason::kUnanswered:
      return "unanswered";
    case FlowReason::kWaitsLong:
      return "waits_long";
    case FlowReason::kWaitsTooLong:
      return "waits_too_long";
    case FlowReason::kNothingIn:
      return "nothing_in";
  }
  return "unknown";
}

FlowVerdict JudgeFlow(const FlowFacts& facts, const Limits& limits) {
  // A canary is proof of both directions; without a loop-back peer the rest has to do.
  if (facts.has_loopback && facts.canary_misses >= limits.canary_misses_max) {
    return Deaf(facts, FlowReason::kCanariesMissed);
  }
  if (facts.unanswered >= limits.canary_misses_max) return Deaf(facts, FlowReason::kUnanswered);
  if (!facts.has_loopback && IsStuck(facts, limits)) {
    return Deaf(facts, FlowReason::kWaitsTooLong);
  }
  if (!facts.has_loopback && HeardNothing(facts, limits)) {
    return Deaf(facts, FlowReason::kNothingIn);
  }
  if (facts.canary_misses > 0) return {Health::kDegraded, FlowReason::kCanaryMissed};
  if (facts.is_canary_slow) return {Health::kDegraded, FlowReason::kCanarySlow};
  if (facts.oldest_due >= limits.waiting_age_max)
    return {Health::kDegraded, FlowReason::kWaitsLong};
  return kFlows;
}

Health Combined(Health reported, Health flow) {
  return HealthRank(flow) > HealthRank(reported) ? flow : reported;
}

}  // namespace trestle
