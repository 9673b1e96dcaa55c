// Ed25519 (RFC 8032) over OpenSSL, for what the daemon states in its own name and for whoever
// checks it. A private key is its 32-octet seed. Stateless: any thread may call.
#pragma once

#include "bridge/base/bytes.h"
#include "bridge/base/sensitive.h"

namespace trestle {

inline constexpr std::size_t kSigningSeedBytes = 32;
inline constexpr std::size_t kSignatureBytes = 64;

// The seed must have 32 octets.
Bytes32 SigningPublicKey(const Secret& seed);
Bytes SignMessage(const Secret& seed, ByteView message);
// False for a wrong signature, and for keys and signatures of a wrong size.
bool VerifyMessage(ByteView public_key, ByteView message, ByteView signature);

}  // namespace trestle
