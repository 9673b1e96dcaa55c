// Key packages: published by an account, each handed out once, oldest first, to a requester with
// whom the account has agreed to speak. When none is left, the one that its owner has marked as
// last resort is, and stays. The bridge looks at their framing and at that mark only.
#pragma once

#include <span>

#include "bridge/directory/contacts.h"

namespace trestle {

struct PublishResult {
  std::size_t stored = 0;
  std::size_t refused = 0;  // no key package, held already, or above the bound
  std::size_t held = 0;     // afterwards, without the last resort
};

// The oldest key package of the contact's owner, for its requester, or else the last resort; noted
// in the owner's key log, also when there is none.
Result<std::optional<Bytes>> TakeKeyFor(DirectoryScope& scope, const ContactRecord& contact);

// Marks the account as one with an endpoint when at least one package was stored.
Result<PublishResult> PublishKeys(DirectoryScope& scope, const AccountId& account,
                                  std::span<const Bytes> key_packages);

// Whether there is one to hand out.
Result<bool> HasKeys(DirectoryScope& scope, const AccountId& owner);

struct ClaimResult {
  Rule rule = Rule::kNone;  // kNoConsent, kKeysExhausted
  Bytes key_package;
};

// For the requester of a granted contact, at most Limits::key_claims_per_contact_max times, the
// claim made with the grant included.
Result<ClaimResult> ClaimKeys(DirectoryScope& scope, const OwnLink& own);

}  // namespace trestle
