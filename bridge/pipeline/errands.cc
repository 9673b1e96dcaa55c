#include "bridge/pipeline/errands.h"

#include "bridge/pipeline/contact_flow.h"
#include "bridge/pipeline/withdrawals.h"

namespace trestle {
namespace {

Result<void> Withdraw(Turn& turn, const ContactId& id) {
  const auto contact = TRESTLE_TRY(turn.tx.FindContact(id));
  return contact ? WithdrawRows(turn, *contact) : Result<void>();
}

Result<void> Cancel(Turn& turn, const ErrandRecord& errand) {
  DirectoryScope directory = turn.directory();
  const auto cancelled = TRESTLE_TRY(
      CancelRequest(directory, errand.account, errand.name, {errand.origin, errand.network}));
  return cancelled ? AfterConsent(turn, *cancelled) : Result<void>();
}

Result<void> Do(Turn& turn, const ErrandRecord& errand) {
  DirectoryScope directory = turn.directory();
  switch (errand.kind) {
    case ErrandKind::kReach:
      return AfterReach(turn, TRESTLE_TRY(Reach(directory, errand.account, errand.name,
                                                {errand.origin, errand.network})));
    case ErrandKind::kCancel:
      return Cancel(turn, errand);
    case ErrandKind::kWithdraw:
      return Withdraw(turn, errand.contact);
  }
  return {};
}

}  // namespace

Result<AskResult> AskInTurn(Turn& turn, const AskRequest& request) {
  DirectoryScope directory = turn.directory();
  AskResult result = TRESTLE_TRY(Ask(directory, request));
  turn.effects.errands = true;
  turn.effects.CountOne("trestle_lookups_total", result.retry_after ? "throttled" : "noted");
  return result;
}

Result<void> DoErrands(Turn& turn) {
  const std::size_t rows_max = turn.core.limits.errands_per_turn_max;
  const auto errands = TRESTLE_TRY(turn.tx.TakeErrands(rows_max));
  for (const ErrandRecord& errand : errands) TRESTLE_TRY(Do(turn, errand));
  if (errands.size() == rows_max) turn.effects.errands = true;
  return {};
}

}  // namespace trestle
