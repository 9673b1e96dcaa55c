// AES-256-GCM over OpenSSL, for what the bridge keeps at rest. The sealed form is nonce, ciphertext
// and tag in one string; the nonce is drawn for each call, so one key may seal 2^32 texts (NIST SP
// 800-38D, Section 8.3). Stateless: any thread may call.
#pragma once

#include "bridge/base/bytes.h"
#include "bridge/base/result.h"
#include "bridge/base/seams.h"

namespace trestle {

inline constexpr std::size_t kAeadKeyBytes = 32;
inline constexpr std::size_t kAeadNonceBytes = 12;  // NIST SP 800-38D, Section 5.2.1.1
inline constexpr std::size_t kAeadTagBytes = 16;
inline constexpr std::size_t kAeadOverheadBytes = kAeadNonceBytes + kAeadTagBytes;

// `context` is bound to the text and not part of it: the same octets are needed to open it.
Bytes AeadSeal(ByteView key, ByteView plain, ByteView context, Random& random);
// kCrypto when key, octets or context are not those of AeadSeal.
Result<Bytes> AeadOpen(ByteView key, ByteView sealed, ByteView context);

}  // namespace trestle
