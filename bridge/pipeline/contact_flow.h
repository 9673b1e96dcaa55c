// What follows from a change of a contact: which threads are offered to whom, who gets a key
// package, what the owner is told. Runs inside the turn that made the change.
#pragma once

#include "bridge/directory/contacts.h"
#include "bridge/directory/keys.h"
#include "bridge/pipeline/turn.h"

namespace trestle {

// Somebody reached an alias. Nothing here is told to the requester beyond what Reach's answer says
// to everybody.
Result<void> AfterReach(Turn& turn, const ReachResult& result);

// One side used its consent.
Result<ConsentResult> UseConsent(Turn& turn, const ContactRecord& contact, Side side,
                                 ConsentAction action);

// Key packages arrived: stores them and completes the grants that waited for them.
Result<PublishResult> TakeKeys(Turn& turn, const AccountId& account,
                               std::span<const Bytes> key_packages);

// The account has joined one more network: its live contacts get a thread there, the newest first,
// at most kOldContactsOfferedMax; the others get theirs when they are reached or granted again.
inline constexpr std::size_t kOldContactsOfferedMax = 100;
Result<void> OfferOnNewNetwork(Turn& turn, const AccountId& account);

// The thread was opened by its person: its rows may go, and those that waited for a sibling thread
// of the same person come over where the router agrees.
Result<void> BindLink(Turn& turn, LinkRecord link);

}  // namespace trestle
