// The simulated centre's other direction: what phones write, and the queue of messages for the
// customer.
#include <algorithm>

#include "adapters/sms/sim_centre.h"
#include "adapters/sms/sim_rules.h"
#include "adapters/sms/text_segments.h"

namespace trestle::sms {
namespace {

constexpr int kDoublingsMax = 5;
constexpr std::uint8_t kTonInternational = 1;
constexpr std::uint8_t kNpiIsdn = 1;
constexpr std::uint8_t kTonNetworkSpecific = 3;
constexpr std::size_t kShortNumberDigitsMax = 8;

Pdu DeliverOf(const std::string& from, const std::string& to) {
  MessageBody body;
  body.source = {kTonInternational, kNpiIsdn, from};
  const bool is_short = to.size() <= kShortNumberDigitsMax;
  body.destination =
      is_short ? Address{kTonNetworkSpecific, 0, to} : Address{kTonInternational, kNpiIsdn, to};
  return {CommandId::kDeliverSm, status::kOk, 0, std::move(body)};
}

Result<std::vector<Pdu>> PdusOf(const SimMessage& message, std::uint8_t reference) {
  const Pdu empty = DeliverOf(message.from, message.to);
  std::vector<Pdu> out;
  const auto add = [&](Bytes user_data, std::uint8_t coding, bool has_header) {
    out.push_back(empty);
    auto& body = std::get<MessageBody>(out.back().body);
    body.short_message = std::move(user_data);
    body.data_coding = coding;
    if (has_header) body.esm_class = kEsmUserDataHeader;
  };
  if (message.is_binary) {
    if (message.body.empty() || message.body.size() > kUserDataBytesMax) {
      return Fail(Reason::kTooLarge, "a data message is 1 to 140 octets");
    }
    TRESTLE_TRY(ParseUserData(AsBytes(message.body)));
    add(ToBytes(message.body), kCodingBinary, true);
    return out;
  }
  TextSegments segments = TRESTLE_TRY(MakeTextSegments(message.body, reference));
  for (Bytes& each : segments.user_data) {
    add(std::move(each), segments.data_coding, segments.esm_class != 0);
  }
  return out;
}

}  // namespace

Result<std::string> SimCentre::FromPhone(const SimMessage& message) {
  if (DigitsOf(message.from) != message.from || message.from.empty()) {
    return Fail(Reason::kInvalidArgument, "a phone's address is 3 to 20 digits");
  }
  if (std::ranges::find(numbers_, message.to) == numbers_.end()) {
    return Fail(Reason::kNotFound, "no such number at this centre");
  }
  auto pdus = TRESTLE_TRY(PdusOf(message, ++last_reference_));
  if (from_phones_used_ + pdus.size() > kPendingMax) {
    return Fail(Reason::kBusy, "the centre's queue is full", Millis{1000});
  }
  from_phones_used_ += pdus.size();
  std::string id = "mo-" + std::to_string(++last_phone_message_);
  TRESTLE_TRY(loop_.Post([this, id, from = message.from, pdus = std::move(pdus)]() mutable {
    from_phones_used_ -= pdus.size();
    const bool is_twice = control_->TakeFault(&SimFaults::duplicate_next);
    // Phones number what they send (3GPP TS 23.040, Section 9.2.3.6), and this centre hands it on.
    if (phone_references_.size() >= SimControl::kPhonesMax) phone_references_.clear();
    std::uint16_t& reference = phone_references_[from];
    for (Pdu& pdu : pdus) {
      reference = (reference + 1) & 0xFF;
      pdu.tlvs.push_back(MakeTlvU16(tag::kUserMessageReference, reference));
      const bool is_last = &pdu == &pdus.back();
      if (is_twice) Queue({pdu});
      Queue({std::move(pdu), is_last ? id : ""});
    }
  }));
  return id;
}

void SimCentre::Queue(Outgoing outgoing) {
  if (pending_.size() >= kPendingMax) pending_.pop_front();
  pending_.push_back(std::move(outgoing));
  Pump();
}

std::shared_ptr<SimBind> SimCentre::PickBind() {
  for (std::size_t tried = 0; tried < binds_.size(); ++tried) {
    const auto& bind = binds_[++next_bind_ % binds_.size()];
    if (bind->has_room()) return bind;
  }
  return nullptr;
}

void SimCentre::Pump() {
  if (stopped_ || is_down_) return;
  const MonoTime now = clock_.mono_now();
  for (auto each = pending_.begin(); each != pending_.end();) {
    if (each->not_before > now) {
      ++each;
      continue;
    }
    const auto bind = PickBind();
    if (bind == nullptr) return;  // called again when one is ready or has room
    Outgoing outgoing = std::move(*each);
    each = pending_.erase(each);
    bind->Deliver(std::move(outgoing));
  }
}

void SimCentre::TakeDeliverAnswer(Outgoing outgoing, CommandStatus code) {
  // RX_P_APPN and RX_R_APPN refuse for good; any other error asks to come again.
  if (code == status::kOk && !outgoing.about.empty()) control_->Acknowledged(outgoing.about);
  const bool is_settled = code == status::kOk || code == status::kPermanentAppError || code == 0x66;
  if (is_settled || ++outgoing.attempts >= kAttemptsMax) return Pump();
  const int doublings = std::min(outgoing.attempts - 1, kDoublingsMax);
  outgoing.not_before =
      clock_.mono_now() + options_.deliver_again_after * (std::int64_t{1} << doublings);
  const MonoTime at = outgoing.not_before;
  pending_.push_back(std::move(outgoing));
  (void)loop_.PostAt(at, [this] { Pump(); });
  Pump();
}

void SimCentre::TakeUndelivered(Outgoing outgoing) {
  outgoing.not_before = {};
  pending_.push_front(std::move(outgoing));
}

}  // namespace trestle::sms
