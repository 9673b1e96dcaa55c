// Chooses the network on which a recipient is reached, and says for every other one why not. Pure:
// the same question gives the same answer, so Routing.Explain answers with the code that routes.
// Candidates are judged by a table of rules, permanent ones first; the first that refuses is the
// candidate's reason, with its measured value and its limit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/adapter_api/adapter.h"
#include "bridge/directory/records.h"

namespace trestle {

struct RouteCandidate {
  Network network = Network::Native();
  bool enrolled = false;
  std::optional<LinkId> link;  // none: the question is about an alias, or not enrolled
  bool bound = false;          // the recipient's thread is open
  Health health = Health::kStarting;
  Millis down_for{0};  // how long it has carried nothing
  bool draining = false;
  Capabilities capabilities;
};

struct RouteQuestion {
  std::size_t frame_bytes = 0;
  // Whether the recipient can open a sealed message at all. True for control frames.
  bool recipient_has_endpoint = true;
  // The frame has content, and a side of the contact has its endpoint at the SMS edge.
  bool crosses_edge = false;
  int edge_sides_agreed = 0;         // to that, of kEdgeSides
  Preferences preferences;           // the recipient's
  ResidencyWishes sender_residency;  // anywhere when nobody sends yet
  ResidencyPolicy residency;         // the bridge's stores and the operator's wishes
  // The store in which something of the contact waits: order and repetitions are judged there, so
  // no other one takes more meanwhile. None: nothing waits.
  std::optional<std::size_t> held_in;
  std::optional<Network> only;  // a what-if: leave the others out
  // A network that the recipient prefers is waited for this long before another one is used.
  Millis fallback_after{0};
  std::vector<RouteCandidate> candidates;  // every configured network
};

// How the leg to the recipient is protected. There is no third, silent value.
enum class Assurance : std::uint8_t {
  kSealed = 1,           // end to end
  kE2eeUnavailable = 2,  // the recipient has no endpoint: nothing is sent
  kEdge = 3,             // opened in the SMS edge, to which both sides have agreed
};
std::string_view AssuranceName(Assurance assurance);  // "sealed", "E2EE_UNAVAILABLE", "edge"

struct CandidateVerdict {
  Network network = Network::Native();
  std::optional<LinkId> link;     // the recipient's; not shown to members
  Rule rule = Rule::kNone;        // kNone for the chosen one only
  std::int64_t measured = 0;      // what the rule looked at, in the rule's own unit
  std::int64_t limit = 0;         // and what it allows
  std::int64_t units = 0;         // native messages the frame would take here
  std::int64_t price_micros = 0;  // and what they would cost, in millionths of the currency
  std::string currency = {};
  Millis down_for{0};  // how long the network has carried nothing
};

struct RouteDecision {
  // The store for what waits, an index of the question's; none: nobody may keep it anywhere.
  std::optional<std::size_t> store;
  StorePlace place = {};              // of that store
  std::optional<std::size_t> chosen;  // an index of `candidates`
  // Nothing is open now, and what is in the way will pass: queue for this candidate, which is the
  // most preferred of those. Never set together with `chosen`.
  std::optional<std::size_t> waits_for;
  Assurance assurance = Assurance::kSealed;
  Rule rule = Rule::kNone;                   // why nothing was chosen: the best candidate's reason
  std::vector<CandidateVerdict> candidates;  // in the question's order
  Millis fallback_after{0};                  // the question's
};

// The store for what waits: the first that sender, recipient and operator accept; never another in
// its place.
std::optional<std::size_t> StoreFor(const RouteQuestion& question);

RouteDecision Decide(const RouteQuestion& question);

// The order of adapters by health, the smaller the better, and what kAdapterDown measures.
int HealthRank(Health health);

// True for a rule that passes by itself: the adapter comes back, the thread is opened.
bool IsTemporary(Rule rule);

}  // namespace trestle
