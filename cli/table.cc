#include "cli/table.h"

#include <algorithm>

#include "bridge/base/result.h"
#include "cli/text.h"

namespace trestle::cli {

Table::Table(std::vector<std::string> headings) { rows_.push_back(std::move(headings)); }

void Table::Add(std::vector<std::string> cells) {
  TRESTLE_CHECK(cells.size() == rows_.front().size());
  for (std::string& cell : cells) cell = cell.empty() ? "-" : Printable(cell);
  rows_.push_back(std::move(cells));
}

std::string Table::Text() const {
  std::vector<std::size_t> widths(rows_.front().size(), 0);
  for (const std::vector<std::string>& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], ColumnsOf(row[i]));
    }
  }
  std::string out;
  for (const std::vector<std::string>& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      out += row[i];
      const bool is_last = i + 1 == row.size();
      out += is_last ? "\n" : std::string(widths[i] - ColumnsOf(row[i]) + 2, ' ');
    }
  }
  return out;
}

}  // namespace trestle::cli
