#include "adapters/sms/user_data.h"

namespace trestle::sms {
namespace {

// Information element identifiers, TS 23.040, Section 9.2.3.24.
constexpr std::uint8_t kConcatenation8 = 0x00;
constexpr std::uint8_t kPorts8 = 0x04;
constexpr std::uint8_t kPorts16 = 0x05;
constexpr std::uint8_t kConcatenation16 = 0x08;
constexpr std::uint8_t kSingleShift = 0x24;
constexpr std::uint8_t kLockingShift = 0x25;

std::uint16_t U16(std::uint8_t high, std::uint8_t low) {
  return static_cast<std::uint16_t>((std::uint32_t{high} << 8) | low);
}

bool IsPossible(const Concatenation& place) { return place.part >= 1 && place.part <= place.total; }

void ReadElement(std::uint8_t id, ByteView data, UserDataHeader& out) {
  Concatenation place;
  if (id == kConcatenation8 && data.size() == 3) {
    place = {data[0], false, data[1], data[2]};
    if (IsPossible(place)) out.concatenation = place;
  } else if (id == kConcatenation16 && data.size() == 4) {
    place = {U16(data[0], data[1]), true, data[2], data[3]};
    if (IsPossible(place)) out.concatenation = place;
  } else if (id == kPorts8 && data.size() == 2) {
    out.ports = Ports{data[0], data[1], false};
  } else if (id == kPorts16 && data.size() == 4) {
    out.ports = Ports{U16(data[0], data[1]), U16(data[2], data[3]), true};
  } else if (id == kSingleShift && data.size() == 1) {
    out.national.single = data[0];
  } else if (id == kLockingShift && data.size() == 1) {
    out.national.locking = data[0];
  }
}

void AppendU16(Bytes& out, std::uint16_t value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8));
  out.push_back(static_cast<std::uint8_t>(value));
}

// The place by TLVs counts only when all three are there and the header has none (SMPP 3.4,
// Section 5.3.2.22: never mixed).
void ReadSar(const Pdu& pdu, UserDataHeader& header) {
  const auto reference = TlvU16(pdu, tag::kSarReference);
  const auto total = TlvU8(pdu, tag::kSarTotal);
  const auto part = TlvU8(pdu, tag::kSarPart);
  if (header.concatenation || !reference || !total || !part) return;
  const Concatenation place{*reference, true, *total, *part};
  if (IsPossible(place)) header.concatenation = place;
}

void ReadPortTlvs(const Pdu& pdu, UserDataHeader& header) {
  const auto destination = TlvU16(pdu, tag::kDestinationPort);
  if (header.ports || !destination) return;
  header.ports = Ports{*destination, TlvU16(pdu, tag::kSourcePort).value_or(0), true};
}

}  // namespace

Result<UserData> ParseUserData(ByteView octets) {
  if (octets.empty()) return Fail(Reason::kMalformed, "user data has no header");
  const std::size_t length = octets[0];
  if (length + 1 > octets.size()) {
    return Fail(Reason::kMalformed, "a user data header passes the end");
  }
  UserData out;
  out.header_octets = length + 1;
  ByteView elements = octets.subspan(1, length);
  while (!elements.empty()) {
    if (elements.size() < 2 || std::size_t{elements[1]} + 2 > elements.size()) {
      return Fail(Reason::kMalformed, "a user data element passes the end");
    }
    ReadElement(elements[0], elements.subspan(2, elements[1]), out.header);
    elements = elements.subspan(std::size_t{elements[1]} + 2);
  }
  out.content = ToBytes(octets.subspan(length + 1));
  return out;
}

Bytes EncodeUserDataHeader(const UserDataHeader& header) {
  Bytes elements;
  if (header.ports && header.ports->is_wide) {
    elements.insert(elements.end(), {kPorts16, 4});
    AppendU16(elements, header.ports->destination);
    AppendU16(elements, header.ports->source);
  } else if (header.ports) {
    elements.insert(elements.end(),
                    {kPorts8, 2, static_cast<std::uint8_t>(header.ports->destination),
                     static_cast<std::uint8_t>(header.ports->source)});
  }
  if (header.concatenation) {
    const Concatenation& place = *header.concatenation;
    if (place.is_wide) {
      elements.insert(elements.end(), {kConcatenation16, 4});
      AppendU16(elements, place.reference);
    } else {
      elements.insert(elements.end(),
                      {kConcatenation8, 3, static_cast<std::uint8_t>(place.reference)});
    }
    elements.insert(elements.end(), {place.total, place.part});
  }
  const GsmTables& national = header.national;
  if (national.single != 0) elements.insert(elements.end(), {kSingleShift, 1, national.single});
  if (national.locking != 0) elements.insert(elements.end(), {kLockingShift, 1, national.locking});
  if (elements.empty()) return elements;
  elements.insert(elements.begin(), static_cast<std::uint8_t>(elements.size()));
  return elements;
}

Result<ShortMessage> ReadShortMessage(const Pdu& pdu) {
  ShortMessage out;
  const Tlv* payload = FindTlv(pdu, tag::kMessagePayload);
  ByteView content = payload != nullptr ? ByteView(payload->value) : ByteView();
  if (const auto* message = std::get_if<MessageBody>(&pdu.body)) {
    if (payload != nullptr && !message->short_message.empty()) {
      return Fail(Reason::kMalformed, "a message has two contents");
    }
    if (payload == nullptr) content = message->short_message;
    out.source = message->source;
    out.destination = message->destination;
    out.esm_class = message->esm_class;
    out.data_coding = message->data_coding;
    out.registered_delivery = message->registered_delivery;
  } else if (const auto* data = std::get_if<DataBody>(&pdu.body)) {
    out.source = data->source;
    out.destination = data->destination;
    out.esm_class = data->esm_class;
    out.data_coding = data->data_coding;
    out.registered_delivery = data->registered_delivery;
  } else {
    return Fail(Reason::kUnsupported, "the PDU carries no message");
  }
  if ((out.esm_class & kEsmUserDataHeader) != 0) {
    UserData parsed = TRESTLE_TRY(ParseUserData(content));
    out.header = parsed.header;
    out.content = std::move(parsed.content);
  } else {
    out.content = ToBytes(content);
  }
  ReadSar(pdu, out.header);
  ReadPortTlvs(pdu, out.header);
  return out;
}

}  // namespace trestle::sms
