#include "endpoint/content/message.h"

#include <algorithm>

#include "bridge/base/digest.h"
#include "bridge/envelope/tls_codec.h"
#include "endpoint/content/cbor.h"

namespace trestle::content {
namespace {

constexpr std::uint8_t kSha256Algorithm = 1;  // IANA Named Information Hash Algorithm Registry

// The text of the first textual part, depth first.
const SinglePart* FirstText(const Part& part) {
  if (const auto* single = std::get_if<SinglePart>(&part.body)) {
    const bool textual = single->content_type.starts_with("text/plain") ||
                         single->content_type.starts_with("text/markdown");
    return textual ? single : nullptr;
  }
  if (const auto* multi = std::get_if<MultiPart>(&part.body)) {
    for (const Part& one : multi->parts) {
      if (const SinglePart* found = FirstText(one)) return found;
    }
  }
  return nullptr;
}

std::optional<std::string> UriOf(const Message& message, std::int64_t key) {
  const ContentExtension* found = message.extension(key);
  if (found == nullptr) return std::nullopt;
  CborReader in(found->value);
  Result<std::string> text = in.Text();
  return text ? std::optional(*std::move(text)) : std::nullopt;
}

Message WithText(std::string_view type, std::string_view text) {
  return Message::Of(Part::Of(type, ToBytes(text)));
}

}  // namespace

bool MultiPart::operator==(const MultiPart& other) const {
  return semantics == other.semantics && parts == other.parts;
}

Part Part::Of(std::string_view content_type, Bytes content, Disposition disposition) {
  return {disposition, "", SinglePart{std::string(content_type), std::move(content)}};
}

Message Message::Of(Part body) {
  Message out;
  out.body = std::move(body);
  return out;
}

Message Message::Text(std::string text) { return WithText(kPlainText, text); }
Message Message::Markdown(std::string text) { return WithText(kMarkdown, text); }

Message Message::Reply(const MessageId& to, std::string text) {
  Message out = Text(std::move(text));
  out.in_reply_to = to;
  return out;
}

Message Message::Reaction(const MessageId& to, std::string emoji) {
  Message out = Of(Part::Of(kPlainText, ToBytes(emoji), Disposition::kReaction));
  out.in_reply_to = to;
  return out;
}

Message Message::Unreact(const MessageId& reaction) {
  Message out = Of({Disposition::kReaction, "", NullPart{}});
  out.replaces = reaction;
  return out;
}

Message Message::Edit(const MessageId& original, std::string text) {
  Message out = Text(std::move(text));
  out.replaces = original;
  return out;
}

Message Message::Delete(const MessageId& original) {
  Message out = Of({Disposition::kRender, "", NullPart{}});
  out.replaces = original;
  return out;
}

Message Message::Attachment(ExternalPart file) {
  return Of({Disposition::kAttachment, "", std::move(file)});
}

Message Message::Alternatives(std::vector<Part> parts) {
  return Of({Disposition::kRender, "", MultiPart{PartSemantics::kChooseOne, std::move(parts)}});
}

Message&& Message::ExpiringAfterReading(std::uint32_t seconds) && {
  expires = Expiration{true, seconds};
  return std::move(*this);
}

std::string Message::text() const {
  const SinglePart* found = FirstText(body);
  return found == nullptr ? std::string() : std::string(AsText(found->content));
}

bool Message::is_deletion() const {
  return replaces && std::holds_alternative<NullPart>(body.body) &&
         body.disposition != Disposition::kReaction;
}

bool Message::is_reaction() const { return body.disposition == Disposition::kReaction; }

std::optional<std::string> Message::sender_uri() const { return UriOf(*this, kSenderUriKey); }
std::optional<std::string> Message::room_uri() const { return UriOf(*this, kRoomUriKey); }

const ContentExtension* Message::extension(std::int64_t key) const {
  for (const ContentExtension& one : extensions) {
    if (one.key == ExtensionKey{key}) return &one;
  }
  return nullptr;
}

void Message::SetExtension(std::int64_t key, Bytes encoded_value) {
  for (ContentExtension& one : extensions) {
    if (one.key == ExtensionKey{key}) {
      one.value = std::move(encoded_value);
      return;
    }
  }
  extensions.push_back({{key}, std::move(encoded_value)});
}

MessageId IdOf(ByteView encoded_message, const Bytes16& salt, std::string_view sender_uri,
               std::string_view room_uri) {
  TlsWriter lengths;
  lengths.U16(static_cast<std::uint16_t>(sender_uri.size())).Fixed(AsBytes(sender_uri));
  lengths.U16(static_cast<std::uint16_t>(room_uri.size())).Fixed(AsBytes(room_uri));
  const Bytes32 digest = Sha256({ByteView(lengths.bytes()), encoded_message, ByteView(salt)});
  MessageId out;
  out.bytes[0] = kSha256Algorithm;
  std::copy_n(digest.begin(), 31, out.bytes.begin() + 1);
  return out;
}

}  // namespace trestle::content
