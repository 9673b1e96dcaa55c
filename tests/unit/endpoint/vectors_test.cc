#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "endpoint/vectors/vector_runner.h"
#include "tests/unit/endpoint/world.h"

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

// ---- the runner itself, with files made here

struct Scratch {
  endpoint::testing::TemporaryFolder folder;

  FileReport Run(const std::string& name, const std::string& text) {
    std::ofstream(folder / name, std::ios::binary) << text;
    auto report = RunVectorFile(folder / name);
    return report ? *report : FileReport{"unknown", 0, 0, {}, {}};
  }
};

TEST_CASE_METHOD(Scratch, "A file that is cut, empty or no JSON is a failure and no crash") {
  for (const char* text : {"", "[", "[{\"cipher_suite\": 1", "x", "[]", "{}", "3", "[3]", "[{}]"}) {
    CHECK_FALSE(Run("treekem.json", text).failures.empty());
  }
}

TEST_CASE_METHOD(Scratch, "Every one of RFC 9420's sixteen kinds is known by its name") {
  for (const char* kind :
       {"tree-math", "deserialization", "messages", "crypto-basics", "key-schedule", "psk_secret",
        "secret-tree", "transcript-hashes", "tree-operations", "tree-validation", "treekem",
        "message-protection", "welcome", "passive-client-welcome", "passive-client-handling-commit",
        "passive-client-random"}) {
    CHECK(Run(std::string(kind) + ".json", "[{}]").failures.size() == 1);
  }
}

TEST_CASE_METHOD(Scratch, "A case that is wrong fails, and the others still run") {
  const FileReport report = Run("deserialization.json",
                                "[{\"vlbytes_header\":\"01\",\"length\":1},"
                                "{\"vlbytes_header\":\"02\",\"length\":1},"
                                "{\"vlbytes_header\":\"zz\",\"length\":1}]");
  CHECK(report.cases == 3);
  CHECK(report.passed == 1);
  CHECK(report.failures.size() == 2);
}

TEST_CASE_METHOD(Scratch, "A suite or an algorithm that is not ours is skipped with its reason") {
  CHECK(Run("welcome.json", "[{\"cipher_suite\": 2}]").skipped_by_why.begin()->first ==
        "a cipher suite that is not offered");
  CHECK(Run("any_test.json",
            "{\"algorithm\":\"AES-SIV-CMAC\",\"testGroups\":[{\"tests\":[{\"tcId\":1}]}]}")
            .skipped() == 1);
}

TEST_CASE_METHOD(Scratch, "Numbers that no vector has are failures and no crash") {
  CHECK_FALSE(
      Run("tree-math.json", "[{\"n_leaves\":3,\"n_nodes\":5,\"root\":3}]").failures.empty());
  CHECK_FALSE(
      Run("secret-tree.json",
          "[{\"cipher_suite\":1,\"encryption_secret\":\"00\",\"sender_data\":{"
          "\"sender_data_secret\":\"00\",\"ciphertext\":\"00\",\"key\":\"\",\"nonce\":\"\"},"
          "\"leaves\":[]}]")
          .failures.empty());
}

TEST_CASE_METHOD(Scratch, "Files of no known kind are left out and named") {
  Run("notes.json", "{\"a\": 1}");
  std::ofstream(folder / "README.md") << "text";
  const FolderReport report = RunVectorFolder(folder / "");
  CHECK(report.files.empty());
  CHECK(report.unknown.size() == 2);
}

}  // namespace
}  // namespace trestle::vectors
