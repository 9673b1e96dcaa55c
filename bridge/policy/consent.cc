#include "bridge/policy/consent.h"

namespace trestle {
namespace {

bool HasEnded(const ConsentStatus& status) {
  return status.ended_by_owner || status.ended_by_requester;
}

ConsentDecision NotNow(const ConsentStatus& before) { return {Rule::kNoConsent, before}; }

ConsentDecision OwnerGrants(const ConsentStatus& before, bool keys_left) {
  if (before.ended_by_requester) return NotNow(before);
  if (before.state == ContactState::kGranted) return {Rule::kNone, before};
  ConsentStatus after = before;
  after.ended_by_owner = false;
  after.owner_agreed = true;
  after.state = keys_left ? ContactState::kGranted : ContactState::kRequested;
  return {keys_left ? Rule::kNone : Rule::kKeysExhausted, after};
}

ConsentDecision RequesterReturns(const ConsentStatus& before, bool keys_left) {
  if (before.state == ContactState::kGranted) return {Rule::kNone, before};
  if (!before.ended_by_requester || before.ended_by_owner) return NotNow(before);
  ConsentStatus after = before;
  after.ended_by_requester = false;
  after.state =
      before.owner_agreed && keys_left ? ContactState::kGranted : ContactState::kRequested;
  return {Rule::kNone, after};
}

ContactState EndState(ContactState before, ConsentAction action) {
  if (action == ConsentAction::kBlock) return ContactState::kBlocked;
  if (before == ContactState::kRequested || before == ContactState::kRefused) {
    return ContactState::kRefused;
  }
  return ContactState::kRevoked;
}

ConsentDecision Ends(const ConsentStatus& before, Side side, ConsentAction action) {
  ConsentStatus after = before;
  const bool ended_by_other =
      side == Side::kOwner ? before.ended_by_requester : before.ended_by_owner;
  // A block of the other side's stays visible as one.
  if (!ended_by_other || before.state != ContactState::kBlocked) {
    after.state = EndState(before.state, action);
  }
  if (side == Side::kOwner) {
    after.ended_by_owner = true;
    after.owner_agreed = false;
  } else {
    after.ended_by_requester = true;
  }
  return {Rule::kNone, after};
}

}  // namespace

std::string_view AliasPolicyName(AliasPolicy policy) {
  switch (policy) {
    case AliasPolicy::kOpen:
      return "open";
    case AliasPolicy::kAsk:
      return "ask";
    case AliasPolicy::kClosed:
      return "closed";
  }
  return "unknown";
}

std::string_view ContactStateName(ContactState state) {
  switch (state) {
    case ContactState::kRequested:
      return "requested";
    case ContactState::kGranted:
      return "granted";
    case ContactState::kRefused:
      return "refused";
    case ContactState::kRevoked:
      return "revoked";
    case ContactState::kBlocked:
      return "blocked";
  }
  return "unknown";
}

ConsentDecision DecideConsent(const ConsentStatus& before, Side side, ConsentAction action,
                              bool keys_left) {
  if (action != ConsentAction::kGrant) return Ends(before, side, action);
  return side == Side::kOwner ? OwnerGrants(before, keys_left)
                              : RequesterReturns(before, keys_left);
}

ConsentDecision DecideAskAgain(const ConsentStatus& before, bool keys_left) {
  if (!HasEnded(before)) return {Rule::kNone, before};
  return RequesterReturns(before, keys_left);
}

Rule MayPass(ContactState state) {
  return state == ContactState::kGranted ? Rule::kNone : Rule::kNoConsent;
}

Rule MayReach(const AliasFacts& alias, WallTime now) {
  const bool over = alias.revoked || (alias.expires_at && *alias.expires_at <= now);
  const bool shut = alias.policy == AliasPolicy::kClosed || alias.owner_stopped || alias.own;
  return over || shut ? Rule::kNoConsent : Rule::kNone;
}

}  // namespace trestle
