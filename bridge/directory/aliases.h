// Aliases: public names of an account, made of our own words and four digits, such as
// "brisk-otter-4821". A name is drawn, never chosen, so it says nothing about its owner, and it is
// never drawn twice: a released one is quarantined, in which time its owner alone can take it back,
// and afterwards a hash of it keeps it from coming up again.
#pragma once

#include "bridge/directory/tables.h"

namespace trestle {

struct NewAlias {
  std::string label;
  AliasPolicy policy = AliasPolicy::kAsk;
  std::optional<WallTime> expires_at;
  std::optional<std::int64_t> uses_max;  // contacts that may begin through it; 1: one-time
  std::string listing;                   // aliases of one listing are closed together
};

// kInvalidArgument for a label or listing that is too long or not printable, an expiry that has
// passed or no uses at all; kConflict when the account has as many live aliases as it may; kBusy
// when it has drawn too many names lately.
Result<AliasRecord> CreateAlias(DirectoryScope& scope, const AccountId& account,
                                const NewAlias& request);

// kNotFound unless it is the account's own. Twice is harmless.
Result<void> RevokeAlias(DirectoryScope& scope, const AccountId& account, const AliasId& alias);

// A new name takes over label, policy, expiry, listing and the uses that are left; the old one is
// released. Contacts that came through the old one keep it as their label and notice nothing.
// kNotFound unless it is the account's own and live.
Result<AliasRecord> RotateAlias(DirectoryScope& scope, const AccountId& account,
                                const AliasId& alias);

// Takes a released alias back. kNotFound unless it is the account's own, kExpired when it has
// expired or its quarantine is over, kConflict as for CreateAlias. A live one is fine.
Result<AliasRecord> RestoreAlias(DirectoryScope& scope, const AccountId& account,
                                 const AliasId& alias);

// The listing is over: its aliases are released, and answers them. Threads that came through them
// go on.
Result<std::vector<AliasRecord>> CloseListing(DirectoryScope& scope, const AccountId& account,
                                              std::string_view listing);

// Under what a name is remembered once its row is gone.
Bytes32 HashOfAliasName(std::string_view name);

bool IsLive(const AliasRecord& alias, WallTime now);
// True for a text that has the form of a name: only such a text is ever echoed.
bool LooksLikeAliasName(std::string_view text);
// Lower case, without the blanks and the letter case that phones add.
std::string NormalisedAliasName(std::string_view text);

}  // namespace trestle
