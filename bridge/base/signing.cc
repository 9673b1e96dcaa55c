#include "bridge/base/signing.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <memory>

namespace trestle {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Digest = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

Key PrivateKey(const Secret& seed) {
  const ByteView octets = AsBytes(seed.Reveal(Purpose::kAuthenticate));
  TRESTLE_CHECK(octets.size() == kSigningSeedBytes);
  Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, octets.data(), octets.size()),
          &EVP_PKEY_free);
  TRESTLE_CHECK(key != nullptr);
  return key;
}

Digest NewDigest() {
  Digest digest(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  TRESTLE_CHECK(digest != nullptr);
  return digest;
}

}  // namespace

Bytes32 SigningPublicKey(const Secret& seed) {
  Bytes32 out;
  std::size_t size = out.size();
  TRESTLE_CHECK(EVP_PKEY_get_raw_public_key(PrivateKey(seed).get(), out.data(), &size) == 1);
  return out;
}

Bytes SignMessage(const Secret& seed, ByteView message) {
  Bytes signature(kSignatureBytes);
  std::size_t size = signature.size();
  const Key key = PrivateKey(seed);
  const Digest digest = NewDigest();
  TRESTLE_CHECK(
      EVP_DigestSignInit(digest.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
      EVP_DigestSign(digest.get(), signature.data(), &size, message.data(), message.size()) == 1);
  return signature;
}

bool VerifyMessage(ByteView public_key, ByteView message, ByteView signature) {
  if (public_key.size() != 32 || signature.size() != kSignatureBytes) return false;
  const Key key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, public_key.data(), public_key.size()),
      &EVP_PKEY_free);
  const Digest digest = NewDigest();
  const bool right =
      key != nullptr &&
      EVP_DigestVerifyInit(digest.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
      EVP_DigestVerify(digest.get(), signature.data(), signature.size(), message.data(),
                       message.size()) == 1;
  if (!right) ERR_clear_error();
  return right;
}

}  // namespace trestle
