#include "bridge/pipeline/router.h"

#include <algorithm>
#include <array>
#include <tuple>

namespace trestle {
namespace {

struct Measure {
  bool passes = true;
  std::int64_t measured = 0;
  std::int64_t limit = 0;
};

std::int64_t UnitsOf(const RouteQuestion& question, const RouteCandidate& candidate) {
  return static_cast<std::int64_t>(candidate.capabilities.UnitsOf(question.frame_bytes));
}

bool Contains(const std::vector<Network>& networks, const Network& network) {
  return std::ranges::find(networks, network) != networks.end();
}

Measure HasEndpoint(const RouteQuestion& question, const RouteCandidate&) {
  return {question.recipient_has_endpoint, question.recipient_has_endpoint, 1};
}

bool IsAccepted(const RouteQuestion& question, std::size_t index) {
  const StorePlace& store = question.residency.stores[index];
  return (!question.held_in || *question.held_in == index) &&
         MayKeep(question.residency.operators, store) &&
         MayKeep(question.sender_residency, store) &&
         MayKeep(question.preferences.residency, store);
}

Measure MayBeKept(const RouteQuestion& question, const RouteCandidate&) {
  std::int64_t stores = 0;
  for (std::size_t i = 0; i < question.residency.stores.size(); ++i) {
    stores += IsAccepted(question, i) ? 1 : 0;
  }
  return {stores > 0, stores, 1};
}

Measure IsEnrolled(const RouteQuestion&, const RouteCandidate& candidate) {
  return {candidate.enrolled, candidate.enrolled, 1};
}

Measure IsWanted(const RouteQuestion& question, const RouteCandidate& candidate) {
  const bool refused = Contains(question.preferences.refused, candidate.network);
  return {!refused, refused, 0};
}

Measure IsSmsAllowed(const RouteQuestion& question, const RouteCandidate& candidate) {
  const bool allowed =
      !candidate.capabilities.needs_sms_consent || question.preferences.sms_allowed;
  return {allowed, question.preferences.sms_allowed, 1};
}

Measure IsConsidered(const RouteQuestion& question, const RouteCandidate& candidate) {
  return {!question.only || *question.only == candidate.network, 1, 0};
}

Measure IsAgreedTo(const RouteQuestion& question, const RouteCandidate&) {
  const bool both = question.edge_sides_agreed == kEdgeSides;
  return {!question.crosses_edge || both, question.edge_sides_agreed, kEdgeSides};
}

Measure FitsUnits(const RouteQuestion& question, const RouteCandidate& candidate) {
  const std::int64_t units = UnitsOf(question, candidate);
  const auto units_max = static_cast<std::int64_t>(candidate.capabilities.units_max);
  return {units <= units_max, units, units_max};
}

Measure FitsPrice(const RouteQuestion& question, const RouteCandidate& candidate) {
  const std::int64_t price = candidate.capabilities.PriceMicrosOf(question.frame_bytes);
  const std::int64_t price_max = candidate.capabilities.frame_price_micros_max;
  return {price_max == 0 || price <= price_max, price, price_max};
}

Measure IsNotDraining(const RouteQuestion&, const RouteCandidate& candidate) {
  return {!candidate.draining, candidate.draining, 0};
}

Measure IsUp(const RouteQuestion&, const RouteCandidate& candidate) {
  const int rank = HealthRank(candidate.health);
  const int rank_max = HealthRank(Health::kDegraded);
  return {rank <= rank_max || candidate.health == Health::kDeaf, rank, rank_max};
}

Measure IsHeard(const RouteQuestion&, const RouteCandidate& candidate) {
  return {candidate.health != Health::kDeaf, HealthRank(candidate.health),
          HealthRank(Health::kDegraded)};
}

Measure IsOpen(const RouteQuestion&, const RouteCandidate& candidate) {
  return {candidate.bound, candidate.bound, 1};
}

struct Row {
  Rule rule;
  Measure (*measure)(const RouteQuestion&, const RouteCandidate&);
};

// What passes by itself stands last: a candidate that fails there has nothing else in its way.
constexpr std::array kRows = {
    Row{Rule::kEndToEndUnavailable, HasEndpoint},
    Row{Rule::kResidency, MayBeKept},
    Row{Rule::kNotEnrolled, IsEnrolled},
    Row{Rule::kRefusedByRecipient, IsWanted},
    Row{Rule::kSmsNotAllowed, IsSmsAllowed},
    Row{Rule::kLeftOut, IsConsidered},
    Row{Rule::kEdgeNotAgreed, IsAgreedTo},
    Row{Rule::kUnitsOverBudget, FitsUnits},
    Row{Rule::kPriceOverBudget, FitsPrice},
    Row{Rule::kAdapterDraining, IsNotDraining},
    Row{Rule::kAdapterDown, IsUp},
    Row{Rule::kAdapterDeaf, IsHeard},
    Row{Rule::kThreadNotOpen, IsOpen},
};

struct Judged {
  std::size_t index = 0;
  std::size_t rows_passed = 0;
  // Preference, health, price, units, place: the smaller, the better.
  std::tuple<std::size_t, int, std::int64_t, std::int64_t, std::size_t> rank;
};

std::size_t PreferenceOf(const RouteQuestion& question, const Network& network) {
  const auto& order = question.preferences.order;
  return static_cast<std::size_t>(std::ranges::find(order, network) - order.begin());
}

Judged Judge(const RouteQuestion& question, std::size_t index, CandidateVerdict& verdict) {
  const RouteCandidate& candidate = question.candidates[index];
  Judged judged;
  judged.index = index;
  const std::int64_t units = UnitsOf(question, candidate);
  const std::int64_t price = candidate.capabilities.PriceMicrosOf(question.frame_bytes);
  judged.rank = {PreferenceOf(question, candidate.network), HealthRank(candidate.health), price,
                 units, index};
  verdict = {candidate.network,
             candidate.link,
             Rule::kNone,
             0,
             0,
             units,
             price,
             candidate.capabilities.currency,
             candidate.down_for};
  for (const Row& row : kRows) {
    const Measure measure = row.measure(question, candidate);
    if (!measure.passes) {
      verdict.rule = row.rule;
      verdict.measured = measure.measured;
      verdict.limit = measure.limit;
      return judged;
    }
    ++judged.rows_passed;
  }
  return judged;
}

// The one that came furthest, and of those the most preferred.
bool IsBetter(const Judged& a, const Judged& b) {
  return a.rows_passed != b.rows_passed ? a.rows_passed > b.rows_passed : a.rank < b.rank;
}

bool Waits(const RouteDecision& decision, const Judged& judged) {
  return IsTemporary(decision.candidates[judged.index].rule);
}

bool IsBetterToWaitFor(const Judged& a, const Judged& b) { return a.rank < b.rank; }

// A network that is away, and not for long enough to be left.
bool IsAwayForAMoment(const RouteQuestion& question, const RouteDecision& decision,
                      const Judged& judged) {
  const Rule rule = decision.candidates[judged.index].rule;
  const bool is_away = rule == Rule::kAdapterDown || rule == Rule::kAdapterDeaf;
  return is_away && question.candidates[judged.index].bound &&
         question.candidates[judged.index].down_for < question.fallback_after;
}

// What the recipient prefers to the best one that is open, and is likely to be back soon.
const Judged* WorthWaitingFor(const RouteQuestion& question, const RouteDecision& decision,
                              const std::vector<Judged>& order) {
  const Judged* found = nullptr;
  for (const Judged& each : order) {
    const bool is_preferred = std::get<0>(each.rank) < std::get<0>(order.front().rank);
    if (!is_preferred || !IsAwayForAMoment(question, decision, each)) continue;
    if (found == nullptr || IsBetterToWaitFor(each, *found)) found = &each;
  }
  return found;
}

void MarkLessPreferred(const std::vector<Judged>& order, std::optional<std::size_t> chosen,
                       RouteDecision& decision) {
  std::int64_t place = 0;
  for (const Judged& judged : order) {
    CandidateVerdict& verdict = decision.candidates[judged.index];
    if (verdict.rule != Rule::kNone) continue;
    verdict.measured = ++place;  // its place among the acceptable ones; the first is chosen
    verdict.limit = 1;
    if (chosen != judged.index) verdict.rule = Rule::kLessPreferred;
  }
}

Assurance AssuranceOf(const RouteQuestion& question) {
  if (!question.recipient_has_endpoint) return Assurance::kE2eeUnavailable;
  if (!question.crosses_edge) return Assurance::kSealed;
  return question.edge_sides_agreed == kEdgeSides ? Assurance::kEdge : Assurance::kE2eeUnavailable;
}

// What the sender is told: without consent, an endpoint at the edge is none.
Rule ToldAs(Rule rule) { return rule == Rule::kEdgeNotAgreed ? Rule::kEndToEndUnavailable : rule; }

}  // namespace

std::string_view AssuranceName(Assurance assurance) {
  switch (assurance) {
    case Assurance::kSealed:
      return "sealed";
    case Assurance::kE2eeUnavailable:
      return "E2EE_UNAVAILABLE";
    case Assurance::kEdge:
      return "edge";
  }
  return "unknown";
}

bool IsTemporary(Rule rule) {
  return rule == Rule::kAdapterDown || rule == Rule::kAdapterDeaf || rule == Rule::kThreadNotOpen;
}

int HealthRank(Health health) {
  switch (health) {
    case Health::kHealthy:
      return 0;
    case Health::kDegraded:
      return 1;
    case Health::kDeaf:
      return 2;
    case Health::kStarting:
      return 3;
    case Health::kDown:
      return 4;
  }
  return 4;
}

std::optional<std::size_t> StoreFor(const RouteQuestion& question) {
  for (std::size_t i = 0; i < question.residency.stores.size(); ++i) {
    if (IsAccepted(question, i)) return i;
  }
  return std::nullopt;
}

RouteDecision Decide(const RouteQuestion& question) {
  RouteDecision decision;
  decision.store = StoreFor(question);
  if (decision.store) decision.place = question.residency.stores[*decision.store];
  decision.assurance = AssuranceOf(question);
  decision.rule = Rule::kNoRoute;
  decision.fallback_after = question.fallback_after;
  decision.candidates.resize(question.candidates.size());
  std::vector<Judged> order;
  for (std::size_t i = 0; i < question.candidates.size(); ++i) {
    order.push_back(Judge(question, i, decision.candidates[i]));
  }
  if (order.empty()) return decision;
  std::ranges::sort(order, IsBetter);
  const Judged& best = order.front();
  decision.rule = ToldAs(decision.candidates[best.index].rule);
  if (decision.rule == Rule::kNone) {
    if (const Judged* preferred = WorthWaitingFor(question, decision, order)) {
      decision.waits_for = preferred->index;
      decision.rule = decision.candidates[preferred->index].rule;
    } else {
      decision.chosen = best.index;
    }
    MarkLessPreferred(order, decision.chosen, decision);
    return decision;
  }
  std::erase_if(order, [&](const Judged& each) { return !Waits(decision, each); });
  if (order.empty()) return decision;
  decision.waits_for = std::ranges::min_element(order, IsBetterToWaitFor)->index;
  decision.rule = decision.candidates[*decision.waits_for].rule;
  return decision;
}

}  // namespace trestle
