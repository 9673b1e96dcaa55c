// Routing's questions from outside: where would a message go, and why not elsewhere. Sends nothing.
#pragma once

#include "bridge/pipeline/answers.h"
#include "bridge/pipeline/turn.h"

namespace trestle {

// kInvalidArgument unless exactly one of link and alias is given; kNotFound for a link that is not
// the caller's. An alias answers kNoConsent everywhere, unless the operator asks or the caller has
// a granted contact through it: whether it exists is not told.
Result<RouteDecision> ExplainRoute(Turn& turn, const ExplainQuestion& question);

// Granted contacts only, at most kRoutesMax, oldest first.
inline constexpr std::size_t kRoutesMax = 500;
Result<std::vector<RouteView>> RoutesOf(Turn& turn, const AccountId& account);

Result<std::vector<AdapterView>> AdaptersNow(Turn& turn);

// The steps of an envelope. An account sees those of its own contacts' envelopes.
inline constexpr std::size_t kTraceStepsMax = 200;
Result<TraceAnswer> StepsOf(Turn& turn, const std::optional<AccountId>& account,
                            const EnvelopeId& envelope);

Result<DeadLetterPage> LettersAfter(Turn& turn, const LetterFilter& filter, std::int64_t after,
                                    std::size_t count);

}  // namespace trestle
