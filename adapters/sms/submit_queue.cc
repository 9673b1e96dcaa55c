#include "adapters/sms/submit_queue.h"

#include <algorithm>

#include "adapters/sms/phone_number.h"
#include "adapters/sms/segments.h"
#include "adapters/sms/text_segments.h"
#include "bridge/base/digest.h"
#include "bridge/base/event_log.h"

namespace trestle::sms {
namespace {

constexpr Millis kNoLinkWait = std::chrono::seconds(1);
constexpr Millis kValidityMax = std::chrono::hours(24 * 30);

Attempt NotSent(Retry retry, Rule rule, std::optional<Millis> retry_after = std::nullopt,
                Trouble trouble = Trouble::kNone) {
  return {Certainty::kNotSent, retry, rule, retry_after, trouble};
}

Attempt NoLink() {
  return NotSent(Retry::kLater, Rule::kAdapterDown, kNoLinkWait, Trouble::kNoLink);
}

// The same over all attempts at one unit; another one when it is sent again although it was taken,
// which no centre must take for a repetition.
std::uint16_t UserReference(const NativeUnit& unit) {
  const std::array<std::uint8_t, 2> place = {unit.index, unit.round};
  const Bytes32 digest = Sha256({unit.delivery.bytes(), place});
  return static_cast<std::uint16_t>((std::uint32_t{digest[0]} << 8) | digest[1]);
}

std::string_view AnswerEvent(const Link::Answer& answer) {
  if (!answer) {
    return answer.error() == Link::Unanswered::kNotWritten ? "not_written" : "outcome_unknown";
  }
  switch (ClassOf(answer->status)) {
    case StatusClass::kOk:
      return "accepted";
    case StatusClass::kSlowDown:
      return "throttled";
    case StatusClass::kRetry:
    case StatusClass::kPermanent:
    case StatusClass::kLink:
      break;
  }
  return "refused";
}

// Spreads threads over the binds.
std::size_t ThreadHash(const std::string& identity, const NativeAddress& to) {
  const std::hash<std::string_view> hash;
  return hash(identity) * 31 + hash(to.Reveal(Purpose::kCompare));
}

}  // namespace

std::string RelativeValidity(Millis span) {
  const std::int64_t seconds = std::min(span, kValidityMax) / std::chrono::seconds(1);
  if (seconds <= 0) return "";
  const auto two = [](std::int64_t value) {
    const std::string digits = std::to_string(value);
    return digits.size() < 2 ? "0" + digits : digits;
  };
  return "0000" + two(seconds / 86400) + two(seconds / 3600 % 24) + two(seconds / 60 % 60) +
         two(seconds % 60) + "000R";
}

Attempt AttemptOf(CommandStatus code, Millis pause) {
  switch (ClassOf(code)) {
    case StatusClass::kOk:
      return {Certainty::kSent, Retry::kNever, Rule::kNone, std::nullopt};
    case StatusClass::kSlowDown:
      return NotSent(Retry::kLater, Rule::kAdapterDown, pause, Trouble::kThrottled);
    case StatusClass::kRetry:
      return NotSent(Retry::kLater, Rule::kAdapterDown);
    case StatusClass::kPermanent:
      return NotSent(Retry::kNever, Rule::kNetworkRefused);
    case StatusClass::kLink:
      return NoLink();
  }
  return {};
}

SubmitQueue::SubmitQueue(const SmsOptions& options, Seams seams, ReceiptFold& receipts, Pick pick)
    : options_(options),
      seams_(seams),
      receipts_(receipts),
      pick_(std::move(pick)),
      rate_(options.messages_per_minute, options.throttle_pause),
      references_(seams.random) {}

void SubmitQueue::Add(NativeUnit unit, Done<NativeOutcome> done) {
  auto made = MakeJob(unit);
  if (!made) {
    Job refused;
    refused.done = std::move(done);
    return Finish(refused, NotSent(Retry::kNever, Rule::kTooLarge));
  }
  const JobPtr job = *std::move(made);
  job->done = std::move(done);
  if (stopped_) return Finish(*job, NotSent(Retry::kLater, Rule::kAdapterDown));
  if (queue_.size() >= kJobsMax) {
    return Finish(*job, NotSent(Retry::kLater, Rule::kQueueFull, kNoLinkWait));
  }
  queue_.push_back(job);
  Pump();
}

Result<SubmitQueue::JobPtr> SubmitQueue::MakeJob(NativeUnit& unit) {
  auto job = std::make_shared<Job>();
  job->identity = unit.identity;
  job->to = std::move(unit.to);
  job->expires_at = unit.expires_at;
  job->withdrawn = unit.withdrawn;
  job->reference = UserReference(unit);
  job->favourite = ThreadHash(job->identity, job->to);
  if (const auto* chunk = std::get_if<Bytes>(&unit.body)) {
    TRESTLE_TRY(FillWithChunk(*job, unit, *chunk));
  } else if (auto* prepared = std::get_if<NativeUnit::Prepared>(&unit.body)) {
    job->parts.push_back(std::move(prepared->octets));
    job->data_coding = prepared->form ? prepared->form->coding : kCodingBinary;
    job->esm_class = prepared->form ? prepared->form->flags : kEsmUserDataHeader;
  } else {
    TRESTLE_TRY(FillWithText(*job, std::get<std::string>(unit.body)));
  }
  return job;
}

Result<void> SubmitQueue::FillWithChunk(Job& job, const NativeUnit& unit, const Bytes& chunk) {
  Segment segment;
  segment.destination_port = unit.is_awaited ? kTrestlePort : kTrestleQuietPort;
  segment.source_port = SourcePortFor(unit.ref);
  segment.reference = ReferenceFor(unit.ref);
  segment.index = unit.index;
  segment.count = unit.count;
  segment.chunk = chunk;
  job.parts.push_back(TRESTLE_TRY(EncodeSegment(segment)));
  job.data_coding = kCodingBinary;
  job.esm_class = kEsmUserDataHeader;
  return {};
}

Result<void> SubmitQueue::FillWithText(Job& job, const std::string& text) {
  const TextRules rules{kTextPartsMax, options_.default_alphabet};
  const TextPlan plan = TRESTLE_TRY(PlanText(text, rules));
  const std::uint8_t reference =
      plan.segments > 1 ? references_.ForText(job.to.Reveal(Purpose::kCompare)) : std::uint8_t{0};
  TextSegments segments = TRESTLE_TRY(MakeTextSegments(text, reference, rules));
  job.data_coding = segments.data_coding;
  job.esm_class = segments.esm_class;
  job.parts = std::move(segments.user_data);
  if (job.parts.size() > 1) job.text = receipts_.Begin(job.parts.size());
  return {};
}

void SubmitQueue::Pump() {
  while (!queue_.empty() && !stopped_) {
    const JobPtr job = queue_.front();
    const std::shared_ptr<Link> link = pick_(job->favourite);
    if (link == nullptr) return;  // called again when a link is bound or has room
    const std::string validity = RelativeValidity(job->expires_at - seams_.clock.wall_now());
    if (validity.empty()) {
      queue_.pop_front();
      // The centre could not be told in time either: parts before this one expire there.
      Finish(*job, NotSent(Retry::kNever, Rule::kExpired));
      continue;
    }
    if (job->withdrawn && *job->withdrawn) {
      queue_.pop_front();
      Finish(*job, NotSent(Retry::kNever, Rule::kNoConsent));
      continue;
    }
    const Millis wait = rate_.Take(seams_.clock.mono_now());
    if (wait > Millis{0}) return PumpAfter(wait);
    queue_.pop_front();
    Submit(job, *link, validity);
  }
}

void SubmitQueue::Submit(const JobPtr& job, Link& link, const std::string& validity) {
  MessageBody body;
  body.source = AddressOf(job->identity, options_.short_number_ton);
  body.destination = AddressOf(job->to.Reveal(Purpose::kWriteToNetwork), options_.short_number_ton);
  body.esm_class = job->esm_class;
  body.validity_period = validity;
  body.registered_delivery = 1;
  body.data_coding = job->data_coding;
  body.short_message = job->parts[job->next];
  Pdu pdu{CommandId::kSubmitSm, status::kOk, 0, std::move(body)};
  if (options_.sends_user_message_reference) {
    const auto reference = static_cast<std::uint16_t>(job->reference + job->next);
    pdu.tlvs.push_back(MakeTlvU16(tag::kUserMessageReference, reference));
  }
  Count("sms.submitted");
  link.CountHere("submitted");
  if (job->text != nullptr) receipts_.PartSubmitted();
  link.Request(std::move(pdu), [this, alive = std::weak_ptr(alive_), job,
                                via = link.weak_from_this()](Link::Answer answer) mutable {
    if (!alive.lock()) return;
    const bool is_bind_wrong = answer && ClassOf(answer->status) == StatusClass::kLink;
    const auto same = via.lock();
    if (same != nullptr) same->CountHere(AnswerEvent(answer));
    TakeAnswer(job, std::move(answer));
    // The centre does not see the bind that we see: a new one is the way out.
    if (is_bind_wrong && same != nullptr) same->Drop(Link::End::kLost);
  });
}

void SubmitQueue::TakeAnswer(const JobPtr& job, Link::Answer answer) {
  const bool is_accepted =
      answer && answer->status == status::kOk && answer->command == CommandId::kSubmitSmResp;
  if (!is_accepted && job->text != nullptr) receipts_.PartAnswered(job->text, "");
  if (!answer && answer.error() == Link::Unanswered::kNotWritten) {
    // Nothing left this machine, so another bind may take it at once.
    const bool has_other = !stopped_ && pick_(job->favourite) != nullptr;
    if (has_other && ++job->unwritten < kUnwrittenMax) {
      queue_.push_front(job);
      return Pump();
    }
    Finish(*job, NoLink());
  } else if (!answer) {
    Count("sms.outcome_unknown");
    Finish(*job, {Certainty::kMaybeSent, Retry::kLater, Rule::kAdapterDown, std::nullopt});
  } else if (is_accepted) {
    TakeAccepted(job, *answer);
  } else {
    TakeRefused(job, *answer);
  }
  Pump();
}

void SubmitQueue::TakeRefused(const JobPtr& job, const Pdu& response) {
  // An answer that fits no submit_sm says no, and no more than that.
  const CommandStatus code =
      response.status == status::kOk ? status::kUnknownError : response.status;
  Millis pause{0};
  if (ClassOf(code) == StatusClass::kSlowDown) {
    pause = rate_.Throttled(seams_.clock.mono_now());
    Count("sms.throttled");
  } else {
    Count("sms.refused");
    LogEvent(Severity::kWarning, "smpp_submit_refused", {EventField("status", code)});
  }
  Finish(*job, AttemptOf(code, pause));
}

void SubmitQueue::TakeAccepted(const JobPtr& job, const Pdu& response) {
  rate_.Succeeded();
  Count("sms.accepted");
  std::string id;
  if (const auto* body = std::get_if<MessageIdBody>(&response.body)) {
    id = CanonicalMessageId(body->message_id, options_.response_id_base);
  }
  if (job->next == 0) job->native_id = id;
  if (job->text != nullptr) receipts_.PartAnswered(job->text, id);
  if (++job->next < job->parts.size()) {
    queue_.push_front(job);
    return;
  }
  Finish(*job, AttemptOf(status::kOk, Millis{0}));
}

// Never inside the call that brought the unit.
void SubmitQueue::Finish(Job& job, Attempt attempt) {
  NativeOutcome outcome{attempt, {}};
  if (attempt.certainty == Certainty::kSent) outcome.native_id = job.native_id;
  auto shared = std::make_shared<Done<NativeOutcome>>(std::move(job.done));
  const auto posted = seams_.loop.Post([shared, outcome] { std::move (*shared)(outcome); });
  if (!posted) std::move (*shared)(outcome);
}

void SubmitQueue::PumpAfter(Millis wait) {
  if (pump_planned_) return;
  const auto planned =
      seams_.loop.PostAt(seams_.clock.mono_now() + wait, [this, alive = std::weak_ptr(alive_)] {
        if (!alive.lock()) return;
        pump_planned_ = false;
        Pump();
      });
  pump_planned_ = planned.has_value();
}

void SubmitQueue::RefuseQueued() {
  auto queue = std::exchange(queue_, {});
  for (const JobPtr& job : queue) {
    Finish(*job, NoLink());
  }
}

void SubmitQueue::Stop() {
  stopped_ = true;
  RefuseQueued();
}

}  // namespace trestle::sms
