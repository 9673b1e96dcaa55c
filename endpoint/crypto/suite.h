// The cipher suites of MLS that an endpoint offers, as a table: a row is all that tells two suites
// apart. Both rows use X25519, SHA-256 and Ed25519 (RFC 9420, Section 17.1); they differ in the
// AEAD.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace trestle::crypto {

using SuiteId = std::uint16_t;  // RFC 9420, Section 17.1: MLS Cipher Suites

// RFC 9180, Section 7.3: AEAD Identifiers.
enum class AeadId : std::uint16_t {
  kAes128Gcm = 1,
  kAes256Gcm = 2,
  kChaCha20Poly1305 = 3,
};

inline constexpr std::size_t kHashBytes = 32;        // SHA-256; also KDF.Nh
inline constexpr std::size_t kNonceBytes = 12;       // AEAD.Nn of every AEAD above
inline constexpr std::size_t kTagBytes = 16;         // of every AEAD above
inline constexpr std::size_t kX25519Bytes = 32;      // RFC 7748: keys and shared secrets
inline constexpr std::size_t kEd25519KeyBytes = 32;  // RFC 8032: seeds and public keys
inline constexpr std::size_t kSignatureBytes = 64;   // RFC 8032

constexpr std::size_t KeyBytes(AeadId aead) { return aead == AeadId::kAes128Gcm ? 16 : 32; }

struct Suite {
  SuiteId id;
  std::string_view name;
  AeadId aead;

  constexpr std::size_t key_bytes() const { return KeyBytes(aead); }
};

std::span<const Suite> Suites();     // in order of preference
const Suite* FindSuite(SuiteId id);  // null when this endpoint does not offer it

}  // namespace trestle::crypto
