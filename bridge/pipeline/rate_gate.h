// The rates of the limits table, counted: one bucket for each key of a row, which fills at the
// row's rate and holds its burst. In memory alone; after a restart everybody has a full bucket.
// Bounded: when too many keys are busy at once, a new one waits like a known one. Any thread may
// call.
#pragma once

#include <mutex>
#include <string>
#include <unordered_map>

#include "bridge/base/bytes.h"
#include "bridge/base/metrics.h"
#include "bridge/base/seams.h"
#include "bridge/policy/limit_table.h"

namespace trestle {

class RateGate {
 public:
  static constexpr std::size_t kKeysMax = 65'536;  // some 3 MiB

  RateGate(std::string_view row, const Limits& limits, const Clock& clock, Metrics& metrics);

  // Takes one. kBusy with the time after which there is one again; counted by the row's name.
  Result<void> Take(ByteView key = {});

 private:
  void ForgetFull(std::int64_t now_us);

  const LimitRow& row_;
  const Clock& clock_;
  Metrics& metrics_;
  const std::int64_t interval_us_;   // for one
  const std::int64_t tolerance_us_;  // how far ahead of now a bucket's instant may be
  std::mutex mutex_;
  std::unordered_map<std::string, std::int64_t> full_at_us_;
};

}  // namespace trestle
