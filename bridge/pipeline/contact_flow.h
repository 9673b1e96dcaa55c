// What follows from a change of a contact: which threads are offered to whom, who gets a key
// package, what the owner is told. Runs inside the turn that made the change.
#pragma once

#include "bridge/directory/consents.h"
#include "bridge/directory/keys.h"
#include "bridge/pipeline/turn.h"

namespace trestle {

// Somebody reached an alias. Nothing here is told to the requester beyond what Reach's answer says
// to everybody.
Result<void> AfterReach(Turn& turn, const ReachResult& result);

// One side used its consent, to the contact or to the edge (for kEdgeConsentSpan). What it ended is
// ended at once: see withdrawals.h.
Result<ConsentResult> UseConsent(Turn& turn, const ContactRecord& contact, Side side,
                                 ConsentAction action, const ConsentSource& source);
// The same about everybody; answers how many contacts it changed.
Result<std::size_t> UseConsentOnAll(Turn& turn, const AccountId& account, ConsentAction action,
                                    Everyone everyone, const ConsentSource& source);
// STOP on the service thread.
Result<void> StopAll(Turn& turn, const AccountId& account, const ConsentSource& source);
// The listing is over: answers how many aliases it had.
Result<std::size_t> EndListing(Turn& turn, const AccountId& account, std::string_view listing,
                               const ConsentSource& source);
// What follows from changes of consent that were made already.
Result<void> AfterConsent(Turn& turn, const ConsentResult& result);

// Key packages arrived: stores them and completes the grants that waited for them.
Result<PublishResult> TakeKeys(Turn& turn, const AccountId& account,
                               std::span<const Bytes> key_packages);

// The account has joined one more network: its live contacts get a thread there, the newest first,
// at most kOldContactsOfferedMax; the others get theirs when they are reached or granted again.
inline constexpr std::size_t kOldContactsOfferedMax = 100;
Result<void> OfferOnNewNetwork(Turn& turn, const AccountId& account);

// The network says that the person blocked the thread's ghost or is gone: nothing is written there
// until the person writes again. What waits goes over to another open thread of theirs, or stays.
Result<void> CloseLink(Turn& turn, LinkRecord link);

// The thread was opened by its person: its rows may go, and those that waited for a sibling thread
// of the same person come over where the router agrees.
Result<void> BindLink(Turn& turn, LinkRecord link);

// The link's ghost is gone: its person is offered the thread anew, under another one, while the
// contact lasts. What waits on the thread waits until that is accepted, or goes another way. Links
// of other networks are left alone.
Result<void> ReopenLink(Turn& turn, const Network& from, const LinkId& id);

}  // namespace trestle
