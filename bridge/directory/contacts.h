// Contacts and their links: reaching an alias, opening threads, giving and withdrawing consent. The
// operations change records and answer what has to be said to whom; they send nothing themselves.
#pragma once

#include "bridge/directory/tables.h"

namespace trestle {

enum class ReachOutcome : std::uint8_t {
  kNothing,  // nothing to reach, or nothing new; from outside all outcomes look the same
  kAsked,    // a request: the owner's threads are to be offered
  kGranted,  // granted by the alias's policy or an older agreement: both sides are offered
  kAgain,    // granted long ago: the requester's threads are offered once more
};

// Whence a change came, for the ledger.
struct ConsentSource {
  ConsentOrigin origin = ConsentOrigin::kApi;
  Network network = Network::Native();
};

struct Grant {
  bool now = false;                // the contact has just become granted
  bool keys_missing = false;       // agreed, and waits for the owner's next key packages
  std::optional<Bytes> peer_keys;  // claimed for the requester; none when it has the peer already
};

struct ReachResult {
  ReachOutcome outcome = ReachOutcome::kNothing;
  ContactRecord contact;
  AliasRecord alias;
  Grant grant;
};

Result<ReachResult> Reach(DirectoryScope& scope, const AccountId& requester,
                          std::string_view alias_name, const ConsentSource& source);

// Writes the decided status and claims a key package where the grant needs one.
Result<Grant> CommitConsent(DirectoryScope& scope, ContactRecord& contact,
                            const ConsentDecision& decision);
// True when the owner has a key package for this requester, or they have met before.
Result<bool> HasKeysFor(DirectoryScope& scope, const ContactRecord& contact);

// The account's links of the contact, made where an enrolment has none yet.
Result<std::vector<LinkRecord>> EnsureLinks(DirectoryScope& scope, const ContactRecord& contact,
                                            Side side);

// The account's own link with its contact; kNotFound for any other.
struct OwnLink {
  LinkRecord link;
  ContactRecord contact;
  Side side = Side::kOwner;
};
Result<OwnLink> NeedOwnLink(DirectoryScope& scope, const AccountId& account, const LinkId& link);

// What this side calls the contact: the alias's label for its owner, the alias for the requester.
std::string LabelFor(Side side, const AliasRecord& alias);

}  // namespace trestle
