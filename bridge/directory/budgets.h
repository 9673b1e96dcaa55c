// How much of something an account, a network or everybody together may do in a window of time.
// Counted in the transaction that does it, so that a restart forgets nothing. A window begins with
// its first use.
#pragma once

#include <span>

#include "bridge/directory/tables.h"

namespace trestle {

struct BudgetLine {
  BudgetKind kind = BudgetKind::kLookupsOfAll;
  Bytes16 subject{};
  std::size_t used_max = 0;
  Millis window{0};
};

Bytes16 SubjectOf(const AccountId& account);
Bytes16 SubjectOf(const Network& network);

// Spends one of every line, or of none: then the answer is how long to wait. The same reads for
// every line, whichever is exhausted.
Result<std::optional<Millis>> Spend(DirectoryScope& scope, std::span<const BudgetLine> lines);

}  // namespace trestle
