#include "bridge/directory/budgets.h"

#include <algorithm>

#include "bridge/base/digest.h"

namespace trestle {

Bytes16 SubjectOf(const AccountId& account) {
  Bytes16 out{};
  std::ranges::copy(account.bytes(), out.begin());
  return out;
}

Bytes16 SubjectOf(const Network& network) {
  const Bytes32 digest = Sha256({AsBytes("trestle network"), AsBytes(network.name())});
  Bytes16 out{};
  std::copy_n(digest.begin(), out.size(), out.begin());
  return out;
}

Result<std::optional<Millis>> Spend(DirectoryScope& scope, std::span<const BudgetLine> lines) {
  std::vector<BudgetRecord> budgets;
  std::optional<Millis> wait;
  for (const BudgetLine& line : lines) {
    const auto found = TRESTLE_TRY(scope.tables.FindBudget(line.kind, line.subject));
    BudgetRecord budget = found && found->expires_at > scope.now
                              ? *found
                              : BudgetRecord{line.kind, line.subject, 0, scope.now + line.window};
    if (static_cast<std::size_t>(budget.used) >= line.used_max) {
      wait = std::max(wait.value_or(Millis{0}), budget.expires_at - scope.now);
    }
    ++budget.used;
    budgets.push_back(budget);
  }
  if (wait) return wait;
  for (const BudgetRecord& budget : budgets) TRESTLE_TRY(scope.tables.PutBudget(budget));
  return std::optional<Millis>();
}

}  // namespace trestle
