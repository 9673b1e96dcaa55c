#include "adapters/sdk/ghost_pool.h"

#include <algorithm>
#include <tuple>

namespace trestle {

bool GhostPool::Contains(std::string_view ghost) const {
  return std::ranges::find(ghosts, ghost) != ghosts.end();
}

std::optional<GhostChoice> ChooseGhost(const GhostPool& pool, const NativeAddress& person,
                                       const std::vector<GhostUse>& uses,
                                       const std::map<std::string, std::int64_t>& links_of,
                                       WallTime now) {
  using Rank = std::tuple<bool, int, std::int64_t>;  // the smaller, the better
  std::optional<GhostChoice> best;
  Rank best_rank{};
  for (const std::string& ghost : pool.ghosts) {
    bool was_used = false;
    bool is_taken = false;
    for (const GhostUse& use : uses) {
      if (use.ghost != ghost) continue;
      was_used = true;
      is_taken = is_taken || !use.free_since || now - *use.free_since < pool.cool_down;
    }
    if (is_taken) continue;
    const int affinity = pool.affinity ? pool.affinity(person, ghost) : 0;
    const auto links = links_of.find(ghost);
    const Rank rank{was_used, -affinity, links == links_of.end() ? 0 : links->second};
    if (best && rank >= best_rank) continue;
    best = GhostChoice{ghost, was_used};
    best_rank = rank;
  }
  return best;
}

}  // namespace trestle
