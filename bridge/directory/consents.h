// Giving and withdrawing consent, in one ledger for all networks: whatever an endpoint's frame, a
// texted word, a call or a network's own event says ends up here, with where it came from. The
// operations change records and answer what has to be said to whom; they send nothing themselves.
#pragma once

#include "bridge/directory/contacts.h"

namespace trestle {

struct ConsentResult {
  Rule rule = Rule::kNone;
  ContactRecord contact;
  Grant grant;
  bool ended = false;  // nothing passes any more that did, or might have, before
};

Result<ConsentResult> ApplyConsent(DirectoryScope& scope, const ContactRecord& contact, Side side,
                                   ConsentAction action, const ConsentSource& source);

// The same for everybody at once; answers the contacts that changed. kInvalidArgument for a pair
// that AppliesTo refuses.
//   kGrant   contacts: grants every request that waits    strangers: they may ask again
//   kRefuse                                               strangers: refuses all that wait
//   kRevoke  contacts: ends every contact
//   kBlock   contacts: blocks every contact               strangers: nobody new may ask, and as
//   kRefuse
Result<std::vector<ConsentResult>> ApplyToEveryone(DirectoryScope& scope, const AccountId& account,
                                                   ConsentAction action, Everyone everyone,
                                                   const ConsentSource& source);

// The requester takes back what nobody has answered yet; nothing when there is no such request.
Result<std::optional<ConsentResult>> CancelRequest(DirectoryScope& scope,
                                                   const AccountId& requester,
                                                   std::string_view alias_name,
                                                   const ConsentSource& source);

// Refuses the requests that wait on one alias, which its owner has closed.
Result<std::vector<ConsentResult>> RefuseWaiting(DirectoryScope& scope, const AccountId& owner,
                                                 const AliasId& alias, const ConsentSource& source);

// Grants that waited for the owner's key packages, as many as there are keys for now.
Result<std::vector<ConsentResult>> CompleteGrants(DirectoryScope& scope, const AccountId& owner);

// STOP on the service thread: ends every contact of the account and marks it as stopped.
Result<std::vector<ConsentResult>> StopAccount(DirectoryScope& scope, const AccountId& account,
                                               const ConsentSource& source);

// One side agrees to the SMS edge until `until`, or takes that back; MayAgreeToEdge has been asked.
Result<ContactRecord> ApplyEdgeConsent(DirectoryScope& scope, ContactRecord contact, Side side,
                                       std::optional<WallTime> until, const ConsentSource& source);
// What has ended by itself is cleared and recorded.
Result<ContactRecord> EndLapsedEdge(DirectoryScope& scope, ContactRecord contact);

// Writes one entry of the ledger.
Result<void> Record(DirectoryScope& scope, const AccountId& account,
                    const std::optional<ContactId>& contact, ConsentEntry entry,
                    const ConsentSource& source, std::optional<WallTime> until = std::nullopt);

}  // namespace trestle
