// Consent to edge delivery. A person without an endpoint of ours can have one that stands at the
// SMS edge, a process of its own that opens messages and sends them on as plain SMS. Whoever reads
// the carrier's wire reads those, so both sides of a contact agree to it, each for a time, each
// able to take it back; until both have, nothing that has content crosses. Pure functions.
//
//             agrees (for a time)
//      none ───────────────────────▶ agreed ──┐ agrees again: a new time
//        ▲                             │  ▲───┘
//        └── ends it, the time passes, ┘
//            or the contact ends
#pragma once

#include <optional>

#include "bridge/policy/consent.h"

namespace trestle {

inline constexpr int kEdgeSides = 2;
inline constexpr Millis kEdgeConsentSpan = std::chrono::hours(30 * 24);  // where none is asked for
inline constexpr Millis kEdgeConsentSpanMin = std::chrono::minutes(1);
inline constexpr Millis kEdgeConsentSpanMax = std::chrono::hours(365 * 24);

// Until when each side agrees; none: it does not.
struct EdgeConsent {
  std::optional<WallTime> owner_until;
  std::optional<WallTime> requester_until;

  std::optional<WallTime>& of(Side side) {
    return side == Side::kOwner ? owner_until : requester_until;
  }
  const std::optional<WallTime>& of(Side side) const {
    return side == Side::kOwner ? owner_until : requester_until;
  }
  bool operator==(const EdgeConsent&) const = default;
};

// How many of the two sides agree now.
int SidesAgreed(const EdgeConsent& consent, WallTime now);
// When the first of the two stops agreeing; none unless both agree.
std::optional<WallTime> EdgeEnd(const EdgeConsent& consent);

// kNone when this side can agree now: to a contact that it has granted or been granted.
Rule MayAgreeToEdge(const ConsentStatus& status, Side side);

// Whether an action is about the edge and not about the contact itself.
bool IsAboutEdge(ConsentAction action);

}  // namespace trestle
