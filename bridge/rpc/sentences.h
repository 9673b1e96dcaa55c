// Rules as sentences for people: what Routing.Explain and refusals say in words. Composed from
// literals, names of networks and numbers alone. Pure.
#pragma once

#include <string>

#include "bridge/pipeline/router.h"

namespace trestle {

// A refusal of an envelope or of a whole question, without a network.
std::string SentenceFor(Rule rule, std::int64_t measured, std::int64_t limit);
// One candidate of a route: why it is taken, or not.
std::string SentenceFor(const CandidateVerdict& candidate, const RouteDecision& decision);
// The whole decision.
std::string SummaryOf(const RouteDecision& decision);

}  // namespace trestle
