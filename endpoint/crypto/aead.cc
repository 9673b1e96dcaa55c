#include "endpoint/crypto/aead.h"

#include <openssl/evp.h>

#include <climits>
#include <memory>

namespace trestle::crypto {
namespace {

using Context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

const EVP_CIPHER* CipherOf(AeadId aead) {
  switch (aead) {
    case AeadId::kAes128Gcm:
      return EVP_aes_128_gcm();
    case AeadId::kAes256Gcm:
      return EVP_aes_256_gcm();
    case AeadId::kChaCha20Poly1305:
      return EVP_chacha20_poly1305();
  }
  return nullptr;
}

Result<void> CheckSizes(AeadId aead, ByteView key, ByteView nonce, std::size_t text_bytes) {
  if (key.size() != KeyBytes(aead))
    return Fail(Reason::kInvalidArgument, "an AEAD key of wrong length");
  if (nonce.size() != kNonceBytes)
    return Fail(Reason::kInvalidArgument, "an AEAD nonce is 12 octets");
  if (text_bytes > INT_MAX) return Fail(Reason::kTooLarge, "too much for one AEAD call");
  return {};
}

}  // namespace

Result<Bytes> AeadSeal(AeadId aead, ByteView key, ByteView nonce, ByteView associated,
                       ByteView plaintext) {
  TRESTLE_TRY(CheckSizes(aead, key, nonce, plaintext.size() + associated.size()));
  const Context context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  Bytes out(plaintext.size() + kTagBytes);
  int written = 0;
  // OpenSSL reports only misuse and exhaustion here, so one check covers the chain.
  bool good = context != nullptr && EVP_EncryptInit_ex(context.get(), CipherOf(aead), nullptr,
                                                       key.data(), nonce.data()) == 1;
  if (good && !associated.empty()) {
    good = EVP_EncryptUpdate(context.get(), nullptr, &written, associated.data(),
                             static_cast<int>(associated.size())) == 1;
  }
  if (good && !plaintext.empty()) {
    good = EVP_EncryptUpdate(context.get(), out.data(), &written, plaintext.data(),
                             static_cast<int>(plaintext.size())) == 1;
  }
  std::uint8_t* const tag = out.data() + plaintext.size();
  good = good && EVP_EncryptFinal_ex(context.get(), tag, &written) == 1 && written == 0;
  good = good && EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kTagBytes, tag) == 1;
  if (!good) return Fail(Reason::kInternal, "the AEAD cannot seal");
  return out;
}

Result<SecretBytes> AeadOpen(AeadId aead, ByteView key, ByteView nonce, ByteView associated,
                             ByteView ciphertext) {
  TRESTLE_TRY(CheckSizes(aead, key, nonce, ciphertext.size() + associated.size()));
  if (ciphertext.size() < kTagBytes) return Fail(Reason::kCrypto, "shorter than an AEAD tag");
  const std::size_t text_bytes = ciphertext.size() - kTagBytes;
  const Context context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  SecretBytes out(text_bytes);
  Bytes tag = ToBytes(ciphertext.subspan(text_bytes));
  int written = 0;
  bool good = context != nullptr && EVP_DecryptInit_ex(context.get(), CipherOf(aead), nullptr,
                                                       key.data(), nonce.data()) == 1;
  if (good && !associated.empty()) {
    good = EVP_DecryptUpdate(context.get(), nullptr, &written, associated.data(),
                             static_cast<int>(associated.size())) == 1;
  }
  if (good && text_bytes > 0) {
    good = EVP_DecryptUpdate(context.get(), out.span().data(), &written, ciphertext.data(),
                             static_cast<int>(text_bytes)) == 1;
  }
  good =
      good && EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kTagBytes, tag.data()) == 1;
  good = good && EVP_DecryptFinal_ex(context.get(), tag.data(), &written) == 1;
  if (!good) return Fail(Reason::kCrypto, "the AEAD tag does not verify");
  return out;
}

}  // namespace trestle::crypto
