// Key packages: published by an account, each handed out once, oldest first, to a requester with
// whom the account has agreed to speak. The bridge looks at their framing only.
#pragma once

#include <span>

#include "bridge/directory/contacts.h"

namespace trestle {

struct PublishResult {
  std::size_t stored = 0;
  std::size_t refused = 0;  // no key package, held already, or above the bound
  std::size_t held = 0;     // afterwards
};

// The oldest key package of the contact's owner, for its requester; noted in the owner's key log,
// also when there is none.
Result<std::optional<Bytes>> TakeKeyFor(DirectoryScope& scope, const ContactRecord& contact);

// Marks the account as one with an endpoint when at least one package was stored.
Result<PublishResult> PublishKeys(DirectoryScope& scope, const AccountId& account,
                                  std::span<const Bytes> key_packages);

struct ClaimResult {
  Rule rule = Rule::kNone;  // kNoConsent, kKeysExhausted
  Bytes key_package;
};

// For the requester of a granted contact, at most Limits::key_claims_per_contact_max times, the
// claim made with the grant included.
Result<ClaimResult> ClaimKeys(DirectoryScope& scope, const OwnLink& own);

}  // namespace trestle
