#include "adapters/sms/codec.h"

#include <algorithm>

#include "adapters/sms/codec_fields.h"

namespace trestle::sms {
namespace {

std::uint32_t ReadU32(ByteView in) {
  return (std::uint32_t{in[0]} << 24) | (std::uint32_t{in[1]} << 16) | (std::uint32_t{in[2]} << 8) |
         std::uint32_t{in[3]};
}

std::uint16_t ReadU16(ByteView in) {
  return static_cast<std::uint16_t>((std::uint32_t{in[0]} << 8) | in[1]);
}

void AppendU16(Bytes& out, std::uint16_t value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8));
  out.push_back(static_cast<std::uint8_t>(value));
}

void AppendU32(Bytes& out, std::uint32_t value) {
  AppendU16(out, static_cast<std::uint16_t>(value >> 16));
  AppendU16(out, static_cast<std::uint16_t>(value));
}

// Fills a body from octets. After the first refusal it reads nothing more.
class FieldReader {
 public:
  explicit FieldReader(ByteView input) : size_(input.size()), rest_(input) {}

  void Begin(const char*) {}
  void End() {}

  void U8(const char* name, std::uint8_t& out) {
    if (Has(name, 1)) out = Take(1)[0];
  }
  void U32(const char* name, std::uint32_t& out) {
    if (Has(name, 4)) out = ReadU32(Take(4));
  }
  // A C-octet string: its NUL stands within `max` octets.
  void Text(const char* name, std::string& out, std::size_t max) {
    if (!Has(name, 0)) return;
    const auto window = rest_.first(std::min(max, rest_.size()));
    const auto nul = std::find(window.begin(), window.end(), std::uint8_t{0});
    if (nul == window.end()) return Refuse(status::kInvalidCommandLength);
    const auto length = static_cast<std::size_t>(nul - window.begin());
    out = std::string(AsText(rest_.first(length)));
    rest_ = rest_.subspan(length + 1);
  }
  void Counted(const char* name, Bytes& out) {
    std::uint8_t length = 0;
    U8(name, length);
    if (!is_good()) return;
    if (length > rest_.size()) return Refuse(status::kInvalidMessageLength);
    out = ToBytes(Take(length));
  }
  template <class Row, class Each>
  void List(const char* name, std::vector<Row>& out, Each each) {
    std::uint8_t count = 0;
    U8(name, count);
    for (std::uint8_t i = 0; i < count && is_good(); ++i) {
      Row row;
      each(*this, row);
      if (is_good()) out.push_back(std::move(row));
    }
  }
  void Refuse(CommandStatus code) {
    if (is_good()) fault_.status = code;
  }

  bool is_good() const { return fault_.status == status::kOk; }
  const PduFault& fault() const { return fault_; }
  ByteView rest() const { return rest_; }

 private:
  // Also notes where it is, so that a refusal can say so.
  bool Has(const char* name, std::size_t count) {
    if (!is_good()) return false;
    fault_.field = name;
    fault_.at = kHeaderBytes + size_ - rest_.size();
    if (rest_.size() >= count) return true;
    Refuse(status::kInvalidCommandLength);
    return false;
  }
  ByteView Take(std::size_t count) {
    const ByteView out = rest_.first(count);
    rest_ = rest_.subspan(count);
    return out;
  }

  const std::size_t size_;
  ByteView rest_;
  PduFault fault_;
};

class FieldWriter {
 public:
  explicit FieldWriter(Bytes& out) : out_(out) {}

  void Begin(const char*) {}
  void End() {}
  void U8(const char* name, std::uint8_t value) {
    last_ = name;
    out_.push_back(value);
  }
  void U32(const char* name, std::uint32_t value) {
    last_ = name;
    AppendU32(out_, value);
  }
  void Text(const char* name, const std::string& text, std::size_t max) {
    last_ = name;
    if (text.size() + 1 > max || text.find('\0') != std::string::npos) Refuse(0);
    out_.insert(out_.end(), text.begin(), text.end());
    out_.push_back(0);
  }
  void Counted(const char* name, const Bytes& octets) {
    last_ = name;
    if (octets.size() > 254) Refuse(0);
    out_.push_back(static_cast<std::uint8_t>(octets.size()));
    out_.insert(out_.end(), octets.begin(), octets.end());
  }
  template <class Row, class Each>
  void List(const char* name, const std::vector<Row>& rows, Each each) {
    last_ = name;
    if (rows.size() > kDestinationsMax) Refuse(0);
    out_.push_back(static_cast<std::uint8_t>(rows.size()));
    for (const Row& row : rows) each(*this, row);
  }
  // What does not fit is the field that was written last.
  void Refuse(CommandStatus) {
    if (misfit_ == nullptr) misfit_ = last_;
  }

  const char* misfit() const { return misfit_; }  // null: all fit

 private:
  Bytes& out_;
  const char* last_ = "";
  const char* misfit_ = nullptr;
};

// SMPP 3.4, Section 4.4.2 lets an error response end after its header; in the field a
// deliver_sm_resp of status 0 does so too, and its message_id is unused anyway.
bool MayEndAfterHeader(CommandId command, CommandStatus code) {
  if (!IsResponse(command)) return false;
  return code != status::kOk || command == CommandId::kDeliverSmResp;
}

CommandStatus DecodeTlvs(ByteView rest, std::vector<Tlv>& out) {
  while (!rest.empty()) {
    if (rest.size() < 4) return status::kInvalidTlvStream;
    const std::uint16_t tag = ReadU16(rest);
    const std::size_t length = ReadU16(rest.subspan(2));
    rest = rest.subspan(4);
    if (length > rest.size()) return status::kInvalidTlvStream;
    out.push_back(Tlv{tag, ToBytes(rest.first(length))});
    rest = rest.subspan(length);
  }
  return status::kOk;
}

tl::unexpected<Error> Refused(const PduFault& found, PduFault* fault, StaticText what) {
  if (fault != nullptr) *fault = found;
  const bool is_unknown = found.status == status::kInvalidCommandId;
  return Fail(is_unknown ? Reason::kUnsupported : Reason::kMalformed, what);
}

tl::unexpected<Error> NotEncoded(std::string_view field, PduFault* fault, StaticText what) {
  if (fault != nullptr) *fault = {status::kOk, field, 0};
  return Fail(Reason::kInvalidArgument, what);
}

}  // namespace

PduHeader ReadHeader(ByteView octets) {
  return {ReadU32(octets), ReadU32(octets.subspan(4)), ReadU32(octets.subspan(8)),
          ReadU32(octets.subspan(12))};
}

Result<Pdu> DecodePdu(ByteView octets, PduFault* fault) {
  if (octets.size() < kHeaderBytes || octets.size() > kPduBytesMax ||
      ReadU32(octets) != octets.size()) {
    return Refused({status::kInvalidCommandLength, "command_length", 0}, fault,
                   "a PDU's length is wrong");
  }
  const PduHeader header = ReadHeader(octets);
  if (!IsKnownCommand(header.command)) {
    return Refused({status::kInvalidCommandId, "command_id", 4}, fault,
                   "a PDU's command is unknown");
  }
  Pdu pdu{static_cast<CommandId>(header.command), header.status, header.sequence};
  const ByteView input = octets.subspan(kHeaderBytes);
  if (input.empty() && MayEndAfterHeader(pdu.command, pdu.status)) return pdu;

  pdu.body = EmptyBodyOf(pdu.command);
  FieldReader reader(input);
  std::visit([&](auto& body) { fields::VisitFields(reader, body); }, pdu.body);
  if (!reader.is_good()) return Refused(reader.fault(), fault, "a PDU's fields do not parse");
  const CommandStatus tlvs = DecodeTlvs(reader.rest(), pdu.tlvs);
  if (tlvs != status::kOk) {
    const std::size_t at = octets.size() - reader.rest().size();
    return Refused({tlvs, "optional parameters", at}, fault,
                   "a PDU's optional parameters do not parse");
  }
  return pdu;
}

Result<Bytes> EncodePdu(const Pdu& pdu, PduFault* fault) {
  Bytes out;
  out.reserve(128);
  AppendU32(out, 0);  // the length, known at the end
  AppendU32(out, static_cast<std::uint32_t>(pdu.command));
  AppendU32(out, pdu.status);
  AppendU32(out, pdu.sequence);
  const bool is_bodiless = std::holds_alternative<EmptyBody>(pdu.body);
  if (pdu.body.index() != EmptyBodyOf(pdu.command).index() &&
      !(is_bodiless && MayEndAfterHeader(pdu.command, pdu.status))) {
    return NotEncoded("body", fault, "a PDU has the body of another command");
  }
  FieldWriter writer(out);
  std::visit([&](const auto& body) { fields::VisitFields(writer, body); }, pdu.body);
  if (writer.misfit() != nullptr) {
    return NotEncoded(writer.misfit(), fault, "a PDU's field does not fit its place");
  }
  for (const Tlv& tlv : pdu.tlvs) {
    if (tlv.value.size() > 0xFFFF) {
      return NotEncoded("optional parameters", fault, "a TLV is too long");
    }
    AppendU16(out, tlv.tag);
    AppendU16(out, static_cast<std::uint16_t>(tlv.value.size()));
    out.insert(out.end(), tlv.value.begin(), tlv.value.end());
  }
  if (out.size() > kPduBytesMax) {
    return NotEncoded("command_length", fault, "a PDU is too long");
  }
  const auto length = static_cast<std::uint32_t>(out.size());
  for (std::size_t i = 0; i < 4; ++i) {
    out[i] = static_cast<std::uint8_t>(length >> (24 - 8 * i));
  }
  return out;
}

Body EmptyBodyOf(CommandId command) {
  switch (command) {
    case CommandId::kBindReceiver:
    case CommandId::kBindTransmitter:
    case CommandId::kBindTransceiver:
      return BindBody{};
    case CommandId::kBindReceiverResp:
    case CommandId::kBindTransmitterResp:
    case CommandId::kBindTransceiverResp:
      return BindRespBody{};
    case CommandId::kOutbind:
      return OutbindBody{};
    case CommandId::kSubmitSm:
    case CommandId::kDeliverSm:
      return MessageBody{};
    case CommandId::kSubmitSmResp:
    case CommandId::kDeliverSmResp:
    case CommandId::kDataSmResp:
      return MessageIdBody{};
    case CommandId::kDataSm:
      return DataBody{};
    case CommandId::kQuerySm:
      return QueryBody{};
    case CommandId::kQuerySmResp:
      return QueryRespBody{};
    case CommandId::kCancelSm:
      return CancelBody{};
    case CommandId::kReplaceSm:
      return ReplaceBody{};
    case CommandId::kSubmitMulti:
      return MultiBody{};
    case CommandId::kSubmitMultiResp:
      return MultiRespBody{};
    case CommandId::kAlertNotification:
      return AlertBody{};
    case CommandId::kUnbind:
    case CommandId::kUnbindResp:
    case CommandId::kEnquireLink:
    case CommandId::kEnquireLinkResp:
    case CommandId::kCancelSmResp:
    case CommandId::kReplaceSmResp:
    case CommandId::kGenericNack:
      return EmptyBody{};
  }
  return EmptyBody{};
}

const Tlv* FindTlv(const Pdu& pdu, std::uint16_t tag) {
  for (const Tlv& tlv : pdu.tlvs) {
    if (tlv.tag == tag) return &tlv;
  }
  return nullptr;
}

std::optional<std::uint8_t> TlvU8(const Pdu& pdu, std::uint16_t tag) {
  const Tlv* tlv = FindTlv(pdu, tag);
  if (tlv == nullptr || tlv->value.size() != 1) return std::nullopt;
  return tlv->value[0];
}

std::optional<std::uint16_t> TlvU16(const Pdu& pdu, std::uint16_t tag) {
  const Tlv* tlv = FindTlv(pdu, tag);
  if (tlv == nullptr || tlv->value.size() != 2) return std::nullopt;
  return ReadU16(tlv->value);
}

Tlv MakeTlvU8(std::uint16_t tag, std::uint8_t value) { return {tag, Bytes{value}}; }

Tlv MakeTlvU16(std::uint16_t tag, std::uint16_t value) {
  Tlv tlv{tag, {}};
  AppendU16(tlv.value, value);
  return tlv;
}

Tlv MakeTlvText(std::uint16_t tag, std::string_view text) {
  Tlv tlv{tag, ToBytes(text)};
  tlv.value.push_back(0);
  return tlv;
}

CommandStatus CheckTlvSizes(const Pdu& pdu) {
  for (const Tlv& tlv : pdu.tlvs) {
    const TagRow* row = FindTag(tlv.tag);
    if (row == nullptr) continue;
    if (tlv.value.size() < row->bytes_min || tlv.value.size() > row->bytes_max) {
      return status::kInvalidTlvLength;
    }
  }
  return status::kOk;
}

void PduReader::Feed(ByteView octets) {
  if (lost_) return;
  // What was taken goes before more comes, so the buffer never grows past one PDU and one read.
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(taken_));
  taken_ = 0;
  buffer_.insert(buffer_.end(), octets.begin(), octets.end());
}

Result<std::optional<Bytes>> PduReader::Next() {
  if (lost_) return Fail(Reason::kMalformed, "the stream of PDUs is lost");
  const ByteView held = ByteView(buffer_).subspan(taken_);
  if (held.size() < 4) return std::nullopt;
  const std::size_t length = ReadU32(held);
  if (length < kHeaderBytes || length > kPduBytesMax) {
    lost_ = true;
    return Fail(Reason::kMalformed, "a command_length is outside its bounds");
  }
  if (held.size() < length) return std::nullopt;
  taken_ += length;
  return std::optional<Bytes>(ToBytes(held.first(length)));
}

}  // namespace trestle::sms
