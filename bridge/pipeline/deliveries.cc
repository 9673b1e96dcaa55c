#include "bridge/pipeline/deliveries.h"

#include <algorithm>

#include "bridge/base/event_log.h"
#include "bridge/pipeline/contact_flow.h"
#include "bridge/pipeline/edge.h"
#include "bridge/pipeline/fallback.h"
#include "bridge/pipeline/fates.h"
#include "bridge/pipeline/withdrawals.h"
#include "bridge/policy/delivery_rules.h"

namespace trestle {
namespace {

Outcome OutcomeOf(Certainty certainty) {
  switch (certainty) {
    case Certainty::kNotSent:
      return Outcome::kNotSent;
    case Certainty::kMaybeSent:
      return Outcome::kMaybeSent;
    case Certainty::kSent:
      return Outcome::kSent;
  }
  return Outcome::kMaybeSent;
}

bool IsKeptWhenGivenUp(OutboxKind kind) {
  switch (kind) {
    case OutboxKind::kEnvelope:
    case OutboxKind::kOffer:
    case OutboxKind::kPeerKeys:
      return true;
    case OutboxKind::kEphemeral:
    case OutboxKind::kReceipt:
    case OutboxKind::kReply:
      return false;
  }
  return false;
}

// Why no further attempt is made; kNone when one is.
Rule ReasonToStop(const Turn& turn, const RowCase& subject, const Attempt& attempt,
                  const RetryRow& retry) {
  if (attempt.retry == Retry::kNever) {
    return attempt.rule == Rule::kNone ? Rule::kNetworkRefused : attempt.rule;
  }
  if (subject.row.kind == OutboxKind::kEphemeral) return Rule::kGivenUp;  // tried once
  const bool is_last = IsLastAttempt(retry, subject.row.attempts, turn.core.limits);
  return is_last ? Rule::kGivenUp : Rule::kNone;
}

// Consent ended while the attempt was under way.
bool IsWithdrawn(const RowCase& subject) {
  if (!NeedsConsent(subject.row.kind) || !subject.contact) return false;
  const ContactState state = subject.contact->consent.state;
  const bool asks = subject.row.kind == OutboxKind::kOffer && state == ContactState::kRequested;
  return state != ContactState::kGranted && !asks;
}

// Dispatch is rung to set its timer.
Result<void> Wait(Turn& turn, const OutboxRow& row, WallTime due_at) {
  turn.effects.Ring(row.network);
  return turn.tx.Postpone(row, due_at);
}

// The person closed this thread on their network. Offers and replies go to the service thread,
// which no link stands for: they are given up.
Result<void> WaitForPerson(Turn& turn, const RowCase& subject) {
  const OutboxRow& row = subject.row;
  const auto* id = std::get_if<LinkId>(&row.thread);
  const auto link =
      id == nullptr ? std::optional<LinkRecord>() : TRESTLE_TRY(turn.tx.FindLink(*id));
  if (!link || row.kind == OutboxKind::kEphemeral || row.kind == OutboxKind::kReceipt) {
    if (link) TRESTLE_TRY(CloseLink(turn, *link));
    return EndDropped(turn, subject, Rule::kPersonClosed);
  }
  TRESTLE_TRY(Wait(turn, row, turn.now));
  return CloseLink(turn, *link);
}

Result<void> SettleUnsent(Turn& turn, RowCase& subject, const Attempt& attempt) {
  OutboxRow& row = subject.row;
  row.maybe_sent |= attempt.certainty == Certainty::kMaybeSent;
  TRESTLE_TRY(TraceRow(turn, subject, Step::kAttempt, OutcomeOf(attempt.certainty), attempt.rule));
  // An adapter that was asked back says so even when the contact has been granted anew meanwhile:
  // what the withdrawal met is gone, and no dead letter of it stays.
  const bool asked_back = attempt.rule == Rule::kNoConsent;
  if (asked_back || IsWithdrawn(subject)) return EndWithdrawn(turn, subject);
  if (attempt.rule == Rule::kPersonClosed) return WaitForPerson(turn, subject);
  const RetryRow& retry = RetryRowFor(row.network, TroubleOf(attempt));
  const Rule reason = ReasonToStop(turn, subject, attempt, retry);
  if (reason != Rule::kNone) {
    return IsKeptWhenGivenUp(row.kind) ? EndGivenUp(turn, subject, reason)
                                       : EndDropped(turn, subject, reason);
  }
  const Millis pause =
      PauseAfter(retry, row.attempts, attempt.retry_after, turn.core.limits, turn.core.random);
  // Waiting for somebody who is not there is no failed attempt: only the expiry ends it.
  const bool nobody_there =
      attempt.certainty == Certainty::kNotSent && attempt.rule == Rule::kThreadNotOpen;
  if (nobody_there) --row.attempts;
  return Wait(turn, row, turn.now + pause);
}

Result<void> EraseLetter(Turn& turn, const DeadLetterRecord& letter, ErasureCause cause) {
  TRESTLE_TRY(turn.tx.EraseDeadLetter(letter.id));
  turn.effects.erased = true;
  if (!letter.row.envelope_row) return {};
  const auto envelope = TRESTLE_TRY(turn.tx.FindEnvelope(*letter.row.envelope_row));
  return envelope ? EraseEnvelope(turn, *envelope, cause) : Result<void>();
}

Result<DeadLetterRecord> NeedLetter(Turn& turn, std::int64_t id) {
  auto letter = TRESTLE_TRY(turn.tx.FindDeadLetter(id));
  if (!letter) return Fail(Reason::kNotFound, "no such dead letter");
  return *std::move(letter);
}

// A letter on a link waits for that link to be opened, like any other row.
Result<OutboxState> StateFor(Turn& turn, const ThreadKey& thread) {
  const auto* id = std::get_if<LinkId>(&thread);
  if (id == nullptr) return OutboxState::kWaits;
  const auto link = TRESTLE_TRY(turn.tx.FindLink(*id));
  return link && link->bound ? OutboxState::kWaits : OutboxState::kWaitsOpen;
}

// Nothing changes a row while its lease lasts, so it is not read again then.
Result<std::optional<RowCase>> FindCase(Turn& turn, const LeasedRow& leased) {
  const OutboxRow& as_leased = leased.subject.row;
  if (TRESTLE_TRY(turn.tx.IsLeased(as_leased.row, leased.term))) {
    RowCase subject = leased.subject;
    if (as_leased.contact) subject.contact = TRESTLE_TRY(turn.tx.FindContact(*as_leased.contact));
    return std::optional(std::move(subject));
  }
  auto row = TRESTLE_TRY(turn.tx.FindOutboxRow({as_leased.row, as_leased.delivery_id}));
  // A dead letter that was sent again has another number.
  if (!row) row = TRESTLE_TRY(turn.tx.FindInDoubt(as_leased.delivery_id));
  if (!row) return std::optional<RowCase>();
  return std::optional(TRESTLE_TRY(CaseOf(turn, *row)));
}

// The level starts anew, so that the sender hears of the second try.
Result<void> ForgetFailure(Turn& turn, const EnvelopeRecord& envelope) {
  auto seen = TRESTLE_TRY(turn.tx.FindSeen(envelope.contact, envelope.envelope_id));
  if (!seen) return {};
  seen->level = ReceiptLevel::kAccepted;
  return turn.tx.PutSeen(*seen);
}

}  // namespace

Result<void> SettleAttempt(Turn& turn, const LeasedRow& leased, const Attempt& attempt) {
  auto subject = TRESTLE_TRY(FindCase(turn, leased));
  if (!subject) return {};  // another attempt has settled it
  turn.effects.CountOne("trestle_attempts_total", std::string(subject->row.network.name())
                                                      .append(".")
                                                      .append(CertaintyName(attempt.certainty)));
  ++subject->row.attempts;
  if (attempt.certainty == Certainty::kSent) return EndSent(turn, *subject);
  return SettleUnsent(turn, *subject, attempt);
}

Result<void> TakeUp(Turn& turn) {
  const std::size_t released = TRESTLE_TRY(turn.tx.ReleaseLeases(turn.core.process, turn.now));
  LogEvent(Severity::kInfo, "outbox_taken_up",
           {{"leases_released", static_cast<std::uint64_t>(released)},
            {"rows", static_cast<std::uint64_t>(turn.tx.tally().rows_total())}});
  TRESTLE_TRY(turn.tx.OpenBoundThreads());
  // No pause is longer than this: the clock was set back while no process ran.
  TRESTLE_TRY(turn.tx.HurryAll(turn.now + turn.core.limits.backoff_max * 2, turn.now));
  for (const OutboxRow& row : TRESTLE_TRY(turn.tx.EphemeralRows())) {
    TRESTLE_TRY(EndDropped(turn, TRESTLE_TRY(CaseOf(turn, row)), Rule::kExpired));
  }
  for (const auto& slot : turn.core.networks.slots()) turn.effects.Ring(slot->network);
  turn.effects.errands = true;
  return {};
}

Result<SweepReport> SweepOnce(Turn& turn, WallClock wall) {
  SweepReport report;
  if (wall == WallClock::kSetBack) TRESTLE_TRY(turn.tx.HurryAll(turn.now, turn.now));
  const std::size_t rows_max = turn.core.limits.sweep_rows_max;
  TRESTLE_TRY(turn.tx.ReleaseLapsed(turn.now));
  // A thread that was closed in a placed store and not at home would wait for ever.
  if (turn.core.store.TakeFailed()) TRESTLE_TRY(turn.tx.OpenBoundThreads());
  const std::vector<OutboxRow> rows = TRESTLE_TRY(turn.tx.ExpiredRows(turn.now, rows_max));
  for (const OutboxRow& row : rows) {
    TRESTLE_TRY(EndExpired(turn, TRESTLE_TRY(CaseOf(turn, row))));
  }
  const auto letters = TRESTLE_TRY(turn.tx.ExpiredDeadLetters(turn.now, rows_max));
  for (const DeadLetterRecord& letter : letters) {
    TRESTLE_TRY(EraseLetter(turn, letter, ErasureCause::kExpired));
  }
  const std::size_t forgotten = TRESTLE_TRY(turn.tx.EraseExpired(turn.now, rows_max));
  TRESTLE_TRY(EndLapsedEdges(turn));
  const std::size_t sealed = TRESTLE_TRY(turn.tx.SealAgain(rows_max));
  // What was moved leaves a key behind, which the checkpoint destroys.
  if (sealed > 0) turn.effects.erased = true;
  report.more = std::max({rows.size(), letters.size(), forgotten, sealed}) >= rows_max;
  TRESTLE_TRY(turn.tx.RetireAliases(turn.now + -turn.core.limits.alias_quarantine, rows_max));
  turn.effects.errands = true;
  for (const auto& slot : turn.core.networks.slots()) {
    turn.effects.Ring(slot->network);
    TRESTLE_TRY(FallBack(turn, *slot));
    const auto due = TRESTLE_TRY(turn.tx.OldestDue(slot->network, turn.now));
    const Millis age = due ? turn.now - *due : Millis{0};
    report.oldest_due.emplace_back(slot->network, age);
  }
  return report;
}

Result<void> RequeueLetter(Turn& turn, std::int64_t id) {
  const DeadLetterRecord letter = TRESTLE_TRY(NeedLetter(turn, id));
  RowCase subject = TRESTLE_TRY(CaseOf(turn, letter.row, Payload::kOpened));
  if (subject.row.expires_at <= turn.now) {
    return Fail(Reason::kExpired, "the dead letter's time has passed");
  }
  const Passage passage = TRESTLE_TRY(JudgePassage(turn, subject)).passage;
  if (passage == Passage::kLost) {
    return Fail(Reason::kExpired, "the dead letter was erased: its storage key is gone");
  }
  if (passage != Passage::kGoes) {
    return Fail(Reason::kConflict, "the dead letter's contact does not allow it any more");
  }
  subject.row.attempts = 0;
  subject.row.due_at = turn.now;
  subject.row.state = TRESTLE_TRY(StateFor(turn, subject.row.thread));
  TRESTLE_TRY(turn.tx.EraseDeadLetter(id));
  TRESTLE_TRY(turn.tx.AddOutboxRow(subject.row));
  turn.effects.Ring(subject.row.network);
  if (subject.envelope) TRESTLE_TRY(ForgetFailure(turn, *subject.envelope));
  return TraceRow(turn, subject, Step::kRequeue, Outcome::kOk, Rule::kNone);
}

Result<void> PurgeLetter(Turn& turn, std::int64_t id) {
  return EraseLetter(turn, TRESTLE_TRY(NeedLetter(turn, id)), ErasureCause::kGivenUp);
}

Result<LetterCount> RequeueLetters(Turn& turn, const LetterFilter& filter) {
  LetterCount count;
  for (const DeadLetterRecord& letter : TRESTLE_TRY(turn.tx.DeadLetters(filter, 0, kLettersMax))) {
    const Result<void> result = RequeueLetter(turn, letter.id);
    if (!result && result.error().reason == Reason::kStorage) return tl::unexpected(result.error());
    ++(result ? count.done : count.refused);
  }
  return count;
}

Result<LetterCount> PurgeLetters(Turn& turn, const LetterFilter& filter) {
  LetterCount count;
  for (const DeadLetterRecord& letter : TRESTLE_TRY(turn.tx.DeadLetters(filter, 0, kLettersMax))) {
    TRESTLE_TRY(EraseLetter(turn, letter, ErasureCause::kGivenUp));
    ++count.done;
  }
  return count;
}

}  // namespace trestle
