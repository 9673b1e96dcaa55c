// What the checks of test vectors share. A check is a function over one case; it returns when the
// case passes and throws Failed or Skipped otherwise: vectors run in tests and in one command,
// never in an endpoint.
#pragma once

#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "endpoint/mls/labels.h"

namespace trestle::vectors {

using Json = nlohmann::json;

struct Failed {
  std::string what;
};
struct Skipped {
  std::string why;
};

inline void Expect(bool condition, std::string_view what) {
  if (!condition) throw Failed{std::string(what)};
}

template <class T>
T Need(Result<T> result, std::string_view what) {
  if (!result) throw Failed{std::string(what) + ": " + std::string(result.error().what.view())};
  return *std::move(result);
}
inline void Need(Result<void> result, std::string_view what) {
  if (!result) throw Failed{std::string(what) + ": " + std::string(result.error().what.view())};
}

inline Bytes Hex(const Json& value) { return Need(FromHex(value.get<std::string>()), "hex"); }
inline crypto::SecretBytes Secret(const Json& value) { return crypto::SecretBytes(Hex(value)); }

inline bool Same(ByteView a, ByteView b) { return ConstantTimeEqual(a, b); }

inline const crypto::Suite& SuiteOf(const Json& one) {
  const crypto::Suite* suite = crypto::FindSuite(one.at("cipher_suite").get<crypto::SuiteId>());
  if (suite == nullptr) throw Skipped{"a cipher suite that is not offered"};
  return *suite;
}

// Repeatable, so that a failure comes again.
class CheckRandom final : public Random {
 public:
  void Fill(std::span<std::uint8_t> out) override {
    for (std::uint8_t& octet : out) octet = static_cast<std::uint8_t>(engine_() & 0xFF);
  }

 private:
  std::mt19937_64 engine_{9420};
};

// mls_basics.cc
void CheckTreeMath(const Json& one);
void CheckDeserialization(const Json& one);
void CheckMessages(const Json& one);
void CheckCryptoBasics(const Json& one);
void CheckKeySchedule(const Json& one);
void CheckPskSecret(const Json& one);
void CheckSecretTree(const Json& one);
void CheckTranscriptHashes(const Json& one);
// mls_trees.cc
void CheckTreeOperations(const Json& one);
void CheckTreeValidation(const Json& one);
void CheckTreeKem(const Json& one);
// mls_groups.cc
void CheckMessageProtection(const Json& one);
void CheckWelcome(const Json& one);
void CheckPassiveClient(const Json& one);
// primitives.cc; of Wycheproof, `one` is a test with its group's fields merged in.
void CheckHpke(const Json& one);
void CheckAesGcm(const Json& one);
void CheckChaCha20Poly1305(const Json& one);
void CheckX25519(const Json& one);
void CheckEd25519(const Json& one);
void CheckHkdf(const Json& one);
void CheckHmac(const Json& one);

}  // namespace trestle::vectors
