// The PDUs of SMPP 3.4 as plain structs, and their octets. Pure functions over borrowed memory: a
// decoder checks every length against what is left before it believes it, and allocates no more
// than the PDU has. Tolerant where the field is (error responses without a body, unknown TLVs, any
// sequence number, any interface version), strict elsewhere.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "adapters/sms/values.h"
#include "bridge/base/bytes.h"
#include "bridge/base/result.h"

namespace trestle::sms {

inline constexpr std::size_t kHeaderBytes = 16;
// The largest TLV (message_payload, 64 KiB) with ample room for the fields around it.
inline constexpr std::size_t kPduBytesMax = 66 * 1024;
inline constexpr std::size_t kDestinationsMax = 254;  // SMPP 3.4, Section 4.5.1

struct Address {
  std::uint8_t ton = 0;
  std::uint8_t npi = 0;
  std::string text;
  bool operator==(const Address&) const = default;
};

struct Tlv {
  std::uint16_t tag = 0;
  Bytes value;
  bool operator==(const Tlv&) const = default;
};

struct EmptyBody {  // unbind, enquire_link, generic_nack, …; also a response that ends early
  bool operator==(const EmptyBody&) const = default;
};

struct BindBody {
  std::string system_id;
  std::string password;
  std::string system_type;
  std::uint8_t interface_version = kInterfaceVersion;
  Address range;
  bool operator==(const BindBody&) const = default;
};

struct BindRespBody {
  std::string system_id;
  bool operator==(const BindRespBody&) const = default;
};

struct OutbindBody {
  std::string system_id;
  std::string password;
  bool operator==(const OutbindBody&) const = default;
};

struct MessageBody {  // submit_sm and deliver_sm
  std::string service_type;
  Address source;
  Address destination;
  std::uint8_t esm_class = 0;
  std::uint8_t protocol_id = 0;
  std::uint8_t priority_flag = 0;
  std::string schedule_delivery_time;
  std::string validity_period;
  std::uint8_t registered_delivery = 0;
  std::uint8_t replace_if_present_flag = 0;
  std::uint8_t data_coding = 0;
  std::uint8_t sm_default_msg_id = 0;
  Bytes short_message;
  bool operator==(const MessageBody&) const = default;
};

struct MessageIdBody {  // submit_sm_resp, deliver_sm_resp, data_sm_resp
  std::string message_id;
  bool operator==(const MessageIdBody&) const = default;
};

struct DataBody {
  std::string service_type;
  Address source;
  Address destination;
  std::uint8_t esm_class = 0;
  std::uint8_t registered_delivery = 0;
  std::uint8_t data_coding = 0;
  bool operator==(const DataBody&) const = default;
};

struct QueryBody {
  std::string message_id;
  Address source;
  bool operator==(const QueryBody&) const = default;
};

struct QueryRespBody {
  std::string message_id;
  std::string final_date;
  std::uint8_t message_state = 0;
  std::uint8_t error_code = 0;
  bool operator==(const QueryRespBody&) const = default;
};

struct CancelBody {
  std::string service_type;
  std::string message_id;
  Address source;
  Address destination;
  bool operator==(const CancelBody&) const = default;
};

struct ReplaceBody {
  std::string message_id;
  Address source;
  std::string schedule_delivery_time;
  std::string validity_period;
  std::uint8_t registered_delivery = 0;
  std::uint8_t sm_default_msg_id = 0;
  Bytes short_message;
  bool operator==(const ReplaceBody&) const = default;
};

struct Destination {
  std::uint8_t dest_flag = 1;  // 1: an address; 2: a distribution list, whose name is address.text
  Address address;
  bool operator==(const Destination&) const = default;
};

struct MultiBody {
  std::string service_type;
  Address source;
  std::vector<Destination> destinations;
  std::uint8_t esm_class = 0;
  std::uint8_t protocol_id = 0;
  std::uint8_t priority_flag = 0;
  std::string schedule_delivery_time;
  std::string validity_period;
  std::uint8_t registered_delivery = 0;
  std::uint8_t replace_if_present_flag = 0;
  std::uint8_t data_coding = 0;
  std::uint8_t sm_default_msg_id = 0;
  Bytes short_message;
  bool operator==(const MultiBody&) const = default;
};

struct Unsuccessful {
  Address address;
  CommandStatus error = 0;
  bool operator==(const Unsuccessful&) const = default;
};

struct MultiRespBody {
  std::string message_id;
  std::vector<Unsuccessful> unsuccessful;
  bool operator==(const MultiRespBody&) const = default;
};

struct AlertBody {
  Address source;
  Address esme;
  bool operator==(const AlertBody&) const = default;
};

using Body = std::variant<EmptyBody, BindBody, BindRespBody, OutbindBody, MessageBody,
                          MessageIdBody, DataBody, QueryBody, QueryRespBody, CancelBody,
                          ReplaceBody, MultiBody, MultiRespBody, AlertBody>;

struct Pdu {
  CommandId command = CommandId::kEnquireLink;
  CommandStatus status = status::kOk;
  std::uint32_t sequence = 0;
  Body body = EmptyBody{};
  std::vector<Tlv> tlvs = {};
  bool operator==(const Pdu&) const = default;
};

struct PduHeader {
  std::uint32_t length = 0;
  std::uint32_t command = 0;  // may be outside CommandId
  CommandStatus status = 0;
  std::uint32_t sequence = 0;
};

// `octets` holds at least 16.
PduHeader ReadHeader(ByteView octets);

// What is wrong with a PDU, for whoever has to find it.
struct PduFault {
  CommandStatus status = status::kOk;  // what an answer should carry
  std::string_view field = "";         // the first that does not fit; "" when it is the whole
  std::size_t at = 0;                  // octets before that field, header included; decoding only
};

// One whole PDU, command_length included. kUnsupported for a command outside SMPP 3.4, else
// kMalformed; `fault` (when given) says more.
Result<Pdu> DecodePdu(ByteView octets, PduFault* fault = nullptr);

// kInvalidArgument when a field does not fit its place; the text names the rule, `fault` the field.
Result<Bytes> EncodePdu(const Pdu& pdu, PduFault* fault = nullptr);

// The body that a command has when nothing is missing.
Body EmptyBodyOf(CommandId command);

const Tlv* FindTlv(const Pdu& pdu, std::uint16_t tag);
std::optional<std::uint8_t> TlvU8(const Pdu& pdu, std::uint16_t tag);    // none when another size
std::optional<std::uint16_t> TlvU16(const Pdu& pdu, std::uint16_t tag);  // none when another size
Tlv MakeTlvU8(std::uint16_t tag, std::uint8_t value);
Tlv MakeTlvU16(std::uint16_t tag, std::uint16_t value);
Tlv MakeTlvText(std::uint16_t tag, std::string_view text);  // with its closing NUL

// Known TLVs have the sizes of the specification; answers the status to refuse with, or kOk.
CommandStatus CheckTlvSizes(const Pdu& pdu);

// Cuts a TCP stream into PDUs, whatever the reads were. Holds at most one PDU beside what was fed.
class PduReader {
 public:
  // Keeps the octets until Next has taken them.
  void Feed(ByteView octets);
  // The next whole PDU's octets; nothing when more must be fed. kMalformed for a command_length
  // outside 16 to kPduBytesMax: the stream is lost, and every later call answers the same.
  Result<std::optional<Bytes>> Next();

  std::size_t held_bytes() const { return buffer_.size() - taken_; }

 private:
  Bytes buffer_;
  std::size_t taken_ = 0;
  bool lost_ = false;
};

}  // namespace trestle::sms
