#include "endpoint/crypto/suite.h"

#include <array>

namespace trestle::crypto {
namespace {

constexpr std::array kSuites{
    Suite{1, "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519", AeadId::kAes128Gcm},
    Suite{3, "MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519", AeadId::kChaCha20Poly1305},
};

}  // namespace

std::span<const Suite> Suites() { return kSuites; }

const Suite* FindSuite(SuiteId id) {
  for (const Suite& suite : kSuites) {
    if (suite.id == id) return &suite;
  }
  return nullptr;
}

}  // namespace trestle::crypto
