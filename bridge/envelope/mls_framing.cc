#include "bridge/envelope/mls_framing.h"

#include <bit>

#include "bridge/base/digest.h"
#include "bridge/envelope/tls_codec.h"

namespace trestle {
namespace {

constexpr std::uint16_t kMls10 = 1;  // RFC 9420, Section 6: ProtocolVersion

// RFC 9420, Section 6.3.1: PrivateMessage.
Result<PrivateFraming> ReadPrivateMessage(TlsReader& in) {
  PrivateFraming out;
  const ByteView group_id = TRESTLE_TRY(in.Vector());
  if (group_id.size() != 16) {
    return Fail(Reason::kUnsupported, "a group id at this bridge is 16 octets");
  }
  out.group_id = TRESTLE_TRY(GroupId::FromBytes(group_id));
  out.epoch = TRESTLE_TRY(in.U64());
  const std::uint8_t content_type = TRESTLE_TRY(in.U8());
  if (content_type < 1 || content_type > 3) {
    return Fail(Reason::kMalformed, "MLS has no such content type");
  }
  out.content_type = static_cast<ContentType>(content_type);
  out.authenticated_data = TRESTLE_TRY(in.Vector());
  const ByteView sender_data = TRESTLE_TRY(in.Vector());
  if (sender_data.empty()) return Fail(Reason::kMalformed, "the encrypted sender data is empty");
  out.ciphertext_bytes = TRESTLE_TRY(in.Vector()).size();
  TRESTLE_TRY(in.ExpectEnd());
  return out;
}

// RFC 9420, Section 12.4.3.1: Welcome. Whose secrets it holds is read by endpoints, not here.
Result<std::uint16_t> ReadWelcome(TlsReader& in) {
  const std::uint16_t cipher_suite = TRESTLE_TRY(in.U16());
  const ByteView secrets = TRESTLE_TRY(in.Vector());
  if (secrets.empty()) return Fail(Reason::kMalformed, "a Welcome for nobody");
  TRESTLE_TRY(in.Vector());  // encrypted_group_info
  TRESTLE_TRY(in.ExpectEnd());
  return cipher_suite;
}

// RFC 9420, Section 10: KeyPackage. Only what frames it; endpoints verify the rest.
Result<std::uint16_t> ReadKeyPackage(TlsReader& in, std::size_t size_bytes) {
  if (size_bytes > kKeyPackageBytesMax)
    return Fail(Reason::kTooLarge, "the key package is too large");
  if (TRESTLE_TRY(in.U16()) != kMls10) {
    return Fail(Reason::kUnsupported, "the key package is not for MLS 1.0");
  }
  const std::uint16_t cipher_suite = TRESTLE_TRY(in.U16());
  const ByteView init_key = TRESTLE_TRY(in.Vector());
  if (init_key.empty() || in.at_end()) return Fail(Reason::kMalformed, "the key package is cut");
  return cipher_suite;
}

// draft-ietf-mls-extensions, Last Resort KeyPackages: an empty extension of a KeyPackage.
constexpr std::uint16_t kLastResortExtension = 10;

Result<void> SkipVectors(TlsReader& in, int count) {
  for (int i = 0; i < count; ++i) TRESTLE_TRY(in.Vector());
  return {};
}

// RFC 9420, Section 7.2: LeafNode, with the one source that a key package has.
Result<void> SkipLeafNode(TlsReader& in) {
  constexpr std::uint8_t kFromKeyPackage = 1;
  TRESTLE_TRY(SkipVectors(in, 2));      // encryption_key, signature_key
  TRESTLE_TRY(in.U16());                // credential_type; basic and x509 are one vector each
  TRESTLE_TRY(SkipVectors(in, 1 + 5));  // credential, and the five lists of capabilities
  if (TRESTLE_TRY(in.U8()) != kFromKeyPackage) {
    return Fail(Reason::kMalformed, "the leaf of a key package has another source");
  }
  TRESTLE_TRY(in.Fixed(8 + 8));  // lifetime
  return SkipVectors(in, 2);     // extensions, signature
}

// RFC 9420, Section 10: KeyPackage, from the leaf node to the last octet.
Result<bool> ReadLastResort(TlsReader& in) {
  TRESTLE_TRY(SkipLeafNode(in));
  TlsReader extensions(TRESTLE_TRY(in.Vector()));
  bool out = false;
  while (!extensions.at_end()) {
    const std::uint16_t type = TRESTLE_TRY(extensions.U16());
    TRESTLE_TRY(extensions.Vector());
    out = out || type == kLastResortExtension;
  }
  TRESTLE_TRY(in.Vector());  // signature
  TRESTLE_TRY(in.ExpectEnd());
  return out;
}

}  // namespace

Result<Framing> ParseFraming(ByteView mls_message) {
  if (mls_message.size() > kHandshakePayloadBytesMax) {
    return Fail(Reason::kTooLarge, "the MLS message is above 1 MiB");
  }
  TlsReader in(mls_message);
  if (TRESTLE_TRY(in.U16()) != kMls10) {
    return Fail(Reason::kUnsupported, "not a message of MLS 1.0");
  }
  Framing out{static_cast<WireFormat>(TRESTLE_TRY(in.U16())), 0, {}};
  switch (out.wire_format) {
    case WireFormat::kPrivateMessage:
      out.private_message = TRESTLE_TRY(ReadPrivateMessage(in));
      return out;
    case WireFormat::kWelcome:
      out.cipher_suite = TRESTLE_TRY(ReadWelcome(in));
      return out;
    case WireFormat::kKeyPackage:
      out.cipher_suite = TRESTLE_TRY(ReadKeyPackage(in, mls_message.size()));
      return out;
  }
  return Fail(Reason::kUnsupported,
              "the bridge carries private messages, Welcomes and key packages");
}

Result<ApplicationMessage> ParseApplicationMessage(ByteView mls_message) {
  if (mls_message.size() > kApplicationPayloadBytesMax) {
    return Fail(Reason::kTooLarge, "the application message is above 64 KiB");
  }
  const Framing framing = TRESTLE_TRY(ParseFraming(mls_message));
  if (framing.wire_format != WireFormat::kPrivateMessage ||
      framing.private_message.content_type != ContentType::kApplication) {
    return Fail(Reason::kInvalidArgument, "not an MLS application message");
  }
  const PrivateFraming& message = framing.private_message;
  if (!IsBucket(message.ciphertext_bytes)) {
    return Fail(Reason::kInvalidArgument, "the ciphertext is not padded to a bucket of 256 * 2^k");
  }
  const AadHeader header = TRESTLE_TRY(ParseAad(message.authenticated_data));
  return ApplicationMessage{message.group_id, message.epoch, header, message.ciphertext_bytes};
}

bool IsBucket(std::size_t ciphertext_bytes) {
  return std::has_single_bit(ciphertext_bytes) && ciphertext_bytes >= 256 &&
         ciphertext_bytes <= kApplicationCiphertextBytesMax;
}

bool IsLastResortKeyPackage(ByteView mls_message) {
  const Result<Framing> framing = ParseFraming(mls_message);
  if (!framing || framing->wire_format != WireFormat::kKeyPackage) return false;
  TlsReader in(mls_message);
  const bool at_leaf = in.Fixed(4 * 2) && in.Vector();  // versions, format, suite; init_key
  if (!at_leaf) return false;
  const Result<bool> marked = ReadLastResort(in);
  return marked && *marked;
}

EnvelopeId WelcomeEnvelopeId(ByteView mls_message) {
  const Bytes32 digest = Sha256(mls_message);
  Bytes16 first;
  std::copy(digest.begin(), digest.begin() + 16, first.begin());
  return EnvelopeId(first);
}

}  // namespace trestle
