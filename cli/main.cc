// `trestle`: reads the command line and hands over to one command.
#include <sys/stat.h>

#include <iostream>

#include "bridge/base/system_seams.h"
#include "cli/commands.h"
#include "cli/text.h"

namespace trestle::cli {
namespace {

int Main(std::span<const std::string> words) {
  StopSignals signals;
  const std::vector<const CommandSpec*> specs = CommandSpecs();
  if (words.empty()) {
    PrintHelp(std::cerr);
    return kMisused;
  }
  const tl::expected<Invocation, Misuse> invocation = ParseCommandLine(words, specs);
  if (!invocation) {
    const std::string& about = invocation.error().command;
    std::cerr << "trestle: " << invocation.error().sentence << "\nSee `trestle help"
              << (about.empty() ? "" : " " + about) << "`.\n";
    return kMisused;
  }
  Result<Home> home = Home::At(invocation->globals.home);
  if (!home) {
    std::cerr << "trestle: " << SentenceFor(home.error()) << "\n";
    return kMisused;
  }
  SystemRandom random;
  const SystemClock clock;
  Session session(
      invocation->globals, *std::move(home),
      {.console = {std::cout, std::cerr}, .signals = signals, .random = random, .clock = clock});
  const int code = RunCommand(session, *invocation);
  std::cout.flush();
  return code;
}

}  // namespace
}  // namespace trestle::cli

int main(int count, char** words) {
  ::umask(077);  // tokens and keys are nobody else's
  return trestle::cli::Main(std::vector<std::string>(words + 1, words + count));
}
