// Runs public test vectors by file name. A file whose name is not known is left out and said to be.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace trestle::vectors {

struct FileReport {
  std::string name;
  int cases = 0;
  int passed = 0;
  std::vector<std::string> failures;  // "case 3: what"
  std::map<std::string, int> skipped_by_why;

  int skipped() const;
};

// None when the name is of no known kind. A file that cannot be read or parsed is a failure.
std::optional<FileReport> RunVectorFile(const std::string& path);

// Every file below the folder, in the order of names; of unknown kinds, the path alone.
struct FolderReport {
  std::vector<FileReport> files;
  std::vector<std::string> unknown;
};
FolderReport RunVectorFolder(const std::string& folder);

}  // namespace trestle::vectors
