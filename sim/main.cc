// trestle-sim: the four simulated networks with their phones, and the story of the demo. Everything
// here is simulation on the loopback interface; no message leaves the machine.
#include <pthread.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "bridge/base/event_log.h"
#include "bridge/base/system_seams.h"
#include "sim/demo.h"
#include "sim/networks.h"
#include "sim/phone_command.h"
#include "sim/torture.h"

namespace trestle::sim {
namespace {

constexpr const char* kHelp = R"(trestle-sim: four simulated messaging networks, on loopback only.

  trestle-sim networks --ready FILE [--ghosts N]
      runs Messenger, Instagram, WhatsApp and SMS until SIGTERM or SIGINT, and writes to FILE (JSON)
      where they are
  trestle-sim phone --ready FILE NETWORK ADDRESS send [--to IDENTITY] TEXT
  trestle-sim phone --ready FILE NETWORK ADDRESS inbox
      texts as the person with this address (to the bridge's service identity, or to a ghost), shows
      what the person received
  trestle-sim phone --ready FILE NETWORK ADDRESS wire
      what the network saw
  trestle-sim phone --ready FILE NETWORK ADDRESS faults down=true reject_next=2 …
      orders faults: down, reject_next, reject_code, lose_answer_next, late_next,
      duplicate_next, drop_next
  trestle-sim demo --bin DIR [--keep] [--data DIR] [--rounds N]
      networks, daemon and the marketplace story; see ./dev demo
  trestle-sim torture --bin DIR [--kills N] [--lies]
      kills the daemon again and again while phones write to each other; --lies: the networks also lose
      answers, answer late, tell of messages twice and drop some; see ./dev torture
)";

// "--name value" pairs and "--name" flags in front of or between other words.
class Arguments {
 public:
  Arguments(int count, char** words) : words_(words, words + count) {}

  bool TakeFlag(const std::string& name) {
    const auto found = std::find(words_.begin(), words_.end(), name);
    if (found == words_.end()) return false;
    words_.erase(found);
    return true;
  }
  std::string TakeValue(const std::string& name, std::string fallback) {
    const auto found = std::find(words_.begin(), words_.end(), name);
    if (found == words_.end() || found + 1 == words_.end()) return fallback;
    std::string value = *(found + 1);
    words_.erase(found, found + 2);
    return value;
  }
  const std::vector<std::string>& rest() const { return words_; }

 private:
  std::vector<std::string> words_;
};

int Complain(const std::string& what) {
  std::fprintf(stderr, "trestle-sim: %s\n", what.c_str());
  return 2;
}

std::string Content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

int RunNetworks(Arguments& arguments, const Clock& clock, Random& random) {
  const std::string ready = arguments.TakeValue("--ready", "");
  const int ghosts = std::atoi(arguments.TakeValue("--ghosts", "12").c_str());
  if (ready.empty() || !arguments.rest().empty() || ghosts < 1 || ghosts > 99) {
    return Complain("networks --ready FILE [--ghosts 1…99]");
  }
  // Blocked before any thread starts, so that the signal comes to sigwait alone.
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGTERM);
  sigaddset(&ending, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ending, nullptr);
  auto networks = Networks::Start(static_cast<std::size_t>(ghosts), clock, random);
  if (!networks) return Complain(networks.error().what.c_str());
  std::ofstream(ready, std::ios::binary) << (*networks)->ready_json() << "\n";
  int signal = 0;
  sigwait(&ending, &signal);
  return 0;
}

int Run(int count, char** words) {
  Arguments arguments(count - 2, words + 2);
  const std::string command = count > 1 ? words[1] : "help";
  SystemClock clock;
  SystemRandom random;
  if (command == "networks") return RunNetworks(arguments, clock, random);
  auto http = HttpClient::Create();
  if (!http) return Complain(http.error().what.c_str());
  const Line::Seams seams{**http, clock, random};
  if (command == "phone") {
    const std::string ready = arguments.TakeValue("--ready", "");
    return RunPhoneCommand(Content(ready), arguments.rest(), seams);
  }
  if (command == "demo") {
    DemoOptions options;
    options.programs_folder = arguments.TakeValue("--bin", ".");
    options.data_folder = arguments.TakeValue("--data", "");
    options.keep = arguments.TakeFlag("--keep");
    options.rounds = std::max(1, std::atoi(arguments.TakeValue("--rounds", "2").c_str()));
    if (!arguments.rest().empty()) return Complain("demo knows no " + arguments.rest().front());
    return RunDemo(std::move(options), seams);
  }
  if (command == "torture") {
    TortureOptions options;
    options.programs_folder = arguments.TakeValue("--bin", ".");
    options.lies = arguments.TakeFlag("--lies");
    options.kills = std::max(1, std::atoi(arguments.TakeValue("--kills", "10").c_str()));
    if (!arguments.rest().empty()) return Complain("torture knows no " + arguments.rest().front());
    return RunTorture(options, seams);
  }
  std::printf("%s", kHelp);
  return command == "help" || command == "--help" ? 0 : 2;
}

}  // namespace
}  // namespace trestle::sim

int main(int count, char** words) { return trestle::sim::Run(count, words); }
