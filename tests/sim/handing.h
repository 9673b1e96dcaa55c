// What the bridge hands to a network in one call or message: when it let go of it, which alone
// tells whether it was in time, and which messages of people came of it.
#pragma once

#include <string>
#include <vector>

#include "bridge/base/seams.h"

namespace trestle::world {

struct Handing {
  WallTime issued_wall{};
  MonoTime issued_at{};
  std::vector<std::string> ids = {};  // as the network's answer names them
};

}  // namespace trestle::world
