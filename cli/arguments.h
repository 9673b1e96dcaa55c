// What stands on the command line, judged against what the commands say about themselves. Global
// options come before the command, its own options anywhere after it, "--" ends options. Pure: the
// specs are data, and nothing here knows what a command does.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace trestle::cli {

struct OptionSpec {
  std::string_view name;   // "--ttl"
  std::string_view value;  // what it takes, for the help; empty for a switch
  std::string_view help;
  bool repeats = false;
};

struct CommandSpec {
  static constexpr std::size_t kAnyNumber = 1024;

  std::string_view group;       // heading in the help
  std::string_view name;        // one word or two: "reach", "alias new"
  std::string_view positional;  // for the help: "LINK TEXT…"
  std::size_t positionals_min = 0;
  std::size_t positionals_max = 0;
  std::string_view summary;  // one line
  std::string_view detail;   // for `help COMMAND`
  std::vector<OptionSpec> options = {};
};

// The options before the command.
struct Globals {
  std::string server = "127.0.0.1:7443";  // where trestled listens by default
  std::string ca_file;                    // PEM: TLS, and whom to trust; empty: plain text
  std::string home;                       // empty: ~/.trestle
  std::string operator_token_file;        // empty: none
};

// A command's own arguments.
class Arguments {
 public:
  std::vector<std::string> positionals;
  std::map<std::string, std::vector<std::string>, std::less<>> options;

  // The positional at `index`, or an empty text.
  std::string at(std::size_t index) const;
  // The positionals from `index` on, with a space between them.
  std::string RestFrom(std::size_t index) const;
  bool has(std::string_view option) const { return options.contains(option); }
  std::optional<std::string> value(std::string_view option) const;
  std::vector<std::string> values(std::string_view option) const;
};

struct Invocation {
  Globals globals;
  const CommandSpec* command = nullptr;
  Arguments arguments;
};

// A command line that cannot be meant. `command` is what to look up in the help; may be empty.
struct Misuse {
  std::string sentence;
  std::string command = {};
};

const std::vector<OptionSpec>& GlobalOptions();

// `words` without the program's name. "-h" and "--help" stand for the command "help", "--version"
// for "version"; after a command they ask for its help. Borrows `commands`.
tl::expected<Invocation, Misuse> ParseCommandLine(std::span<const std::string> words,
                                                  std::span<const CommandSpec* const> commands);

// "Did you mean …?" for a word that is one or two slips away from a known one; empty otherwise.
std::string Suggestion(std::string_view word, const std::vector<std::string>& known);

}  // namespace trestle::cli
