#include "adapters/sms/link.h"

#include <algorithm>
#include <utility>

#include "bridge/base/event_log.h"

namespace trestle::sms {

namespace {

constexpr Millis kGoodbyeMax = std::chrono::seconds(2);  // a stopping daemon does not wait longer

CommandId BindCommand(BindRole role) {
  switch (role) {
    case BindRole::kTransceiver:
      return CommandId::kBindTransceiver;
    case BindRole::kTransmitter:
      return CommandId::kBindTransmitter;
    case BindRole::kReceiver:
      return CommandId::kBindReceiver;
  }
  return CommandId::kBindTransceiver;
}

}  // namespace

Link::Link(WireLoop& loop, LinkOptions options, const Secret& password, const Clock& clock,
           Metrics& metrics)
    : loop_(loop),
      options_(std::move(options)),
      password_(password.Duplicate(Purpose::kAuthenticate)),
      clock_(clock),
      metrics_(metrics) {}

void Link::Start(Handlers handlers) {
  handlers_ = std::make_shared<const Handlers>(std::move(handlers));
  begun_ = heard_ = clock_.mono_now();
  Connect();
  PlanTick();
}

void Link::Connect() {
  loop_.Connect({options_.host, options_.port, options_.tls, options_.tls_verify_name,
                 options_.connect_timeout},
                [self = shared_from_this()](Result<std::unique_ptr<Wire>> wire) {
                  self->Connected(std::move(wire));
                });
}

void Link::Connected(Result<std::unique_ptr<Wire>> wire) {
  if (state_ != State::kConnecting) {
    if (wire) (*wire)->Close();
    return;
  }
  if (wire) return Bind(*std::move(wire));
  Drop(wire.error().reason == Reason::kUnauthenticated ? End::kUntrusted : End::kUnreachable);
}

void Link::Bind(std::unique_ptr<Wire> wire) {
  state_ = State::kBinding;
  stream_ = std::make_shared<PduStream>(std::move(wire), loop_);
  stream_->Start({[self = shared_from_this()](Bytes octets) { self->OnPdu(std::move(octets)); },
                  [self = shared_from_this()](PduStream::End why) {
                    if (why == PduStream::End::kBadLength) self->Count("bad_length");
                    self->Drop(self->state_ == State::kUnbinding ? End::kUnbound : End::kLost);
                  }});
  BindBody body;
  body.system_id = options_.system_id;
  body.password = std::string(password_.Reveal(Purpose::kAuthenticate));
  body.system_type = options_.system_type;
  body.range.text = options_.address_range;
  Request({BindCommand(options_.role), 0, 0, std::move(body)},
          [self = shared_from_this()](Answer answer) { self->Bound(std::move(answer)); });
}

void Link::Bound(Answer answer) {
  if (state_ != State::kBinding) return;
  // A peer that answers a bind with generic_nack refuses it too.
  if (!answer) return Drop(End::kLost);
  if (answer->status != status::kOk) return Drop(End::kBindRefused, answer->status);
  state_ = State::kBound;
  const auto handlers = handlers_;
  handlers->on_bound();
}

void Link::Request(Pdu pdu, Answered answered) {
  pdu.sequence = NextSequence();
  const bool is_written = stream_ != nullptr && stream_->Send(pdu);
  if (!is_written) {
    // Not inside the call, unless the loop takes no task.
    auto shared = std::make_shared<Answered>(std::move(answered));
    const auto tell = [shared] { std::move (*shared)(tl::unexpected(Unanswered::kNotWritten)); };
    if (!loop_.Post(tell)) tell();
    return;
  }
  waiting_.emplace(pdu.sequence,
                   Waiting{clock_.mono_now() + options_.response_timeout, std::move(answered)});
}

std::uint32_t Link::NextSequence() {
  // 1 to 0x7FFFFFFF (SMPP 3.4, Section 5.1.4); one that still waits is never given again.
  do {
    last_sequence_ = last_sequence_ >= 0x7FFFFFFF ? 1 : last_sequence_ + 1;
  } while (waiting_.contains(last_sequence_));
  return last_sequence_;
}

void Link::OnPdu(Bytes octets) {
  heard_ = clock_.mono_now();
  PduFault fault;
  auto pdu = DecodePdu(octets, &fault);
  if (!pdu) return OnUnreadable(ReadHeader(octets), fault.status);
  if (IsResponse(pdu->command)) return OnResponse(*std::move(pdu));
  OnRequest(*std::move(pdu));
}

void Link::OnUnreadable(const PduHeader& header, CommandStatus refusal) {
  Count("unreadable");
  LogEvent(Severity::kWarning, "smpp_pdu_unreadable",
           {EventField("command", header.command), EventField("status", refusal)});
  if ((header.command & kResponseBit) != 0) {
    // Never nack a response. A refusal stands in its header, which did parse; of anything else the
    // request is answered as if the answer were lost.
    const auto found = waiting_.find(header.sequence);
    if (found == waiting_.end()) return;
    Answered answered = std::move(found->second.answered);
    waiting_.erase(found);
    if (header.status == status::kOk) {
      return std::move(answered)(tl::unexpected(Unanswered::kTimeout));
    }
    const Pdu refused{CommandId::kGenericNack, header.status, header.sequence};
    return std::move(answered)(refused);
  }
  if (refusal == status::kInvalidCommandId) {
    return Send({CommandId::kGenericNack, status::kInvalidCommandId, header.sequence});
  }
  Send({ResponseTo(static_cast<CommandId>(header.command)), refusal, header.sequence});
}

void Link::OnResponse(Pdu response) {
  if (response.command == CommandId::kGenericNack) Count("generic_nack");
  if (response.command == CommandId::kEnquireLinkResp) is_probing_ = false;
  const auto found = waiting_.find(response.sequence);
  if (found == waiting_.end()) return Count("late_response");
  Answered answered = std::move(found->second.answered);
  waiting_.erase(found);
  std::move(answered)(std::move(response));
}

void Link::OnRequest(Pdu request) {
  const CommandId command = request.command;
  if (command == CommandId::kEnquireLink) {
    return Send({CommandId::kEnquireLinkResp, status::kOk, request.sequence});
  }
  if (command == CommandId::kUnbind) {
    Send({CommandId::kUnbindResp, status::kOk, request.sequence});
    return Drop(End::kUnbound);
  }
  if (command == CommandId::kOutbind) {
    // This client binds by itself; an invitation changes nothing.
    Count("outbind_ignored");
    return LogEvent(Severity::kWarning, "smpp_outbind_ignored",
                    {EventField("bind", options_.number)});
  }
  if (command == CommandId::kAlertNotification) return Count("alert_notification");
  const bool brings_message = command == CommandId::kDeliverSm || command == CommandId::kDataSm;
  if (brings_message && is_bound() && can_receive()) {
    const auto handlers = handlers_;
    return handlers->on_request(std::move(request));
  }
  // Too early, on the wrong bind, or a request that only clients make.
  Send({ResponseTo(command), status::kInvalidBindStatus, request.sequence});
}

void Link::Probe() {
  if (!is_bound() || is_probing_) return;
  is_probing_ = true;
  Request({CommandId::kEnquireLink}, [self = shared_from_this()](Answer answer) {
    if (answer || self->state_ == State::kEnded) return;
    self->Count("enquire_timeout");
    self->Drop(End::kSilent);
  });
}

void Link::Unbind() {
  if (state_ == State::kEnded) return;
  if (state_ != State::kBound) return Drop(End::kUnbound);
  state_ = State::kUnbinding;
  Request({CommandId::kUnbind}, [self = shared_from_this()](Answer) { self->Drop(End::kUnbound); });
  const auto goodbye = waiting_.find(last_sequence_);
  if (goodbye == waiting_.end()) return;
  goodbye->second.deadline = clock_.mono_now() + std::min(options_.response_timeout, kGoodbyeMax);
}

void Link::Drop(End why, CommandStatus refused) {
  if (state_ == State::kEnded) return;
  state_ = State::kEnded;
  if (stream_ != nullptr && why != End::kUnbound) stream_->Close();
  if (stream_ != nullptr && why == End::kUnbound) stream_->CloseAfterWriting();
  auto waiting = std::exchange(waiting_, {});
  for (auto& [sequence, each] : waiting) {
    std::move(each.answered)(tl::unexpected(Unanswered::kLinkLost));
  }
  const auto handlers = std::exchange(handlers_, nullptr);
  handlers->on_end(why, refused);
}

void Link::Abandon() {
  state_ = State::kEnded;
  handlers_ = nullptr;
  waiting_.clear();
  if (stream_ != nullptr) stream_->Close();
}

void Link::PlanTick() {
  const Millis shortest = std::min(
      {options_.response_timeout, options_.enquire_after, options_.connect_timeout, Millis{4000}});
  const MonoTime at = clock_.mono_now() + std::max(shortest / 4, Millis{2});
  const auto planned = loop_.PostAt(at, [self = shared_from_this()] {
    if (self->state_ != State::kEnded) self->Tick();
  });
  // Without it nothing would end a link that is silent.
  if (!planned) Drop(End::kLost);
}

void Link::Tick() {
  const MonoTime now = clock_.mono_now();
  if (state_ == State::kConnecting && now >= begun_ + options_.connect_timeout) {
    return Drop(End::kUnreachable);
  }
  if (stream_ != nullptr && !stream_->is_open()) return Drop(End::kLost);
  std::vector<Answered> late;
  for (auto each = waiting_.begin(); each != waiting_.end();) {
    if (now < each->second.deadline) {
      ++each;
      continue;
    }
    late.push_back(std::move(each->second.answered));
    each = waiting_.erase(each);
  }
  for (Answered& answered : late) {
    Count("response_timeout");
    std::move(answered)(tl::unexpected(Unanswered::kTimeout));
  }
  if (state_ == State::kBinding && !late.empty()) return;
  if (state_ == State::kEnded) return;
  if (!late.empty() || now >= heard_ + options_.enquire_after) Probe();
  PlanTick();
}

void Link::Count(std::string_view event) {
  metrics_.Add("trestle_adapter_events_total", "sms." + std::string(event));
  CountHere(event);
}

void Link::CountHere(std::string_view event) {
  metrics_.Add("trestle_smpp_bind_events_total",
               std::to_string(options_.number) + "." + std::string(event));
}

void Link::Send(const Pdu& pdu) {
  if (stream_ != nullptr) (void)stream_->Send(pdu);
}

}  // namespace trestle::sms
