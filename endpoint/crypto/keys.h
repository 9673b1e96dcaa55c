// Key agreement with X25519 (RFC 7748) and signatures with Ed25519 (RFC 8032), over OpenSSL. A key
// pair is drawn from the caller's Random, so that a seeded run is a repeatable run.
#pragma once

#include <memory>

#include "bridge/base/seams.h"
#include "endpoint/crypto/secret_bytes.h"
#include "endpoint/crypto/suite.h"

struct evp_pkey_st;  // OpenSSL's EVP_PKEY

namespace trestle::crypto {

struct KeyPair {
  SecretBytes private_key;
  Bytes public_key;
};

SecretBytes RandomSecret(Random& random, std::size_t size_bytes);

KeyPair MakeX25519KeyPair(Random& random);
Result<Bytes> X25519PublicKey(ByteView private_key);
// kCrypto for a peer key of small order: the shared secret would be all zeros (RFC 7748,
// Section 6.1).
Result<SecretBytes> X25519(ByteView private_key, ByteView peer_public_key);

KeyPair MakeEd25519KeyPair(Random& random);
Result<Bytes> Ed25519PublicKey(ByteView private_key);
Result<Bytes> Ed25519Sign(ByteView private_key, ByteView message);

// An Ed25519 private key made ready: OpenSSL derives the public key when a key is made, which costs
// as much as signing. Copies share the key, and OpenSSL wipes it when the last one dies.
class SigningKey {
 public:
  SigningKey() = default;  // signs nothing: kInvalidArgument
  static Result<SigningKey> Of(ByteView private_key);
  Result<Bytes> Sign(ByteView message) const;

 private:
  std::shared_ptr<evp_pkey_st> key_;
};

// A key under which anybody can sign: its owner could later deny everything, and nobody could hold
// a conversation under it that is theirs alone.
bool IsSmallOrderEd25519Key(ByteView public_key);
// kCrypto when the signature is not the key's, and for every key of small order.
Result<void> Ed25519Verify(ByteView public_key, ByteView message, ByteView signature);

}  // namespace trestle::crypto
