// Asks the router about real contacts: collects what it needs to know from one transaction and from
// the adapters' present state.
#pragma once

#include "bridge/pipeline/router.h"
#include "bridge/pipeline/turn.h"

namespace trestle {

// An envelope's frame is its payload and this much (frame.h: version, kind, seq, accepted_at).
inline constexpr std::size_t kEnvelopeFrameOverheadBytes = 1 + 1 + 8 + 8;
// The smallest application message: a ciphertext of 256 octets, 63 of framing, 124 of AAD.
inline constexpr std::size_t kSmallestFrameBytes = 256 + 63 + 124 + kEnvelopeFrameOverheadBytes;

struct RouteTarget {
  AccountId account;                 // the recipient
  std::optional<ContactId> contact;  // none when only an alias is known
  std::vector<LinkRecord> links;     // its own of the contact; empty when only an alias is known
  std::vector<Network> enrolments;   // its networks, for that case
  std::optional<AccountId> sender;   // none: nobody in particular
  bool crosses_edge = false;         // a side of the contact has its endpoint at the SMS edge
  EdgeConsent edge;                  // what both sides have agreed to about that
};

// A handshake is sealed as well, and has no content that an edge could show.
enum class FrameClass : std::uint8_t { kSealed, kHandshake, kControl };
FrameClass FrameClassOf(const std::optional<EnvelopeRecord>& envelope);  // none: a control frame

Result<RouteTarget> TargetOf(Turn& turn, const ContactRecord& contact, Side recipient);
Result<RouteQuestion> QuestionFor(Turn& turn, const RouteTarget& target, std::size_t frame_bytes,
                                  FrameClass frame_class);

// A decision and the link it came to: the chosen one, or the one to wait for.
struct Routed {
  RouteDecision decision;
  std::optional<LinkRecord> link;
};
Result<Routed> Route(Turn& turn, const ContactRecord& contact, Side recipient,
                     std::size_t frame_bytes, FrameClass frame_class);

}  // namespace trestle
