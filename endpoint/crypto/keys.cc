#include "endpoint/crypto/keys.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>

namespace trestle::crypto {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

Key PrivateKey(int type, ByteView raw) {
  return {EVP_PKEY_new_raw_private_key(type, nullptr, raw.data(), raw.size()), &EVP_PKEY_free};
}

Key PublicKey(int type, ByteView raw) {
  return {EVP_PKEY_new_raw_public_key(type, nullptr, raw.data(), raw.size()), &EVP_PKEY_free};
}

Result<Bytes> PublicOf(int type, ByteView private_key) {
  if (private_key.size() != 32) return Fail(Reason::kInvalidArgument, "a private key is 32 octets");
  const Key key = PrivateKey(type, private_key);
  Bytes out(32);
  std::size_t out_bytes = out.size();
  if (!key || EVP_PKEY_get_raw_public_key(key.get(), out.data(), &out_bytes) != 1) {
    return Fail(Reason::kInternal, "a public key cannot be derived");
  }
  return out;
}

KeyPair MakePair(int type, Random& random) {
  SecretBytes private_key = RandomSecret(random, 32);
  Result<Bytes> public_key = PublicOf(type, private_key);
  TRESTLE_CHECK(public_key.has_value());
  return {std::move(private_key), *std::move(public_key)};
}

}  // namespace

SecretBytes RandomSecret(Random& random, std::size_t size_bytes) {
  SecretBytes out(size_bytes);
  random.Fill(out.span());
  return out;
}

KeyPair MakeX25519KeyPair(Random& random) { return MakePair(EVP_PKEY_X25519, random); }

Result<Bytes> X25519PublicKey(ByteView private_key) {
  return PublicOf(EVP_PKEY_X25519, private_key);
}

Result<SecretBytes> X25519(ByteView private_key, ByteView peer_public_key) {
  if (private_key.size() != kX25519Bytes || peer_public_key.size() != kX25519Bytes) {
    return Fail(Reason::kInvalidArgument, "an X25519 key is 32 octets");
  }
  const Key own = PrivateKey(EVP_PKEY_X25519, private_key);
  const Key peer = PublicKey(EVP_PKEY_X25519, peer_public_key);
  const KeyContext context(own ? EVP_PKEY_CTX_new(own.get(), nullptr) : nullptr,
                           &EVP_PKEY_CTX_free);
  SecretBytes out(kX25519Bytes);
  std::size_t out_bytes = out.size();
  const bool good = context && peer && EVP_PKEY_derive_init(context.get()) == 1 &&
                    EVP_PKEY_derive_set_peer(context.get(), peer.get()) == 1 &&
                    EVP_PKEY_derive(context.get(), out.span().data(), &out_bytes) == 1;
  // RFC 9180, Section 7.1.4: an all-zero shared secret is refused; OpenSSL does, and so do we.
  static constexpr Bytes32 kZeros{};
  if (!good || ConstantTimeEqual(out, kZeros)) {
    ERR_clear_error();
    return Fail(Reason::kCrypto, "the X25519 peer key is of small order");
  }
  return out;
}

KeyPair MakeEd25519KeyPair(Random& random) { return MakePair(EVP_PKEY_ED25519, random); }

Result<Bytes> Ed25519PublicKey(ByteView private_key) {
  return PublicOf(EVP_PKEY_ED25519, private_key);
}

Result<SigningKey> SigningKey::Of(ByteView private_key) {
  if (private_key.size() != kEd25519KeyBytes) {
    return Fail(Reason::kInvalidArgument, "an Ed25519 private key is 32 octets");
  }
  Key key = PrivateKey(EVP_PKEY_ED25519, private_key);
  if (!key) return Fail(Reason::kInternal, "Ed25519 cannot take a key");
  SigningKey out;
  out.key_ = std::move(key);
  return out;
}

Result<Bytes> SigningKey::Sign(ByteView message) const {
  if (!key_) return Fail(Reason::kInvalidArgument, "there is no key to sign with");
  const DigestContext context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  Bytes out(kSignatureBytes);
  std::size_t out_bytes = out.size();
  const bool good =
      context && EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1 &&
      EVP_DigestSign(context.get(), out.data(), &out_bytes, message.data(), message.size()) == 1;
  if (!good) return Fail(Reason::kInternal, "Ed25519 cannot sign");
  return out;
}

Result<Bytes> Ed25519Sign(ByteView private_key, ByteView message) {
  return TRESTLE_TRY(SigningKey::Of(private_key)).Sign(message);
}

bool IsSmallOrderEd25519Key(ByteView public_key) {
  // The y coordinates of the eight points whose order divides 8 (RFC 8032, Section 5.1), and the
  // two second spellings that fit into 255 bits; the sign bit of x does not matter.
  static constexpr std::array<std::string_view, 7> kSmall{
      "0000000000000000000000000000000000000000000000000000000000000000",
      "0100000000000000000000000000000000000000000000000000000000000000",
      "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
      "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"};
  if (public_key.size() != kEd25519KeyBytes) return false;
  Bytes y = ToBytes(public_key);
  y.back() &= 0x7F;
  return std::find(kSmall.begin(), kSmall.end(), ToHex(y)) != kSmall.end();
}

Result<void> Ed25519Verify(ByteView public_key, ByteView message, ByteView signature) {
  if (public_key.size() != kEd25519KeyBytes || signature.size() != kSignatureBytes) {
    return Fail(Reason::kCrypto, "a signature or its key has the wrong length");
  }
  if (IsSmallOrderEd25519Key(public_key)) {
    return Fail(Reason::kCrypto, "a signature key of small order");
  }
  const Key key = PublicKey(EVP_PKEY_ED25519, public_key);
  const DigestContext context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  const bool good =
      key && context &&
      EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
      EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                       message.size()) == 1;
  if (!good) {
    ERR_clear_error();
    return Fail(Reason::kCrypto, "the signature does not verify");
  }
  return {};
}

}  // namespace trestle::crypto
