// Who may write to whom, as pure functions that answer with their reason. A contact begins when one
// person reaches another's alias; the owner of the alias agrees or not; either side may end it, and
// only a side that ended it can take that back.
//
//                    owner grants
//      requested ---------------------> granted          grant by the side that ended it
//          |                              |      <------------------------------+
//          | refuse, revoke, block        | refuse, revoke, block (either side) |
//          +------> refused, revoked, blocked <---------+-----------------------+
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "bridge/base/seams.h"
#include "bridge/envelope/frame.h"
#include "bridge/envelope/refusal.h"

namespace trestle {

// What happens when somebody reaches an alias: granted at once, its owner is asked, or nothing.
enum class AliasPolicy : std::uint8_t { kOpen = 1, kAsk = 2, kClosed = 3 };
std::string_view AliasPolicyName(AliasPolicy policy);  // "open", "ask", "closed"

enum class ContactState : std::uint8_t {
  kRequested = 1,
  kGranted = 2,
  kRefused = 3,
  kRevoked = 4,
  kBlocked = 5,
};
std::string_view ContactStateName(ContactState state);  // "requested", …

// The two sides of a contact; ThreadRole names them on the wire too.
using Side = ThreadRole;
inline Side Other(Side side) { return side == Side::kOwner ? Side::kRequester : Side::kOwner; }

struct ConsentStatus {
  ContactState state = ContactState::kRequested;
  bool owner_agreed = false;        // with kRequested: agreed, and waits for a key package
  bool ended_by_owner = false;      // each side's own withdrawal; one does not undo
  bool ended_by_requester = false;  // the other's
  bool blocked_by_owner = false;    // the same, for good: holds for every alias of the owner
  bool blocked_by_requester = false;
  bool operator==(const ConsentStatus&) const = default;
};

struct ConsentDecision {
  Rule rule = Rule::kNone;  // kNoConsent: this side cannot do that now; `after` is unchanged then
  ConsentStatus after;
};

// `keys_left`: the owner has a key package that the requester can be given. A grant without one is
// remembered (owner_agreed) and stays kRequested, with kKeysExhausted as its rule. Actions about
// the edge are not for here: edge_consent.h.
ConsentDecision DecideConsent(const ConsentStatus& before, Side side, ConsentAction action,
                              bool keys_left);

// Asking again after the requester itself withdrew; kNoConsent in every other state that is ended.
ConsentDecision DecideAskAgain(const ConsentStatus& before, bool keys_left);

// The state as this side may know it: that the other side blocked, and not only left, is its own.
ContactState StateFor(const ConsentStatus& status, Side side);

// kNone when envelopes may pass.
Rule MayPass(ContactState state);

// Consent that is not about one contact: everybody whom the account knows, or everybody whom it
// does not know yet.
enum class Everyone : std::uint8_t { kContacts = 1, kStrangers = 2 };
// False for a pair that has no meaning, such as revoking strangers.
bool AppliesTo(ConsentAction action, Everyone everyone);

// Where a change of consent came from; the ledger keeps it with each entry.
enum class ConsentOrigin : std::uint8_t {
  kFrame = 1,    // an endpoint, on a contact's thread
  kWord = 2,     // a word that somebody texted, STOP before all
  kApi = 3,      // a call over gRPC
  kNetwork = 4,  // the network's own event: the person cannot be written to from this ghost
  kPolicy = 5,   // the alias's policy
};
std::string_view ConsentOriginName(ConsentOrigin origin);  // "frame", …

// What the ledger records.
enum class ConsentEntry : std::uint8_t {
  kRequested = 1,
  kGranted = 2,
  kRefused = 3,
  kRevoked = 4,
  kBlocked = 5,
  kCancelled = 6,
  kStopped = 7,      // everything, and the account itself
  kReturned = 8,     // JOIN after STOP
  kUnreachable = 9,  // a thread was closed by its network
  kEdgeAgreed = 10,  // to edge delivery, until the entry's `until`
  kEdgeEnded = 11,   // took that back
  kEdgeLapsed = 12,  // its time has passed
};
std::string_view ConsentEntryName(ConsentEntry entry);  // "requested", …
ConsentEntry EntryFor(ConsentAction action);

struct AliasFacts {
  AliasPolicy policy = AliasPolicy::kAsk;
  bool revoked = false;
  std::optional<WallTime> expires_at;
  bool owner_stopped = false;
  bool own = false;                // the requester's own alias
  bool used_up = false;            // as many have asked through it as may
  bool strangers_refused = false;  // by its owner, whatever the alias says
  bool blocked = false;            // its owner has blocked the requester, through whichever alias
};

// kNone when the alias may be reached. The one refusal is kNoConsent: from outside, an alias that
// is unknown, closed, expired, revoked, used up, refused or one's own looks the same.
Rule MayReach(const AliasFacts& alias, WallTime now);

}  // namespace trestle
