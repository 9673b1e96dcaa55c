#include "bridge/pipeline/fates.h"

#include "bridge/pipeline/leases.h"
#include "bridge/pipeline/outbox_writer.h"
#include "bridge/policy/delivery_rules.h"

namespace trestle {
namespace {

std::size_t SizeOf(const RowCase& subject) {
  return subject.envelope ? subject.envelope->payload_bytes : subject.row.body.size();
}

std::string_view MetricLabel(ErasureCause cause) {
  switch (cause) {
    case ErasureCause::kDelivered:
      return "delivered";
    case ErasureCause::kExpired:
      return "expired";
    case ErasureCause::kRevoked:
      return "withdrawn";
    case ErasureCause::kGivenUp:
      return "given_up";
  }
  return "unknown";
}

// What became of an envelope, as its sender is told.
struct Verdict {
  ReceiptLevel level;
  Rule rule = Rule::kNone;
};

// Folds the verdict into what was seen of the envelope and, when that changed something, tells the
// sender.
Result<void> Tell(Turn& turn, const EnvelopeRecord& envelope, SeenEnvelopeRecord& seen,
                  const Verdict& verdict) {
  if (Folded(seen.level, verdict.level) == seen.level) return {};
  seen.level = verdict.level;
  // Of a handshake only the failure is worth a native message.
  const bool quiet = envelope.kind != EnvelopeKind::kApplication && verdict.rule == Rule::kNone;
  const auto sender = TRESTLE_TRY(turn.tx.FindLink(envelope.sender_link));
  if (quiet || !sender) return {};
  return QueueReceipt(turn, *sender, {envelope.envelope_id, verdict.level, verdict.rule});
}

// A step of a row's way, and where it is to stand: in what was seen of its envelope, when there is
// something; see Write.
struct RowStep {
  TraceRecord record;
  const ContactRecord* contact = nullptr;
  WallTime expires_at{};
};

RowStep StepOf(const Turn& turn, const RowCase& subject, Step step, Outcome outcome, Rule rule) {
  RowStep out;
  out.record.store = subject.row.store;
  out.record.step = step;
  out.record.outcome = outcome;
  out.record.rule = rule;
  out.record.delivery_id = subject.row.delivery_id;
  out.record.to_network = subject.row.network;
  out.record.size_bytes = SizeOf(subject);
  out.record.attempt = subject.row.attempts;
  out.record.latency = turn.now - subject.row.created_at;
  if (subject.envelope) out.record.envelope_id = subject.envelope->envelope_id;
  out.contact = subject.contact ? &*subject.contact : nullptr;
  out.expires_at = subject.row.expires_at;
  return out;
}

Result<void> Write(Turn& turn, RowStep step) {
  return AddTrace(turn, std::move(step.record), step.contact, step.expires_at);
}

// Erases the envelope and, in one row, notes its erasure, the verdict and the step that led here.
Result<void> EraseAndTell(Turn& turn, const EnvelopeRecord& envelope, ErasureCause cause,
                          std::optional<Verdict> verdict, std::optional<RowStep> step) {
  turn.effects.erased = true;
  turn.effects.CountOne("trestle_erased_total", MetricLabel(cause));
  const ErasureNote note =
      turn.tx.LogErasure(envelope.store, envelope.envelope_id, cause, turn.now);
  auto seen = TRESTLE_TRY(turn.tx.FindSeen(envelope.contact, envelope.envelope_id));
  if (seen) {
    seen->erased = note;
    if (step) AddStep(turn, std::move(step->record), step->contact, *seen);
    if (verdict) TRESTLE_TRY(Tell(turn, envelope, *seen, *verdict));
    TRESTLE_TRY(turn.tx.PutSeen(*seen));
  } else if (step) {
    TRESTLE_TRY(Write(turn, *std::move(step)));
  }
  return turn.tx.EraseEnvelope(envelope.row);
}

// Nobody can say that an envelope did not arrive when an attempt at it ended in doubt.
Verdict Honest(const RowCase& subject, Verdict verdict) {
  const bool denies =
      verdict.level == ReceiptLevel::kFailed || verdict.level == ReceiptLevel::kExpired;
  if (denies && subject.row.maybe_sent) verdict.level = ReceiptLevel::kUnknown;
  return verdict;
}

// The row and, when it is an envelope's, that as well.
Result<void> EraseRow(Turn& turn, const RowCase& subject, RowStep step, ErasureCause cause,
                      std::optional<Verdict> verdict = std::nullopt) {
  const auto next = TRESTLE_TRY(turn.tx.EraseOutboxRow(subject.row, turn.now));
  if (next) TRESTLE_TRY(LeaseHead(turn, *next));
  if (verdict) verdict = Honest(subject, *verdict);
  if (!subject.row.body.empty()) turn.effects.erased = true;
  if (!subject.envelope) return Write(turn, std::move(step));
  return EraseAndTell(turn, *subject.envelope, cause, verdict, std::move(step));
}

}  // namespace

Result<void> EraseEnvelope(Turn& turn, const EnvelopeRecord& envelope, ErasureCause cause) {
  return EraseAndTell(turn, envelope, cause, std::nullopt, std::nullopt);
}

Result<void> TraceRow(Turn& turn, const RowCase& subject, Step step, Outcome outcome, Rule rule) {
  return Write(turn, StepOf(turn, subject, step, outcome, rule));
}

Result<void> EndSent(Turn& turn, const RowCase& subject) {
  const bool opened = turn.core.networks.IsEdge(subject.row.network) && subject.envelope &&
                      subject.envelope->kind == EnvelopeKind::kApplication;
  const Rule label = opened ? Rule::kOpenedAtEdge : Rule::kNone;
  RowStep step = StepOf(turn, subject, Step::kAttempt, Outcome::kSent, Rule::kNone);
  return EraseRow(turn, subject, std::move(step), ErasureCause::kDelivered,
                  Verdict{ReceiptLevel::kHandedOver, label});
}

Result<void> EndExpired(Turn& turn, const RowCase& subject) {
  RowStep step = StepOf(turn, subject, Step::kExpire, Outcome::kExpired, Rule::kExpired);
  return EraseRow(turn, subject, std::move(step), ErasureCause::kExpired,
                  Verdict{ReceiptLevel::kExpired, Rule::kExpired});
}

Result<void> EndWithdrawn(Turn& turn, const RowCase& subject) {
  turn.effects.CountOne("trestle_refusals_total", RuleName(Rule::kNoConsent));
  RowStep step = StepOf(turn, subject, Step::kLease, Outcome::kWithdrawn, Rule::kNoConsent);
  return EraseRow(turn, subject, std::move(step), ErasureCause::kRevoked,
                  Verdict{ReceiptLevel::kFailed, Rule::kNoConsent});
}

Result<void> EndUnagreed(Turn& turn, const RowCase& subject) {
  constexpr Rule kRule = Rule::kEndToEndUnavailable;
  turn.effects.CountOne("trestle_refusals_total", RuleName(kRule));
  RowStep step = StepOf(turn, subject, Step::kLease, Outcome::kWithdrawn, kRule);
  return EraseRow(turn, subject, std::move(step), ErasureCause::kRevoked,
                  Verdict{ReceiptLevel::kFailed, kRule});
}

Result<void> EndDropped(Turn& turn, const RowCase& subject, Rule rule) {
  RowStep step = StepOf(turn, subject, Step::kGiveUp, Outcome::kDropped, rule);
  return EraseRow(turn, subject, std::move(step), ErasureCause::kGivenUp);
}

Result<void> EndLost(Turn& turn, const RowCase& subject) {
  // The key that sealed it is gone: its time had passed once, before the clock was set back, the
  // operator had what waits forgotten, or a backup was restored to before it was delivered. Its
  // sender is told that nobody knows.
  RowStep step = StepOf(turn, subject, Step::kExpire, Outcome::kDropped, Rule::kExpired);
  return EraseRow(turn, subject, std::move(step), ErasureCause::kExpired,
                  Verdict{ReceiptLevel::kUnknown, Rule::kExpired});
}

Result<void> EndGivenUp(Turn& turn, const RowCase& subject, Rule rule) {
  TRESTLE_TRY(TraceRow(turn, subject, Step::kGiveUp, Outcome::kFailed, rule));
  const auto next = TRESTLE_TRY(turn.tx.AddDeadLetter(subject.row, rule, turn.now));
  if (next) TRESTLE_TRY(LeaseHead(turn, *next));
  turn.effects.CountOne("trestle_dead_letters_total", subject.row.network.name());
  if (!subject.envelope) return {};
  auto seen =
      TRESTLE_TRY(turn.tx.FindSeen(subject.envelope->contact, subject.envelope->envelope_id));
  if (!seen) return {};
  TRESTLE_TRY(Tell(turn, *subject.envelope, *seen, Honest(subject, {ReceiptLevel::kFailed, rule})));
  return turn.tx.PutSeen(*seen);
}

}  // namespace trestle
