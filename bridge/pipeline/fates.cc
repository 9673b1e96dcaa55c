#include "bridge/pipeline/fates.h"

#include "bridge/pipeline/outbox_writer.h"
#include "bridge/policy/delivery_rules.h"

namespace trestle {
namespace {

std::size_t SizeOf(const RowCase& subject) {
  return subject.envelope ? subject.envelope->payload.size() : subject.row.body.size();
}

Result<void> EraseRow(Turn& turn, const RowCase& subject, std::string_view cause) {
  TRESTLE_TRY(turn.tx.EraseOutboxRow(subject.row));
  if (!subject.envelope) return {};
  turn.effects.erased = true;
  turn.effects.CountOne("trestle_erased_total", cause);
  return turn.tx.EraseEnvelope(subject.envelope->row);
}

}  // namespace

Result<RowCase> CaseOf(Turn& turn, const OutboxRow& row) {
  RowCase subject;
  subject.row = row;
  if (row.envelope_row) subject.envelope = TRESTLE_TRY(turn.tx.FindEnvelope(*row.envelope_row));
  if (row.contact) subject.contact = TRESTLE_TRY(turn.tx.FindContact(*row.contact));
  return subject;
}

Result<void> RaiseLevel(Turn& turn, const EnvelopeRecord& envelope, ReceiptLevel level, Rule rule) {
  auto seen = TRESTLE_TRY(turn.tx.FindSeen(envelope.contact, envelope.envelope_id));
  if (!seen || Folded(seen->level, level) == seen->level) return {};
  seen->level = level;
  TRESTLE_TRY(turn.tx.PutSeen(*seen));
  // Of a handshake only the failure is worth a native message.
  const bool quiet = envelope.kind != EnvelopeKind::kApplication && rule == Rule::kNone;
  const auto sender = TRESTLE_TRY(turn.tx.FindLink(envelope.sender_link));
  if (quiet || !sender) return {};
  return QueueReceipt(turn, *sender, {envelope.envelope_id, level, rule});
}

Result<void> TraceRow(Turn& turn, const RowCase& subject, Step step, Outcome outcome, Rule rule) {
  TraceRecord record;
  record.step = step;
  record.outcome = outcome;
  record.rule = rule;
  record.delivery_id = subject.row.delivery_id;
  record.to_network = subject.row.network;
  record.size_bytes = SizeOf(subject);
  record.attempt = subject.row.attempts;
  record.latency = turn.now - subject.row.created_at;
  if (subject.envelope) record.envelope_id = subject.envelope->envelope_id;
  const ContactRecord* contact = subject.contact ? &*subject.contact : nullptr;
  return AddTrace(turn, std::move(record), contact, subject.row.expires_at);
}

Result<void> EndSent(Turn& turn, const RowCase& subject) {
  TRESTLE_TRY(TraceRow(turn, subject, Step::kAttempt, Outcome::kSent, Rule::kNone));
  TRESTLE_TRY(EraseRow(turn, subject, "delivered"));
  if (!subject.envelope) return {};
  return RaiseLevel(turn, *subject.envelope, ReceiptLevel::kHandedOver, Rule::kNone);
}

Result<void> EndExpired(Turn& turn, const RowCase& subject) {
  TRESTLE_TRY(TraceRow(turn, subject, Step::kExpire, Outcome::kExpired, Rule::kExpired));
  TRESTLE_TRY(EraseRow(turn, subject, "expired"));
  if (!subject.envelope) return {};
  return RaiseLevel(turn, *subject.envelope, ReceiptLevel::kExpired, Rule::kExpired);
}

Result<void> EndWithdrawn(Turn& turn, const RowCase& subject) {
  TRESTLE_TRY(TraceRow(turn, subject, Step::kLease, Outcome::kWithdrawn, Rule::kNoConsent));
  TRESTLE_TRY(EraseRow(turn, subject, "withdrawn"));
  turn.effects.CountOne("trestle_refusals_total", RuleName(Rule::kNoConsent));
  if (!subject.envelope) return {};
  return RaiseLevel(turn, *subject.envelope, ReceiptLevel::kFailed, Rule::kNoConsent);
}

Result<void> EndDropped(Turn& turn, const RowCase& subject, Rule rule) {
  TRESTLE_TRY(TraceRow(turn, subject, Step::kGiveUp, Outcome::kDropped, rule));
  return EraseRow(turn, subject, "given_up");
}

Result<void> EndGivenUp(Turn& turn, const RowCase& subject, Rule rule) {
  TRESTLE_TRY(TraceRow(turn, subject, Step::kGiveUp, Outcome::kFailed, rule));
  TRESTLE_TRY(turn.tx.AddDeadLetter(subject.row, rule, turn.now));
  turn.effects.CountOne("trestle_dead_letters_total", subject.row.network.name());
  if (!subject.envelope) return {};
  return RaiseLevel(turn, *subject.envelope, ReceiptLevel::kFailed, rule);
}

}  // namespace trestle
