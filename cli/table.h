// Rows under headings, for people: columns as wide as their widest cell, two spaces between them,
// nothing after the last. Cells are made printable on the way in. Pure.
#pragma once

#include <string>
#include <vector>

namespace trestle::cli {

class Table {
 public:
  explicit Table(std::vector<std::string> headings);

  // As many cells as there are headings; empty ones are shown as "-".
  void Add(std::vector<std::string> cells);

  bool empty() const { return rows_.size() == 1; }
  std::string Text() const;

 private:
  std::vector<std::vector<std::string>> rows_;  // the headings first
};

}  // namespace trestle::cli
