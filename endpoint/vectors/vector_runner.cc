#include "endpoint/vectors/vector_runner.h"

#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "endpoint/vectors/vector_case.h"

namespace trestle::vectors {
namespace {

constexpr std::size_t kFileBytesMax = 256U << 20;

struct Kind {
  std::string_view file;  // name without .json or .json.gz
  void (*check)(const Json&);
  bool wycheproof = false;
};

constexpr Kind kKinds[] = {
    {"tree-math", &CheckTreeMath},
    {"deserialization", &CheckDeserialization},
    {"messages", &CheckMessages},
    {"crypto-basics", &CheckCryptoBasics},
    {"key-schedule", &CheckKeySchedule},
    {"psk_secret", &CheckPskSecret},
    {"secret-tree", &CheckSecretTree},
    {"transcript-hashes", &CheckTranscriptHashes},
    {"tree-operations", &CheckTreeOperations},
    {"tree-validation", &CheckTreeValidation},
    {"treekem", &CheckTreeKem},
    {"message-protection", &CheckMessageProtection},
    {"welcome", &CheckWelcome},
    {"passive-client-welcome", &CheckPassiveClient},
    {"passive-client-handling-commit", &CheckPassiveClient},
    {"passive-client-random", &CheckPassiveClient},
    {"rfc9180-vectors", &CheckHpke},
    {"aes_gcm_test", &CheckAesGcm, true},
    {"chacha20_poly1305_test", &CheckChaCha20Poly1305, true},
    {"x25519_test", &CheckX25519, true},
    {"ed25519_test", &CheckEd25519, true},
    {"hkdf_sha256_test", &CheckHkdf, true},
    {"hmac_sha256_test", &CheckHmac, true},
};

const Kind* KindOf(const std::filesystem::path& path) {
  std::string name = path.filename().string();
  for (const std::string_view ending : {".gz", ".json"}) {
    if (name.ends_with(ending)) name.resize(name.size() - ending.size());
  }
  const auto* found = std::find_if(std::begin(kKinds), std::end(kKinds),
                                   [&](const Kind& kind) { return kind.file == name; });
  return found == std::end(kKinds) ? nullptr : found;
}

// gzread passes plain files through.
std::string ReadMaybeGzip(const std::string& path) {
  const std::unique_ptr<gzFile_s, decltype(&gzclose)> file(gzopen(path.c_str(), "rb"), &gzclose);
  if (file == nullptr) throw Failed{"the file cannot be opened"};
  std::string out;
  std::array<char, 65536> chunk;
  int got = 0;
  while ((got = gzread(file.get(), chunk.data(), chunk.size())) > 0) {
    out.append(chunk.data(), static_cast<std::size_t>(got));
    if (out.size() > kFileBytesMax) throw Failed{"the file is too large"};
  }
  if (got < 0) throw Failed{"the file cannot be read"};
  return out;
}

std::vector<Json> CasesOf(const Kind& kind, Json file) {
  if (!kind.wycheproof) return file.get<std::vector<Json>>();
  std::vector<Json> out;
  for (Json& group : file.at("testGroups")) {
    const Json tests = std::move(group.at("tests"));
    group.erase("tests");
    for (const Json& test : tests) {
      out.push_back(group);
      out.back().update(test);
    }
  }
  return out;
}

void RunCase(const Kind& kind, const Json& one, FileReport& report) {
  const std::string name = "case " + std::to_string(report.cases++) + ": ";
  try {
    kind.check(one);
    ++report.passed;
  } catch (const Failed& failed) {
    report.failures.push_back(name + failed.what);
  } catch (const Skipped& skipped) {
    ++report.skipped_by_why[skipped.why];
  } catch (const Json::exception&) {
    report.failures.push_back(name + "a field is missing or of another type");
  }
}

}  // namespace

int FileReport::skipped() const {
  int out = 0;
  for (const auto& [why, count] : skipped_by_why) out += count;
  return out;
}

std::optional<FileReport> RunVectorFile(const std::string& path) {
  const Kind* kind = KindOf(path);
  if (kind == nullptr) return std::nullopt;
  FileReport out;
  out.name = std::filesystem::path(path).filename().string();
  try {
    for (const Json& one : CasesOf(*kind, Json::parse(ReadMaybeGzip(path)))) {
      RunCase(*kind, one, out);
    }
  } catch (const Failed& failed) {
    out.failures.push_back(failed.what);
  } catch (const Json::exception&) {
    out.failures.push_back("the file is not what its name says");
  }
  if (out.cases == 0 && out.failures.empty()) out.failures.push_back("the file holds no case");
  return out;
}

FolderReport RunVectorFolder(const std::string& folder) {
  FolderReport out;
  std::vector<std::string> paths;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, ignored)) {
    if (entry.is_regular_file()) paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  for (const std::string& path : paths) {
    if (auto report = RunVectorFile(path)) {
      out.files.push_back(*std::move(report));
    } else {
      out.unknown.push_back(path);
    }
  }
  return out;
}

}  // namespace trestle::vectors
