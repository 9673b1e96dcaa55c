// trestled: the daemon's command line and its signals. Everything else is in wiring.cc.
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "bridge/base/event_log.h"
#include "bridge/base/private_file.h"
#include "bridge/config/config.h"
#include "bridge/daemon/wiring.h"

namespace {

constexpr const char* kUsage = R"(trestled: carries sealed messages between messaging networks.

  trestled --config FILE [--check | --check-store] [--forget-waiting] [--ready-file PATH]

  --config FILE      the configuration (config/trestle.yaml is the annotated reference)
  --check            read and check the configuration, start nothing
  --check-store      read the stores' files from end to end, start nothing
  --ready-file PATH  written when everything is up: JSON with every port and the process id
  --forget-waiting   give up what waits when its storage keys are lost (a restored backup)
  --help             this text

SIGTERM and SIGINT stop it cleanly, SIGHUP reads the configuration again.
)";

constexpr int kExitUsage = 64;   // sysexits.h: EX_USAGE
constexpr int kExitConfig = 78;  // sysexits.h: EX_CONFIG

struct Arguments {
  std::string config;
  std::string ready_file;
  bool check = false;
  bool check_store = false;
  bool forget_waiting = false;
  bool help = false;
};

std::optional<Arguments> Parse(const std::vector<std::string>& words) {
  Arguments out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool has_value = i + 1 < words.size();
    if (words[i] == "--check") {
      out.check = true;
    } else if (words[i] == "--check-store") {
      out.check_store = true;
    } else if (words[i] == "--forget-waiting") {
      out.forget_waiting = true;
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

int Complain(int code, const std::string& what) {
  std::cerr << "trestled: " << what << std::endl;
  return code;
}

sigset_t Signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int each : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, each);
  return signals;
}

// Until the daemon is to stop.
void ObeySignals(trestle::Wiring& wiring) {
  const sigset_t signals = Signals();
  for (int got = 0; sigwait(&signals, &got) == 0;) {
    if (got != SIGHUP) return;
    wiring.Reload();
  }
}

int CheckStores(const trestle::Config& config) {
  std::string failed;
  if (const auto checked = trestle::Wiring::CheckStores(config, failed); !checked) {
    return Complain(kExitConfig, failed + ": " + std::string(checked.error().what.view()));
  }
  std::cout << "stores: whole\n";
  return 0;
}

int Run(const Arguments& arguments, trestle::Config config) {
  // Blocked before any thread begins, so that only ObeySignals gets them.
  const sigset_t signals = Signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  if (const auto opened = trestle::OpenEventLog(config.log.path, config.log.level); !opened) {
    return Complain(kExitConfig, "log.path: " + std::string(opened.error().what.view()));
  }
  std::string failed;
  auto wiring = trestle::Wiring::Start(std::move(config), arguments.config, failed);
  if (!wiring) {
    return Complain(kExitConfig, failed + ": " + std::string(wiring.error().what.view()));
  }
  if (!arguments.ready_file.empty() &&
      !trestle::WritePrivateFile(arguments.ready_file, trestle::AsBytes((*wiring)->ready_json()))) {
    return Complain(kExitConfig, "--ready-file: " + arguments.ready_file + " cannot be written");
  }
  ObeySignals(**wiring);
  // A second signal ends the process at once: the store is safe against that.
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  if (!arguments.ready_file.empty()) unlink(arguments.ready_file.c_str());
  wiring->reset();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  umask(077);
  // gRPC's own lines on standard error name addresses and say nothing that our one line does not.
  setenv("GRPC_VERBOSITY", "NONE", 0);
  const auto arguments = Parse({argv + 1, argv + argc});
  if (!arguments) {
    std::cerr << kUsage;
    return kExitUsage;
  }
  if (arguments->help) {
    std::cout << kUsage;
    return 0;
  }
  auto config = trestle::LoadConfig(arguments->config);
  if (!config) return Complain(kExitConfig, config.error().text);
  if (arguments->check) {
    std::cout << arguments->config << ": right\n";
    return 0;
  }
  if (arguments->check_store) return CheckStores(*config);
  config->forget_waiting = arguments->forget_waiting;
  return Run(*arguments, *std::move(config));
}
