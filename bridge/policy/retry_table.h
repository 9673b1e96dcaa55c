// When a delivery that was not taken is tried again, as data: one row for each class of trouble,
// and more for networks that want something else. docs/retries.md shows the same table; a test
// compares them. Pauses grow by the factor from `first` to `max`.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "bridge/base/result.h"
#include "bridge/envelope/network.h"
#include "bridge/envelope/trouble.h"

namespace trestle {

inline constexpr int kUntilExpiry = 0;  // attempts_max: only the delivery's own time ends it
inline constexpr std::string_view kEveryNetwork = "*";

struct RetryRow {
  std::string_view network;  // a network's name, or "*"
  Trouble trouble = Trouble::kNone;
  Millis first{0};
  int factor = 2;
  Millis max{0};
  int attempts_max = kUntilExpiry;
  bool heeds_retry_after = true;  // the network's own word lengthens the pause
  int jitter_percent = 25;        // of the pause, at most, on top
  std::string_view why;
};

std::span<const RetryRow> RetryTable();

// The network's own row, or the one of every network. There is one for each trouble but kNone.
const RetryRow& RetryRowFor(const Network& network, Trouble trouble);

}  // namespace trestle
