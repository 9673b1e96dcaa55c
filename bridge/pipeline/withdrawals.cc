#include "bridge/pipeline/withdrawals.h"

#include <set>

#include "bridge/pipeline/edge.h"
#include "bridge/pipeline/fates.h"

namespace trestle {
namespace {

bool IsEnded(const ContactRecord& contact) {
  return contact.consent.state != ContactState::kGranted &&
         contact.consent.state != ContactState::kRequested;
}

// Every thread on which a row of the contact can stand: its links, and the service threads on which
// they are offered.
Result<std::set<ThreadKey>> ThreadsOf(Turn& turn, const ContactRecord& contact) {
  std::set<ThreadKey> out;
  for (const LinkRecord& link : TRESTLE_TRY(turn.tx.LinksOf(contact.id))) {
    out.insert(ThreadKey(link.id));
    out.insert(ThreadKey(link.enrolment));
  }
  return out;
}

// Answers how many rows it erased; the end of one that is under way comes with the adapter's
// answer.
using EndRow = Result<void> (*)(Turn&, const RowCase&);
Result<std::size_t> WithdrawOne(Turn& turn, const OutboxRow& row, EndRow end) {
  if (row.state == OutboxState::kLeased) {
    turn.effects.withdrawn.push_back({row.network, row.delivery_id});
    return std::size_t{0};
  }
  TRESTLE_TRY(end(turn, TRESTLE_TRY(CaseOf(turn, row))));
  return std::size_t{1};
}

// Given up already, but the payload still stands there for an operator to send again.
Result<void> WithdrawLetters(Turn& turn, const ContactRecord& contact, std::size_t& left) {
  for (const DeadLetterRecord& letter : TRESTLE_TRY(turn.tx.DeadLettersOf(contact.id, left))) {
    TRESTLE_TRY(turn.tx.EraseDeadLetter(letter.id));
    --left;
    if (!letter.row.envelope_row) continue;
    const auto envelope = TRESTLE_TRY(turn.tx.FindEnvelope(*letter.row.envelope_row));
    if (envelope) TRESTLE_TRY(EraseEnvelope(turn, *envelope, ErasureCause::kRevoked));
  }
  return {};
}

}  // namespace

bool NeedsConsent(OutboxKind kind) {
  return kind != OutboxKind::kReceipt && kind != OutboxKind::kReply;
}

Result<void> WithdrawRows(Turn& turn, const ContactRecord& contact) {
  if (!IsEnded(contact)) return {};
  // Receipts that stand between the rows are read, too; they are a few for each envelope.
  std::size_t left = turn.core.limits.withdrawn_rows_max;
  TRESTLE_TRY(WithdrawLetters(turn, contact, left));
  for (const ThreadKey& thread : TRESTLE_TRY(ThreadsOf(turn, contact))) {
    const std::size_t rows_max = turn.core.limits.rows_per_thread_max;
    for (const OutboxRow& row : TRESTLE_TRY(turn.tx.RowsOf(contact.id, thread, rows_max))) {
      if (!NeedsConsent(row.kind)) continue;
      if (left == 0) break;
      left -= TRESTLE_TRY(WithdrawOne(turn, row, &EndWithdrawn));
    }
  }
  if (left > 0) return {};
  turn.effects.errands = true;
  ErrandRecord rest;
  rest.kind = ErrandKind::kWithdraw;
  rest.account = contact.owner;
  rest.contact = contact.id;
  return turn.tx.AddErrand(rest);
}

Result<void> WithdrawContent(Turn& turn, const ContactRecord& contact) {
  for (const ThreadKey& thread : TRESTLE_TRY(ThreadsOf(turn, contact))) {
    const std::size_t rows_max = turn.core.limits.rows_per_thread_max;
    for (const OutboxRow& row : TRESTLE_TRY(turn.tx.RowsOf(contact.id, thread, rows_max))) {
      const RowCase subject = TRESTLE_TRY(CaseOf(turn, row));
      if (TRESTLE_TRY(EdgePassageOf(turn, subject)).goes) continue;
      TRESTLE_TRY(WithdrawOne(turn, row, &EndUnagreed));
    }
  }
  return {};
}

}  // namespace trestle
