// The command line of a program that serves one configuration file: trestled and trestle-edge.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace trestle {

inline constexpr int kExitUsage = 64;   // sysexits.h: EX_USAGE
inline constexpr int kExitConfig = 78;  // sysexits.h: EX_CONFIG

struct ProgramWords {
  std::string config;                           // --config FILE; empty only with --help
  std::string ready_file;                       // --ready-file PATH
  bool check = false;                           // --check
  bool help = false;                            // --help, -h
  std::set<std::string, std::less<>> switches;  // of the program's own, those that were given

  bool Has(std::string_view name) const { return switches.contains(name); }
};

// Nothing when a word is not known, lacks its value, or there is neither --config nor --help.
// `switches` are the program's own.
std::optional<ProgramWords> ReadProgramWords(const std::vector<std::string>& words,
                                             const std::vector<std::string_view>& switches = {});

}  // namespace trestle
