#include "bridge/policy/edge_consent.h"

#include <algorithm>

namespace trestle {

int SidesAgreed(const EdgeConsent& consent, WallTime now) {
  int sides = 0;
  for (const Side side : {Side::kOwner, Side::kRequester}) {
    const std::optional<WallTime>& until = consent.of(side);
    if (until && now < *until) ++sides;
  }
  return sides;
}

std::optional<WallTime> EdgeEnd(const EdgeConsent& consent) {
  if (!consent.owner_until || !consent.requester_until) return std::nullopt;
  return std::min(*consent.owner_until, *consent.requester_until);
}

Rule MayAgreeToEdge(const ConsentStatus& status, Side side) {
  // An owner whose grant waits for keys has said yes already.
  const bool granted_soon =
      status.state == ContactState::kRequested && side == Side::kOwner && status.owner_agreed;
  return status.state == ContactState::kGranted || granted_soon ? Rule::kNone : Rule::kNoConsent;
}

bool IsAboutEdge(ConsentAction action) {
  switch (action) {
    case ConsentAction::kAllowEdge:
    case ConsentAction::kEndEdge:
      return true;
    case ConsentAction::kGrant:
    case ConsentAction::kRefuse:
    case ConsentAction::kRevoke:
    case ConsentAction::kBlock:
      return false;
  }
  return false;
}

}  // namespace trestle
