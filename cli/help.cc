#include "cli/commands.h"
#include "cli/text.h"

#ifndef TRESTLE_VERSION
#error "the build says which version this is"
#endif

namespace trestle::cli {
namespace {

std::string Usage(const CommandSpec& spec) {
  std::string out(spec.name);
  if (!spec.positional.empty()) out += " " + std::string(spec.positional);
  return out;
}

std::string Padded(std::string text, std::size_t columns) {
  const std::size_t used = ColumnsOf(text);
  return text +
         (used < columns ? std::string(columns - used, ' ') : "\n" + std::string(columns, ' '));
}

void PrintOptions(std::ostream& out, const std::vector<OptionSpec>& options) {
  for (const OptionSpec& option : options) {
    const std::string name = "  " + std::string(option.name) + (option.value.empty() ? "" : " ") +
                             std::string(option.value);
    out << Padded(name, 30) << option.help << "\n";
  }
}

void PrintOne(std::ostream& out, const CommandSpec& spec) {
  out << "trestle " << Usage(spec) << (spec.options.empty() ? "" : " [options]") << "\n    "
      << spec.summary << "\n";
  if (!spec.detail.empty()) out << "\n" << spec.detail << "\n";
  if (spec.options.empty()) return;
  out << "\n";
  PrintOptions(out, spec.options);
}

}  // namespace

void PrintHelp(std::ostream& out) {
  out << "trestle: write to people on other messaging networks, end to end encrypted, and ask the\n"
         "bridge why it does what it does.\n\n"
         "    trestle [--server HOST:PORT] [--home DIR] [--operator-token-file FILE] COMMAND …\n";
  std::string_view group;
  for (const Command& command : Commands()) {
    if (command.spec.group != group) out << "\n" << command.spec.group << "\n";
    group = command.spec.group;
    out << Padded("  " + Usage(command.spec), 26) << command.spec.summary << "\n";
  }
  out << "\nBefore the command\n";
  PrintOptions(out, GlobalOptions());
  out << "\nThe first minutes, with two homes A and B:\n"
         "    trestle --home A enrol; trestle --home B enrol\n"
         "    trestle --home A alias new bicycle         # tells you a name; give it to B\n"
         "    trestle --home B reach brisk-otter-4821\n"
         "    trestle --home A inbox                     # shows the request and its link\n"
         "    trestle --home A accept LINK\n"
         "    trestle --home B inbox                     # opens the sealed conversation\n"
         "    trestle --home B send LINK Is it still there?\n"
         "    trestle --home A inbox\n"
         "\nExit codes: 0 done, 1 refused or failed (a sentence says why), 2 not understood.\n";
}

bool PrintHelp(std::ostream& out, const std::string& about) {
  bool found = false;
  for (const Command& command : Commands()) {
    const std::string name(command.spec.name);
    if (name != about && !name.starts_with(about + " ")) continue;
    if (found) out << "\n";
    PrintOne(out, command.spec);
    found = true;
  }
  return found;
}

int RunHelp(Session& session, const Invocation& invocation) {
  const std::string about = invocation.arguments.RestFrom(0);
  if (about.empty()) {
    PrintHelp(session.out());
    return kDone;
  }
  if (PrintHelp(session.out(), about)) return kDone;
  session.Complain("there is no command \"" + about + "\". `trestle help` lists them all.");
  return kMisused;
}

int RunVersion(Session& session, const Invocation&) {
  session.out() << "trestle " << TRESTLE_VERSION << "\n";
  return kDone;
}

}  // namespace trestle::cli
