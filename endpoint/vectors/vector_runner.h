// Runs public test vectors: RFC 9420's sixteen kinds of file by name, RFC 9180's and Wycheproof's
// also by what is in them. Any other file is left out and said to be.
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

// None when it is of no known kind. A .json or .json.gz file that cannot be read or parsed is a
// failure, and so is one without a case.
std::optional<FileReport> RunVectorFile(const std::string& path);

// Every file below the folder (or the one file that it is), in the order of names; of unknown
// kinds, the path alone.
struct FolderReport {
  std::vector<FileReport> files;
  std::vector<std::string> unknown;
};
FolderReport RunVectorFolder(const std::string& folder);

}  // namespace trestle::vectors
