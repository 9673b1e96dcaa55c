// trestle-edge: the command line and the signals of the SMS edge. Everything else is in program.cc.
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>

#include <cstdlib>
#include <iostream>
#include <string>

#include "bridge/base/event_log.h"
#include "bridge/base/private_file.h"
#include "bridge/config/program_words.h"
#include "edge/program.h"

namespace {

constexpr const char* kUsage = R"(trestle-edge: endpoints for people on plain SMS, beside a bridge.

  trestle-edge --config FILE [--check] [--ready-file PATH]

  --config FILE      the configuration (config/edge.yaml is the annotated reference)
  --check            read and check the configuration, start nothing
  --ready-file PATH  written when everything is started: JSON with the metrics port
  --help             this text

It opens messages and sends them on as plain SMS, which carriers can read, under the consent of both
sides (docs/edge.md). SIGTERM and SIGINT stop it cleanly.
)";

int Complain(int code, const std::string& what) {
  std::cerr << "trestle-edge: " << what << std::endl;
  return code;
}

int Run(const trestle::ProgramWords& words, trestle::edge::EdgeConfig config) {
  // Blocked before any thread begins, so that only sigwait gets them.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int each : {SIGTERM, SIGINT}) sigaddset(&signals, each);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  if (const auto opened = trestle::OpenEventLog(config.log.path, config.log.level); !opened) {
    return Complain(trestle::kExitConfig, "log.path: " + std::string(opened.error().what.view()));
  }
  std::string failed;
  auto program = trestle::edge::Program::Start(std::move(config), failed);
  if (!program) {
    return Complain(trestle::kExitConfig, failed + ": " + std::string(program.error().what.view()));
  }
  const std::string ready =
      "{\"metrics_port\": " + std::to_string((*program)->metrics_port()) + "}\n";
  if (!words.ready_file.empty() &&
      !trestle::WritePrivateFile(words.ready_file, trestle::AsBytes(ready))) {
    return Complain(trestle::kExitConfig,
                    "--ready-file: " + words.ready_file + " cannot be written");
  }
  int got = 0;
  sigwait(&signals, &got);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  umask(077);
  setenv("GRPC_VERBOSITY", "NONE", 0);  // its lines name addresses
  const auto words = trestle::ReadProgramWords({argv + 1, argv + argc});
  if (!words) {
    std::cerr << kUsage;
    return trestle::kExitUsage;
  }
  if (words->help) {
    std::cout << kUsage;
    return 0;
  }
  auto config = trestle::edge::LoadEdgeConfig(words->config);
  if (!config) return Complain(trestle::kExitConfig, config.error().text);
  if (words->check) {
    std::cout << words->config << ": right\n";
    return 0;
  }
  return Run(*words, *std::move(config));
}
