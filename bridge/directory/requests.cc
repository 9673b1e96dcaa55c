#include "bridge/directory/requests.h"

#include <array>

#include "bridge/directory/aliases.h"
#include "bridge/directory/budgets.h"
#include "bridge/directory/membership.h"

namespace trestle {
namespace {

Result<std::optional<Millis>> SpendLookup(DirectoryScope& scope, const AskRequest& request) {
  const Limits& limits = scope.limits;
  const std::array lines = {
      BudgetLine{BudgetKind::kLookupsOfAccount, SubjectOf(request.account),
                 limits.lookups_per_account_max, limits.lookups_window},
      BudgetLine{BudgetKind::kLookupsOfNetwork, SubjectOf(request.source.network),
                 limits.lookups_per_network_max, limits.lookups_window},
      BudgetLine{BudgetKind::kLookupsOfAll, Bytes16{}, limits.lookups_max, limits.lookups_window}};
  return Spend(scope, lines);
}

}  // namespace

Result<AskResult> Ask(DirectoryScope& scope, const AskRequest& request) {
  AskResult out;
  const AccountRecord account = TRESTLE_TRY(NeedAccount(scope, request.account));
  out.retry_after = TRESTLE_TRY(SpendLookup(scope, request));
  std::string name = NormalisedAliasName(request.alias);
  // What is not an alias is neither echoed nor kept: people type numbers, too.
  if (LooksLikeAliasName(name)) out.name = std::move(name);
  if (out.retry_after || account.stopped) return out;
  TRESTLE_TRY(scope.tables.AddErrand({0,
                                      request.kind,
                                      request.account,
                                      out.name,
                                      {},
                                      request.source.origin,
                                      request.source.network}));
  return out;
}

}  // namespace trestle
