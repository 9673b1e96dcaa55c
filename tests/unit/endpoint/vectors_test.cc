#include <catch2/catch.hpp>
#include <filesystem>

#include "endpoint/vectors/vector_runner.h"

namespace trestle::vectors {
namespace {

// Every case passes, or is skipped with its reason, and some pass.
void CheckVectors(const std::string& file) {
  const std::string path = "../shared/vectors/" + file;
  if (!std::filesystem::exists(path)) {
    WARN("skipped: " << path << " is absent (public test vectors, see endpoint/README.md)");
    return;
  }
  const auto report = RunVectorFile(path);
  REQUIRE(report.has_value());
  for (const std::string& failure : report->failures) FAIL_CHECK(failure);
  CHECK(report->passed > 0);
}

TEST_CASE("Tree math is RFC 9420's") { CheckVectors("mls/tree-math.json"); }
TEST_CASE("Lengths decode as RFC 9420's") { CheckVectors("mls/deserialization.json"); }
TEST_CASE("Every message parses and encodes to what it was") { CheckVectors("mls/messages.json"); }
TEST_CASE("Labelled cryptography is RFC 9420's") { CheckVectors("mls/crypto-basics.json"); }
TEST_CASE("The key schedule is RFC 9420's") { CheckVectors("mls/key-schedule.json"); }
TEST_CASE("Pre-shared keys mix as RFC 9420 says") { CheckVectors("mls/psk_secret.json"); }
TEST_CASE("The secret tree is RFC 9420's") { CheckVectors("mls/secret-tree.json"); }
TEST_CASE("Transcript hashes are RFC 9420's") { CheckVectors("mls/transcript-hashes.json"); }
TEST_CASE("Tree operations are RFC 9420's") { CheckVectors("mls/tree-operations.json"); }
TEST_CASE("Valid trees are found valid") { CheckVectors("mls/tree-validation.json"); }
TEST_CASE("Every receiver opens every update path") { CheckVectors("mls/treekem.json"); }
TEST_CASE("Messages are protected as RFC 9420 says") {
  CheckVectors("mls/message-protection.json");
}
TEST_CASE("A Welcome opens") { CheckVectors("mls/welcome.json"); }
TEST_CASE("A passive client joins by Welcome") { CheckVectors("mls/passive-client-welcome.json"); }
TEST_CASE("A passive client follows commits") {
  CheckVectors("mls/passive-client-handling-commit.json");
}
TEST_CASE("A passive client follows a long random history") {
  CheckVectors("mls/passive-client-random.json");
}
TEST_CASE("HPKE base mode is RFC 9180's") { CheckVectors("hpke/rfc9180-vectors.json.gz"); }
TEST_CASE("AES-GCM holds at the edges") { CheckVectors("wycheproof/aes_gcm_test.json"); }
TEST_CASE("ChaCha20-Poly1305 holds at the edges") {
  CheckVectors("wycheproof/chacha20_poly1305_test.json");
}
TEST_CASE("X25519 holds at the edges") { CheckVectors("wycheproof/x25519_test.json"); }
TEST_CASE("Ed25519 holds at the edges") { CheckVectors("wycheproof/ed25519_test.json"); }
TEST_CASE("HKDF holds at the edges") { CheckVectors("wycheproof/hkdf_sha256_test.json"); }
TEST_CASE("HMAC holds at the edges") { CheckVectors("wycheproof/hmac_sha256_test.json"); }

}  // namespace
}  // namespace trestle::vectors
