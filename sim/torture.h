// Kills the real daemon (SIGKILL) at random moments while phones with real endpoints on all four
// simulated networks write to each other through it, starts it again on the same data each time,
// and checks at the end what the phones saw: everything that was said was shown, once, in the order
// in which the bridge accepted it (networks may bring texts in another order than they were said),
// and its sender was told that it went out. When the networks lie as well, as much is missing as
// they were told to drop, and not a frame more.
// Runs on one thread and blocks.
#pragma once

#include <string>

#include "sim/line.h"

namespace trestle::sim {

struct TortureOptions {
  std::string programs_folder;
  int kills = 10;
  bool lies = false;  // the networks lose answers, answer late, repeat and drop
};

// 0 when all of it held; 1 with what did not on standard error.
int RunTorture(const TortureOptions& options, Line::Seams seams);

}  // namespace trestle::sim
