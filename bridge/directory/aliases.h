// Aliases: public names of an account, made of our own words and four digits, such as
// "brisk-otter-4821". A name is drawn, never chosen, so it says nothing about its owner; a revoked
// one is never handed out again.
#pragma once

#include "bridge/directory/tables.h"

namespace trestle {

struct NewAlias {
  std::string label;
  AliasPolicy policy = AliasPolicy::kAsk;
  std::optional<WallTime> expires_at;
};

// kInvalidArgument for a label that is too long or not printable, or an expiry that has passed;
// kConflict when the account has as many live aliases as it may.
Result<AliasRecord> CreateAlias(DirectoryScope& scope, const AccountId& account,
                                const NewAlias& request);

// kNotFound unless it is the account's own. Twice is harmless.
Result<void> RevokeAlias(DirectoryScope& scope, const AccountId& account, const AliasId& alias);

bool IsLive(const AliasRecord& alias, WallTime now);
// True for a text that has the form of a name: only such a text is ever echoed.
bool LooksLikeAliasName(std::string_view text);
// Lower case, without the blanks and the letter case that phones add.
std::string NormalisedAliasName(std::string_view text);

}  // namespace trestle
