// The user data header of a short message (3GPP TS 23.040, Section 9.2.3.24): concatenation and
// port addressing, read from the octets of a message and written before them. Elements that are
// unknown are skipped; a concatenation element with an impossible place is ignored, as the
// specification asks. Also the other ways SMPP says that a message is a part: the sar_* TLVs and
// message_payload.
#pragma once

#include <optional>

#include "adapters/sms/codec.h"
#include "adapters/sms/national.h"

namespace trestle::sms {

struct Concatenation {
  std::uint16_t reference = 0;
  bool is_wide = false;  // a 16-bit reference
  std::uint8_t total = 1;
  std::uint8_t part = 1;  // from 1
  bool operator==(const Concatenation&) const = default;
};

struct Ports {
  std::uint16_t destination = 0;
  std::uint16_t source = 0;
  bool is_wide = true;  // 16-bit ports; false: the 8-bit element
  bool operator==(const Ports&) const = default;
};

struct UserDataHeader {
  std::optional<Concatenation> concatenation = {};
  std::optional<Ports> ports = {};
  GsmTables national = {};  // of text in the default alphabet
  bool operator==(const UserDataHeader&) const = default;
};

struct UserData {
  UserDataHeader header;
  std::size_t header_octets = 0;  // UDHL included; 0 without a header
  Bytes content;
};

// kMalformed when the header's length or an element's passes the end.
Result<UserData> ParseUserData(ByteView octets);

// UDHL and the elements; empty when the header says nothing. Ports come before concatenation.
Bytes EncodeUserDataHeader(const UserDataHeader& header);

// The content of a submit_sm, deliver_sm or data_sm in whichever form it came.
struct ShortMessage {
  Address source;
  Address destination;
  std::uint8_t esm_class = 0;
  std::uint8_t data_coding = 0;
  std::uint8_t registered_delivery = 0;
  UserDataHeader header;
  Bytes content;  // without the header
};

// kMalformed when header or forms contradict each other (short_message and message_payload both
// filled), kUnsupported for another PDU.
Result<ShortMessage> ReadShortMessage(const Pdu& pdu);

}  // namespace trestle::sms
