#include "endpoint/vectors/vector_runner.h"

#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "endpoint/vectors/vector_case.h"

namespace trestle::vectors {
namespace {

constexpr std::size_t kFileBytesMax = 256U << 20;

// What a file's cases are checked by: RFC 9420's kinds and HPKE by the file's official name.
struct Kind {
  std::string_view file;  // name without .json or .json.gz
  void (*check)(const Json&);
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
};

// Wycheproof's files say themselves what they are about, whatever they are called.
struct Algorithm {
  std::string_view name;  // the field "algorithm"
  void (*check)(const Json&);
};

constexpr Algorithm kAlgorithms[] = {
    {"AES-GCM", &CheckAesGcm},    {"CHACHA20-POLY1305", &CheckChaCha20Poly1305},
    {"XDH", &CheckX25519},        {"EDDSA", &CheckEd25519},
    {"HKDF-SHA-256", &CheckHkdf}, {"HMACSHA256", &CheckHmac},
};

void SkipAlgorithm(const Json&) { throw Skipped{"an algorithm that no suite here uses"}; }

// None when the name does not end as these files' names do.
std::optional<std::string> StemOf(const std::filesystem::path& path) {
  std::string name = path.filename().string();
  if (name.ends_with(".gz")) name.resize(name.size() - 3);
  if (!name.ends_with(".json")) return std::nullopt;
  name.resize(name.size() - 5);
  return name;
}

bool IsWycheproof(const Json& file) {
  return file.is_object() && file.contains("algorithm") && file.contains("testGroups");
}

// CFRG's own files have other names than RFC 9180's copies, and the same fields.
bool IsHpke(const Json& file) {
  return file.is_array() && !file.empty() && file.front().is_object() &&
         file.front().contains("kem_id") && file.front().contains("encryptions");
}

// Null when neither name nor content is known.
void (*CheckFor(const std::string& stem, const Json& file))(const Json&) {
  for (const Kind& kind : kKinds) {
    if (kind.file == stem) return kind.check;
  }
  if (IsHpke(file)) return &CheckHpke;
  if (!IsWycheproof(file)) return nullptr;
  const auto algorithm = file.at("algorithm").get<std::string>();
  for (const Algorithm& known : kAlgorithms) {
    if (known.name == algorithm) return known.check;
  }
  return &SkipAlgorithm;
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

std::vector<Json> CasesOf(Json file) {
  if (!IsWycheproof(file)) return file.get<std::vector<Json>>();
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

void RunCase(void (*check)(const Json&), const Json& one, FileReport& report) {
  const std::string name = "case " + std::to_string(report.cases++) + ": ";
  try {
    check(one);
    ++report.passed;
  } catch (const Failed& failed) {
    report.failures.push_back(name + failed.what);
  } catch (const Skipped& skipped) {
    ++report.skipped_by_why[skipped.why];
  } catch (const Json::exception&) {
    report.failures.push_back(name + "a field is missing or of another type");
  } catch (const std::exception&) {
    report.failures.push_back(name + "a value is beyond any bound");
  }
}

}  // namespace

int FileReport::skipped() const {
  int out = 0;
  for (const auto& [why, count] : skipped_by_why) out += count;
  return out;
}

std::optional<FileReport> RunVectorFile(const std::string& path) {
  const std::optional<std::string> stem = StemOf(path);
  if (!stem) return std::nullopt;
  FileReport out;
  out.name = std::filesystem::path(path).filename().string();
  try {
    Json file = Json::parse(ReadMaybeGzip(path));
    const auto check = CheckFor(*stem, file);
    if (check == nullptr) return std::nullopt;
    for (const Json& one : CasesOf(std::move(file))) RunCase(check, one, out);
  } catch (const Failed& failed) {
    out.failures.push_back(failed.what);
  } catch (const Json::parse_error&) {
    out.failures.push_back("the file is not JSON to its end");
  } catch (const std::exception&) {
    out.failures.push_back("the file is not what its name says");
  }
  if (out.cases == 0 && out.failures.empty()) out.failures.push_back("the file holds no case");
  return out;
}

FolderReport RunVectorFolder(const std::string& folder) {
  FolderReport out;
  std::vector<std::string> paths;
  std::error_code ignored;
  if (std::filesystem::is_regular_file(folder, ignored)) paths.push_back(folder);
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
