#include "bench/sender.h"

#include <chrono>

namespace trestle::bench {
namespace {

// messages.proto allows 256; what is due beyond waits here, and its time runs.
constexpr std::size_t kUnansweredMax = 250;

}  // namespace

std::uint64_t NowNanos() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

Sender::Sender(v1::Messages::Stub& stub, const Circle& circle, const SenderOptions& options,
               Counts& counts)
    : ClientStream(circle.token),
      options_(options),
      circle_(circle),
      counts_(counts),
      payloads_(options.payload_bytes) {
  stub.async()->Exchange(&context(), this);
}

void Sender::Open() {
  Begin();
  Pump();
}

void Sender::Run(bool running) {
  {
    const std::lock_guard lock(mutex_);
    running_ = running;
  }
  Pump();
}

void Sender::Due(std::uint64_t at_nanos) {
  {
    const std::lock_guard lock(mutex_);
    due_.push_back(at_nanos);
  }
  Pump();
}

std::size_t Sender::under_way() const {
  const std::lock_guard lock(mutex_);
  return under_way_ + due_.size();
}

bool Sender::NextDue(std::uint64_t& due) {
  if (!is_open_) return false;
  if (options_.window > 0) {
    if (!running_ || under_way_ >= options_.window) return false;
    due = NowNanos();
  } else {
    if (due_.empty() || unanswered_ >= kUnansweredMax) return false;
    due = due_.front();
    due_.pop_front();
  }
  ++under_way_;
  ++unanswered_;
  return true;
}

void Sender::Fill(v1::Submission& submission, std::uint64_t due) {
  const Contact& contact = circle_.contacts[next_contact_];
  next_contact_ = (next_contact_ + 1) % kContacts;
  submission.set_tag(due);
  v1::SubmitRequest& request = *submission.mutable_request();
  request.set_link_id(std::string(AsText(contact.sender_link.bytes())));
  request.set_payload(payloads_.Make(contact.group, due));
  counts_.submitted.fetch_add(1, std::memory_order_relaxed);
}

bool Sender::Compose(v1::ExchangeRequest& message) {
  const std::lock_guard lock(mutex_);
  if (!opened_) {
    opened_ = true;
    message.mutable_open()->set_batch_max(
        options_.batch > 1 ? static_cast<std::uint32_t>(options_.batch) : 0);
    return true;
  }
  std::uint64_t due = 0;
  if (options_.batch == 1) {
    if (!acks_.empty()) {
      message.mutable_ack()->set_delivery_id(std::move(acks_.front()));
      acks_.pop_front();
      return true;
    }
    if (!NextDue(due)) return false;
    Fill(*message.mutable_submission(), due);
    return true;
  }
  // In a closed loop a batch goes when it is whole: that is what is to be measured.
  if (options_.window == 0 || options_.window - under_way_ >= options_.batch) {
    for (std::size_t i = 0; i < options_.batch && NextDue(due); ++i) {
      Fill(*message.mutable_batch()->add_submissions(), due);
    }
  }
  for (std::size_t i = 0; i < options_.batch && !acks_.empty(); ++i) {
    message.mutable_batch()->add_acks()->set_delivery_id(std::move(acks_.front()));
    acks_.pop_front();
  }
  return message.has_batch();
}

void Sender::Take(const v1::ExchangeResponse& message) {
  switch (message.message_case()) {
    case v1::ExchangeResponse::kOpened:
      is_open_ = true;
      break;
    case v1::ExchangeResponse::kDelivery:
      TakeDelivery(message.delivery());
      break;
    case v1::ExchangeResponse::kSubmitted:
      TakeAnswer(message.submitted());
      break;
    case v1::ExchangeResponse::kBatch:
      for (const v1::Inbound& each : message.batch().deliveries()) TakeDelivery(each);
      for (const v1::Submitted& each : message.batch().submitted()) TakeAnswer(each);
      break;
    case v1::ExchangeResponse::kCaughtUp:
    case v1::ExchangeResponse::MESSAGE_NOT_SET:
      break;
  }
  Pump();
}

void Sender::TakeDelivery(const v1::Inbound& delivery) {
  {
    const std::lock_guard lock(mutex_);
    acks_.push_back(delivery.delivery_id());
  }
  if (!delivery.has_receipt()) return;
  counts_.settled.fetch_add(1, std::memory_order_relaxed);
  if (options_.until == Until::kSettled) Done(1);
}

void Sender::TakeAnswer(const v1::Submitted& submitted) {
  {
    const std::lock_guard lock(mutex_);
    --unanswered_;
  }
  const bool is_accepted = submitted.has_response() && !submitted.response().has_refusal();
  if (!is_accepted) {
    counts_.refused.fetch_add(1, std::memory_order_relaxed);
    return Done(1);
  }
  counts_.accepted.fetch_add(1, std::memory_order_relaxed);
  counts_.accept_nanos.Add(NowNanos() - submitted.tag());
  if (options_.until == Until::kAnswered) Done(1);
}

void Sender::Done(std::size_t envelopes) {
  const std::lock_guard lock(mutex_);
  under_way_ -= std::min(under_way_, envelopes);
}

}  // namespace trestle::bench
