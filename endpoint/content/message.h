// What people say to each other: MIMI content (draft-ietf-mimi-content-08), a CBOR array of seven.
// Text, replies, reactions, edits, deletions, expiry, attachments and typed parts, in one shape;
// the bridge never sees which. A value. Decode refuses what is not deterministic CBOR or is above
// the limits, so that equal messages are equal octets.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "bridge/base/bytes.h"
#include "bridge/base/result.h"

namespace trestle::content {

inline constexpr std::size_t kSaltBytes = 16;
inline constexpr int kPartDepthMax = 4;         // mimi-content, Depth restrictions
inline constexpr std::size_t kPartsMax = 1024;  // mimi-content, Security Considerations
inline constexpr std::size_t kTopicBytesMax = 4096;
inline constexpr std::size_t kExtensionsMax = 32;
inline constexpr std::size_t kExtensionValueBytesMax = 4095;

inline constexpr std::string_view kPlainText = "text/plain;charset=utf-8";
inline constexpr std::string_view kMarkdown = "text/markdown;charset=utf-8";

// mimi-content, Message ID: the hash algorithm and 31 octets of its output.
struct MessageId {
  Bytes32 bytes{};
  bool operator==(const MessageId&) const = default;
};

// A hint to the receiver to delete the message.
struct Expiration {
  bool relative = true;  // seconds after it was read; otherwise seconds of the Unix epoch
  std::uint32_t time_s = 0;
  bool operator==(const Expiration&) const = default;
};

enum class Disposition : std::uint8_t {
  kUnspecified = 0,
  kRender = 1,
  kReaction = 2,
  kProfile = 3,
  kInline = 4,
  kIcon = 5,
  kAttachment = 6,
  kSession = 7,
  kPreview = 8,
  // 9 to 255 are unknown here and kept as they are.
};

struct Part;

struct NullPart {
  bool operator==(const NullPart&) const = default;
};
struct SinglePart {
  std::string content_type;
  Bytes content;
  bool operator==(const SinglePart&) const = default;
};
// Content that is fetched from elsewhere and decrypted with what stands here.
struct ExternalPart {
  std::string content_type;
  std::string url;
  std::uint32_t expires_s = 0;   // of the Unix epoch; 0: never
  std::uint64_t size_bytes = 0;  // 0: not said
  std::uint16_t aead = 0;        // IANA AEAD number; 0: not encrypted
  Bytes key;
  Bytes nonce;
  Bytes aad;
  std::uint8_t hash_algorithm = 0;  // IANA named information; 1 is SHA-256
  Bytes content_hash;
  std::string description;
  std::string filename;
  bool operator==(const ExternalPart&) const = default;
};
enum class PartSemantics : std::uint8_t { kChooseOne = 0, kSingleUnit = 1, kProcessAll = 2 };
struct MultiPart {
  PartSemantics semantics = PartSemantics::kProcessAll;
  std::vector<Part> parts;  // two or more
  bool operator==(const MultiPart&) const;
};

struct Part {
  Disposition disposition = Disposition::kRender;
  std::string language;
  std::variant<NullPart, SinglePart, ExternalPart, MultiPart> body;

  static Part Of(std::string_view content_type, Bytes content,
                 Disposition disposition = Disposition::kRender);
  bool operator==(const Part&) const = default;
};

// Positive keys are registered; negative and text keys are private.
struct ExtensionKey {
  std::int64_t number = 0;
  std::string name = {};  // empty: the key is the number
  bool operator==(const ExtensionKey&) const = default;
};
struct ContentExtension {
  ExtensionKey key;
  Bytes value;  // one item of CBOR
  bool operator==(const ContentExtension&) const = default;
};

inline constexpr std::int64_t kSenderUriKey = 1;
inline constexpr std::int64_t kRoomUriKey = 2;

struct Message {
  Bytes16 salt{};  // drawn when the message is sealed
  std::optional<MessageId> replaces;
  Bytes topic_id;
  std::optional<Expiration> expires;
  std::optional<MessageId> in_reply_to;
  std::vector<ContentExtension> extensions;
  Part body;

  static Message Text(std::string text);
  static Message Markdown(std::string text);
  static Message Of(Part body);  // any typed part, such as a payment request
  static Message Reply(const MessageId& to, std::string text);
  static Message Reaction(const MessageId& to, std::string emoji);
  static Message Unreact(const MessageId& reaction);
  static Message Edit(const MessageId& original, std::string text);
  static Message Delete(const MessageId& original);
  static Message Attachment(ExternalPart file);
  // The same message in several forms; the receiver shows the first that it can (mimi-content,
  // chooseOne). At least two.
  static Message Alternatives(std::vector<Part> parts);
  Message&& ExpiringAfterReading(std::uint32_t seconds) &&;

  // The text of the first part of type text/plain or text/markdown; empty when there is none.
  std::string text() const;
  bool is_deletion() const;
  bool is_reaction() const;
  std::optional<std::string> sender_uri() const;
  std::optional<std::string> room_uri() const;
  const ContentExtension* extension(std::int64_t key) const;  // null when absent
  void SetExtension(std::int64_t key, Bytes encoded_value);

  bool operator==(const Message&) const = default;
};

// kInvalidArgument when the message breaks a limit above.
Result<Bytes> Encode(const Message& message);
Result<Message> Decode(ByteView cbor);

// mimi-content, Message ID. URIs are those of the sender and the room, empty where there are none.
MessageId IdOf(ByteView encoded_message, const Bytes16& salt, std::string_view sender_uri,
               std::string_view room_uri);

}  // namespace trestle::content
