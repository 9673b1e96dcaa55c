// How Admin.Reload reaches the daemon, which alone reads configuration.
#pragma once

#include <string>
#include <vector>

#include "bridge/base/result.h"

namespace trestle {

struct ReloadAnswer {
  std::vector<std::string> applied;       // settings that took effect
  std::vector<std::string> need_restart;  // settings that changed in the file, and did not
};

class ReloadHook {
 public:
  virtual ~ReloadHook() = default;
  // Returns at once; Done runs on any thread. kInvalidArgument when the file is not right: nothing
  // was changed then, and the log says why.
  virtual void Reload(Done<ReloadAnswer> done) = 0;
};

}  // namespace trestle
