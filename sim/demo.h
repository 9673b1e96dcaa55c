// `trestle-sim demo`: starts the simulated networks and the daemon as processes of their own, plays
// the story, checks its claims and cleans up. What `./dev demo` runs.
#pragma once

#include <string>

#include "sim/line.h"

namespace trestle::sim {

struct DemoOptions {
  std::string programs_folder;  // where trestled, trestle and trestle-sim are
  std::string data_folder;      // empty: a temporary one, removed at the end
  bool keep = false;            // leave everything running, and print how to ask it
  int rounds = 2;
  std::string corpus_folder = "../shared/data";
};

// Answers the exit code: 0 when the story came to its end and every claim held.
int RunDemo(DemoOptions options, Line::Seams seams);

}  // namespace trestle::sim
