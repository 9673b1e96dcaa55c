// Runs one seed from the first person to the last check, and says what came of it.
#pragma once

#include <string>
#include <vector>

#include "tests/sim/record.h"

namespace trestle::world {

struct RunOptions {
  std::uint64_t seed = 0;
  bool trace = false;
};

struct RunResult {
  std::vector<Violation> violations;
  std::uint64_t hash = 0;       // of every event
  std::uint64_t last_draw = 0;  // of both random streams
  std::uint64_t events = 0;
  std::uint64_t letters = 0;
  std::uint64_t shown = 0;
  std::uint64_t crashes = 0;
  std::string faults;

  bool is_same_as(const RunResult& other) const {
    return hash == other.hash && last_draw == other.last_draw && events == other.events;
  }
};

RunResult RunSeed(const RunOptions& options);

}  // namespace trestle::world
