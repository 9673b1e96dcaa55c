#include "bridge/pipeline/envelopes.h"

#include "bridge/base/digest.h"
#include "bridge/directory/membership.h"
#include "bridge/pipeline/outbox_writer.h"
#include "bridge/pipeline/routing.h"
#include "bridge/policy/admission.h"

namespace trestle {
namespace {

constexpr Millis kComeAgain = std::chrono::seconds(5);

// All that is known when the policy is asked.
struct Case {
  AdmissionFacts facts;
  std::optional<LinkRecord> sender;
  std::optional<AccountRecord> account;
  std::optional<ContactRecord> contact;
  ConversationRecord conversation;  // the contact's
  std::optional<SeenEnvelopeRecord> duplicate_of;
  Bytes32 payload_hash{};
  Network from = Network::Native();

  const PayloadFacts& payload() const { return facts.payload; }
  bool ephemeral() const { return facts.payload.delivery == DeliveryClass::kEphemeral; }
};

Side RecipientOf(const Case& subject) {
  return Other(subject.contact->SideOf(subject.sender->account));
}

EnvelopeKind KindOf(PayloadKind kind) {
  switch (kind) {
    case PayloadKind::kWelcome:
      return EnvelopeKind::kWelcome;
    case PayloadKind::kCommit:
    case PayloadKind::kProposal:
      return EnvelopeKind::kHandshake;
    case PayloadKind::kUnreadable:
    case PayloadKind::kApplication:
      return EnvelopeKind::kApplication;
  }
  return EnvelopeKind::kApplication;
}

bool Takes(Accepts accepts, PayloadKind kind) {
  switch (accepts) {
    case Accepts::kAny:
      return true;
    case Accepts::kApplications:
      return kind == PayloadKind::kApplication;
    case Accepts::kHandshakes:
      return kind != PayloadKind::kApplication;
  }
  return false;
}

// The same id with the same octets from the same side is a repetition; anything else with that id
// is another envelope's.
Result<void> LookForEarlier(Turn& turn, Case& subject) {
  if (!subject.contact || !subject.payload().envelope_id) return {};
  const auto seen =
      TRESTLE_TRY(turn.tx.FindSeen(subject.contact->id, *subject.payload().envelope_id));
  if (!seen) return {};
  const auto first_link = TRESTLE_TRY(turn.tx.FindLink(seen->sender_link));
  const bool same_side = first_link && first_link->account == subject.sender->account;
  if (same_side && seen->payload_hash == subject.payload_hash) {
    subject.duplicate_of = seen;
  } else {
    subject.facts.id_reused = true;
  }
  return {};
}

Result<Case> Gather(Turn& turn, const Submission& submission) {
  Case subject;
  subject.from = submission.from;
  subject.facts.payload = ReadPayload(submission.payload);
  if (!Takes(submission.accepts, subject.payload().kind)) {
    subject.facts.payload.kind = PayloadKind::kUnreadable;
  }
  subject.payload_hash = Sha256(submission.payload);
  subject.sender = TRESTLE_TRY(turn.tx.FindLink(submission.link));
  // A network speaks for its own links only.
  if (!subject.sender || subject.sender->network != submission.from) {
    subject.sender.reset();
    return subject;
  }
  subject.contact = TRESTLE_TRY(turn.tx.FindContact(subject.sender->contact));
  subject.account = TRESTLE_TRY(turn.tx.FindAccount(subject.sender->account));
  subject.facts.has_contact = subject.contact.has_value();
  subject.facts.joined = subject.account && !subject.account->stopped;
  subject.facts.thread_open = subject.sender->bound;
  if (!subject.contact) return subject;
  subject.facts.state = subject.contact->consent.state;
  subject.conversation = TRESTLE_TRY(turn.tx.FindConversation(subject.contact->id));
  TRESTLE_TRY(LookForEarlier(turn, subject));
  // A repetition is answered as the first time, although the group may have moved on since.
  if (subject.duplicate_of) return subject;
  subject.facts.known_group = subject.conversation.group_id;
  subject.facts.known_epoch = subject.conversation.epoch;
  return subject;
}

TraceRecord StepOf(const Case& subject, Step step, Outcome outcome, Rule rule) {
  TraceRecord record;
  record.store = subject.conversation.store;
  record.step = step;
  record.outcome = outcome;
  record.rule = rule;
  record.envelope_id = subject.payload().envelope_id;
  record.from_network = subject.from;
  record.size_bytes = subject.payload().payload_bytes;
  return record;
}

Result<void> Trace(Turn& turn, const Case& subject, TraceRecord record) {
  const ContactRecord* contact = subject.contact ? &*subject.contact : nullptr;
  const WallTime expires_at = turn.now + TtlOf(subject.payload().ttl);
  return AddTrace(turn, std::move(record), contact, expires_at);
}

Result<SubmitAnswer> Refuse(Turn& turn, const Case& subject, const AdmissionDecision& decision) {
  SubmitAnswer answer;
  answer.rule = decision.rule;
  answer.measured = decision.measured;
  answer.limit = decision.limit;
  answer.envelope_id = subject.payload().envelope_id.value_or(EnvelopeId());
  answer.known_epoch = subject.conversation.epoch;
  turn.effects.CountOne("trestle_refusals_total", RuleName(decision.rule));
  TRESTLE_TRY(
      Trace(turn, subject, StepOf(subject, Step::kAccept, Outcome::kRefused, decision.rule)));
  return answer;
}

// It sealed something. Noted of a repetition as well: the first time may have been cut short before
// home was written.
Result<void> NoteEndpoint(Turn& turn, Case& subject) {
  if (subject.account->has_endpoint) return {};
  subject.account->has_endpoint = true;
  return turn.tx.PutAccount(*subject.account);
}

Result<SubmitAnswer> Repeat(Turn& turn, Case& subject) {
  TRESTLE_TRY(NoteEndpoint(turn, subject));
  const SeenEnvelopeRecord& seen = *subject.duplicate_of;
  SubmitAnswer answer;
  answer.duplicate = true;
  answer.envelope_id = seen.envelope_id;
  answer.seq = seen.seq;
  answer.accepted_at = seen.accepted_at;
  TRESTLE_TRY(
      Trace(turn, subject, StepOf(subject, Step::kAccept, Outcome::kDuplicate, Rule::kNone)));
  return answer;
}

// The refusal the sender is told when no network is left: what stood in the best one's way.
AdmissionDecision NoRoute(const RouteDecision& decision) {
  const bool nowhere = decision.rule == Rule::kNone || decision.rule == Rule::kNotEnrolled;
  AdmissionDecision out{nowhere ? Rule::kNoRoute : decision.rule, 0, 0};
  for (const CandidateVerdict& each : decision.candidates) {
    if (each.rule != out.rule) continue;
    out.measured = each.measured;
    out.limit = each.limit;
    break;
  }
  return out;
}

// Remembered beyond the envelope's own time, so that its erasure can be proven for a while.
SeenEnvelopeRecord SeenOf(const Turn& turn, const Case& subject, const SubmitAnswer& answer) {
  SeenEnvelopeRecord seen;
  seen.store = subject.conversation.store;
  seen.contact = subject.contact->id;
  seen.envelope_id = answer.envelope_id;
  seen.sender_link = subject.sender->id;
  seen.kind = KindOf(subject.payload().kind);
  seen.payload_hash = subject.payload_hash;
  seen.seq = answer.seq;
  seen.accepted_at = answer.accepted_at;
  seen.expires_at =
      answer.accepted_at + TtlOf(subject.payload().ttl) + turn.core.limits.trace_age_min;
  return seen;
}

// The contact's group, epoch and number, in the store that it is placed in.
Result<void> Advance(Turn& turn, Case& subject) {
  ConversationRecord& conversation = subject.conversation;
  const PayloadFacts& payload = subject.payload();
  conversation.epoch = EpochAfter(subject.facts);
  if (payload.kind != PayloadKind::kWelcome) conversation.group_id = payload.group_id;
  if (!subject.ephemeral()) ++conversation.next_seq;
  TRESTLE_TRY(turn.tx.PutConversation(conversation));
  return NoteEndpoint(turn, subject);
}

SubmitAnswer Accepted(const Turn& turn, const Case& subject) {
  SubmitAnswer answer;
  answer.envelope_id = *subject.payload().envelope_id;
  answer.accepted_at = turn.now;
  answer.seq = subject.ephemeral() ? 0 : subject.conversation.next_seq;
  answer.known_epoch = EpochAfter(subject.facts);
  return answer;
}

// Adds to what was seen, once the delivery's id is known, that it was accepted and where it goes.
void AddRouted(Turn& turn, const Case& subject, const Routed& routed, SeenEnvelopeRecord& seen) {
  const ContactRecord* contact = &*subject.contact;
  AddStep(turn, StepOf(subject, Step::kAccept, Outcome::kOk, Rule::kNone), contact, seen);
  const Outcome outcome = routed.decision.chosen ? Outcome::kOk : Outcome::kWaits;
  TraceRecord record = StepOf(subject, Step::kRoute, outcome, routed.decision.rule);
  record.delivery_id = seen.delivery_id;
  record.to_network = routed.link->network;
  AddStep(turn, std::move(record), contact, seen);
}

// Handed over at once or not at all: a healthy adapter, an open thread, and nothing waiting on it.
Result<SubmitAnswer> PassEphemeral(Turn& turn, Case& subject, const Routed& routed,
                                   ByteView payload) {
  const SubmitAnswer answer = Accepted(turn, subject);
  TRESTLE_TRY(Advance(turn, subject));
  SeenEnvelopeRecord seen = SeenOf(turn, subject, answer);
  const AdapterSlot* slot = routed.link ? turn.core.networks.Find(routed.link->network) : nullptr;
  const bool now = routed.decision.chosen && slot != nullptr && slot->health == Health::kHealthy &&
                   TRESTLE_TRY(turn.tx.CountThread(routed.link->id, 1)) == 0;
  if (!now) {
    AddStep(turn, StepOf(subject, Step::kRoute, Outcome::kDropped, routed.decision.rule),
            &*subject.contact, seen);
    TRESTLE_TRY(turn.tx.PutSeen(seen));
    return answer;
  }
  RoutedRow row;
  row.store = seen.store;
  row.kind = OutboxKind::kEphemeral;
  row.contact = subject.contact->id;
  row.recipient = RecipientOf(subject);
  row.sender = subject.sender->account;
  row.body = EncodeFrame(EnvelopeFrame{0, answer.accepted_at, ToBytes(payload)});
  row.expires_at = answer.accepted_at + TtlOf(subject.payload().ttl);
  seen.delivery_id = TRESTLE_TRY(QueueOnLink(turn, *routed.link, std::move(row)));
  AddRouted(turn, subject, routed, seen);
  TRESTLE_TRY(turn.tx.PutSeen(seen));
  return answer;
}

Result<SubmitAnswer> Keep(Turn& turn, Case& subject, const Routed& routed, ByteView payload) {
  const SubmitAnswer answer = Accepted(turn, subject);
  SeenEnvelopeRecord seen = SeenOf(turn, subject, answer);
  EnvelopeRecord envelope;
  envelope.store = seen.store;
  envelope.contact = seen.contact;
  envelope.envelope_id = seen.envelope_id;
  envelope.sender_link = seen.sender_link;
  envelope.kind = seen.kind;
  envelope.seq = seen.seq;
  envelope.accepted_at = seen.accepted_at;
  envelope.expires_at = seen.accepted_at + TtlOf(subject.payload().ttl);
  envelope.payload = ToBytes(payload);
  envelope.payload_bytes = payload.size();
  RoutedRow row;
  row.store = seen.store;
  row.contact = seen.contact;
  row.recipient = RecipientOf(subject);
  row.sender = subject.sender->account;
  envelope.row = TRESTLE_TRY(turn.tx.AddEnvelope(envelope));
  row.expires_at = envelope.expires_at;
  row.envelope = std::move(envelope);
  seen.delivery_id = TRESTLE_TRY(QueueOnLink(turn, *routed.link, std::move(row)));
  AddRouted(turn, subject, routed, seen);
  TRESTLE_TRY(turn.tx.PutSeen(seen));
  TRESTLE_TRY(Advance(turn, subject));
  return answer;
}

Result<SubmitAnswer> RouteAndKeep(Turn& turn, Case& subject, ByteView payload) {
  const Side recipient = RecipientOf(subject);
  const std::size_t frame_bytes = payload.size() + kEnvelopeFrameOverheadBytes;
  const FrameClass frame_class = subject.payload().kind == PayloadKind::kApplication
                                     ? FrameClass::kSealed
                                     : FrameClass::kHandshake;
  const Routed routed =
      TRESTLE_TRY(Route(turn, *subject.contact, recipient, frame_bytes, frame_class));
  // What is only passed on would be written down as well.
  if (!routed.decision.store) return Refuse(turn, subject, NoRoute(routed.decision));
  // Typing, too, tells something: it crosses an edge under the same consent.
  if (routed.decision.rule == Rule::kEndToEndUnavailable && subject.ephemeral()) {
    return Refuse(turn, subject, NoRoute(routed.decision));
  }
  if (subject.ephemeral()) {
    subject.conversation.MoveTo(*routed.decision.store);
    return PassEphemeral(turn, subject, routed, payload);
  }
  if (!routed.link) return Refuse(turn, subject, NoRoute(routed.decision));
  const auto per_thread = static_cast<std::int64_t>(turn.core.limits.rows_per_thread_max);
  const auto per_sender = static_cast<std::int64_t>(turn.core.limits.rows_per_sender_max);
  switch (TRESTLE_TRY(HasRoom(turn, routed.link->id, subject.sender->account))) {
    case Room::kYes:
      subject.conversation.MoveTo(*routed.decision.store);
      return Keep(turn, subject, routed, payload);
    case Room::kThreadFull:
      return Refuse(turn, subject, {Rule::kQueueFull, per_thread, per_thread});
    case Room::kSenderFull:
      return Refuse(turn, subject, {Rule::kOverLimit, per_sender, per_sender});
    case Room::kBridgeFull:
      break;
  }
  return Fail(Reason::kBusy, "as much waits at the bridge as may", kComeAgain);
}

Result<SubmitAnswer> Judge(Turn& turn, Case& subject, ByteView payload) {
  const AdmissionDecision decision = Admit(subject.facts);
  if (decision.rule != Rule::kNone) return Refuse(turn, subject, decision);
  if (subject.duplicate_of) return Repeat(turn, subject);
  return RouteAndKeep(turn, subject, payload);
}

}  // namespace

Result<SubmissionResult> SubmitEnvelope(Turn& turn, const Submission& submission) {
  Case subject = TRESTLE_TRY(Gather(turn, submission));
  SubmissionResult out;
  out.answer = TRESTLE_TRY(Judge(turn, subject, submission.payload));
  out.sender = subject.sender;
  out.ephemeral = subject.ephemeral();
  if (subject.duplicate_of) out.level = subject.duplicate_of->level;
  return out;
}

}  // namespace trestle
