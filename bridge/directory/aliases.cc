#include "bridge/directory/aliases.h"

#include <algorithm>

#include "bridge/base/digest.h"
#include "bridge/directory/alias_words.h"
#include "bridge/directory/budgets.h"

namespace trestle {
namespace {

constexpr int kDrawsMax = 32;  // of 655 million names; a second draw is rare already
constexpr std::uint64_t kAliasNumbers = 10'000;
constexpr std::size_t kAliasDigits = 4;

bool IsLower(char sign) { return sign >= 'a' && sign <= 'z'; }
bool IsDigit(char sign) { return sign >= '0' && sign <= '9'; }

std::string DrawName(Random& random) {
  const std::size_t adjective = DrawBelow(random, kAliasAdjectives.size());
  const std::size_t noun = DrawBelow(random, kAliasNouns.size());
  const std::string digits = std::to_string(DrawBelow(random, kAliasNumbers));
  std::string name(kAliasAdjectives[adjective]);
  name.append("-").append(kAliasNouns[noun]).append("-");
  return name.append(kAliasDigits - digits.size(), '0').append(digits);
}

Result<std::string> DrawFreeName(DirectoryScope& scope) {
  for (int draw = 0; draw < kDrawsMax; ++draw) {
    std::string name = DrawName(scope.random);
    if (TRESTLE_TRY(scope.tables.FindAliasByName(name))) continue;
    if (!TRESTLE_TRY(scope.tables.IsNameGone(HashOfAliasName(name)))) return name;
  }
  return Fail(Reason::kUnavailable, "no free alias name was drawn");
}

// The octets of the UTF-8 sign at the front of `text`; 0 when there is none (RFC 3629, Section 4).
std::size_t SignBytes(std::string_view text) {
  const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = octet(0);
  if (first < 0x80) return 1;
  const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < size) return 0;
  std::uint32_t point = first & (0x7FU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((octet(i) & 0xC0) != 0x80) return 0;
    point = (point << 6) | (octet(i) & 0x3FU);
  }
  const bool overlong = (size == 3 && point < 0x800) || (size == 4 && point < 0x10000);
  const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
  return overlong || surrogate || point > 0x10FFFF ? 0 : size;
}

// Labels travel to phones and through the API as text, so they must be text.
bool IsLabel(std::string_view label) {
  if (label.size() > kLabelBytesMax) return false;
  while (!label.empty()) {
    const std::size_t size = SignBytes(label);
    const auto first = static_cast<unsigned char>(label.front());
    if (size == 0 || first < 0x20 || first == 0x7F) return false;
    label.remove_prefix(size);
  }
  return true;
}

Result<void> CheckNew(const NewAlias& request, WallTime now) {
  if (!IsLabel(request.label)) return Fail(Reason::kInvalidArgument, "the label is not usable");
  if (!IsLabel(request.listing)) {
    return Fail(Reason::kInvalidArgument, "the listing's name is not usable");
  }
  if (request.expires_at && *request.expires_at <= now) {
    return Fail(Reason::kInvalidArgument, "the alias would have expired already");
  }
  if (request.uses_max && *request.uses_max < 1) {
    return Fail(Reason::kInvalidArgument, "the alias could never be used");
  }
  return {};
}

Result<void> CheckRoom(DirectoryScope& scope, const AccountId& account) {
  const auto held = TRESTLE_TRY(scope.tables.AliasesOf(account));
  const auto live =
      std::ranges::count_if(held, [&](const AliasRecord& each) { return IsLive(each, scope.now); });
  if (static_cast<std::size_t>(live) < scope.limits.aliases_per_account_max) return {};
  return Fail(Reason::kConflict, "the account has as many aliases as it may");
}

// A record under a fresh name, which the account pays for with its budget.
Result<AliasRecord> Drawn(DirectoryScope& scope, const AccountId& account) {
  const BudgetLine line{BudgetKind::kNamesOfAccount, SubjectOf(account),
                        scope.limits.names_per_account_max, scope.limits.names_window};
  const auto wait = TRESTLE_TRY(Spend(scope, {&line, 1}));
  if (wait) return Fail(Reason::kBusy, "the account has drawn too many names lately", *wait);
  AliasRecord alias;
  alias.id = AliasId::Mint(scope.random);
  alias.name = TRESTLE_TRY(DrawFreeName(scope));
  alias.account = account;
  alias.created_at = scope.now;
  return alias;
}

Result<AliasRecord> NeedOwn(DirectoryScope& scope, const AccountId& account, const AliasId& alias) {
  auto found = TRESTLE_TRY(scope.tables.FindAlias(alias));
  if (!found || found->account != account) return Fail(Reason::kNotFound, "no such alias");
  return *std::move(found);
}

}  // namespace

Result<AliasRecord> CreateAlias(DirectoryScope& scope, const AccountId& account,
                                const NewAlias& request) {
  TRESTLE_TRY(CheckNew(request, scope.now));
  TRESTLE_TRY(CheckRoom(scope, account));
  AliasRecord alias = TRESTLE_TRY(Drawn(scope, account));
  alias.label = request.label;
  alias.policy = request.policy;
  alias.expires_at = request.expires_at;
  alias.uses_max = request.uses_max;
  alias.listing = request.listing;
  TRESTLE_TRY(scope.tables.PutAlias(alias));
  return alias;
}

Result<void> RevokeAlias(DirectoryScope& scope, const AccountId& account, const AliasId& alias) {
  AliasRecord found = TRESTLE_TRY(NeedOwn(scope, account, alias));
  if (found.revoked_at) return {};
  found.revoked_at = scope.now;
  return scope.tables.PutAlias(found);
}

Result<AliasRecord> RotateAlias(DirectoryScope& scope, const AccountId& account,
                                const AliasId& alias) {
  AliasRecord old = TRESTLE_TRY(NeedOwn(scope, account, alias));
  if (!IsLive(old, scope.now)) return Fail(Reason::kNotFound, "no such alias");
  AliasRecord made = TRESTLE_TRY(Drawn(scope, account));
  made.label = old.label;
  made.policy = old.policy;
  made.expires_at = old.expires_at;
  made.listing = old.listing;
  made.uses = old.uses;
  made.uses_max = old.uses_max;
  old.revoked_at = scope.now;
  TRESTLE_TRY(scope.tables.PutAlias(old));
  TRESTLE_TRY(scope.tables.PutAlias(made));
  return made;
}

Result<AliasRecord> RestoreAlias(DirectoryScope& scope, const AccountId& account,
                                 const AliasId& alias) {
  AliasRecord found = TRESTLE_TRY(NeedOwn(scope, account, alias));
  if (found.expires_at && *found.expires_at <= scope.now) {
    return Fail(Reason::kExpired, "the alias has expired");
  }
  if (!found.revoked_at) return found;
  if (*found.revoked_at + scope.limits.alias_quarantine <= scope.now) {
    return Fail(Reason::kExpired, "the alias was released too long ago");
  }
  TRESTLE_TRY(CheckRoom(scope, account));
  found.revoked_at.reset();
  TRESTLE_TRY(scope.tables.PutAlias(found));
  return found;
}

Result<std::vector<AliasRecord>> CloseListing(DirectoryScope& scope, const AccountId& account,
                                              std::string_view listing) {
  std::vector<AliasRecord> closed;
  for (AliasRecord& alias : TRESTLE_TRY(scope.tables.AliasesOf(account))) {
    if (listing.empty() || alias.listing != listing || alias.revoked_at) continue;
    alias.revoked_at = scope.now;
    TRESTLE_TRY(scope.tables.PutAlias(alias));
    closed.push_back(std::move(alias));
  }
  return closed;
}

Bytes32 HashOfAliasName(std::string_view name) {
  return Sha256({AsBytes("trestle alias name"), AsBytes(name)});
}

bool IsLive(const AliasRecord& alias, WallTime now) {
  return !alias.revoked_at && (!alias.expires_at || *alias.expires_at > now);
}

bool LooksLikeAliasName(std::string_view text) {
  const std::size_t first = text.find('-');
  if (first == std::string_view::npos || first == 0) return false;
  const std::size_t second = text.find('-', first + 1);
  if (second == std::string_view::npos || second == first + 1) return false;
  const std::string_view digits = text.substr(second + 1);
  return text.size() <= kAliasNameBytesMax && std::ranges::all_of(text.substr(0, first), IsLower) &&
         std::ranges::all_of(text.substr(first + 1, second - first - 1), IsLower) &&
         digits.size() == kAliasDigits && std::ranges::all_of(digits, IsDigit);
}

std::string NormalisedAliasName(std::string_view text) {
  std::string out;
  for (const char sign : text) {
    if (sign == ' ' || sign == '\t') continue;
    out.push_back(sign >= 'A' && sign <= 'Z' ? static_cast<char>(sign - 'A' + 'a') : sign);
  }
  return out;
}

}  // namespace trestle
