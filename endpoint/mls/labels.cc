#include "endpoint/mls/labels.h"

#include <string>

#include "bridge/base/digest.h"
#include "bridge/envelope/tls_codec.h"

namespace trestle::mls {
namespace {

// Wiped afterwards: what is signed may be what a person wrote.
SecretBytes Labelled(std::string_view label, ByteView content) {
  TlsWriter out;
  out.Vector(AsBytes("MLS 1.0 " + std::string(label))).Vector(content);
  return SecretBytes(out.Take());
}

}  // namespace

SecretBytes ExpandWithLabel(ByteView secret, std::string_view label, ByteView context,
                            std::size_t length) {
  TlsWriter info;  // RFC 9420, Section 8: KDFLabel
  info.U16(static_cast<std::uint16_t>(length)).Fixed(Labelled(label, context));
  Result<SecretBytes> out = crypto::HkdfExpand(secret, info.bytes(), length);
  TRESTLE_CHECK(out.has_value());
  return *std::move(out);
}

SecretBytes DeriveSecret(ByteView secret, std::string_view label) {
  return ExpandWithLabel(secret, label, {}, crypto::kHashBytes);
}

SecretBytes DeriveTreeSecret(ByteView secret, std::string_view label, std::uint32_t generation,
                             std::size_t length) {
  TlsWriter context;
  context.U32(generation);
  return ExpandWithLabel(secret, label, context.bytes(), length);
}

Result<Bytes> SignWithLabel(ByteView private_key, std::string_view label, ByteView content) {
  return crypto::Ed25519Sign(private_key, Labelled(label, content));
}

Result<Bytes> SignWithLabel(const crypto::SigningKey& key, std::string_view label,
                            ByteView content) {
  return key.Sign(Labelled(label, content));
}

Result<void> VerifyWithLabel(ByteView public_key, std::string_view label, ByteView content,
                             ByteView signature) {
  return crypto::Ed25519Verify(public_key, Labelled(label, content), signature);
}

Result<crypto::HpkeCiphertext> EncryptWithLabel(const Suite& suite, ByteView public_key,
                                                std::string_view label, ByteView context,
                                                ByteView plaintext, Random& random) {
  return crypto::HpkeSeal(suite.aead, public_key, Labelled(label, context), {}, plaintext, random);
}

Result<SecretBytes> DecryptWithLabel(const Suite& suite, ByteView private_key,
                                     std::string_view label, ByteView context,
                                     const crypto::HpkeCiphertext& sealed) {
  return crypto::HpkeOpen(suite.aead, private_key, Labelled(label, context), {}, sealed);
}

Bytes RefHash(std::string_view label, ByteView value) {
  TlsWriter input;  // RFC 9420, Section 5.2: RefHashInput
  input.Vector(AsBytes(label)).Vector(value);
  const Bytes32 digest = Sha256(input.bytes());
  return ToBytes(ByteView(digest));
}

}  // namespace trestle::mls
