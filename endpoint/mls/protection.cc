#include "endpoint/mls/protection.h"

#include <algorithm>
#include <array>

#include "endpoint/crypto/aead.h"

namespace trestle::mls {
namespace {

constexpr std::size_t kReuseGuardBytes = 4;
constexpr std::size_t kSmallestBucketBytes = 256;
constexpr std::size_t kHandshakeStepBytes = 16 * 1024;
using ReuseGuard = std::array<std::uint8_t, kReuseGuardBytes>;

struct SenderData {
  LeafIndex leaf;
  std::uint32_t generation = 0;
  ReuseGuard reuse_guard{};
};

RatchetKind KindOf(ContentType type) {
  return type == ContentType::kApplication ? RatchetKind::kApplication : RatchetKind::kHandshake;
}

// RFC 9420, Section 6.3.1: the guard is XORed into the first four octets of the nonce.
SecretBytes GuardedNonce(const SecretBytes& nonce, const ReuseGuard& guard) {
  SecretBytes out = nonce;
  for (std::size_t i = 0; i < guard.size(); ++i) out.span()[i] ^= guard[i];
  return out;
}

Bytes ContentAad(const PrivateMessage& message) {
  TlsWriter out;  // RFC 9420, Section 6.3.1: PrivateContentAAD
  out.Vector(message.group_id).U64(message.epoch);
  out.U8(static_cast<std::uint8_t>(message.content_type)).Vector(message.authenticated_data);
  return out.Take();
}

Bytes SenderDataAad(const PrivateMessage& message) {
  TlsWriter out;  // RFC 9420, Section 6.3.2: SenderDataAAD
  out.Vector(message.group_id).U64(message.epoch);
  out.U8(static_cast<std::uint8_t>(message.content_type));
  return out.Take();
}

Bytes MembershipInput(const AuthenticatedContent& content, ByteView group_context) {
  TlsWriter out;  // RFC 9420, Section 6.2: AuthenticatedContentTBM
  out.Fixed(content.ToBeSigned(group_context));
  content.auth.Write(out, content.content.content_type());
  return out.Take();
}

Result<SenderData> OpenSenderData(const Suite& suite, const PrivateMessage& message,
                                  ByteView sender_data_secret) {
  const MessageKey key = SenderDataKey(suite, sender_data_secret, message.ciphertext);
  const SecretBytes plain = TRESTLE_TRY(crypto::AeadOpen(
      suite.aead, key.key, key.nonce, SenderDataAad(message), message.encrypted_sender_data));
  TlsReader in(plain);
  SenderData out;
  out.leaf = LeafIndex{TRESTLE_TRY(in.U32())};
  out.generation = TRESTLE_TRY(in.U32());
  const ByteView guard = TRESTLE_TRY(in.Fixed(kReuseGuardBytes));
  std::copy(guard.begin(), guard.end(), out.reuse_guard.begin());
  TRESTLE_TRY(in.ExpectEnd());
  return out;
}

}  // namespace

Result<Bytes> SignContent(const AuthenticatedContent& content, ByteView group_context,
                          const crypto::SigningKey& key) {
  return SignWithLabel(key, "FramedContentTBS", content.ToBeSigned(group_context));
}

Result<void> VerifyContent(const AuthenticatedContent& content, ByteView group_context,
                           ByteView signature_key) {
  return VerifyWithLabel(signature_key, "FramedContentTBS", content.ToBeSigned(group_context),
                         content.auth.signature);
}

Result<PublicMessage> ProtectPublic(const AuthenticatedContent& content, ByteView group_context,
                                    ByteView membership_key) {
  // RFC 9420, Section 6.2: application data is never sent as a PublicMessage.
  if (content.content.content_type() == ContentType::kApplication) {
    return Fail(Reason::kInvalidArgument, "application data is never sent in the clear");
  }
  PublicMessage out{content.content, content.auth, {}};
  if (content.content.sender.type == SenderType::kMember) {
    out.membership_tag = Mac(membership_key, MembershipInput(content, group_context));
  }
  return out;
}

Result<AuthenticatedContent> UnprotectPublic(PublicMessage message, ByteView group_context,
                                             ByteView membership_key) {
  if (message.content.content_type() == ContentType::kApplication) {
    return Fail(Reason::kInvalidArgument, "application data is never sent in the clear");
  }
  AuthenticatedContent out{WireFormat::kPublicMessage, std::move(message.content),
                           std::move(message.auth)};
  if (out.content.sender.type == SenderType::kMember &&
      !ConstantTimeEqual(message.membership_tag,
                         Mac(membership_key, MembershipInput(out, group_context)))) {
    return Fail(Reason::kCrypto, "a membership tag does not verify");
  }
  return out;
}

Result<std::size_t> CiphertextBytes(Padding padding, ContentType type, std::size_t content_bytes) {
  const std::size_t sealed_bytes = content_bytes + crypto::kTagBytes;
  if (padding == Padding::kNone) return sealed_bytes;
  for (std::size_t bucket = kSmallestBucketBytes; bucket <= kApplicationCiphertextBytesMax;
       bucket *= 2) {
    if (sealed_bytes <= bucket) return bucket;
  }
  if (type == ContentType::kApplication) {
    return Fail(Reason::kTooLarge, "the content does not fit the largest bucket of 64 KiB");
  }
  const std::size_t steps = (sealed_bytes + kHandshakeStepBytes - 1) / kHandshakeStepBytes;
  return steps * kHandshakeStepBytes;
}

MessageKey SenderDataKey(const Suite& suite, ByteView sender_data_secret, ByteView ciphertext) {
  const ByteView sample = ciphertext.first(std::min(ciphertext.size(), crypto::kHashBytes));
  return {ExpandWithLabel(sender_data_secret, "key", sample, suite.key_bytes()),
          ExpandWithLabel(sender_data_secret, "nonce", sample, crypto::kNonceBytes)};
}

Result<PrivateMessage> ProtectPrivate(const Suite& suite, const AuthenticatedContent& content,
                                      ByteView sender_data_secret, const SecretTree::Lookup& key,
                                      Padding padding, Random& random) {
  const FramedContent& framed = content.content;
  PrivateMessage out{framed.group_id,           framed.epoch, framed.content_type(),
                     framed.authenticated_data, {},           {}};
  TlsWriter writer;  // RFC 9420, Section 6.3.1: PrivateMessageContent
  framed.WriteBody(writer);
  content.auth.Write(writer, framed.content_type());
  const SecretBytes plain(writer.Take());
  const std::size_t sealed_bytes =
      TRESTLE_TRY(CiphertextBytes(padding, out.content_type, plain.size()));
  SecretBytes padded(sealed_bytes - crypto::kTagBytes);
  std::copy(plain.view().begin(), plain.view().end(), padded.span().begin());

  SenderData sender{framed.sender.leaf(), key.generation, {}};
  random.Fill(sender.reuse_guard);
  out.ciphertext = TRESTLE_TRY(crypto::AeadSeal(suite.aead, key.key.key,
                                                GuardedNonce(key.key.nonce, sender.reuse_guard),
                                                ContentAad(out), padded));
  // RFC 9420, Section 6.3.2: sender data, keyed by a sample of the ciphertext.
  TlsWriter data;
  data.U32(sender.leaf.value).U32(sender.generation).Fixed(sender.reuse_guard);
  const MessageKey data_key = SenderDataKey(suite, sender_data_secret, out.ciphertext);
  out.encrypted_sender_data = TRESTLE_TRY(
      crypto::AeadSeal(suite.aead, data_key.key, data_key.nonce, SenderDataAad(out), data.bytes()));
  return out;
}

Result<Unprotected> UnprotectPrivate(const Suite& suite, const PrivateMessage& message,
                                     ByteView sender_data_secret, const SecretTree& secret_tree) {
  const SenderData sender = TRESTLE_TRY(OpenSenderData(suite, message, sender_data_secret));
  SecretTree::Lookup key =
      TRESTLE_TRY(secret_tree.Find(sender.leaf, KindOf(message.content_type), sender.generation));
  const SecretBytes plain = TRESTLE_TRY(
      crypto::AeadOpen(suite.aead, key.key.key, GuardedNonce(key.key.nonce, sender.reuse_guard),
                       ContentAad(message), message.ciphertext));
  AuthenticatedContent out;
  out.wire_format = WireFormat::kPrivateMessage;
  out.content.group_id = message.group_id;
  out.content.epoch = message.epoch;
  out.content.sender = {SenderType::kMember, sender.leaf.value};
  out.content.authenticated_data = message.authenticated_data;
  TlsReader in(plain);
  TRESTLE_TRY(out.content.ReadBody(message.content_type, in));
  out.auth = TRESTLE_TRY(AuthData::Read(in, message.content_type));
  // RFC 9420, Section 6.3.1: padding is zeros to the end.
  const ByteView padding = in.rest();
  if (std::any_of(padding.begin(), padding.end(), [](std::uint8_t octet) { return octet != 0; })) {
    return Fail(Reason::kMalformed, "the padding is not all zeros");
  }
  return Unprotected{std::move(out), std::move(key)};
}

}  // namespace trestle::mls
