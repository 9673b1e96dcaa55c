#include "bridge/base/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <memory>

namespace trestle {
namespace {

// Looked up once: by its name it costs more than a short text's digest.
const EVP_MD* Hash() {
  static const EVP_MD* const hash = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  TRESTLE_CHECK(hash != nullptr);
  return hash;
}

}  // namespace

Bytes32 Sha256(ByteView data) { return Sha256({data}); }

Bytes32 Sha256(std::initializer_list<ByteView> parts) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        &EVP_MD_CTX_free);
  TRESTLE_CHECK(context != nullptr);
  TRESTLE_CHECK(EVP_DigestInit_ex(context.get(), Hash(), nullptr) == 1);
  for (const ByteView part : parts) {
    TRESTLE_CHECK(EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1);
  }
  Bytes32 out;
  TRESTLE_CHECK(EVP_DigestFinal_ex(context.get(), out.data(), nullptr) == 1);
  return out;
}

Bytes32 HmacSha256(ByteView key, ByteView data) {
  Bytes32 out;
  unsigned int out_bytes = 0;
  // To OpenSSL a null key means "the one before"; an empty key is a key.
  static constexpr std::uint8_t kEmpty = 0;
  const std::uint8_t* key_data = key.empty() ? &kEmpty : key.data();
  TRESTLE_CHECK(HMAC(Hash(), key_data, static_cast<int>(key.size()), data.data(), data.size(),
                     out.data(), &out_bytes) != nullptr);
  TRESTLE_CHECK(out_bytes == out.size());
  return out;
}

}  // namespace trestle
