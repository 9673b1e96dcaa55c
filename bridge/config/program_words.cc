#include "bridge/config/program_words.h"

#include <algorithm>

namespace trestle {

std::optional<ProgramWords> ReadProgramWords(const std::vector<std::string>& words,
                                             const std::vector<std::string_view>& switches) {
  ProgramWords out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool has_value = i + 1 < words.size();
    if (std::ranges::find(switches, words[i]) != switches.end()) {
      out.switches.insert(words[i]);
    } else if (words[i] == "--check") {
      out.check = true;
    } else if (words[i] == "--help" || words[i] == "-h") {
      out.help = true;
    } else if (words[i] == "--config" && has_value) {
      out.config = words[++i];
    } else if (words[i] == "--ready-file" && has_value) {
      out.ready_file = words[++i];
    } else {
      return std::nullopt;
    }
  }
  if (out.config.empty() && !out.help) return std::nullopt;
  return out;
}

}  // namespace trestle
