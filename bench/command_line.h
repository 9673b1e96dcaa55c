// The words of a program of bench/: pairs of a name and a value, all of them known to it.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <set>
#include <string>

namespace trestle::bench {

class CommandLine {
 public:
  // Ends the program with `usage` when a word is not known or stands without its value.
  CommandLine(int argc, char** argv, const std::set<std::string>& known, const std::string& usage)
      : usage_(usage) {
    for (int i = 1; i < argc; i += 2) {
      if (!known.contains(argv[i]) || i + 1 == argc) Refuse();
      values_[argv[i]] = argv[i + 1];
    }
  }

  std::string Text(const std::string& name, const std::string& fallback = "") const {
    const auto found = values_.find(name);
    return found == values_.end() ? fallback : found->second;
  }
  double Number(const std::string& name, double fallback) const {
    const auto found = values_.find(name);
    return found == values_.end() ? fallback : std::strtod(found->second.c_str(), nullptr);
  }
  std::uint64_t Count(const std::string& name, std::uint64_t fallback) const {
    const auto found = values_.find(name);
    return found == values_.end() ? fallback : std::strtoull(found->second.c_str(), nullptr, 10);
  }

  [[noreturn]] void Refuse() const {
    std::fprintf(stderr, "usage: %s\n", usage_.c_str());
    std::exit(2);
  }

 private:
  const std::string usage_;
  std::map<std::string, std::string> values_;
};

}  // namespace trestle::bench
