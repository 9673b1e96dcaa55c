#include "bridge/base/aead.h"

#include <openssl/evp.h>

#include <memory>

namespace trestle {
namespace {

using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

CipherContext NewContext() {
  CipherContext context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  TRESTLE_CHECK(context != nullptr);
  return context;
}

// Looked up once: by its name it costs half as much as a short text's sealing.
const EVP_CIPHER* Cipher() {
  static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  TRESTLE_CHECK(cipher != nullptr);
  return cipher;
}

}  // namespace

Bytes AeadSeal(ByteView key, ByteView plain, ByteView context, Random& random) {
  TRESTLE_CHECK(key.size() == kAeadKeyBytes);
  Bytes out(kAeadNonceBytes + plain.size() + kAeadTagBytes);
  random.Fill(std::span(out).first(kAeadNonceBytes));
  std::uint8_t* const body = out.data() + kAeadNonceBytes;
  const CipherContext cipher = NewContext();
  int taken = 0;
  const bool sealed =
      EVP_EncryptInit_ex(cipher.get(), Cipher(), nullptr, key.data(), out.data()) == 1 &&
      EVP_EncryptUpdate(cipher.get(), nullptr, &taken, context.data(),
                        static_cast<int>(context.size())) == 1 &&
      EVP_EncryptUpdate(cipher.get(), body, &taken, plain.data(), static_cast<int>(plain.size())) ==
          1 &&
      EVP_EncryptFinal_ex(cipher.get(), body + plain.size(), &taken) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kAeadTagBytes, body + plain.size()) ==
          1;
  TRESTLE_CHECK(sealed);
  return out;
}

Result<Bytes> AeadOpen(ByteView key, ByteView sealed, ByteView context) {
  TRESTLE_CHECK(key.size() == kAeadKeyBytes);
  if (sealed.size() < kAeadOverheadBytes) return Fail(Reason::kCrypto, "a sealed text is cut");
  Bytes plain(sealed.size() - kAeadOverheadBytes);
  Bytes tag = ToBytes(sealed.last(kAeadTagBytes));
  const CipherContext cipher = NewContext();
  int taken = 0;
  const bool opened =
      EVP_DecryptInit_ex(cipher.get(), Cipher(), nullptr, key.data(), sealed.data()) == 1 &&
      EVP_DecryptUpdate(cipher.get(), nullptr, &taken, context.data(),
                        static_cast<int>(context.size())) == 1 &&
      EVP_DecryptUpdate(cipher.get(), plain.data(), &taken, sealed.data() + kAeadNonceBytes,
                        static_cast<int>(plain.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kAeadTagBytes, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(cipher.get(), plain.data() + plain.size(), &taken) == 1;
  if (opened) return plain;
  Wipe(plain);
  return Fail(Reason::kCrypto, "a sealed text does not open with this key");
}

}  // namespace trestle
