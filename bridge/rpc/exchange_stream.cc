#include "bridge/rpc/exchange_stream.h"

#include <algorithm>

#include "bridge/rpc/convert.h"

namespace trestle {
namespace {

// Rows may wait while none is under way: an attempt found nobody just before this client connected,
// or is in its pause. They are made due again after this, doubling up to the second; nothing is
// asked more often.
constexpr Millis kLookFirst{50};
constexpr Millis kLookMax{2000};

}  // namespace

std::shared_ptr<ExchangeStream> ExchangeStream::self() {
  return std::static_pointer_cast<ExchangeStream>(shared_from_this());
}

void ExchangeStream::Admit(const Result<Caller>& caller) {
  if (!caller) return Begin(StatusFor(caller.error()));
  account_ = *caller->account;
  Begin(grpc::Status::OK);
}

void ExchangeStream::OnMessage(const v1::ExchangeRequest& message) {
  switch (message.message_case()) {
    case v1::ExchangeRequest::kOpen:
      return OnOpen(message.open());
    case v1::ExchangeRequest::kAck:
      return OnAck(message.ack());
    case v1::ExchangeRequest::kSubmission:
      return OnSubmission(message.submission());
    case v1::ExchangeRequest::kBatch:
      return OnBatch(message.batch());
    case v1::ExchangeRequest::MESSAGE_NOT_SET:
      return;  // the validator has refused it
  }
}

bool ExchangeStream::Fold(v1::ExchangeResponse& message, v1::ExchangeResponse& batch) {
  if (message.has_delivery()) {
    batch.mutable_batch()->add_deliveries()->Swap(message.mutable_delivery());
    return true;
  }
  if (message.has_submitted()) {
    batch.mutable_batch()->add_submitted()->Swap(message.mutable_submitted());
    return true;
  }
  return false;
}

void ExchangeStream::OnBatch(const v1::ExchangeRequestBatch& batch) {
  for (const v1::Ack& ack : batch.acks()) OnAck(ack);
  for (const v1::Submission& submission : batch.submissions()) OnSubmission(submission);
}

void ExchangeStream::OnOpen(const v1::Open& open) {
  if (asked_to_open_.exchange(true)) {
    return CutOff(Error{Reason::kInvalidArgument, "open: is said once, as the first message"});
  }
  BatchUpTo(open.batch_max());
  ++owed_;
  core_.Presence(
      account_, Network::Native(), Rouse::kNo,
      [stream = self()](Result<PresenceAnswer> threads) { stream->OnThreads(std::move(threads)); });
}

void ExchangeStream::OnThreads(Result<PresenceAnswer> threads) {
  if (!threads) return CutOff(threads.error());
  v1::ExchangeResponse opened;
  opened.mutable_opened();
  if (!threads->enrolments.empty()) {
    opened.mutable_opened()->set_enrolment_id(OctetsOf(threads->enrolments.front()));
  }
  Push(std::move(opened));
  const Result<void> connected = native_.Connect(account_, *threads, self());
  if (!connected) return CutOff(connected.error());
  open_ = true;
  if (half_closed_ || ended_) {
    open_ = false;
    native_.Disconnect(account_, *this);
  }
  // Only now, so that what is made due finds the client connected.
  LookForMore(Rouse::kYes);
  Answered();
}

void ExchangeStream::OnAck(const v1::Ack& ack) {
  if (!asked_to_open_) {
    return CutOff(Error{Reason::kInvalidArgument, "open: must be the first message"});
  }
  if (native_.Acknowledge(account_, IdOf<DeliveryId>(ack.delivery_id())) == 0) {
    LookForMore(Rouse::kNo);
  }
}

void ExchangeStream::OnSubmission(const v1::Submission& submission) {
  if (!asked_to_open_) {
    return CutOff(Error{Reason::kInvalidArgument, "open: must be the first message"});
  }
  if (owed_.fetch_add(1) >= kSubmissionsMax) {
    return CutOff(
        Error{Reason::kBusy, "too many submissions wait for their answers", Millis{1000}});
  }
  core_.Submit(account_, IdOf<LinkId>(submission.request().link_id()),
               ToBytes(submission.request().payload()),
               [stream = self(), tag = submission.tag()](const Result<SubmitAnswer>& answer) {
                 stream->Answer(tag, answer);
               });
}

void ExchangeStream::Answer(std::uint64_t tag, const Result<SubmitAnswer>& answer) {
  v1::ExchangeResponse response;
  v1::Submitted& submitted = *response.mutable_submitted();
  submitted.set_tag(tag);
  if (answer) {
    *submitted.mutable_response() = ProtoOf(*answer);
  } else {
    v1::Failure& failure = *submitted.mutable_failure();
    failure.set_reason(std::string(ReasonName(answer.error().reason)));
    failure.set_sentence(std::string(answer.error().what.view()));
    const Millis retry = answer.error().retry_after.value_or(Millis{0});
    failure.set_retry_after_ms(static_cast<std::uint32_t>(Clamped(retry.count())));
  }
  Push(std::move(response));
  Answered();
}

void ExchangeStream::Answered() {
  if (owed_.fetch_sub(1) == 1 && half_closed_) CloseAfterFlush(grpc::Status::OK);
}

void ExchangeStream::Hand(v1::Inbound inbound) {
  caught_up_ = false;
  v1::ExchangeResponse response;
  *response.mutable_delivery() = std::move(inbound);
  Push(std::move(response));
}

void ExchangeStream::CutOff(Error why) { Close(StatusFor(why)); }

void ExchangeStream::LookForMore(Rouse rouse) {
  if (!open_) return;
  if (looking_.exchange(true)) {
    if (rouse == Rouse::kYes) rouse_again_ = true;
    look_again_ = true;
    return;
  }
  core_.Presence(
      account_, Network::Native(), rouse,
      [stream = self()](const Result<PresenceAnswer>& waiting) { stream->OnWaiting(waiting); });
}

void ExchangeStream::Looked() {
  looking_ = false;
  if (!look_again_.exchange(false)) return;
  LookForMore(rouse_again_.exchange(false) ? Rouse::kYes : Rouse::kNo);
}

void ExchangeStream::OnWaiting(const Result<PresenceAnswer>& waiting) {
  const bool planned = native_.Later(kLookFirst, [weak = std::weak_ptr(self())] {
    if (const auto stream = weak.lock()) stream->Looked();
  });
  if (!planned) Looked();
  // What is under way asks again with its acknowledgement.
  if (!open_ || native_.in_flight(account_) > 0) return;
  if (!waiting || waiting->rows_waiting > 0) {
    const Millis pause = look_pause_;
    look_pause_ = std::min(pause * 2, kLookMax);
    static_cast<void>(native_.Later(pause, [weak = std::weak_ptr(self())] {
      if (const auto stream = weak.lock()) stream->LookForMore(Rouse::kYes);
    }));
    return;
  }
  look_pause_ = kLookFirst;
  if (caught_up_.exchange(true)) return;
  v1::ExchangeResponse response;
  response.mutable_caught_up();
  Push(std::move(response));
}

// Acknowledgements cannot come any more: nothing further is handed out, what is owed is answered.
void ExchangeStream::OnHalfClose() {
  half_closed_ = true;
  open_ = false;
  native_.Disconnect(account_, *this);
  if (owed_ == 0) CloseAfterFlush(grpc::Status::OK);
}

void ExchangeStream::OnOverflow() {
  static_cast<void>(native_.Later(kLastWordAgeMax, [weak = std::weak_ptr(self())] {
    const auto stream = weak.lock();
    if (stream == nullptr) return;
    const std::lock_guard lock(stream->context_mutex_);
    if (stream->context_ != nullptr) stream->context_->TryCancel();
  }));
}

void ExchangeStream::OnEnd() {
  {
    const std::lock_guard lock(context_mutex_);
    context_ = nullptr;
  }
  ended_ = true;
  open_ = false;
  native_.Disconnect(account_, *this);
}

}  // namespace trestle
