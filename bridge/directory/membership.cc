#include "bridge/directory/membership.h"

#include <algorithm>
#include <array>

#include "bridge/base/digest.h"

namespace trestle {
namespace {

constexpr std::uint64_t kJoinCodes = 100'000'000;  // eight digits
constexpr std::size_t kJoinCodeDigits = 8;

Bytes32 HashOfCode(std::string_view code) { return Sha256(AsBytes(code)); }

std::string DrawCode(Random& random) {
  std::string digits = std::to_string(DrawBelow(random, kJoinCodes));
  return std::string(kJoinCodeDigits - digits.size(), '0') + digits;
}

Result<JoinResult> JoinKnown(DirectoryScope& scope, const EnrolmentRecord& enrolment) {
  AccountRecord account = TRESTLE_TRY(NeedAccount(scope, enrolment.account));
  if (!account.stopped) return JoinResult{JoinOutcome::kAlready, account.id};
  account.stopped = false;
  TRESTLE_TRY(scope.tables.PutAccount(account));
  return JoinResult{JoinOutcome::kReturned, account.id};
}

Result<JoinResult> JoinNew(DirectoryScope& scope, const JoinRequest& request) {
  AccountRecord account;
  account.id = AccountId::Mint(scope.random);
  account.created_at = scope.now;
  account.preferences.sms_allowed = request.needs_sms_consent;
  TRESTLE_TRY(scope.tables.PutAccount(account));
  TRESTLE_TRY(
      scope.tables.AddEnrolment({request.enrolment, account.id, request.network, scope.now}));
  return JoinResult{JoinOutcome::kCreated, account.id};
}

Result<JoinResult> JoinWithCode(DirectoryScope& scope, const JoinRequest& request) {
  // Native callers have no identity before they join, so they share one count.
  const bool native = request.network == Network::Native();
  const EnrolmentId counted = native ? EnrolmentId() : request.enrolment;
  const int tries_max = native ? scope.limits.native_join_tries_max : scope.limits.join_tries_max;
  if (TRESTLE_TRY(scope.tables.WrongTries(counted, scope.now)) >= tries_max) {
    return JoinResult{JoinOutcome::kTooManyTries, {}};
  }
  const auto account = TRESTLE_TRY(scope.tables.TakeJoinCode(HashOfCode(request.code), scope.now));
  if (!account) {
    TRESTLE_TRY(
        scope.tables.AddWrongTry(counted, scope.now, scope.now + scope.limits.join_code_age_max));
    return JoinResult{JoinOutcome::kWrongCode, {}};
  }
  const auto held = TRESTLE_TRY(scope.tables.EnrolmentsOf(*account));
  const auto is_edge = [&](const Network& network) {
    return std::ranges::find(request.edges, network) != request.edges.end();
  };
  if (is_edge(request.network) || std::ranges::any_of(held, is_edge, &EnrolmentRecord::network)) {
    return JoinResult{JoinOutcome::kEdgeStandsAlone, *account};
  }
  if (held.size() >= scope.limits.enrolments_per_account_max) {
    return JoinResult{JoinOutcome::kFull, *account};
  }
  TRESTLE_TRY(scope.tables.AddEnrolment({request.enrolment, *account, request.network, scope.now}));
  return JoinResult{JoinOutcome::kAdded, *account};
}

}  // namespace

Result<JoinResult> Join(DirectoryScope& scope, const JoinRequest& request) {
  const auto known = TRESTLE_TRY(scope.tables.FindEnrolment(request.enrolment));
  if (known) return JoinKnown(scope, *known);
  return request.code.empty() ? JoinNew(scope, request) : JoinWithCode(scope, request);
}

Result<JoinCodeRecord> MakeJoinCode(DirectoryScope& scope, const AccountId& account,
                                    std::string& code) {
  code = DrawCode(scope.random);
  const JoinCodeRecord record{HashOfCode(code), account,
                              scope.now + scope.limits.join_code_age_max};
  TRESTLE_TRY(scope.tables.PutJoinCode(record));
  return record;
}

Result<std::string> MakeToken(DirectoryScope& scope, const AccountId& account) {
  Bytes32 raw;
  scope.random.Fill(raw);
  std::string token = ToBase64Url(raw);
  Wipe(raw);
  TRESTLE_TRY(scope.tables.AddToken(Sha256(AsBytes(token)), account, scope.now));
  return token;
}

Result<AccountId> AccountOfToken(DirectoryScope& scope, std::string_view token) {
  const auto account = TRESTLE_TRY(scope.tables.FindToken(Sha256(AsBytes(token))));
  if (!account) return Fail(Reason::kUnauthenticated, "the token is not known here");
  return *account;
}

Result<AccountRecord> NeedAccount(DirectoryScope& scope, const AccountId& account) {
  auto found = TRESTLE_TRY(scope.tables.FindAccount(account));
  if (!found) return Fail(Reason::kNotFound, "no such account");
  return *std::move(found);
}

Result<void> CheckPreferences(const Preferences& preferences) {
  for (const auto* list : {&preferences.order, &preferences.refused}) {
    if (list->size() > kPreferenceNetworksMax) {
      return Fail(Reason::kInvalidArgument, "more networks in the preferences than allowed");
    }
    for (auto each = list->begin(); each != list->end(); ++each) {
      if (std::find(list->begin(), each, *each) != each) {
        return Fail(Reason::kInvalidArgument, "a network stands in the preferences twice");
      }
    }
  }
  for (const auto* places : {&preferences.residency.accepted, &preferences.residency.refused}) {
    if (places->size() > kPlacesMax) {
      return Fail(Reason::kInvalidArgument, "more places in the preferences than allowed");
    }
    if (!std::ranges::all_of(*places, IsPlace)) {
      return Fail(Reason::kInvalidArgument,
                  "a place is a region such as eu or a country such as DE");
    }
  }
  return {};
}

}  // namespace trestle
