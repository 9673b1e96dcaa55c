#include "adapters/sms/exchange.h"

#include <algorithm>

#include "bridge/base/event_log.h"

namespace trestle::sms {
namespace {

// Words and rounds are due to the second at best: what falls due together goes together.
constexpr Millis kTimerMin = std::chrono::milliseconds(100);
constexpr Millis kSweepPause = std::chrono::minutes(1);
constexpr Millis kWordAgeMax = std::chrono::minutes(10);

}  // namespace

SegmentExchange::SegmentExchange(Options options, Carrier::Seams seams, NativeSender& sender,
                                 Report report)
    : options_(options),
      seams_(seams),
      sender_(sender),
      report_(std::move(report)),
      sent_(options_.sent, seams.random),
      arrivals_(options_.arrivals, seams.random) {}

Result<void> SegmentExchange::TakeUp(std::unique_ptr<SentFrameJournal> journal) {
  journal_ = std::move(journal);
  TRESTLE_TRY(sent_.TakeUp(*journal_, mono_now(), wall_now()));
  if (sent_.frames_held() == 0) return {};
  LogEvent(Severity::kInfo, "sms_frames_taken_up",
           {EventField("frames", static_cast<std::uint64_t>(sent_.frames_held()))});
  return {};
}

void SegmentExchange::Start() {
  PlanPump();
  PlanSweep();
}

void SegmentExchange::Stop() { stopped_ = true; }

bool SegmentExchange::IsRepetition(const NativeMessage& message) {
  const auto* chunk = std::get_if<NativeMessage::Chunk>(&message.body);
  if (chunk == nullptr || !chunk->is_awaited) return false;
  const auto set = SetNameOf(chunk->ref);
  if (!set) return false;
  const ArrivalWatch::Place place{message.identity, message.from, *set, chunk->index, chunk->count};
  const bool is_repetition = arrivals_.IsRepetition(place, chunk->octets, mono_now());
  if (is_repetition) PlanPump();
  return is_repetition;
}

void SegmentExchange::TakeStatuses(const NativeAddress& from, const std::string& identity,
                                   ByteView content) {
  const auto statuses = DecodeStatuses(content);
  if (!statuses) return Count("sms.status_unreadable");
  for (const SegmentStatus& status : *statuses) {
    Count(status.is_whole() ? "sms.status_whole" : "sms.status_missing");
    Act(sent_.Take(identity, from, status, mono_now(), wall_now()));
  }
}

Result<void> SegmentExchange::HandedOver(HandedFrame handed) {
  SentFrame frame;
  frame.id = handed.delivery;
  frame.identity = std::move(handed.identity);
  frame.to = std::move(handed.to);
  frame.ref = handed.ref;
  frame.chunks = std::move(handed.chunks);
  frame.deadline = std::min(handed.expires_at, wall_now() + options_.confirm_within);
  frame.ends_by_expiry = frame.deadline == handed.expires_at;
  auto step = sent_.Add(std::move(frame), mono_now(), wall_now());
  if (!step) return tl::unexpected<Error>(step.error());
  // The core hears of the hand-over first, which happens when this has returned.
  const auto posted =
      seams_.loop.Post([this, alive = std::weak_ptr(alive_),
                        step = std::make_shared<SentFrames::Step>(std::move(*step))]() mutable {
        if (alive.lock()) Act(std::move(*step));
      });
  if (!posted) return tl::unexpected<Error>(posted.error());
  return {};
}

void SegmentExchange::ChunkKept(const FrameOrigin& origin, const NativeMessage::Chunk& chunk) {
  const auto set = SetNameOf(chunk.ref);
  if (!chunk.is_awaited || !set) return;
  arrivals_.Kept({origin.identity, origin.from, *set, chunk.index, chunk.count}, chunk.octets,
                 mono_now());
  PlanPump();
}

void SegmentExchange::FrameKept(const FrameOrigin& origin, const NativeMessage::Chunk& last) {
  const auto set = SetNameOf(last.ref);
  if (!last.is_awaited || !set) return;
  arrivals_.Whole({origin.identity, origin.from, *set, last.index, last.count}, mono_now());
  PlanPump();
}

void SegmentExchange::ThreadEnded(const FrameOrigin& origin) {
  Act(sent_.Withdraw(&origin.identity, origin.from, mono_now(), wall_now()));
}

void SegmentExchange::PersonEnded(const NativeAddress& from) {
  Act(sent_.Withdraw(nullptr, from, mono_now(), wall_now()));
}

// That a segment reached the handset says nothing of the frame; that it will not is worth knowing,
// unless the frame has ended already or is still being handed over.
bool SegmentExchange::TakeReport(const AddressBook::SentUnit& unit, ReceiptLevel level, Rule) {
  if (level != ReceiptLevel::kFailed || !sent_.Holds(unit.delivery)) return true;
  Count("sms.segment_lost");
  Act(sent_.TakeLost(unit.delivery, unit.index, mono_now()));
  return true;
}

void SegmentExchange::Act(SentFrames::Step step) {
  if (stopped_) return;
  for (SentFrames::Resend& each : step.resends) SendAgain(std::move(each));
  for (const SentFrames::Ended& each : step.ended) {
    Count(each.arrived ? "sms.frame_confirmed" : "sms.frame_lost");
    const ReceiptLevel level = each.arrived ? ReceiptLevel::kDelivered : ReceiptLevel::kFailed;
    Tell({each.id, level, each.rule});
  }
  PlanPump();
}

// After the frame's own hand-over, which waits for its group too. It is true also when the journal
// keeps the frame for the next process, where it ends once more.
void SegmentExchange::Tell(const DeliveryReport& report) {
  seams_.groups.WhenDurable([this, alive = std::weak_ptr(alive_), report](const Result<void>&) {
    if (alive.lock()) report_(report);
  });
}

void SegmentExchange::SendAgain(SentFrames::Resend resend) {
  Count("sms.segment_resent");
  NativeUnit unit;
  unit.identity = std::move(resend.identity);
  unit.to = std::move(resend.to);
  unit.body = std::move(resend.chunk);
  unit.ref = resend.ref;
  unit.index = resend.index;
  unit.count = resend.count;
  unit.round = resend.round;
  unit.is_awaited = true;
  unit.delivery = resend.id;
  unit.expires_at = resend.deadline;
  auto done = [this, loop = &seams_.loop, alive = std::weak_ptr(alive_), id = resend.id,
               round = resend.round](Result<NativeOutcome> outcome) {
    const bool is_unsent = outcome && outcome->attempt.certainty == Certainty::kNotSent;
    if (!is_unsent) return;
    // On the loop, whoever answers. When that is full the round counts although nothing left.
    (void)loop->Post([this, alive, id, round] {
      if (alive.lock()) sent_.TakeUnsent(id, round, mono_now());
    });
  };
  sender_.SendUnit(std::move(unit), std::move(done));
}

void SegmentExchange::Say(ArrivalWatch::Word word) {
  Count("sms.status_sent");
  NativeUnit unit;
  unit.identity = std::move(word.identity);
  unit.to = std::move(word.peer);
  unit.body = NativeUnit::Prepared{std::move(word.user_data)};
  unit.delivery = DeliveryId::Mint(seams_.random);
  unit.expires_at = wall_now() + kWordAgeMax;
  // A word that is lost is asked for again by the sender.
  sender_.SendUnit(std::move(unit), [](Result<NativeOutcome>) {});
}

void SegmentExchange::Pump() {
  if (stopped_) return;
  for (ArrivalWatch::Word& word : arrivals_.TakeDue(mono_now())) Say(std::move(word));
  Act(sent_.Tick(mono_now(), wall_now()));
}

void SegmentExchange::PlanPump() {
  const auto sent = sent_.next_due();
  const auto said = arrivals_.next_due();
  if (stopped_ || (!sent && !said)) return;
  const MonoTime due = sent && said ? std::min(*sent, *said) : sent ? *sent : *said;
  const MonoTime at = std::max(due, mono_now() + kTimerMin);
  if (timer_at_ && *timer_at_ <= at) return;
  const auto planned = seams_.loop.PostAt(at, [this, at, alive = std::weak_ptr(alive_)] {
    if (!alive.lock() || timer_at_ != at) return;
    timer_at_.reset();
    Pump();
    PlanPump();
  });
  if (planned) timer_at_ = at;
  if (!planned && !stopped_) Count("sms.timer_not_planned");
}

void SegmentExchange::PlanSweep() {
  const auto planned =
      seams_.loop.PostAt(mono_now() + kSweepPause, [this, alive = std::weak_ptr(alive_)] {
        if (!alive.lock() || stopped_) return;
        const auto swept = journal_ != nullptr ? journal_->Sweep() : Result<void>();
        if (!swept) {
          LogEvent(Severity::kError, "adapter_store_failed",
                   {EventField("reason", swept.error().reason)});
        }
        PlanSweep();
      });
  if (!planned && !stopped_) Count("sms.timer_not_planned");
}

}  // namespace trestle::sms
