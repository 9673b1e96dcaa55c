#include "endpoint/crypto/hpke.h"

#include "bridge/envelope/tls_codec.h"
#include "endpoint/crypto/kdf.h"

namespace trestle::crypto {
namespace {

constexpr std::uint16_t kKemId = 0x0020;  // RFC 9180, Section 7.1: DHKEM(X25519, HKDF-SHA256)
constexpr std::uint16_t kKdfId = 0x0001;  // RFC 9180, Section 7.2: HKDF-SHA256
constexpr std::uint8_t kModeBase = 0x00;  // RFC 9180, Section 5
constexpr std::string_view kVersionLabel = "HPKE-v1";

Bytes KemSuiteId() {
  TlsWriter out;
  out.Fixed(AsBytes("KEM")).U16(kKemId);  // RFC 9180, Section 4.1
  return out.Take();
}

Bytes HpkeSuiteId(AeadId aead) {
  TlsWriter out;
  out.Fixed(AsBytes("HPKE")).U16(kKemId).U16(kKdfId).U16(static_cast<std::uint16_t>(aead));
  return out.Take();  // RFC 9180, Section 5.1
}

// RFC 9180, Section 4: LabeledExtract.
SecretBytes LabeledExtract(ByteView suite_id, ByteView salt, std::string_view label,
                           ByteView input) {
  TlsWriter labeled;
  labeled.Fixed(AsBytes(kVersionLabel)).Fixed(suite_id).Fixed(AsBytes(label)).Fixed(input);
  const SecretBytes labeled_input(labeled.Take());
  return HkdfExtract(salt, labeled_input);
}

// RFC 9180, Section 4: LabeledExpand.
Result<SecretBytes> LabeledExpand(ByteView suite_id, ByteView key, std::string_view label,
                                  ByteView info, std::size_t length) {
  if (length > kExpandBytesMax) return Fail(Reason::kTooLarge, "HKDF yields at most 8160 octets");
  TlsWriter labeled;
  labeled.U16(static_cast<std::uint16_t>(length)).Fixed(AsBytes(kVersionLabel)).Fixed(suite_id);
  labeled.Fixed(AsBytes(label)).Fixed(info);
  return HkdfExpand(key, labeled.bytes(), length);
}

// RFC 9180, Section 4.1: ExtractAndExpand over the DH value, with both public keys as context.
Result<SecretBytes> KemSharedSecret(const SecretBytes& dh, ByteView kem_output,
                                    ByteView public_key) {
  const Bytes suite_id = KemSuiteId();
  const SecretBytes eae_prk = LabeledExtract(suite_id, {}, "eae_prk", dh);
  TlsWriter kem_context;
  kem_context.Fixed(kem_output).Fixed(public_key);
  return LabeledExpand(suite_id, eae_prk, "shared_secret", kem_context.bytes(), kHashBytes);
}

// RFC 9180, Section 5.1: KeySchedule in base mode, so psk and psk_id are empty.
Result<HpkeContext> KeySchedule(AeadId aead, const SecretBytes& shared_secret, ByteView info) {
  const Bytes suite_id = HpkeSuiteId(aead);
  const SecretBytes psk_id_hash = LabeledExtract(suite_id, {}, "psk_id_hash", {});
  const SecretBytes info_hash = LabeledExtract(suite_id, {}, "info_hash", info);
  TlsWriter context;
  context.U8(kModeBase).Fixed(psk_id_hash).Fixed(info_hash);
  const SecretBytes secret = LabeledExtract(suite_id, shared_secret, "secret", {});
  const ByteView schedule = context.bytes();
  SecretBytes key = TRESTLE_TRY(LabeledExpand(suite_id, secret, "key", schedule, KeyBytes(aead)));
  SecretBytes nonce =
      TRESTLE_TRY(LabeledExpand(suite_id, secret, "base_nonce", schedule, kNonceBytes));
  SecretBytes exporter = TRESTLE_TRY(LabeledExpand(suite_id, secret, "exp", schedule, kHashBytes));
  return HpkeContext(aead, std::move(key), std::move(nonce), std::move(exporter));
}

}  // namespace

HpkeContext::HpkeContext(AeadId aead, SecretBytes key, SecretBytes base_nonce,
                         SecretBytes exporter_secret)
    : aead_(aead),
      key_(std::move(key)),
      base_nonce_(std::move(base_nonce)),
      exporter_secret_(std::move(exporter_secret)) {}

SecretBytes HpkeContext::NextNonce() const {
  // RFC 9180, Section 5.2: ComputeNonce XORs the sequence number into the end of base_nonce.
  SecretBytes nonce = base_nonce_;
  for (std::size_t i = 0; i < 8; ++i) {
    nonce.span()[kNonceBytes - 1 - i] ^= static_cast<std::uint8_t>((sequence_ >> (8 * i)) & 0xFF);
  }
  return nonce;
}

Result<Bytes> HpkeContext::Seal(ByteView associated, ByteView plaintext) {
  Bytes out = TRESTLE_TRY(AeadSeal(aead_, key_, NextNonce(), associated, plaintext));
  ++sequence_;
  return out;
}

Result<SecretBytes> HpkeContext::Open(ByteView associated, ByteView ciphertext) {
  SecretBytes out = TRESTLE_TRY(AeadOpen(aead_, key_, NextNonce(), associated, ciphertext));
  ++sequence_;
  return out;
}

Result<SecretBytes> HpkeContext::Export(ByteView exporter_context, std::size_t length) const {
  // RFC 9180, Section 5.3.
  return LabeledExpand(HpkeSuiteId(aead_), exporter_secret_, "sec", exporter_context, length);
}

Result<KeyPair> HpkeDeriveKeyPair(ByteView input_key_material) {
  const Bytes suite_id = KemSuiteId();
  const SecretBytes dkp_prk = LabeledExtract(suite_id, {}, "dkp_prk", input_key_material);
  SecretBytes private_key = TRESTLE_TRY(LabeledExpand(suite_id, dkp_prk, "sk", {}, kX25519Bytes));
  Bytes public_key = TRESTLE_TRY(X25519PublicKey(private_key));
  return KeyPair{std::move(private_key), std::move(public_key)};
}

Result<HpkeSender> HpkeSetupSenderWith(AeadId aead, ByteView public_key, ByteView info,
                                       const KeyPair& ephemeral) {
  // RFC 9180, Section 4.1: Encap.
  const SecretBytes dh = TRESTLE_TRY(X25519(ephemeral.private_key, public_key));
  const SecretBytes shared = TRESTLE_TRY(KemSharedSecret(dh, ephemeral.public_key, public_key));
  HpkeContext context = TRESTLE_TRY(KeySchedule(aead, shared, info));
  return HpkeSender{ephemeral.public_key, std::move(context)};
}

Result<HpkeSender> HpkeSetupSender(AeadId aead, ByteView public_key, ByteView info,
                                   Random& random) {
  return HpkeSetupSenderWith(aead, public_key, info, MakeX25519KeyPair(random));
}

Result<HpkeContext> HpkeSetupReceiver(AeadId aead, ByteView kem_output, ByteView private_key,
                                      ByteView info) {
  // RFC 9180, Section 4.1: Decap.
  const SecretBytes dh = TRESTLE_TRY(X25519(private_key, kem_output));
  const Bytes public_key = TRESTLE_TRY(X25519PublicKey(private_key));
  const SecretBytes shared = TRESTLE_TRY(KemSharedSecret(dh, kem_output, public_key));
  return KeySchedule(aead, shared, info);
}

Result<HpkeCiphertext> HpkeSeal(AeadId aead, ByteView public_key, ByteView info,
                                ByteView associated, ByteView plaintext, Random& random) {
  HpkeSender sender = TRESTLE_TRY(HpkeSetupSender(aead, public_key, info, random));
  Bytes ciphertext = TRESTLE_TRY(sender.context.Seal(associated, plaintext));
  return HpkeCiphertext{std::move(sender.kem_output), std::move(ciphertext)};
}

Result<SecretBytes> HpkeOpen(AeadId aead, ByteView private_key, ByteView info, ByteView associated,
                             const HpkeCiphertext& sealed) {
  HpkeContext context = TRESTLE_TRY(HpkeSetupReceiver(aead, sealed.kem_output, private_key, info));
  return context.Open(associated, sealed.ciphertext);
}

}  // namespace trestle::crypto
