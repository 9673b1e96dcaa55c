// trestle-edge: the command line and the signals of the SMS edge. Everything else is in program.cc.
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>

#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "bridge/base/event_log.h"
#include "bridge/base/private_file.h"
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

constexpr int kExitUsage = 64;   // sysexits.h: EX_USAGE
constexpr int kExitConfig = 78;  // sysexits.h: EX_CONFIG

struct Arguments {
  std::string config;
  std::string ready_file;
  bool check = false;
  bool help = false;
};

std::optional<Arguments> Parse(const std::vector<std::string>& words) {
  Arguments out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool has_value = i + 1 < words.size();
    if (words[i] == "--check") {
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

int Complain(int code, const std::string& what) {
  std::cerr << "trestle-edge: " << what << std::endl;
  return code;
}

int Run(const Arguments& arguments, trestle::edge::EdgeConfig config) {
  // Blocked before any thread begins, so that only sigwait gets them.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int each : {SIGTERM, SIGINT}) sigaddset(&signals, each);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  if (const auto opened = trestle::OpenEventLog(config.log.path, config.log.level); !opened) {
    return Complain(kExitConfig, "log.path: " + std::string(opened.error().what.view()));
  }
  std::string failed;
  auto program = trestle::edge::Program::Start(std::move(config), failed);
  if (!program) {
    return Complain(kExitConfig, failed + ": " + std::string(program.error().what.view()));
  }
  const std::string ready =
      "{\"metrics_port\": " + std::to_string((*program)->metrics_port()) + "}\n";
  if (!arguments.ready_file.empty() &&
      !trestle::WritePrivateFile(arguments.ready_file, trestle::AsBytes(ready))) {
    return Complain(kExitConfig, "--ready-file: " + arguments.ready_file + " cannot be written");
  }
  int got = 0;
  sigwait(&signals, &got);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  umask(077);
  setenv("GRPC_VERBOSITY", "NONE", 0);  // its lines name addresses
  const auto arguments = Parse({argv + 1, argv + argc});
  if (!arguments) {
    std::cerr << kUsage;
    return kExitUsage;
  }
  if (arguments->help) {
    std::cout << kUsage;
    return 0;
  }
  auto config = trestle::edge::LoadEdgeConfig(arguments->config);
  if (!config) return Complain(kExitConfig, config.error().text);
  if (arguments->check) {
    std::cout << arguments->config << ": right\n";
    return 0;
  }
  return Run(*arguments, *std::move(config));
}
