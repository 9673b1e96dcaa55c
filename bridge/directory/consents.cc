#include "bridge/directory/consents.h"

#include "bridge/directory/aliases.h"
#include "bridge/directory/membership.h"

namespace trestle {
namespace {

bool IsLiveState(ContactState state) {
  return state == ContactState::kGranted || state == ContactState::kRequested;
}

bool Waits(const ContactRecord& contact, const AccountId& owner) {
  return contact.owner == owner && contact.consent.state == ContactState::kRequested;
}

Result<ConsentResult> Decided(DirectoryScope& scope, const ContactRecord& contact, Side side,
                              ConsentAction action) {
  ConsentResult out;
  out.contact = contact;
  const bool keys = TRESTLE_TRY(HasKeysFor(scope, contact));
  const ConsentDecision decision = DecideConsent(contact.consent, side, action, keys);
  out.rule = decision.rule;
  if (decision.rule == Rule::kNoConsent || decision.after == contact.consent) return out;
  out.grant = TRESTLE_TRY(CommitConsent(scope, out.contact, decision));
  out.ended = IsLiveState(contact.consent.state) && !IsLiveState(out.contact.consent.state);
  return out;
}

// Which contacts an action on everybody is about.
bool IsMeant(const ContactRecord& contact, const AccountId& account, ConsentAction action,
             Everyone everyone) {
  if (everyone == Everyone::kStrangers || action == ConsentAction::kGrant) {
    return Waits(contact, account);
  }
  const bool known =
      contact.granted_at.has_value() && contact.consent.state == ContactState::kGranted;
  const bool waits = action == ConsentAction::kBlock && Waits(contact, account);
  return known || waits;
}

Result<void> SetStrangers(DirectoryScope& scope, const AccountId& account, bool refused) {
  AccountRecord record = TRESTLE_TRY(NeedAccount(scope, account));
  record.strangers_refused = refused;
  return scope.tables.PutAccount(record);
}

}  // namespace

Result<void> Record(DirectoryScope& scope, const AccountId& account,
                    const std::optional<ContactId>& contact, ConsentEntry entry,
                    const ConsentSource& source, std::optional<WallTime> until) {
  return scope.tables.AddConsentEntry({0, account, contact, entry, source.origin, source.network,
                                       scope.now, scope.now + scope.limits.consent_entry_age_max,
                                       until});
}

Result<ContactRecord> ApplyEdgeConsent(DirectoryScope& scope, ContactRecord contact, Side side,
                                       std::optional<WallTime> until, const ConsentSource& source) {
  contact.edge.of(side) = until;
  TRESTLE_TRY(scope.tables.PutContact(contact));
  const ConsentEntry entry = until ? ConsentEntry::kEdgeAgreed : ConsentEntry::kEdgeEnded;
  TRESTLE_TRY(Record(scope, contact.AccountOf(side), contact.id, entry, source, until));
  return contact;
}

Result<ContactRecord> EndLapsedEdge(DirectoryScope& scope, ContactRecord contact) {
  for (const Side side : {Side::kOwner, Side::kRequester}) {
    std::optional<WallTime>& until = contact.edge.of(side);
    if (!until || scope.now < *until) continue;
    TRESTLE_TRY(Record(scope, contact.AccountOf(side), contact.id, ConsentEntry::kEdgeLapsed,
                       {ConsentOrigin::kPolicy, Network::Native()}, until));
    until.reset();
  }
  TRESTLE_TRY(scope.tables.PutContact(contact));
  return contact;
}

Result<ConsentResult> ApplyConsent(DirectoryScope& scope, const ContactRecord& contact, Side side,
                                   ConsentAction action, const ConsentSource& source) {
  ConsentResult out = TRESTLE_TRY(Decided(scope, contact, side, action));
  if (out.contact.consent == contact.consent) return out;
  // Before the first grant a requester's ledger says nothing: an entry would tell that the alias is
  // one.
  if (side == Side::kRequester && !contact.granted_at) return out;
  TRESTLE_TRY(Record(scope, contact.AccountOf(side), contact.id, EntryFor(action), source));
  return out;
}

Result<std::vector<ConsentResult>> ApplyToEveryone(DirectoryScope& scope, const AccountId& account,
                                                   ConsentAction action, Everyone everyone,
                                                   const ConsentSource& source) {
  if (!AppliesTo(action, everyone)) {
    return Fail(Reason::kInvalidArgument, "this cannot be said about everybody of that kind");
  }
  std::vector<ConsentResult> out;
  TRESTLE_TRY(Record(scope, account, std::nullopt, EntryFor(action), source));
  const bool strangers = everyone == Everyone::kStrangers;
  if (strangers && action == ConsentAction::kBlock) {
    TRESTLE_TRY(SetStrangers(scope, account, true));
    action = ConsentAction::kRefuse;
  } else if (strangers && action == ConsentAction::kGrant) {
    TRESTLE_TRY(SetStrangers(scope, account, false));
    return out;
  }
  for (const ContactRecord& contact : TRESTLE_TRY(scope.tables.ContactsOf(account))) {
    if (!IsMeant(contact, account, action, everyone)) continue;
    out.push_back(
        TRESTLE_TRY(ApplyConsent(scope, contact, contact.SideOf(account), action, source)));
  }
  return out;
}

Result<std::optional<ConsentResult>> CancelRequest(DirectoryScope& scope,
                                                   const AccountId& requester,
                                                   std::string_view alias_name,
                                                   const ConsentSource& source) {
  const auto alias = TRESTLE_TRY(scope.tables.FindAliasByName(NormalisedAliasName(alias_name)));
  if (!alias) return std::optional<ConsentResult>();
  const auto contact = TRESTLE_TRY(scope.tables.FindContactThrough(requester, alias->id));
  const bool waits = contact && contact->consent.state == ContactState::kRequested;
  if (!waits) return std::optional<ConsentResult>();
  ConsentResult out =
      TRESTLE_TRY(Decided(scope, *contact, Side::kRequester, ConsentAction::kRevoke));
  if (contact->granted_at) {
    TRESTLE_TRY(Record(scope, requester, contact->id, ConsentEntry::kCancelled, source));
  }
  return std::optional(std::move(out));
}

Result<std::vector<ConsentResult>> RefuseWaiting(DirectoryScope& scope, const AccountId& owner,
                                                 const AliasId& alias,
                                                 const ConsentSource& source) {
  std::vector<ConsentResult> out;
  for (const ContactRecord& contact : TRESTLE_TRY(scope.tables.ContactsOf(owner))) {
    if (contact.alias != alias || !Waits(contact, owner)) continue;
    out.push_back(
        TRESTLE_TRY(ApplyConsent(scope, contact, Side::kOwner, ConsentAction::kRefuse, source)));
  }
  return out;
}

Result<std::vector<ConsentResult>> CompleteGrants(DirectoryScope& scope, const AccountId& owner) {
  std::vector<ConsentResult> out;
  for (const ContactRecord& contact : TRESTLE_TRY(scope.tables.ContactsOf(owner))) {
    if (!Waits(contact, owner) || !contact.consent.owner_agreed) continue;
    // Agreed to before, and recorded then.
    ConsentResult result =
        TRESTLE_TRY(Decided(scope, contact, Side::kOwner, ConsentAction::kGrant));
    if (!result.grant.now) break;
    out.push_back(std::move(result));
  }
  return out;
}

Result<std::vector<ConsentResult>> StopAccount(DirectoryScope& scope, const AccountId& account,
                                               const ConsentSource& source) {
  std::vector<ConsentResult> out;
  for (const ContactRecord& contact : TRESTLE_TRY(scope.tables.ContactsOf(account))) {
    if (!IsLiveState(contact.consent.state)) continue;
    out.push_back(TRESTLE_TRY(
        ApplyConsent(scope, contact, contact.SideOf(account), ConsentAction::kRevoke, source)));
  }
  AccountRecord record = TRESTLE_TRY(NeedAccount(scope, account));
  record.stopped = true;
  TRESTLE_TRY(scope.tables.PutAccount(record));
  TRESTLE_TRY(Record(scope, account, std::nullopt, ConsentEntry::kStopped, source));
  return out;
}

}  // namespace trestle
