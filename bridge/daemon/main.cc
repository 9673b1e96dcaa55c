// trestled: the daemon's command line and its signals. Everything else is in wiring.cc.
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include "bridge/base/event_log.h"
#include "bridge/base/private_file.h"
#include "bridge/config/config.h"
#include "bridge/config/program_words.h"
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

constexpr std::string_view kCheckStore = "--check-store";
constexpr std::string_view kForget = "--forget-waiting";

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
    return Complain(trestle::kExitConfig, failed + ": " + std::string(checked.error().what.view()));
  }
  std::cout << "stores: whole\n";
  return 0;
}

int Run(const trestle::ProgramWords& words, trestle::Config config) {
  // Blocked before any thread begins, so that only ObeySignals gets them.
  const sigset_t signals = Signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  if (const auto opened = trestle::OpenEventLog(config.log.path, config.log.level); !opened) {
    return Complain(trestle::kExitConfig, "log.path: " + std::string(opened.error().what.view()));
  }
  std::string failed;
  auto wiring = trestle::Wiring::Start(std::move(config), words.config, failed);
  if (!wiring) {
    return Complain(trestle::kExitConfig, failed + ": " + std::string(wiring.error().what.view()));
  }
  if (!words.ready_file.empty() &&
      !trestle::WritePrivateFile(words.ready_file, trestle::AsBytes((*wiring)->ready_json()))) {
    return Complain(trestle::kExitConfig,
                    "--ready-file: " + words.ready_file + " cannot be written");
  }
  ObeySignals(**wiring);
  // A second signal ends the process at once: the store is safe against that.
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  if (!words.ready_file.empty()) unlink(words.ready_file.c_str());
  wiring->reset();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  umask(077);
  // gRPC's own lines on standard error name addresses and say nothing that our one line does not.
  setenv("GRPC_VERBOSITY", "NONE", 0);
  const auto words = trestle::ReadProgramWords({argv + 1, argv + argc}, {kCheckStore, kForget});
  if (!words) {
    std::cerr << kUsage;
    return trestle::kExitUsage;
  }
  if (words->help) {
    std::cout << kUsage;
    return 0;
  }
  auto config = trestle::LoadConfig(words->config);
  if (!config) return Complain(trestle::kExitConfig, config.error().text);
  if (words->check) {
    std::cout << words->config << ": right\n";
    return 0;
  }
  if (words->Has(kCheckStore)) return CheckStores(*config);
  config->forget_waiting = words->Has(kForget);
  return Run(*words, *std::move(config));
}
