// trestle-vectors FOLDER…: runs every test vector file that it knows, prints what passed, and fails
// when anything failed, when a folder held no such file, or when nothing ran.
#include <cstdio>

#include "endpoint/vectors/vector_runner.h"

namespace {

constexpr std::size_t kFailuresShownMax = 10;

int Print(const trestle::vectors::FileReport& report) {
  const int failed = static_cast<int>(report.failures.size());
  std::printf("%-40s cases %5d  passed %5d  failed %3d  skipped %4d\n", report.name.c_str(),
              report.cases, report.passed, failed, report.skipped());
  for (const auto& [why, count] : report.skipped_by_why) {
    std::printf("    skipped %d: %s\n", count, why.c_str());
  }
  for (std::size_t i = 0; i < report.failures.size() && i < kFailuresShownMax; ++i) {
    std::printf("    FAILED %s\n", report.failures[i].c_str());
  }
  return failed;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: trestle-vectors FOLDER...\n");
    return 2;
  }
  int files = 0;
  int passed = 0;
  int failed = 0;
  for (int i = 1; i < argc; ++i) {
    const auto report = trestle::vectors::RunVectorFolder(argv[i]);
    if (report.files.empty()) {
      std::printf("FAILED %s: no file of a known kind\n", argv[i]);
      ++failed;
    }
    for (const auto& file : report.files) {
      failed += Print(file);
      passed += file.passed;
      ++files;
    }
    for (const std::string& path : report.unknown)
      std::printf("not a known kind: %s\n", path.c_str());
  }
  std::printf("total: %d files, %d passed, %d failed\n", files, passed, failed);
  return passed > 0 && failed == 0 ? 0 : 1;
}
