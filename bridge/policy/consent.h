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
  bool operator==(const ConsentStatus&) const = default;
};

struct ConsentDecision {
  Rule rule = Rule::kNone;  // kNoConsent: this side cannot do that now; `after` is unchanged then
  ConsentStatus after;
};

// `keys_left`: the owner has a key package that the requester can be given. A grant without one is
// remembered (owner_agreed) and stays kRequested, with kKeysExhausted as its rule.
ConsentDecision DecideConsent(const ConsentStatus& before, Side side, ConsentAction action,
                              bool keys_left);

// Asking again after the requester itself withdrew; kNoConsent in every other state that is ended.
ConsentDecision DecideAskAgain(const ConsentStatus& before, bool keys_left);

// kNone when envelopes may pass.
Rule MayPass(ContactState state);

struct AliasFacts {
  AliasPolicy policy = AliasPolicy::kAsk;
  bool revoked = false;
  std::optional<WallTime> expires_at;
  bool owner_stopped = false;
  bool own = false;  // the requester's own alias
};

// kNone when the alias may be reached. The one refusal is kNoConsent: from outside, an alias that
// is unknown, closed, expired, revoked or one's own looks the same.
Rule MayReach(const AliasFacts& alias, WallTime now);

}  // namespace trestle
