#include "adapters/sms/sim_centre.h"

#include <algorithm>

#include "adapters/sms/receipts.h"
#include "adapters/sms/sim_rules.h"
#include "adapters/sms/text.h"

namespace trestle::sms {

namespace {

constexpr std::size_t kWireShownMax = 4096;
constexpr std::size_t kReceiptTextMax = 20;

std::string Padded(std::string text, std::size_t width) {
  if (text.size() < width) text.insert(0, width - text.size(), '0');
  return text;
}

std::string HexNumber(std::uint64_t number) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (; number > 0; number /= 16) out.insert(out.begin(), kDigits[number % 16]);
  return out;
}

bool IsBinary(const ShortMessage& message) {
  return IsBinaryCoding(message.data_coding) || message.header.ports.has_value();
}

}  // namespace

SimCentre::SimCentre(SmsSimOptions options, Executor& loop, const Clock& clock, Random& random)
    : options_(std::move(options)), loop_(loop), clock_(clock), numbers_(options_.ghost_numbers) {
  numbers_.push_back(options_.service_number);
  // Ids of two runs differ, as those of two centres do.
  last_number_ = 0x10000000 + DrawBelow(random, 0x10000000);
}

// Closing at once is how a centre that is down looks from outside.
void SimCentre::TakeWire(std::unique_ptr<Wire> wire) {
  if (!has_room()) return wire->Close();
  binds_.push_back(
      std::make_shared<SimBind>(std::move(wire), options_, SimBind::Seams{loop_, clock_, *this}));
  const auto bind = binds_.back();  // which may end at once
  bind->Start();
}

void SimCentre::SetDown(bool down) {
  is_down_ = down;
  if (!down) return;
  const auto binds = binds_;
  for (const auto& bind : binds) bind->Close();
}

void SimCentre::Stop() {
  stopped_ = true;
  const auto binds = binds_;
  for (const auto& bind : binds) bind->Close();
}

CommandStatus SimCentre::CheckLogin(const BindBody& login) {
  if (login.system_id != options_.system_id) return status::kInvalidSystemId;
  const bool fits = ConstantTimeEqual(AsBytes(login.password), AsBytes(options_.password));
  return fits ? status::kOk : status::kInvalidPassword;
}

void SimCentre::BindReady(SimBind&) { Pump(); }

void SimCentre::BindGone(SimBind& bind) {
  std::erase_if(binds_, [&](const auto& each) { return each.get() == &bind; });
  Pump();
}

void SimCentre::TakeSubmit(const std::shared_ptr<SimBind>& bind, const Pdu& pdu) {
  Pdu response{ResponseTo(pdu.command), Judge(pdu), pdu.sequence};
  if (response.status != status::kOk) return bind->Answer(std::move(response), Millis{0});
  std::optional<Outgoing> receipt;
  if (pdu.command == CommandId::kSubmitMulti) {
    response = TakeMulti(pdu);
  } else {
    Taken taken = TakeMessage(ReadShortMessage(pdu).value());
    response.body = MessageIdBody{taken.id};
    receipt = std::move(taken.receipt);
  }
  if (control_->TakeFault(&SimFaults::lose_answer_next)) {
    if (receipt) Queue(*std::move(receipt));
    return bind->Close();
  }
  if (receipt && options_.receipt_before_answer) Queue(*std::exchange(receipt, std::nullopt));
  const bool is_late = control_->TakeFault(&SimFaults::late_next);
  bind->Answer(std::move(response), is_late ? SimControl::kLateAnswer : options_.answer_after);
  if (receipt) Queue(*std::move(receipt));
}

CommandStatus SimCentre::Judge(const Pdu& pdu) {
  if (control_->TakeFault(&SimFaults::reject_next)) {
    const int code = control_->faults().reject_code;
    return code > 0 ? static_cast<CommandStatus>(code) : status::kSystemError;
  }
  if (pdu.command == CommandId::kSubmitMulti) return status::kOk;  // judged for each destination
  return CheckSubmit(pdu, numbers_, clock_.wall_now());
}

SimCentre::Taken SimCentre::TakeMessage(const ShortMessage& message) {
  const std::uint64_t number = ++last_number_;
  const std::string phone = DigitsOf(message.destination.text);
  const bool is_there = control_->HasPhone(phone);
  const MessageState state = is_there ? MessageState::kDelivered : MessageState::kUndeliverable;
  Taken taken{IdFor(number, false), std::nullopt};
  Remember(taken.id, {DigitsOf(message.source.text), state, clock_.wall_now()});
  if (is_there) PutInInbox(message, taken.id);
  // 1: in every case; 2: only when it failed (SMPP 3.4, Section 5.2.17).
  const int wanted = message.registered_delivery & 0x03;
  if (wanted == 1 || (wanted == 2 && !is_there)) {
    taken.receipt = Outgoing{ReceiptFor(message, number, state), is_there ? taken.id : ""};
  }
  return taken;
}

// SMPP 3.4, Section 4.5: one content, many destinations, one message id.
Pdu SimCentre::TakeMulti(const Pdu& pdu) {
  const auto& multi = std::get<MultiBody>(pdu.body);
  MultiRespBody answer;
  for (const Destination& destination : multi.destinations) {
    Pdu single{CommandId::kSubmitSm, status::kOk, pdu.sequence, EmptyBody{}, pdu.tlvs};
    single.body = MessageBody{multi.service_type,
                              multi.source,
                              destination.address,
                              multi.esm_class,
                              multi.protocol_id,
                              multi.priority_flag,
                              multi.schedule_delivery_time,
                              multi.validity_period,
                              multi.registered_delivery,
                              multi.replace_if_present_flag,
                              multi.data_coding,
                              multi.sm_default_msg_id,
                              multi.short_message};
    const CommandStatus judged = destination.dest_flag == 1
                                     ? CheckSubmit(single, numbers_, clock_.wall_now())
                                     : status::kInvalidListName;
    if (judged != status::kOk) {
      answer.unsuccessful.push_back({destination.address, judged});
      continue;
    }
    Taken taken = TakeMessage(ReadShortMessage(single).value());
    if (answer.message_id.empty()) answer.message_id = taken.id;
    if (taken.receipt) Queue(*std::move(taken.receipt));
  }
  const bool is_empty = multi.destinations.empty();
  const CommandStatus code = is_empty ? status::kInvalidDestinationCount : status::kOk;
  return {CommandId::kSubmitMultiResp, code, pdu.sequence, std::move(answer)};
}

void SimCentre::PutInInbox(const ShortMessage& message, const std::string& id) {
  SimMessage shown;
  shown.from = DigitsOf(message.source.text);
  shown.to = DigitsOf(message.destination.text);
  shown.id = id;
  shown.at = clock_.wall_now();
  shown.is_binary = IsBinary(message);
  if (shown.is_binary) {
    Bytes user_data = EncodeUserDataHeader(message.header);
    user_data.insert(user_data.end(), message.content.begin(), message.content.end());
    shown.body = std::string(AsText(user_data));
    return control_->PutInInbox(std::move(shown));
  }
  shown.body =
      DecodeText(message.data_coding, message.content, message.header.national).value_or("");
  const auto& place = message.header.concatenation;
  if (place && place->total > 1) {
    const std::string set = shown.from + ">" + shown.to + ":" + std::to_string(place->reference);
    const auto whole = long_texts_.Add(set, static_cast<std::uint8_t>(place->part - 1),
                                       place->total, AsBytes(shown.body), clock_.mono_now());
    if (!whole || !*whole) return;
    shown.body = std::string(AsText(**whole));
  }
  control_->PutInInbox(std::move(shown));
}

std::string SimCentre::IdFor(std::uint64_t number, bool in_receipt) const {
  switch (options_.id_style) {
    case SmsSimOptions::IdStyle::kDecimal:
      return std::to_string(number);
    case SmsSimOptions::IdStyle::kHex:
      return HexNumber(number);
    case SmsSimOptions::IdStyle::kMixed:
      return in_receipt ? Padded(std::to_string(number), 12) : HexNumber(number);
  }
  return std::to_string(number);
}

Pdu SimCentre::ReceiptFor(const ShortMessage& message, std::uint64_t number,
                          MessageState state) const {
  const std::string id = IdFor(number, true);
  MessageBody body;
  body.source = message.destination;
  body.destination = message.source;
  body.esm_class = kEsmReceipt;
  using Form = SmsSimOptions::ReceiptForm;
  if (options_.receipt_form != Form::kTlvs) {
    const std::string now = ReceiptTime(clock_.wall_now());
    std::string start =
        DecodeText(message.data_coding, message.content, message.header.national).value_or("");
    start = start.substr(
        0,
        std::min(start.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ "),
                 kReceiptTextMax));
    const std::string error = state == MessageState::kDelivered ? "000" : "001";
    body.short_message = ToBytes(FormatReceiptText({id, state, now, now, error, start}));
  }
  Pdu pdu{CommandId::kDeliverSm, status::kOk, 0, std::move(body)};
  if (options_.receipt_form == Form::kText) return pdu;
  pdu.tlvs = {MakeTlvText(tag::kReceiptedMessageId, id),
              MakeTlvU8(tag::kMessageState, static_cast<std::uint8_t>(state))};
  if (state != MessageState::kDelivered) {
    pdu.tlvs.push_back({tag::kNetworkErrorCode, {3, 0, 1}});  // GSM, unknown subscriber
  }
  return pdu;
}

void SimCentre::Remember(const std::string& id, Message message) {
  if (messages_by_age_.size() >= kMessagesMax) {
    messages_.erase(messages_by_age_.front());
    messages_by_age_.pop_front();
  }
  messages_.emplace(id, std::move(message));
  messages_by_age_.push_back(id);
}

Pdu SimCentre::AnswerTo(const Pdu& request) {
  Pdu response{ResponseTo(request.command), status::kOk, request.sequence};
  const auto find = [&](const std::string& id, const Address& source) -> const Message* {
    const auto found = messages_.find(id);
    const bool is_theirs =
        found != messages_.end() && found->second.source == DigitsOf(source.text);
    return is_theirs ? &found->second : nullptr;
  };
  if (const auto* query = std::get_if<QueryBody>(&request.body)) {
    const Message* message = find(query->message_id, query->source);
    if (message == nullptr) {
      response.status = status::kInvalidMessageId;
    } else {
      response.body = QueryRespBody{query->message_id, AbsoluteTime(message->done_at),
                                    static_cast<std::uint8_t>(message->state), 0};
    }
  } else if (const auto* cancel = std::get_if<CancelBody>(&request.body)) {
    // Messages reach their phone at once here, so it is always too late.
    const bool is_known = find(cancel->message_id, cancel->source) != nullptr;
    response.status = is_known ? status::kCancelFailed : status::kInvalidMessageId;
  } else if (const auto* replace = std::get_if<ReplaceBody>(&request.body)) {
    const bool is_known = find(replace->message_id, replace->source) != nullptr;
    response.status = is_known ? status::kReplaceFailed : status::kInvalidMessageId;
  }
  return response;
}

void SimCentre::RecordWire(bool to_bridge, const Pdu& pdu, ByteView octets) {
  SimWireRecord record;
  record.at = clock_.wall_now();
  record.direction = to_bridge ? "to_bridge" : "from_bridge";
  record.what = std::string(CommandName(pdu.command));
  record.octets = octets.size();
  record.shows = ToHex(octets.first(std::min(octets.size(), kWireShownMax / 2)));
  control_->RecordWire(std::move(record));
}

}  // namespace trestle::sms
