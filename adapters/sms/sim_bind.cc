#include "adapters/sms/sim_bind.h"

#include <algorithm>

namespace trestle::sms {

SimBind::SimBind(std::unique_ptr<Wire> wire, const SmsSimOptions& options, const Seams& seams)
    : options_(options),
      loop_(seams.loop),
      clock_(seams.clock),
      host_(seams.host),
      stream_(std::make_shared<PduStream>(std::move(wire), loop_)) {}

void SimBind::Start() {
  begun_ = heard_ = clock_.mono_now();
  stream_->Start({[self = shared_from_this()](Bytes octets) { self->OnPdu(octets); },
                  [self = shared_from_this()](PduStream::End) { self->Close(); }});
  PlanTick();
}

bool SimBind::can_hear() const {
  return state_ == State::kReceiver || state_ == State::kTransceiver;
}

void SimBind::OnPdu(const Bytes& octets) {
  heard_ = clock_.mono_now();
  enquired_.reset();
  PduFault fault;
  const auto pdu = DecodePdu(octets, &fault);
  if (!pdu) return Refuse(ReadHeader(octets), fault.status);
  host_.RecordWire(false, *pdu, octets);
  if (IsResponse(pdu->command)) return OnResponse(*pdu);
  OnRequest(*pdu);
}

void SimBind::Refuse(const PduHeader& header, CommandStatus refusal) {
  if ((header.command & kResponseBit) != 0) return;  // never nack a response
  const bool is_unknown = refusal == status::kInvalidCommandId;
  const CommandId command =
      is_unknown ? CommandId::kGenericNack : ResponseTo(static_cast<CommandId>(header.command));
  Send({command, refusal, header.sequence});
}

void SimBind::OnRequest(const Pdu& pdu) {
  const Pdu wrong_state{ResponseTo(pdu.command), status::kInvalidBindStatus, pdu.sequence};
  switch (pdu.command) {
    case CommandId::kBindReceiver:
    case CommandId::kBindTransmitter:
    case CommandId::kBindTransceiver:
      return OnBind(pdu);
    case CommandId::kEnquireLink:
      return Send({CommandId::kEnquireLinkResp, status::kOk, pdu.sequence});
    case CommandId::kUnbind:
      if (state_ == State::kOpen) return Send(wrong_state);
      Send({CommandId::kUnbindResp, status::kOk, pdu.sequence});
      return Close(Closing::kAfterWriting);
    case CommandId::kSubmitSm:
    case CommandId::kDataSm:
    case CommandId::kSubmitMulti:
      return may_submit() ? OnSubmit(pdu) : Send(wrong_state);
    case CommandId::kQuerySm:
    case CommandId::kCancelSm:
    case CommandId::kReplaceSm:
      return Send(may_submit() ? host_.AnswerTo(pdu) : wrong_state);
    case CommandId::kDeliverSm:
      return Send(wrong_state);  // only the centre sends these
    case CommandId::kOutbind:
    case CommandId::kAlertNotification:
      return Send({CommandId::kGenericNack, status::kInvalidCommandId, pdu.sequence});
    case CommandId::kGenericNack:
    case CommandId::kBindReceiverResp:
    case CommandId::kBindTransmitterResp:
    case CommandId::kBindTransceiverResp:
    case CommandId::kQuerySmResp:
    case CommandId::kSubmitSmResp:
    case CommandId::kDeliverSmResp:
    case CommandId::kUnbindResp:
    case CommandId::kReplaceSmResp:
    case CommandId::kCancelSmResp:
    case CommandId::kEnquireLinkResp:
    case CommandId::kSubmitMultiResp:
    case CommandId::kDataSmResp:
      return;  // responses do not come here
  }
}

void SimBind::OnBind(const Pdu& pdu) {
  const CommandId response = ResponseTo(pdu.command);
  if (state_ != State::kOpen) return Send({response, status::kAlreadyBound, pdu.sequence});
  const CommandStatus refusal = host_.CheckLogin(std::get<BindBody>(pdu.body));
  if (refusal != status::kOk) {
    Send({response, refusal, pdu.sequence});
    return Close(Closing::kAfterWriting);
  }
  state_ = pdu.command == CommandId::kBindReceiver      ? State::kReceiver
           : pdu.command == CommandId::kBindTransmitter ? State::kTransmitter
                                                        : State::kTransceiver;
  Send({response,
        status::kOk,
        pdu.sequence,
        BindRespBody{"trestle-sim"},
        {MakeTlvU8(tag::kScInterfaceVersion, kInterfaceVersion)}});
  host_.BindReady(*this);
}

void SimBind::OnSubmit(const Pdu& pdu) {
  if (unanswered_ >= options_.window || !TakeRate()) {
    return Send({ResponseTo(pdu.command), status::kThrottled, pdu.sequence});
  }
  ++unanswered_;
  host_.TakeSubmit(shared_from_this(), pdu);
}

bool SimBind::TakeRate() {
  const MonoTime now = clock_.mono_now();
  if (now - rate_since_ >= Millis{1000}) {
    rate_since_ = now;
    rate_used_ = 0;
  }
  return ++rate_used_ <= options_.submits_per_second;
}

void SimBind::Answer(Pdu response, Millis after) {
  const auto send = [self = shared_from_this(), response = std::move(response)] {
    if (self->unanswered_ > 0) --self->unanswered_;
    self->Send(response);
  };
  if (after == Millis{0}) return send();
  (void)loop_.PostAt(clock_.mono_now() + after, send);
}

void SimBind::Deliver(Outgoing outgoing) {
  do {
    last_sequence_ = last_sequence_ >= 0x7FFFFFFF ? 1 : last_sequence_ + 1;
  } while (under_way_.contains(last_sequence_));
  outgoing.pdu.sequence = last_sequence_;
  const Pdu pdu = outgoing.pdu;
  under_way_.emplace(last_sequence_,
                     UnderWay{std::move(outgoing), clock_.mono_now() + options_.answer_within});
  Send(pdu);
}

void SimBind::OnResponse(const Pdu& pdu) {
  const auto found = under_way_.find(pdu.sequence);
  if (found == under_way_.end()) return;
  Outgoing outgoing = std::move(found->second.outgoing);
  under_way_.erase(found);
  host_.TakeDeliverAnswer(std::move(outgoing), pdu.status);
}

void SimBind::Close(Closing closing) {
  if (state_ == State::kClosed) return;
  const auto self = shared_from_this();  // the host forgets it below
  state_ = State::kClosed;
  if (closing == Closing::kNow) stream_->Close();
  if (closing == Closing::kAfterWriting) stream_->CloseAfterWriting();
  auto under_way = std::exchange(under_way_, {});
  for (auto& [sequence, each] : under_way) host_.TakeUndelivered(std::move(each.outgoing));
  host_.BindGone(*this);
}

void SimBind::PlanTick() {
  const Millis shortest = std::min(
      {options_.bind_within, options_.enquire_after, options_.answer_within, Millis{4000}});
  const MonoTime at = clock_.mono_now() + std::max(shortest / 4, Millis{2});
  const auto planned = loop_.PostAt(at, [self = shared_from_this()] {
    if (self->state_ != State::kClosed) self->Tick();
  });
  if (!planned) Close();
}

void SimBind::Tick() {
  const MonoTime now = clock_.mono_now();
  if (state_ == State::kOpen && now >= begun_ + options_.bind_within) return Close();
  if (enquired_ && now >= *enquired_ + options_.answer_within) return Close();
  const bool is_late = std::ranges::any_of(
      under_way_, [now](const auto& row) { return now >= row.second.deadline; });
  if (is_late) return Close();
  if (!enquired_ && now >= heard_ + options_.enquire_after) {
    enquired_ = now;
    last_sequence_ = last_sequence_ >= 0x7FFFFFFF ? 1 : last_sequence_ + 1;
    Send({CommandId::kEnquireLink, status::kOk, last_sequence_});
  }
  PlanTick();
}

void SimBind::Send(const Pdu& pdu) {
  if (!stream_->is_open()) return;
  // First, so that whoever has the PDU finds it in the record.
  host_.RecordWire(true, pdu, EncodePdu(pdu).value_or(Bytes{}));
  static_cast<void>(stream_->Send(pdu));  // to a peer that has just gone: nothing is lost but time
}

}  // namespace trestle::sms
