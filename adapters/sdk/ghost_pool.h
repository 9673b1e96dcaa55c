// Which ghost of a pool stands for a new contact of a person: one that never stood for another
// contact of theirs, else one that has rested for the cool-down since it did, so that nobody sees
// two people behind one number within that time. Of those the one that fits the person best (on
// SMS: the same country and region), then the one with the fewest links. Pure.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bridge/base/seams.h"
#include "bridge/base/sensitive.h"

namespace trestle {

struct GhostPool {
  std::vector<std::string> ghosts = {};
  Millis cool_down = std::chrono::hours(90 * 24);
  // How well a ghost fits a person, the larger the better; empty: all the same.
  std::function<int(const NativeAddress& person, const std::string& ghost)> affinity = {};

  bool Contains(std::string_view ghost) const;
};

// One ghost that stands, or stood, for a contact of the person; `free_since` when it does no more.
struct GhostUse {
  std::string ghost;
  std::optional<WallTime> free_since;
};

struct GhostChoice {
  std::string ghost;
  bool was_used = false;  // for an earlier contact of the person: that one must let go of it
};

// `links_of` counts the links of each ghost over all persons. Nothing when none is left.
std::optional<GhostChoice> ChooseGhost(const GhostPool& pool, const NativeAddress& person,
                                       const std::vector<GhostUse>& uses,
                                       const std::map<std::string, std::int64_t>& links_of,
                                       WallTime now);

}  // namespace trestle
