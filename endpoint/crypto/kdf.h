// HKDF with SHA-256 (RFC 5869), the key derivation of both suites and of HPKE.
#pragma once

#include <initializer_list>

#include "endpoint/crypto/secret_bytes.h"
#include "endpoint/crypto/suite.h"

namespace trestle::crypto {

inline constexpr std::size_t kExpandBytesMax = 255 * kHashBytes;  // RFC 5869, Section 2.3

SecretBytes HkdfExtract(ByteView salt, ByteView input);
// kTooLarge above kExpandBytesMax.
Result<SecretBytes> HkdfExpand(ByteView key, ByteView info, std::size_t length);

}  // namespace trestle::crypto
