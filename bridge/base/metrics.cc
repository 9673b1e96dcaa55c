#include "bridge/base/metrics.h"

#include <algorithm>

#include "bridge/base/metrics_table.h"

namespace trestle {
namespace {

const MetricRow& RowOf(std::string_view name) {
  const auto row = std::find_if(kMetricTable.begin(), kMetricTable.end(),
                                [&](const MetricRow& each) { return each.name == name; });
  TRESTLE_CHECK(row != kMetricTable.end());
  return *row;
}

}  // namespace

void Metrics::Add(StaticText name, std::string_view label_value, std::int64_t by) {
  const MetricRow& row = RowOf(name.view());
  const std::lock_guard lock(mutex_);
  values_[row.name][std::string(label_value)] += by;
}

void Metrics::Set(StaticText name, std::string_view label_value, std::int64_t value) {
  const MetricRow& row = RowOf(name.view());
  const std::lock_guard lock(mutex_);
  values_[row.name][std::string(label_value)] = value;
}

std::int64_t Metrics::Read(StaticText name, std::string_view label_value) const {
  const std::lock_guard lock(mutex_);
  const auto metric = values_.find(name.view());
  if (metric == values_.end()) return 0;
  const auto value = metric->second.find(std::string(label_value));
  return value == metric->second.end() ? 0 : value->second;
}

std::string Metrics::Expose() const {
  const std::lock_guard lock(mutex_);
  std::string out;
  for (const MetricRow& row : kMetricTable) {
    out.append("# HELP ").append(row.name).append(" ").append(row.help).append("\n# TYPE ");
    out.append(row.name).append(row.kind == MetricKind::kCounter ? " counter\n" : " gauge\n");
    const auto metric = values_.find(row.name);
    if (metric == values_.end()) continue;
    for (const auto& [label_value, value] : metric->second) {
      out.append(row.name);
      if (!row.label.empty()) {
        out.append("{").append(row.label).append("=\"").append(label_value).append("\"}");
      }
      out.append(" ").append(std::to_string(value)).append("\n");
    }
  }
  return out;
}

}  // namespace trestle
