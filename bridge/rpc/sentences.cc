#include "bridge/rpc/sentences.h"

namespace trestle {
namespace {

std::string Count(std::int64_t value, const char* one, const char* many) {
  return std::to_string(value) + " " + (value == 1 ? one : many);
}

std::string Against(std::int64_t measured, std::int64_t limit, const char* unit) {
  if (limit == 0) return "";
  return " (" + std::to_string(measured) + " " + unit + ", at most " + std::to_string(limit) + ")";
}

// Millionths of a currency with at least two decimals: 7500 is "0.0075", 1500000 is "1.50".
std::string Price(std::int64_t micros) {
  constexpr std::size_t kDecimals = 6;
  std::string decimals = std::to_string(micros % 1'000'000);
  decimals.insert(0, kDecimals - decimals.size(), '0');
  while (decimals.size() > 2 && decimals.back() == '0') decimals.pop_back();
  return std::to_string(micros / 1'000'000) + "." + decimals;
}

std::string PriceIn(std::int64_t micros, const std::string& currency) {
  return currency.empty() ? Price(micros) : Price(micros) + " " + currency;
}

std::string ForPrice(const CandidateVerdict& candidate) {
  if (candidate.price_micros == 0) return "";
  return ", for " + PriceIn(candidate.price_micros, candidate.currency);
}

// The router measures an adapter by the rank of its health.
std::string HealthWord(std::int64_t measured) {
  const bool is_starting = measured == HealthRank(Health::kStarting);
  return std::string(HealthName(is_starting ? Health::kStarting : Health::kDown));
}

const CandidateVerdict* ChosenOf(const RouteDecision& decision) {
  return decision.chosen ? &decision.candidates[*decision.chosen] : nullptr;
}

}  // namespace

std::string SentenceFor(Rule rule, std::int64_t measured, std::int64_t limit) {
  switch (rule) {
    case Rule::kNone:
      return "Nothing stands against it.";
    case Rule::kNotJoined:
      return "The sender has not joined, or has said STOP.";
    case Rule::kNoConsent:
      return "There is no consent for this.";
    case Rule::kNoContact:
      return "This thread belongs to no contact of the account.";
    case Rule::kMalformed:
      return "The payload is not one MLS message of a kind that the bridge carries here.";
    case Rule::kTooLarge:
      return "The payload is too large" + Against(measured, limit, "octets") + ".";
    case Rule::kBadPadding:
      return "The ciphertext is not padded to 256 * 2^k octets (it has " +
             std::to_string(measured) + ").";
    case Rule::kWrongGroup:
      return "The message belongs to another MLS group than this contact's.";
    case Rule::kEpochTooOld:
      return "The message's epoch is too old: " + std::to_string(measured) + ", the group is at " +
             std::to_string(limit) + ".";
    case Rule::kWrongEpoch:
      return "The commit is for epoch " + std::to_string(measured) + ", the group is at " +
             std::to_string(limit) + ".";
    case Rule::kIdReused:
      return "This envelope id was used before for other octets.";
    case Rule::kExpired:
      return "Its time to live has passed.";
    case Rule::kPlainText:
      return "This thread carries sealed messages only.";
    case Rule::kKeysExhausted:
      return "No key package is left; it goes on when some are published.";
    case Rule::kNotEnrolled:
      return "The recipient is not on this network.";
    case Rule::kEndToEndUnavailable:
      return "The recipient has no endpoint that could open a sealed message, and nothing else is "
             "sent in its place.";
    case Rule::kRefusedByRecipient:
      return "The recipient has switched this network off.";
    case Rule::kSmsNotAllowed:
      return "The recipient has not allowed SMS.";
    case Rule::kAdapterDown:
      return "The adapter does not carry messages now.";
    case Rule::kAdapterDraining:
      return "The operator is draining the adapter.";
    case Rule::kUnitsOverBudget:
      return "It would take " + Count(measured, "native message", "native messages") + "; " +
             std::to_string(limit) + " are allowed.";
    case Rule::kThreadNotOpen:
      return "The recipient's phone has not opened the thread yet.";
    case Rule::kLessPreferred:
      return "It would do, and another network ranks higher.";
    case Rule::kNoRoute:
      return "No network can carry it.";
    case Rule::kQueueFull:
      return "Too much waits on this thread already" + Against(measured, limit, "deliveries") + ".";
    case Rule::kGivenUp:
      return "It was tried as often as allowed.";
    case Rule::kNetworkRefused:
      return "The network refused it for good.";
    case Rule::kLeftOut:
      return "The question is about another network only.";
    case Rule::kResidency:
      return "No store of the bridge stands where sender, recipient and operator accept it.";
    case Rule::kNotConfirmed:
      return "It was handed over, and its receiver has not said in time that it arrived.";
    case Rule::kGhostsExhausted:
      return "No identity is left under which one more contact may appear to this person.";
    case Rule::kPriceOverBudget:
      return "It would cost " + Price(measured) + "; " + Price(limit) + " is allowed.";
    case Rule::kPersonClosed:
      return "The person cannot be written to on that thread any more.";
    case Rule::kOverLimit:
      return "It came faster than allowed; send more slowly.";
    case Rule::kNoAnswer:
      return "The network's adapter did not answer in time; it may have been sent.";
    case Rule::kAdapterDeaf:
      return "The adapter sends and hears nothing; it is quarantined until it does.";
    case Rule::kMaybeSentThere:
      return "It may have gone out on the network it waits for, and the recipient's endpoint would "
             "show it twice.";
    case Rule::kEdgeNotAgreed:
      return "It would be opened in the SMS edge and sent on as text, to which " +
             std::to_string(measured) + " of the two sides agree now.";
    case Rule::kOpenedAtEdge:
      return "It was opened in the SMS edge and sent on as text, as both sides have agreed.";
  }
  return "";
}

std::string SentenceFor(const CandidateVerdict& candidate, const RouteDecision& decision) {
  const std::string& name = candidate.network.name();
  const CandidateVerdict* chosen = ChosenOf(decision);
  switch (candidate.rule) {
    case Rule::kNone:
      return name + " carries it in " +
             Count(candidate.units, "native message", "native messages") + ForPrice(candidate) +
             ".";
    case Rule::kPriceOverBudget:
      return name + " would cost " + PriceIn(candidate.measured, candidate.currency) + "; " +
             PriceIn(candidate.limit, candidate.currency) + " is allowed.";
    case Rule::kNotEnrolled:
      return "The recipient is not on " + name + ".";
    case Rule::kRefusedByRecipient:
      return "The recipient has switched " + name + " off.";
    case Rule::kSmsNotAllowed:
      return "The recipient has not allowed " + name + ", which is an explicit choice.";
    case Rule::kAdapterDown:
      return "The adapter of " + name + " is " + HealthWord(candidate.measured) + ".";
    case Rule::kAdapterDraining:
      return "The operator is draining " + name + ".";
    case Rule::kUnitsOverBudget:
      return name + " would take " +
             Count(candidate.measured, "native message", "native messages") + "; " +
             std::to_string(candidate.limit) + " are allowed.";
    case Rule::kThreadNotOpen:
      return "The recipient has not opened the thread on " + name + " yet.";
    case Rule::kAdapterDeaf:
      return "The adapter of " + name + " is deaf: it sends and hears nothing.";
    case Rule::kLessPreferred:
      return name + " would do, and " + (chosen == nullptr ? "another" : chosen->network.name()) +
             " ranks higher.";
    case Rule::kNotJoined:
    case Rule::kNoConsent:
    case Rule::kNoContact:
    case Rule::kMalformed:
    case Rule::kTooLarge:
    case Rule::kBadPadding:
    case Rule::kWrongGroup:
    case Rule::kEpochTooOld:
    case Rule::kWrongEpoch:
    case Rule::kIdReused:
    case Rule::kExpired:
    case Rule::kPlainText:
    case Rule::kKeysExhausted:
    case Rule::kEndToEndUnavailable:
    case Rule::kNoRoute:
    case Rule::kQueueFull:
    case Rule::kGivenUp:
    case Rule::kNetworkRefused:
    case Rule::kLeftOut:
    case Rule::kNotConfirmed:
    case Rule::kPersonClosed:
    case Rule::kGhostsExhausted:
    case Rule::kResidency:
    case Rule::kOverLimit:
    case Rule::kNoAnswer:
    case Rule::kMaybeSentThere:
    case Rule::kEdgeNotAgreed:
    case Rule::kOpenedAtEdge:
      break;
  }
  return name + ": " + SentenceFor(candidate.rule, candidate.measured, candidate.limit);
}

std::string SummaryOf(const RouteDecision& decision) {
  if (const CandidateVerdict* chosen = ChosenOf(decision)) {
    const bool at_edge = decision.assurance == Assurance::kEdge;
    return "It would go over " + chosen->network.name() +
           (at_edge ? ", opened in the SMS edge and plain from there, in "
                    : ", sealed end to end, in ") +
           Count(chosen->units, "native message", "native messages") + ForPrice(*chosen) + ".";
  }
  if (decision.waits_for) {
    const CandidateVerdict& waits = decision.candidates[*decision.waits_for];
    return "It would wait for " + waits.network.name() + ": " + SentenceFor(waits, decision);
  }
  if (decision.assurance == Assurance::kE2eeUnavailable) {
    return "E2EE_UNAVAILABLE: " + SentenceFor(Rule::kEndToEndUnavailable, 0, 0);
  }
  return "It would not be sent: " + SentenceFor(decision.rule, 0, 0);
}

}  // namespace trestle
