#include "cli/arguments.h"

#include <algorithm>

#include "cli/text.h"

namespace trestle::cli {
namespace {

using Commands = std::span<const CommandSpec* const>;
using Words = std::span<const std::string>;

constexpr std::size_t kSlipsMax = 2;
constexpr std::size_t kWordLettersMax = 64;

std::size_t SlipsBetween(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

const OptionSpec* FindOption(const std::vector<OptionSpec>& options, std::string_view name) {
  const auto found = std::find_if(options.begin(), options.end(),
                                  [&](const OptionSpec& option) { return option.name == name; });
  return found == options.end() ? nullptr : &*found;
}

const CommandSpec* FindCommand(Commands commands, std::string_view name) {
  const auto found =
      std::find_if(commands.begin(), commands.end(),
                   [&](const CommandSpec* command) { return command->name == name; });
  return found == commands.end() ? nullptr : *found;
}

std::string Quoted(std::string_view word) { return "\"" + Printable(word) + "\""; }

// One option at the front of `words`: "--name", "--name value" or "--name=value".
struct TakenOption {
  const OptionSpec* spec = nullptr;
  std::string value;
  std::size_t words = 1;
};

tl::expected<TakenOption, Misuse> TakeOption(const std::vector<OptionSpec>& known, Words words,
                                             const std::string& command) {
  const std::string& word = words.front();
  const std::size_t equals = word.find('=');
  const std::string name = word.substr(0, equals);
  TakenOption out;
  out.spec = FindOption(known, name);
  if (out.spec == nullptr) {
    if (!command.empty() && FindOption(GlobalOptions(), name) != nullptr) {
      return tl::unexpected(
          Misuse{name + " stands before the command: trestle " + name + " … " + command + " …"});
    }
    std::vector<std::string> names;
    for (const OptionSpec& option : known) names.emplace_back(option.name);
    const std::string where = command.empty() ? "" : " of " + command;
    return tl::unexpected(Misuse{
        "there is no option " + Quoted(name) + where + "." + Suggestion(name, names), command});
  }
  if (out.spec->value.empty()) {
    if (equals == std::string::npos) return out;
    return tl::unexpected(Misuse{name + " takes no value", command});
  }
  if (equals != std::string::npos) {
    out.value = word.substr(equals + 1);
    return out;
  }
  if (words.size() < 2) {
    return tl::unexpected(Misuse{name + " needs " + std::string(out.spec->value), command});
  }
  out.value = words[1];
  out.words = 2;
  return out;
}

tl::expected<Words, Misuse> TakeGlobals(Words words, Globals& globals) {
  while (!words.empty() && words.front().starts_with("--")) {
    if (words.front() == "--help" || words.front() == "--version") break;
    auto taken = TakeOption(GlobalOptions(), words, "");
    if (!taken) return tl::unexpected(taken.error());
    if (taken->value.empty()) {
      return tl::unexpected(Misuse{std::string(taken->spec->name) + " may not be empty"});
    }
    if (taken->spec->name == "--server") globals.server = taken->value;
    if (taken->spec->name == "--ca") globals.ca_file = taken->value;
    if (taken->spec->name == "--home") globals.home = taken->value;
    if (taken->spec->name == "--operator-token-file") globals.operator_token_file = taken->value;
    words = words.subspan(taken->words);
  }
  return words;
}

Misuse UnknownCommand(Words words, Commands commands) {
  const std::string& first = words.front();
  std::vector<std::string> names;
  std::string seconds;
  for (const CommandSpec* command : commands) {
    names.emplace_back(command->name.substr(0, command->name.find(' ')));
    if (!command->name.starts_with(first + " ")) continue;
    seconds += (seconds.empty() ? "" : ", ") + std::string(command->name.substr(first.size() + 1));
  }
  if (!seconds.empty()) return {first + " is followed by one of: " + seconds, first};
  return {"there is no command " + Quoted(first) + "." + Suggestion(first, names)};
}

const CommandSpec* TakeCommand(Words& words, Commands commands) {
  if (words.size() >= 2) {
    if (const CommandSpec* two = FindCommand(commands, words[0] + " " + words[1])) {
      words = words.subspan(2);
      return two;
    }
  }
  const CommandSpec* one = FindCommand(commands, words[0]);
  if (one != nullptr) words = words.subspan(1);
  return one;
}

std::optional<Misuse> TakeArguments(Words words, const CommandSpec& command, Arguments& out) {
  const std::string name(command.name);
  bool options_end = false;
  while (!words.empty()) {
    const std::string& word = words.front();
    if (options_end || word.size() < 2 || !word.starts_with("--")) {
      out.positionals.push_back(word);
      words = words.subspan(1);
      continue;
    }
    if (word == "--") {
      options_end = true;
      words = words.subspan(1);
      continue;
    }
    auto taken = TakeOption(command.options, words, name);
    if (!taken) return taken.error();
    std::vector<std::string>& values = out.options[std::string(taken->spec->name)];
    if (!values.empty() && !taken->spec->repeats) {
      return Misuse{std::string(taken->spec->name) + " is said twice", name};
    }
    values.push_back(taken->value);
    words = words.subspan(taken->words);
  }
  if (out.positionals.size() < command.positionals_min) {
    return Misuse{name + " needs " + std::string(command.positional), name};
  }
  if (out.positionals.size() > command.positionals_max) {
    return Misuse{name + " takes no " + Quoted(out.positionals[command.positionals_max]), name};
  }
  return std::nullopt;
}

// The invocation of `help` for a command, which may be empty.
tl::expected<Invocation, Misuse> HelpAbout(std::string_view name, Commands commands,
                                           Globals globals) {
  Invocation out{std::move(globals), FindCommand(commands, "help"), {}};
  if (!name.empty()) out.arguments.positionals.emplace_back(name);
  return out;
}

bool AsksForHelp(const std::string& word) { return word == "--help" || word == "-h"; }

}  // namespace

std::string Arguments::at(std::size_t index) const {
  return index < positionals.size() ? positionals[index] : "";
}

std::string Arguments::RestFrom(std::size_t index) const {
  std::string out;
  for (std::size_t i = index; i < positionals.size(); ++i) {
    out += (i == index ? "" : " ") + positionals[i];
  }
  return out;
}

std::optional<std::string> Arguments::value(std::string_view option) const {
  const auto found = options.find(option);
  return found == options.end() ? std::nullopt : std::optional(found->second.front());
}

std::vector<std::string> Arguments::values(std::string_view option) const {
  const auto found = options.find(option);
  return found == options.end() ? std::vector<std::string>() : found->second;
}

const std::vector<OptionSpec>& GlobalOptions() {
  static const std::vector<OptionSpec> kOptions = {
      {"--server", "HOST:PORT", "the bridge (default 127.0.0.1:7443)"},
      {"--ca", "FILE", "TLS, trusting the certificates in this PEM file"},
      {"--home", "DIR", "your token and keys (default ~/.trestle)"},
      {"--operator-token-file", "FILE", "act as the operator, where a command allows it"}};
  return kOptions;
}

tl::expected<Invocation, Misuse> ParseCommandLine(Words words, Commands commands) {
  for (const std::string& word : words) {
    if (!IsUtf8(word)) return tl::unexpected(Misuse{Quoted(word) + " is not UTF-8"});
  }
  Invocation out;
  const auto rest = TakeGlobals(words, out.globals);
  if (!rest) return tl::unexpected(rest.error());
  words = *rest;
  if (words.empty()) return tl::unexpected(Misuse{"a command is missing"});
  if (AsksForHelp(words.front())) return HelpAbout("", commands, std::move(out.globals));
  if (words.front() == "--version") {
    out.command = FindCommand(commands, "version");
    return out;
  }
  const Words before = words;
  out.command = TakeCommand(words, commands);
  if (out.command == nullptr) return tl::unexpected(UnknownCommand(before, commands));
  const auto options_end = std::find(words.begin(), words.end(), "--");
  if (std::any_of(words.begin(), options_end, AsksForHelp)) {
    return HelpAbout(out.command->name, commands, std::move(out.globals));
  }
  if (auto misuse = TakeArguments(words, *out.command, out.arguments)) {
    return tl::unexpected(*std::move(misuse));
  }
  return out;
}

std::string Suggestion(std::string_view word, const std::vector<std::string>& known) {
  if (word.size() > kWordLettersMax) return "";
  const std::string* best = nullptr;
  std::size_t best_slips = kSlipsMax + 1;
  for (const std::string& candidate : known) {
    const std::size_t slips = SlipsBetween(word, candidate);
    if (slips >= best_slips || slips >= candidate.size()) continue;
    best = &candidate;
    best_slips = slips;
  }
  return best == nullptr ? "" : " Did you mean \"" + *best + "\"?";
}

}  // namespace trestle::cli
