// Hybrid public key encryption (RFC 9180), base mode, with DHKEM(X25519, HKDF-SHA256) and
// HKDF-SHA256. One-shot sealing for MLS, and a context for those who send several messages or
// export secrets.
#pragma once

#include "endpoint/crypto/aead.h"
#include "endpoint/crypto/keys.h"

namespace trestle::crypto {

struct HpkeCiphertext {
  Bytes kem_output;  // `enc` in RFC 9180
  Bytes ciphertext;
};

// One direction of one HPKE exchange (RFC 9180, Section 5.2).
class HpkeContext {
 public:
  HpkeContext(AeadId aead, SecretBytes key, SecretBytes base_nonce, SecretBytes exporter_secret);

  Result<Bytes> Seal(ByteView associated, ByteView plaintext);
  Result<SecretBytes> Open(ByteView associated,
                           ByteView ciphertext);  // a failure uses no sequence number
  Result<SecretBytes> Export(ByteView exporter_context, std::size_t length) const;

  // For the test vectors.
  ByteView key() const { return key_; }
  ByteView base_nonce() const { return base_nonce_; }
  ByteView exporter_secret() const { return exporter_secret_; }

 private:
  SecretBytes NextNonce() const;

  AeadId aead_;
  SecretBytes key_;
  SecretBytes base_nonce_;
  SecretBytes exporter_secret_;
  std::uint64_t sequence_ = 0;
};

struct HpkeSender {
  Bytes kem_output;
  HpkeContext context;
};

// RFC 9180, Section 7.1.3: DeriveKeyPair.
Result<KeyPair> HpkeDeriveKeyPair(ByteView input_key_material);

Result<HpkeSender> HpkeSetupSender(AeadId aead, ByteView public_key, ByteView info, Random& random);
Result<HpkeContext> HpkeSetupReceiver(AeadId aead, ByteView kem_output, ByteView private_key,
                                      ByteView info);
// The sender with a chosen ephemeral key pair: for test vectors alone, reuse breaks all secrecy.
Result<HpkeSender> HpkeSetupSenderWith(AeadId aead, ByteView public_key, ByteView info,
                                       const KeyPair& ephemeral);

Result<HpkeCiphertext> HpkeSeal(AeadId aead, ByteView public_key, ByteView info,
                                ByteView associated, ByteView plaintext, Random& random);
Result<SecretBytes> HpkeOpen(AeadId aead, ByteView private_key, ByteView info, ByteView associated,
                             const HpkeCiphertext& sealed);

}  // namespace trestle::crypto
