// The closed lists of SMPP 3.4: command ids, command_status codes with what each asks of us, TLV
// tags with their sizes, message states and the few field constants. Data only, with names for
// people; nothing here knows a session.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace trestle::sms {

enum class CommandId : std::uint32_t {
  kBindReceiver = 0x00000001,
  kBindTransmitter = 0x00000002,
  kQuerySm = 0x00000003,
  kSubmitSm = 0x00000004,
  kDeliverSm = 0x00000005,
  kUnbind = 0x00000006,
  kReplaceSm = 0x00000007,
  kCancelSm = 0x00000008,
  kBindTransceiver = 0x00000009,
  kOutbind = 0x0000000B,
  kEnquireLink = 0x00000015,
  kSubmitMulti = 0x00000021,
  kAlertNotification = 0x00000102,
  kDataSm = 0x00000103,
  kGenericNack = 0x80000000,
  kBindReceiverResp = 0x80000001,
  kBindTransmitterResp = 0x80000002,
  kQuerySmResp = 0x80000003,
  kSubmitSmResp = 0x80000004,
  kDeliverSmResp = 0x80000005,
  kUnbindResp = 0x80000006,
  kReplaceSmResp = 0x80000007,
  kCancelSmResp = 0x80000008,
  kBindTransceiverResp = 0x80000009,
  kEnquireLinkResp = 0x80000015,
  kSubmitMultiResp = 0x80000021,
  kDataSmResp = 0x80000103,
};

inline constexpr std::uint32_t kResponseBit = 0x80000000;

bool IsKnownCommand(std::uint32_t command_id);
std::string_view CommandName(CommandId command);  // "submit_sm", …
std::optional<CommandId> CommandNamed(std::string_view name);
constexpr bool IsResponse(CommandId command) {
  return (static_cast<std::uint32_t>(command) & kResponseBit) != 0;
}
constexpr CommandId ResponseTo(CommandId request) {
  return static_cast<CommandId>(static_cast<std::uint32_t>(request) | kResponseBit);
}

// Not an enum class: peers send vendor codes, and any 32-bit value is a legal status.
using CommandStatus = std::uint32_t;
namespace status {
inline constexpr CommandStatus kOk = 0x00;
inline constexpr CommandStatus kInvalidMessageLength = 0x01;
inline constexpr CommandStatus kInvalidCommandLength = 0x02;
inline constexpr CommandStatus kInvalidCommandId = 0x03;
inline constexpr CommandStatus kInvalidBindStatus = 0x04;
inline constexpr CommandStatus kAlreadyBound = 0x05;
inline constexpr CommandStatus kInvalidPriority = 0x06;
inline constexpr CommandStatus kInvalidRegisteredDelivery = 0x07;
inline constexpr CommandStatus kSystemError = 0x08;
inline constexpr CommandStatus kInvalidSource = 0x0A;
inline constexpr CommandStatus kInvalidDestination = 0x0B;
inline constexpr CommandStatus kInvalidMessageId = 0x0C;
inline constexpr CommandStatus kBindFailed = 0x0D;
inline constexpr CommandStatus kInvalidPassword = 0x0E;
inline constexpr CommandStatus kInvalidSystemId = 0x0F;
inline constexpr CommandStatus kCancelFailed = 0x11;
inline constexpr CommandStatus kReplaceFailed = 0x13;
inline constexpr CommandStatus kQueueFull = 0x14;
inline constexpr CommandStatus kInvalidServiceType = 0x15;
inline constexpr CommandStatus kInvalidDestinationCount = 0x33;
inline constexpr CommandStatus kInvalidListName = 0x34;
inline constexpr CommandStatus kInvalidEsmClass = 0x43;
inline constexpr CommandStatus kSubmitFailed = 0x45;
inline constexpr CommandStatus kInvalidSourceTon = 0x48;
inline constexpr CommandStatus kInvalidSourceNpi = 0x49;
inline constexpr CommandStatus kInvalidDestinationTon = 0x50;
inline constexpr CommandStatus kInvalidDestinationNpi = 0x51;
inline constexpr CommandStatus kInvalidReplaceFlag = 0x54;
inline constexpr CommandStatus kThrottled = 0x58;
inline constexpr CommandStatus kInvalidSchedule = 0x61;
inline constexpr CommandStatus kInvalidExpiry = 0x62;
inline constexpr CommandStatus kTemporaryAppError = 0x64;
inline constexpr CommandStatus kPermanentAppError = 0x65;
inline constexpr CommandStatus kQueryFailed = 0x67;
inline constexpr CommandStatus kInvalidTlvStream = 0xC0;
inline constexpr CommandStatus kTlvNotAllowed = 0xC1;
inline constexpr CommandStatus kInvalidTlvLength = 0xC2;
inline constexpr CommandStatus kMissingTlv = 0xC3;
inline constexpr CommandStatus kInvalidTlvValue = 0xC4;
inline constexpr CommandStatus kDeliveryFailure = 0xFE;
inline constexpr CommandStatus kUnknownError = 0xFF;
}  // namespace status

// What a status asks of the sender of the request.
enum class StatusClass : std::uint8_t {
  kOk,
  kSlowDown,   // keeps its place, is sent again later
  kRetry,      // worth a few more tries
  kPermanent,  // never for this message
  kLink,       // the bind itself is wrong
};
StatusClass ClassOf(CommandStatus code);          // unknown and vendor codes are kRetry
std::string_view StatusName(CommandStatus code);  // "RTHROTTLED"; "" for codes outside the list

namespace tag {
inline constexpr std::uint16_t kPayloadType = 0x0019;
inline constexpr std::uint16_t kReceiptedMessageId = 0x001E;
inline constexpr std::uint16_t kUserMessageReference = 0x0204;
inline constexpr std::uint16_t kSourcePort = 0x020A;
inline constexpr std::uint16_t kDestinationPort = 0x020B;
inline constexpr std::uint16_t kSarReference = 0x020C;
inline constexpr std::uint16_t kSarTotal = 0x020E;
inline constexpr std::uint16_t kSarPart = 0x020F;
inline constexpr std::uint16_t kScInterfaceVersion = 0x0210;
inline constexpr std::uint16_t kNetworkErrorCode = 0x0423;
inline constexpr std::uint16_t kMessagePayload = 0x0424;
inline constexpr std::uint16_t kMessageState = 0x0427;
}  // namespace tag

enum class TagForm : std::uint8_t { kNumber, kText, kOctets };  // kText: a C-octet string

struct TagRow {
  std::uint16_t tag;
  std::string_view name;
  std::uint32_t bytes_min;
  std::uint32_t bytes_max;
  TagForm form = TagForm::kNumber;
};
const TagRow* FindTag(std::uint16_t tag);  // null for unknown and vendor tags
const TagRow* FindTag(std::string_view name);

enum class MessageState : std::uint8_t {
  kEnroute = 1,
  kDelivered = 2,
  kExpired = 3,
  kDeleted = 4,
  kUndeliverable = 5,
  kAccepted = 6,
  kUnknown = 7,
  kRejected = 8,
};
std::string_view StateWord(MessageState state);                  // "DELIVRD", as receipts spell it
std::optional<MessageState> StateOfWord(std::string_view word);  // any letter case
constexpr bool IsFinal(MessageState state) {
  return state == MessageState::kDelivered || state == MessageState::kExpired ||
         state == MessageState::kDeleted || state == MessageState::kUndeliverable ||
         state == MessageState::kRejected;
}

// esm_class bits (SMPP 3.4, Section 5.2.12); test bits, never equality.
inline constexpr std::uint8_t kEsmTypeMask = 0x3C;
inline constexpr std::uint8_t kEsmReceipt = 0x04;
inline constexpr std::uint8_t kEsmIntermediate = 0x20;
inline constexpr std::uint8_t kEsmUserDataHeader = 0x40;

// data_coding values this adapter sends.
inline constexpr std::uint8_t kCodingDefault = 0x00;  // GSM 03.38, one septet an octet
inline constexpr std::uint8_t kCodingBinary = 0x04;
inline constexpr std::uint8_t kCodingUcs2 = 0x08;

inline constexpr std::uint8_t kInterfaceVersion = 0x34;

}  // namespace trestle::sms
