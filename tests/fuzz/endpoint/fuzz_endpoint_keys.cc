// What a stranger's octets meet before any group is there: identity bindings, HPKE ciphertexts,
// public keys and signatures. The first octet chooses. Nothing crashes; a binding that parses
// encodes to what it was; nothing that a stranger made up opens or verifies.
#include "endpoint/crypto/hpke.h"
#include "endpoint/identity.h"

namespace {

using namespace trestle;

constexpr std::size_t kKemOutputBytes = 32;

void Binding(ByteView input) {
  const auto binding = endpoint::IdentityBinding::Parse(input);
  if (!binding) return;
  TRESTLE_CHECK(ConstantTimeEqual(binding->Encode(), input));
  const Bytes32 leaf_key{};
  TRESTLE_CHECK(!binding->Verify(leaf_key, 1));
}

void Credential(ByteView input) {
  const auto credential = mls::Decode<mls::Credential>(input);
  if (!credential) return;
  TRESTLE_CHECK(ConstantTimeEqual(mls::Encode(*credential), input));
  (void)endpoint::BindingOf(*credential).has_value();
}

void Hpke(ByteView input) {
  const Bytes private_key(crypto::kX25519Bytes, 7);
  const ByteView kem = input.first(std::min(input.size(), kKemOutputBytes));
  const crypto::HpkeCiphertext sealed{ToBytes(kem), ToBytes(input.subspan(kem.size()))};
  for (const auto aead : {crypto::AeadId::kAes128Gcm, crypto::AeadId::kChaCha20Poly1305}) {
    TRESTLE_CHECK(!crypto::HpkeOpen(aead, private_key, {}, {}, sealed));
  }
}

void Signature(ByteView input) {
  const ByteView key = input.first(std::min(input.size(), crypto::kEd25519KeyBytes));
  const ByteView rest = input.subspan(key.size());
  const ByteView signature = rest.first(std::min(rest.size(), crypto::kSignatureBytes));
  (void)crypto::Ed25519Verify(key, rest.subspan(signature.size()), signature).has_value();
}

void Agreement(ByteView input) {
  const Bytes private_key(crypto::kX25519Bytes, 7);
  const auto shared = crypto::X25519(private_key, input);
  TRESTLE_CHECK(!shared || !ConstantTimeEqual(*shared, Bytes(crypto::kX25519Bytes)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView input(data + 1, size - 1);
  switch (data[0] % 5) {
    case 0:
      Binding(input);
      break;
    case 1:
      Credential(input);
      break;
    case 2:
      Hpke(input);
      break;
    case 3:
      Signature(input);
      break;
    default:
      Agreement(input);
      break;
  }
  return 0;
}
