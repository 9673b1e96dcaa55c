// Read states: what has become of messages at their receiver, many in one report
// (draft-mahy-mimi-message-status). A CBOR array of pairs, carried as a part of MIMI content.
// Values. Whether and when to report is the application's question, and the person's.
#pragma once

#include "endpoint/content/message.h"

namespace trestle::content {

inline constexpr std::string_view kStatusReport = "application/mimi-message-status";
inline constexpr std::size_t kStatusesMax = 1024;  // ours: the draft has no bound

enum class MessageStatus : std::uint8_t {
  kUnread = 0,
  kDelivered = 1,
  kRead = 2,
  kExpired = 3,
  kDeleted = 4,
  kHidden = 5,
  kError = 6,
  // 7 to 255 are unknown here and kept as they are.
};

struct StatusOfMessage {
  MessageId message;
  MessageStatus status = MessageStatus::kUnread;
  bool operator==(const StatusOfMessage&) const = default;
};

// kInvalidArgument for none or more than kStatusesMax.
Result<Bytes> EncodeStatuses(const std::vector<StatusOfMessage>& statuses);
Result<std::vector<StatusOfMessage>> DecodeStatuses(ByteView cbor);

// The message that carries a report, and the report that a message carries: kNotFound when its body
// is of another type.
Result<Message> StatusReport(const std::vector<StatusOfMessage>& statuses);
Result<std::vector<StatusOfMessage>> StatusesOf(const Message& message);

}  // namespace trestle::content
