// Counters, gauges and histograms in Prometheus' text form. Every metric is a row of one table
// (metrics_table.h), so that names are a promise a test can hold; labels are closed enums.
// Any thread may count; reading is a snapshot.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "bridge/base/result.h"

namespace trestle {

class Metrics {
 public:
  // `name` is a row of kMetricTable; `label_value` belongs to that row's label, "" when it has
  // none.
  void Add(StaticText name, std::string_view label_value = "", std::int64_t by = 1);
  void Set(StaticText name, std::string_view label_value, std::int64_t value);
  std::int64_t Read(StaticText name, std::string_view label_value = "") const;

  // The exposition format of Prometheus, version 0.0.4.
  std::string Expose() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string_view, std::map<std::string, std::int64_t>> values_;
};

}  // namespace trestle
