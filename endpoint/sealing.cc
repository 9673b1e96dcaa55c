#include "endpoint/sealing.h"

#include "bridge/base/digest.h"
#include "bridge/envelope/tls_codec.h"
#include "endpoint/content/cbor.h"

namespace trestle::endpoint {
namespace {

constexpr std::size_t kBlindBytes = 16;

// The URIs that a message does not spell out, to keep it small: both sides derive them
// (mimi-content, Derived Data Values).
std::string UriOf(std::string_view kind, ByteView id) {
  std::string out("trestle:");
  out.append(kind).append("/").append(ToBase64Url(id));
  return out;
}

content::MessageId IdOf(ByteView data, const content::Message& message, const Speaker& speaker) {
  return content::IdOf(data, message.salt, UriOf("u", speaker.handle),
                       UriOf("r", speaker.group.bytes()));
}

}  // namespace

Bytes32 SenderTag(const Bytes32& handle, ByteView blind) {
  TlsWriter input;
  input.Vector(handle).Fixed(blind);
  return Sha256(input.bytes());
}

Result<PreparedContent> PrepareContent(content::Message message, const Speaker& speaker,
                                       TtlClass ttl, DeliveryClass delivery, Random& random) {
  random.Fill(message.salt);
  Bytes16 blind;
  random.Fill(blind);
  content::CborWriter encoded_blind;
  encoded_blind.Octets(blind);
  message.SetExtension(kSenderBlindKey, encoded_blind.Take());

  PreparedContent out;
  out.data = TRESTLE_TRY(content::Encode(message));
  out.header.envelope_id = EnvelopeId::Mint(random);
  out.header.ttl = ttl;
  out.header.delivery = delivery;
  out.header.sender_tag = SenderTag(speaker.handle, blind);
  out.header.franking_tag = HmacSha256(message.salt, out.data);
  out.message_id = IdOf(out.data, message, speaker);
  return out;
}

Result<CheckedContent> CheckContent(ByteView data, const AadHeader& header,
                                    const Speaker& speaker) {
  CheckedContent out{TRESTLE_TRY(content::Decode(data)), {}};
  if (!ConstantTimeEqual(HmacSha256(out.message.salt, data), header.franking_tag)) {
    return Fail(Reason::kCrypto, "the franking tag is not the content's");
  }
  const content::ContentExtension* found = out.message.extension(kSenderBlindKey);
  if (found == nullptr) return Fail(Reason::kCrypto, "a message without its sender's blind");
  content::CborReader in(found->value);
  const ByteView blind = TRESTLE_TRY(in.Octets());
  if (blind.size() != kBlindBytes ||
      !ConstantTimeEqual(SenderTag(speaker.handle, blind), header.sender_tag)) {
    return Fail(Reason::kCrypto, "the sender tag is not the sender's");
  }
  out.message_id = IdOf(data, out.message, speaker);
  return out;
}

}  // namespace trestle::endpoint
