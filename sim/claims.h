// The story's claims about itself, checked against bytes: what was sent arrived, and nobody's
// address or words stand where they must not. Every search has a control that must find what it
// looks for, so that a search which cannot find anything is not taken for good news.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace trestle::sim {

// A pile of bytes with a name for the report, such as "messenger's wire" or "the core's store".
struct Pile {
  std::string name;
  std::string bytes;
};

// The forms in which an address or text could hide: as it is, without a leading plus, in hex (both
// cases), in base64 at each of the three alignments, as swapped BCD digits, JSON-escaped, UTF-16.
std::vector<std::string> FormsOf(std::string_view secret);

// True when any form of `secret` stands in the pile.
bool Holds(const Pile& pile, std::string_view secret);

// A file, or all files below a folder, as one pile; at most 256 MiB are read.
Pile PileOf(std::string name, const std::string& path);

class Claims {
 public:
  void Check(bool holds, std::string claim);
  // The secret is in none of the piles, and in the control.
  void CheckAbsent(const std::string& what, std::string_view secret,
                   const std::vector<const Pile*>& piles, const Pile& control);

  std::size_t checked() const { return checked_; }
  const std::vector<std::string>& kept() const { return kept_; }
  const std::vector<std::string>& broken() const { return broken_; }

 private:
  std::size_t checked_ = 0;
  std::vector<std::string> kept_;
  std::vector<std::string> broken_;
};

}  // namespace trestle::sim
