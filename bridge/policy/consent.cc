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
  after.blocked_by_owner = false;
  after.owner_agreed = true;
  after.state = keys_left ? ContactState::kGranted : ContactState::kRequested;
  return {keys_left ? Rule::kNone : Rule::kKeysExhausted, after};
}

ConsentDecision RequesterReturns(const ConsentStatus& before, bool keys_left) {
  if (before.state == ContactState::kGranted) return {Rule::kNone, before};
  if (!before.ended_by_requester || before.ended_by_owner) return NotNow(before);
  ConsentStatus after = before;
  after.ended_by_requester = false;
  after.blocked_by_requester = false;
  after.state =
      before.owner_agreed && keys_left ? ContactState::kGranted : ContactState::kRequested;
  return {Rule::kNone, after};
}

ContactState EndState(const ConsentStatus& after) {
  if (after.blocked_by_owner || after.blocked_by_requester) return ContactState::kBlocked;
  const bool unanswered =
      after.state == ContactState::kRequested || after.state == ContactState::kRefused;
  return unanswered ? ContactState::kRefused : ContactState::kRevoked;
}

ConsentDecision Ends(const ConsentStatus& before, Side side, ConsentAction action) {
  ConsentStatus after = before;
  const bool blocks = action == ConsentAction::kBlock;
  if (side == Side::kOwner) {
    after.ended_by_owner = true;
    after.blocked_by_owner = blocks || before.blocked_by_owner;
    after.owner_agreed = false;
  } else {
    after.ended_by_requester = true;
    after.blocked_by_requester = blocks || before.blocked_by_requester;
  }
  after.state = EndState(after);
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

ContactState StateFor(const ConsentStatus& status, Side side) {
  const bool own_block =
      side == Side::kOwner ? status.blocked_by_owner : status.blocked_by_requester;
  const bool others_block = status.state == ContactState::kBlocked && !own_block;
  return others_block ? ContactState::kRevoked : status.state;
}

bool AppliesTo(ConsentAction action, Everyone everyone) {
  switch (action) {
    case ConsentAction::kGrant:  // all that wait; or strangers may ask again
    case ConsentAction::kBlock:  // all that are known; or nobody new may ask
      return true;
    case ConsentAction::kRefuse:  // all that wait, this once
      return everyone == Everyone::kStrangers;
    case ConsentAction::kRevoke:
      return everyone == Everyone::kContacts;
    case ConsentAction::kAllowEdge:  // scoped to one contact, always
    case ConsentAction::kEndEdge:
      return false;
  }
  return false;
}

std::string_view ConsentOriginName(ConsentOrigin origin) {
  switch (origin) {
    case ConsentOrigin::kFrame:
      return "frame";
    case ConsentOrigin::kWord:
      return "word";
    case ConsentOrigin::kApi:
      return "api";
    case ConsentOrigin::kNetwork:
      return "network";
    case ConsentOrigin::kPolicy:
      return "policy";
  }
  return "unknown";
}

std::string_view ConsentEntryName(ConsentEntry entry) {
  switch (entry) {
    case ConsentEntry::kRequested:
      return "requested";
    case ConsentEntry::kGranted:
      return "granted";
    case ConsentEntry::kRefused:
      return "refused";
    case ConsentEntry::kRevoked:
      return "revoked";
    case ConsentEntry::kBlocked:
      return "blocked";
    case ConsentEntry::kCancelled:
      return "cancelled";
    case ConsentEntry::kStopped:
      return "stopped";
    case ConsentEntry::kReturned:
      return "returned";
    case ConsentEntry::kUnreachable:
      return "unreachable";
    case ConsentEntry::kEdgeAgreed:
      return "edge_agreed";
    case ConsentEntry::kEdgeEnded:
      return "edge_ended";
    case ConsentEntry::kEdgeLapsed:
      return "edge_lapsed";
  }
  return "unknown";
}

ConsentEntry EntryFor(ConsentAction action) {
  switch (action) {
    case ConsentAction::kGrant:
      return ConsentEntry::kGranted;
    case ConsentAction::kRefuse:
      return ConsentEntry::kRefused;
    case ConsentAction::kRevoke:
      return ConsentEntry::kRevoked;
    case ConsentAction::kBlock:
      return ConsentEntry::kBlocked;
    case ConsentAction::kAllowEdge:
      return ConsentEntry::kEdgeAgreed;
    case ConsentAction::kEndEdge:
      return ConsentEntry::kEdgeEnded;
  }
  return ConsentEntry::kRevoked;
}

Rule MayPass(ContactState state) {
  return state == ContactState::kGranted ? Rule::kNone : Rule::kNoConsent;
}

Rule MayReach(const AliasFacts& alias, WallTime now) {
  const bool over =
      alias.revoked || alias.used_up || (alias.expires_at && *alias.expires_at <= now);
  const bool shut = alias.policy == AliasPolicy::kClosed || alias.owner_stopped || alias.own ||
                    alias.strangers_refused || alias.blocked;
  return over || shut ? Rule::kNoConsent : Rule::kNone;
}

}  // namespace trestle
