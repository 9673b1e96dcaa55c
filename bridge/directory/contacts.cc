#include "bridge/directory/contacts.h"

#include <algorithm>

#include "bridge/directory/aliases.h"
#include "bridge/directory/consents.h"
#include "bridge/directory/keys.h"
#include "bridge/directory/membership.h"

namespace trestle {

Result<bool> HasKeysFor(DirectoryScope& scope, const ContactRecord& contact) {
  if (contact.key_claims > 0) return true;
  return HasKeys(scope, contact.owner);
}

Result<Grant> CommitConsent(DirectoryScope& scope, ContactRecord& contact,
                            const ConsentDecision& decision) {
  Grant grant;
  const bool was_granted = contact.consent.state == ContactState::kGranted;
  contact.consent = decision.after;
  grant.keys_missing = decision.rule == Rule::kKeysExhausted;
  // What ended is agreed to anew when it begins again.
  const ContactState state = contact.consent.state;
  if (state != ContactState::kGranted && state != ContactState::kRequested) contact.edge = {};
  grant.now = !was_granted && contact.consent.state == ContactState::kGranted;
  if (grant.now) {
    if (!contact.granted_at) contact.granted_at = scope.now;
    // One key package of the owner's per contact: afterwards the two have a group, and a withdrawn
    // and renewed consent goes on with it.
    if (contact.key_claims == 0) {
      grant.peer_keys = TRESTLE_TRY(TakeKeyFor(scope, contact));
      contact.key_claims = 1;
    }
  }
  TRESTLE_TRY(scope.tables.PutContact(contact));
  return grant;
}

namespace {

Result<AliasFacts> FactsOf(DirectoryScope& scope, const AliasRecord& alias,
                           const AccountId& requester, bool known) {
  const AccountRecord owner = TRESTLE_TRY(NeedAccount(scope, alias.account));
  AliasFacts facts;
  facts.policy = alias.policy;
  facts.revoked = alias.revoked_at.has_value();
  facts.expires_at = alias.expires_at;
  facts.owner_stopped = owner.stopped;
  facts.own = alias.account == requester;
  // Whoever came through it once has used it, and uses nothing more.
  facts.used_up = !known && alias.uses_max && alias.uses >= *alias.uses_max;
  facts.strangers_refused = !known && owner.strangers_refused;
  facts.blocked = TRESTLE_TRY(scope.tables.HasBlocked(alias.account, requester));
  return facts;
}

// Bounds on what strangers can cause. A request above one is dropped like one to an alias that does
// not exist. None of them looks at requests of this requester that wait: with their number at the
// bound, a further one to an own alias would tell whether a guess was counted. How much one
// requester asks is bounded where it does not depend on what is asked for (requests.h).
Result<bool> MayAsk(DirectoryScope& scope, const AccountId& requester, const AccountId& owner) {
  const Limits& limits = scope.limits;
  const std::size_t waiting = TRESTLE_TRY(scope.tables.CountOpenRequests(Side::kOwner, owner));
  if (waiting >= limits.open_requests_per_owner_max) return false;
  for (const AccountId& each : {requester, owner}) {
    const std::size_t held = TRESTLE_TRY(scope.tables.CountContacts(each));
    if (held >= limits.contacts_per_account_max) return false;
  }
  return true;
}

Result<ReachResult> ReachNew(DirectoryScope& scope, const AccountId& requester, AliasRecord alias,
                             const ConsentSource& source) {
  ReachResult out;
  if (!TRESTLE_TRY(MayAsk(scope, requester, alias.account))) return out;
  ++alias.uses;
  TRESTLE_TRY(scope.tables.PutAlias(alias));
  out.alias = alias;
  out.contact.id = ContactId::Mint(scope.random);
  out.contact.owner = alias.account;
  out.contact.requester = requester;
  out.contact.alias = alias.id;
  out.contact.created_at = scope.now;
  TRESTLE_TRY(scope.tables.PutContact(out.contact));
  out.outcome = ReachOutcome::kAsked;
  if (alias.policy == AliasPolicy::kOpen) {
    const bool keys = TRESTLE_TRY(HasKeysFor(scope, out.contact));
    const ConsentDecision decision =
        DecideConsent(out.contact.consent, Side::kOwner, ConsentAction::kGrant, keys);
    out.grant = TRESTLE_TRY(CommitConsent(scope, out.contact, decision));
    if (out.grant.now) out.outcome = ReachOutcome::kGranted;
    const ConsentSource policy{ConsentOrigin::kPolicy, source.network};
    TRESTLE_TRY(Record(scope, alias.account, out.contact.id, ConsentEntry::kGranted, policy));
  }
  return out;
}

Result<ReachResult> ReachKnown(DirectoryScope& scope, ContactRecord contact,
                               const AliasRecord& alias, const ConsentSource& source) {
  ReachResult out;
  const ContactState before = contact.consent.state;
  const bool keys = TRESTLE_TRY(HasKeysFor(scope, contact));
  const ConsentDecision decision = DecideAskAgain(contact.consent, keys);
  if (decision.rule != Rule::kNone) return out;
  out.alias = alias;
  if (before == ContactState::kRequested) return out;
  if (before == ContactState::kGranted) {
    out.outcome = ReachOutcome::kAgain;
  } else {
    out.grant = TRESTLE_TRY(CommitConsent(scope, contact, decision));
    if (contact.granted_at) {
      TRESTLE_TRY(Record(scope, contact.requester, contact.id, ConsentEntry::kRequested, source));
    }
    out.outcome = out.grant.now ? ReachOutcome::kGranted : ReachOutcome::kAsked;
  }
  out.contact = contact;
  return out;
}

}  // namespace

Result<ReachResult> Reach(DirectoryScope& scope, const AccountId& requester,
                          std::string_view alias_name, const ConsentSource& source) {
  const auto alias = TRESTLE_TRY(scope.tables.FindAliasByName(NormalisedAliasName(alias_name)));
  if (!alias) return ReachResult{};
  const auto known = TRESTLE_TRY(scope.tables.FindContactThrough(requester, alias->id));
  const AliasFacts facts = TRESTLE_TRY(FactsOf(scope, *alias, requester, known.has_value()));
  // A thread that was granted may be offered again even when its alias has gone since.
  const bool granted = known && known->consent.state == ContactState::kGranted;
  if (!granted && MayReach(facts, scope.now) != Rule::kNone) return ReachResult{};
  return known ? ReachKnown(scope, *known, *alias, source)
               : ReachNew(scope, requester, *alias, source);
}

Result<std::vector<LinkRecord>> EnsureLinks(DirectoryScope& scope, const ContactRecord& contact,
                                            Side side) {
  const AccountId& account = contact.AccountOf(side);
  std::vector<LinkRecord> own;
  for (LinkRecord& link : TRESTLE_TRY(scope.tables.LinksOf(contact.id))) {
    if (link.account == account) own.push_back(std::move(link));
  }
  for (const EnrolmentRecord& enrolment : TRESTLE_TRY(scope.tables.EnrolmentsOf(account))) {
    const bool has = std::ranges::any_of(
        own, [&](const LinkRecord& each) { return each.enrolment == enrolment.id; });
    if (has) continue;
    LinkRecord link{LinkId::Mint(scope.random), contact.id, account, enrolment.id,
                    enrolment.network};
    // A native client has no thread to open: its link is a name on a connection that it has.
    link.bound = enrolment.network == Network::Native();
    TRESTLE_TRY(scope.tables.PutLink(link));
    own.push_back(std::move(link));
  }
  return own;
}

Result<OwnLink> NeedOwnLink(DirectoryScope& scope, const AccountId& account, const LinkId& link) {
  auto found = TRESTLE_TRY(scope.tables.FindLink(link));
  if (!found || found->account != account) return Fail(Reason::kNotFound, "no such thread");
  auto contact = TRESTLE_TRY(scope.tables.FindContact(found->contact));
  if (!contact) return Fail(Reason::kStorage, "a link without its contact");
  const Side side = contact->SideOf(account);
  return OwnLink{*std::move(found), *std::move(contact), side};
}

std::string LabelFor(Side side, const AliasRecord& alias) {
  return side == Side::kOwner ? alias.label : alias.name;
}

}  // namespace trestle
