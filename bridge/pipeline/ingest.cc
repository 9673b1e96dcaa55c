#include "bridge/pipeline/ingest.h"

#include "bridge/pipeline/contact_flow.h"
#include "bridge/pipeline/envelopes.h"
#include "bridge/pipeline/outbox_writer.h"
#include "bridge/pipeline/service_desk.h"
#include "bridge/policy/admission.h"
#include "bridge/policy/delivery_rules.h"

namespace trestle {
namespace {

void CountInbound(Turn& turn, std::string_view outcome) {
  turn.effects.CountOne("trestle_inbound_total", outcome);
}

Result<void> Ignore(Turn& turn, Rule rule) {
  turn.effects.CountOne("trestle_refusals_total", RuleName(rule));
  CountInbound(turn, "refused");
  return {};
}

// A phone that sends too fast is told so, for each envelope that could be told apart.
Result<void> RefuseTooFast(Turn& turn, const LinkRecord& sender, const EnvelopeFrame& frame) {
  TRESTLE_TRY(Ignore(turn, Rule::kOverLimit));
  const PayloadFacts facts = ReadPayload(frame.payload);
  if (!facts.envelope_id || facts.delivery == DeliveryClass::kEphemeral) return {};
  return QueueReceipt(turn, sender, {*facts.envelope_id, ReceiptLevel::kRefused, Rule::kOverLimit});
}

Result<void> TakeEnvelope(Turn& turn, const Network& from, const LinkId& link,
                          const EnvelopeFrame& frame) {
  const auto sender = TRESTLE_TRY(turn.tx.FindLink(link));
  const bool is_known = sender && sender->network == from;
  if (is_known && !turn.core.submits.Take(sender->account.bytes())) {
    return RefuseTooFast(turn, *sender, frame);
  }
  const SubmissionResult result =
      TRESTLE_TRY(SubmitEnvelope(turn, {link, from, Accepts::kAny, frame.payload}));
  const SubmitAnswer& answer = result.answer;
  const bool refused = answer.rule != Rule::kNone;
  CountInbound(turn, refused ? "refused" : answer.duplicate ? "duplicate" : "accepted");
  const bool told = (refused || answer.duplicate) && result.sender && !result.ephemeral &&
                    !answer.envelope_id.is_none();
  if (!told) return {};
  // A repetition means that its sender missed the receipt: it gets the newest.
  const ReceiptLevel level = refused ? ReceiptLevel::kRefused : result.level;
  return QueueReceipt(turn, *result.sender, {answer.envelope_id, level, answer.rule});
}

Result<void> TakeConsent(Turn& turn, const LinkRecord& link, const ConsentFrame& frame) {
  const auto contact = TRESTLE_TRY(turn.tx.FindContact(link.contact));
  if (!contact) return Fail(Reason::kStorage, "a link without its contact");
  const ConsentResult result =
      TRESTLE_TRY(UseConsent(turn, *contact, contact->SideOf(link.account), frame.action,
                             {ConsentOrigin::kFrame, link.network}));
  if (result.rule == Rule::kNoConsent) return Ignore(turn, result.rule);
  CountInbound(turn, "accepted");
  return {};
}

Result<void> TakeFromLink(Turn& turn, const Network& from, const LinkId& id,
                          const Inbound& inbound) {
  if (const auto* frame = std::get_if<Frame>(&inbound.body)) {
    if (const auto* envelope = std::get_if<EnvelopeFrame>(frame)) {
      return TakeEnvelope(turn, from, id, *envelope);
    }
  }
  const auto link = TRESTLE_TRY(turn.tx.FindLink(id));
  // A network speaks for its own links only.
  if (!link || link->network != from) return Ignore(turn, Rule::kNoContact);
  if (const auto* command = std::get_if<ServiceCommand>(&inbound.body)) {
    CountInbound(turn, "word");
    return AnswerThreadWord(turn, *link, *command);
  }
  const Frame& frame = std::get<Frame>(inbound.body);
  if (std::holds_alternative<ThreadAcceptFrame>(frame)) {
    CountInbound(turn, "accepted");
    return BindLink(turn, *link);
  }
  if (const auto* consent = std::get_if<ConsentFrame>(&frame)) {
    return TakeConsent(turn, *link, *consent);
  }
  return Ignore(turn, Rule::kMalformed);
}

Result<void> TakeFromEnrolment(Turn& turn, const Network& from, const EnrolmentId& id,
                               const Inbound& inbound) {
  const auto enrolment = TRESTLE_TRY(turn.tx.FindEnrolment(id));
  if (enrolment && enrolment->network != from) return Ignore(turn, Rule::kNotJoined);
  if (const auto* command = std::get_if<ServiceCommand>(&inbound.body)) {
    CountInbound(turn, "word");
    return AnswerServiceWord(turn, id, from, *command);
  }
  if (!enrolment) {
    CountInbound(turn, "refused");
    return SayHowToJoin(turn, id, from);
  }
  const auto* keys = std::get_if<PublishKeysFrame>(&std::get<Frame>(inbound.body));
  if (keys == nullptr) return Ignore(turn, Rule::kMalformed);
  CountInbound(turn, "accepted");
  TRESTLE_TRY(TakeKeys(turn, enrolment->account, keys->key_packages));
  return {};
}

Outcome OutcomeOf(ReceiptLevel level) {
  switch (level) {
    case ReceiptLevel::kDelivered:
      return Outcome::kDelivered;
    case ReceiptLevel::kRead:
      return Outcome::kRead;
    case ReceiptLevel::kFailed:
      return Outcome::kFailed;
    case ReceiptLevel::kAccepted:
    case ReceiptLevel::kHandedOver:
    case ReceiptLevel::kExpired:
    case ReceiptLevel::kRefused:
    case ReceiptLevel::kUnknown:
      return Outcome::kDropped;  // not a network's to say
  }
  return Outcome::kDropped;
}

// What a report says beside the reading. A network that reports arrivals leaves that out, or it is
// overtaken, when the message was read at once. Of one that reports reading alone nothing is
// concluded: it would tell when somebody reads.
ReceiptLevel ArrivalIn(const Turn& turn, const Network& from, ReceiptLevel before,
                       ReceiptLevel reported) {
  const AdapterSlot* slot = turn.core.networks.Find(from);
  const bool says_both = slot != nullptr && slot->capabilities.reports_delivered;
  const bool is_news = reported == ReceiptLevel::kRead && before != ReceiptLevel::kDelivered;
  return says_both && is_news ? ReceiptLevel::kDelivered : reported;
}

// The sender hears of arrival and of failure, of a handshake only of failure. Of reading it does
// not: that is the reader's to tell, sealed, if at all.
Result<void> TellSender(Turn& turn, const SeenEnvelopeRecord& seen, ReceiptLevel level, Rule rule) {
  const bool has_arrived =
      seen.kind == EnvelopeKind::kApplication && level == ReceiptLevel::kDelivered;
  const bool told = has_arrived || level == ReceiptLevel::kFailed;
  if (!told) return {};
  const auto sender = TRESTLE_TRY(turn.tx.FindLink(seen.sender_link));
  if (!sender) return {};
  return QueueReceipt(turn, *sender, {seen.envelope_id, level, rule});
}

// The network said so only after the hand-over: the thread it went to is closed all the same.
Result<void> CloseBehind(Turn& turn, const SeenEnvelopeRecord& seen, const Network& network) {
  const auto sender = TRESTLE_TRY(turn.tx.FindLink(seen.sender_link));
  if (!sender) return {};
  for (const LinkRecord& link : TRESTLE_TRY(turn.tx.LinksOf(seen.contact))) {
    const bool theirs = link.account != sender->account && link.network == network;
    if (theirs) TRESTLE_TRY(CloseLink(turn, link));
  }
  return {};
}

}  // namespace

Result<void> TakeInbound(Turn& turn, const Network& from, const Inbound& inbound) {
  const WallTime forget_at = turn.now + turn.core.limits.seen_inbound_age_max;
  if (!TRESTLE_TRY(turn.tx.MarkInbound(inbound.key, forget_at))) {
    CountInbound(turn, "duplicate");
    return {};
  }
  if (const auto* link = std::get_if<LinkId>(&inbound.from)) {
    return TakeFromLink(turn, from, *link, inbound);
  }
  return TakeFromEnrolment(turn, from, std::get<EnrolmentId>(inbound.from), inbound);
}

Result<void> TakeReport(Turn& turn, const Network& from, const DeliveryReport& report) {
  const Outcome outcome = OutcomeOf(report.level);
  if (outcome == Outcome::kDropped) return {};
  auto seen = TRESTLE_TRY(turn.tx.FindSeenByDelivery(report.id));
  if (!seen) return {};  // about a receipt or an offer, or after its time
  const ReceiptLevel level = Folded(seen->level, report.level);
  if (level == seen->level) return {};
  const ReceiptLevel told = ArrivalIn(turn, from, seen->level, report.level);
  seen->level = level;
  const auto contact = TRESTLE_TRY(turn.tx.FindContact(seen->contact));
  TraceRecord record;
  record.store = seen->store;
  record.step = Step::kReport;
  record.outcome = outcome;
  record.rule = report.rule;
  record.envelope_id = seen->envelope_id;
  record.delivery_id = report.id;
  record.to_network = from;
  record.latency = turn.now - seen->accepted_at;
  AddStep(turn, std::move(record), contact ? &*contact : nullptr, *seen);
  TRESTLE_TRY(turn.tx.PutSeen(*seen));
  if (report.rule == Rule::kPersonClosed) TRESTLE_TRY(CloseBehind(turn, *seen, from));
  const bool opened = report.level == ReceiptLevel::kDelivered && turn.core.networks.IsEdge(from);
  return TellSender(turn, *seen, told, opened ? Rule::kOpenedAtEdge : report.rule);
}

}  // namespace trestle
