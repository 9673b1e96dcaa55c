// Real texts for the story: English and Chinese SMS and emoji sequences from `../shared/data` when
// that folder is beside the project, else texts of our own. Drawn by seed, so that a run can be
// repeated.
#pragma once

#include <string>
#include <vector>

#include "bridge/base/seams.h"

namespace trestle::sim {

class Corpus {
 public:
  static constexpr std::size_t kTextsMax = 50000;

  // Reads what is there; never fails, because our own texts are always there.
  static Corpus Load(const std::string& folder);

  // A text of 8 to 480 octets: English, Chinese and emoji in turn.
  std::string Draw(Random& random);
  const std::string& origin() const { return origin_; }

 private:
  std::vector<std::string> english_;
  std::vector<std::string> chinese_;
  std::vector<std::string> emoji_;
  std::string origin_;
  std::size_t turn_ = 0;
};

}  // namespace trestle::sim
