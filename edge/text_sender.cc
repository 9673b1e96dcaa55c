#include "edge/text_sender.h"

#include <utility>

namespace trestle::edge {
namespace {

// What a text that ended is answered with, whenever it is asked about again.
Attempt EndOf(const TextJob& job) {
  switch (job.state) {
    case TextState::kSent:
      return {.certainty = Certainty::kSent, .retry = Retry::kNever};
    case TextState::kRefused:
      return {.certainty = job.next == 0 ? Certainty::kNotSent : Certainty::kMaybeSent,
              .retry = Retry::kNever,
              .rule = job.rule};
    case TextState::kDoubt:
      return {.certainty = Certainty::kMaybeSent, .retry = Retry::kNever, .rule = Rule::kNoAnswer};
    case TextState::kReady:
    case TextState::kHanded:
      break;
  }
  return {.certainty = Certainty::kMaybeSent};
}

bool HasEnded(const TextJob& job) {
  return job.state != TextState::kReady && job.state != TextState::kHanded;
}

// The edge's own store failed: nothing left, and the bridge comes again.
constexpr Attempt kStoreFailed{.certainty = Certainty::kNotSent,
                               .retry = Retry::kLater,
                               .rule = Rule::kAdapterDown,
                               .retry_after = std::chrono::seconds(5)};

}  // namespace

void TextSender::Send(TextJob job) {
  if (HasEnded(job)) return Answer(job.delivery, EndOf(job));
  if (under_way_.contains(job.delivery)) return;
  // In hand, and nobody's: what became of it could not be noted. It may have been sent.
  if (job.state == TextState::kHanded) {
    return Answer(job.delivery,
                  {Certainty::kMaybeSent, Retry::kNever, Rule::kNoAnswer, std::nullopt});
  }
  under_way_[job.delivery] = true;
  SubmitNext(std::move(job));
}

void TextSender::SubmitNext(TextJob job) {
  if (job.expires_at <= seams_.clock.wall_now()) {
    const Result<void> ended = journal_.End(job, TextState::kRefused, Rule::kExpired);
    return Answer(job.delivery, ended ? EndOf(job) : kStoreFailed);
  }
  Result<Bytes> part = journal_.NextPart(job);
  // Before it is submitted: what a death leaves is known to have been in hand.
  const Result<void> noted = part ? journal_.Handed(job) : tl::unexpected<Error>(part.error());
  if (!noted) return Answer(job.delivery, kStoreFailed);
  NativeUnit unit;
  unit.identity = job.identity;
  unit.to = job.to.Duplicate(Purpose::kWriteToNetwork);
  unit.body = NativeUnit::Prepared{*std::move(part),
                                   NativeUnit::Prepared::Form{job.data_coding, job.esm_class}};
  unit.index = static_cast<std::uint8_t>(job.next);
  unit.count = static_cast<std::uint8_t>(job.parts);
  unit.delivery = job.delivery;
  unit.expires_at = job.expires_at;
  auto held = std::make_shared<TextJob>(std::move(job));
  session_.SendUnit(std::move(unit), [this, held, alive = std::weak_ptr<int>(alive_)](
                                         Result<NativeOutcome> outcome) mutable {
    if (alive.expired()) return;
    auto kept = std::make_shared<Result<NativeOutcome>>(std::move(outcome));
    // A loop that takes nothing more is stopping: the next process takes up what was in hand.
    static_cast<void>(seams_.loop.Post([this, held, kept, alive] {
      if (!alive.expired()) Take(std::move(*held), std::move(*kept));
    }));
  });
}

void TextSender::Take(TextJob job, Result<NativeOutcome> outcome) {
  const Attempt attempt = outcome ? outcome->attempt : Attempt{.certainty = Certainty::kMaybeSent};
  if (attempt.certainty != Certainty::kSent) {
    Count("part_not_sent");
    const Result<Attempt> answer = TakeUnsent(job, attempt);
    return Answer(job.delivery, answer ? *answer : kStoreFailed);
  }
  Count("part_sent");
  // A part that is not noted as sent stays in hand, and in doubt: never sent twice for that.
  if (!TakeSent(job, outcome->native_id)) {
    return Answer(job.delivery, {.certainty = Certainty::kMaybeSent, .retry = Retry::kNever});
  }
  if (job.state == TextState::kReady) return SubmitNext(std::move(job));
  Count("text_sent");
  Answer(job.delivery, EndOf(job));
}

Result<void> TextSender::TakeSent(TextJob& job, const std::string& native_id) {
  TRESTLE_TRY(journal_.PartSent(job, native_id));
  for (auto each = early_.begin(); each != early_.end(); ++each) {
    if (each->native_id != native_id) continue;
    const EarlyReceipt receipt = *each;
    early_.erase(each);
    TRESTLE_TRY(Tell(receipt.native_id, receipt.state));
    break;
  }
  return {};
}

Result<Attempt> TextSender::TakeUnsent(TextJob& job, const Attempt& attempt) {
  const bool is_last = job.next + 1 == job.parts;
  if (attempt.certainty == Certainty::kMaybeSent && is_last) {
    TRESTLE_TRY(journal_.End(job, TextState::kDoubt, Rule::kNoAnswer));
    Count("text_in_doubt");
    return EndOf(job);
  }
  if (attempt.certainty == Certainty::kNotSent && attempt.retry == Retry::kNever) {
    TRESTLE_TRY(journal_.End(job, TextState::kRefused, attempt.rule));
    Count("text_refused");
    return EndOf(job);
  }
  TRESTLE_TRY(journal_.PartBack(job));
  Attempt answer = attempt;
  if (job.next > 0) answer.certainty = Certainty::kMaybeSent;
  return answer;
}

void TextSender::TakeReceipt(const std::string& native_id, sms::MessageState state) {
  if (!sms::IsFinal(state)) return;
  const Result<bool> known = Tell(native_id, state);
  if (!known || *known || under_way_.empty()) return;
  early_.push_back({native_id, state});
  if (early_.size() > kEarlyReceiptsMax) early_.pop_front();
}

Result<bool> TextSender::Tell(const std::string& native_id, sms::MessageState state) {
  if (state == sms::MessageState::kDelivered) {
    const Journal::Arrived arrived = TRESTLE_TRY(journal_.PartArrived(native_id));
    if (arrived.whole) {
      events_.reported({.id = *arrived.whole, .level = ReceiptLevel::kDelivered});
      Count("text_delivered");
    }
    return arrived.is_known;
  }
  const auto delivery = TRESTLE_TRY(journal_.DeliveryOf(native_id));
  if (!delivery) return false;
  const bool is_expired = state == sms::MessageState::kExpired;
  events_.reported({.id = *delivery,
                    .level = ReceiptLevel::kFailed,
                    .rule = is_expired ? Rule::kExpired : Rule::kNetworkRefused});
  Count("text_failed");
  return true;
}

void TextSender::Answer(const DeliveryId& delivery, Attempt attempt) {
  under_way_.erase(delivery);
  static_cast<void>(seams_.loop.Post([this, delivery, attempt, alive = std::weak_ptr<int>(alive_)] {
    if (!alive.expired()) events_.answered(delivery, attempt);
  }));
}

}  // namespace trestle::edge
