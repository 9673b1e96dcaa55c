#include "sim/demo.h"

#include <sys/stat.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "sim/child.h"
#include "sim/lines.h"
#include "sim/networks.h"
#include "sim/story.h"

namespace trestle::sim {
namespace {

constexpr Millis kStartPatience = std::chrono::seconds(30);

int Complain(const std::string& what, const Error& error) {
  std::fprintf(stderr, "demo: %s: %s\n", what.c_str(), error.what.c_str());
  return 1;
}

// Everything that runs during the demo; ended in reverse order.
struct Stage {
  std::string folder;
  std::string networks_json;
  std::string daemon_json;
  std::unique_ptr<Child> networks;
  std::unique_ptr<Child> daemon;
  std::unique_ptr<ProgramLines> watch;
};

Result<void> MakeFolders(DemoOptions& options, Stage& stage) {
  if (options.data_folder.empty()) {
    std::string pattern = (std::filesystem::temp_directory_path() / "trestle-demo-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr)
      return Fail(Reason::kUnavailable, "no temporary folder");
    stage.folder = pattern;
  } else {
    stage.folder = std::filesystem::absolute(options.data_folder).string();
  }
  std::error_code error;
  // The simulated networks begin anew in each run, so an old bridge would not know their people.
  if (std::filesystem::exists(stage.folder + "/core", error)) {
    return Fail(Reason::kAlreadyExists, "it holds an earlier demo; name a new one");
  }
  for (const char* each : {"", "/logs", "/phones"}) {
    std::filesystem::create_directories(stage.folder + each, error);
    if (error) return Fail(Reason::kUnavailable, "the data folder cannot be made");
    chmod((stage.folder + each).c_str(), 0700);
  }
  return {};
}

Result<void> StartAll(const DemoOptions& options, Stage& stage, Random& random) {
  const std::string& bin = options.programs_folder;
  const std::string networks_ready = stage.folder + "/networks.json";
  const std::string daemon_ready = stage.folder + "/trestled.json";
  std::filesystem::remove(networks_ready);
  std::filesystem::remove(daemon_ready);
  stage.networks = std::make_unique<Child>(
      TRESTLE_TRY(Child::Start({bin + "/trestle-sim", "networks", "--ready", networks_ready},
                               stage.folder + "/logs/networks.log")));
  stage.networks_json = TRESTLE_TRY(stage.networks->AwaitReadyFile(networks_ready, kStartPatience));
  const std::string config =
      TRESTLE_TRY(WriteDaemonConfig(stage.networks_json, stage.folder, random));
  stage.daemon = std::make_unique<Child>(TRESTLE_TRY(
      Child::Start({bin + "/trestled", "--config", config, "--ready-file", daemon_ready},
                   stage.folder + "/logs/trestled.out")));
  stage.daemon_json = TRESTLE_TRY(stage.daemon->AwaitReadyFile(daemon_ready, kStartPatience));
  return {};
}

std::string GrpcAddress(const Stage& stage) {
  const auto ready = nlohmann::json::parse(stage.daemon_json, nullptr, false);
  return "127.0.0.1:" + std::to_string(ready.value("grpc_port", 0));
}

void PrintClaims(const Claims& claims) {
  for (const std::string& claim : claims.broken()) std::printf("  BROKEN  %s\n", claim.c_str());
  std::printf("\n%zu claims checked, %zu held, %zu broken\n", claims.checked(),
              claims.kept().size(), claims.broken().size());
}

void PrintKept(const DemoOptions& options, const Stage& stage, const std::string& alias) {
  const std::string call =
      "grpcurl -plaintext -H \"authorization: Bearer $(cat " + stage.folder + "/operator.token)\"";
  std::printf(
      "\nAll of it is still running (networks %d, trestled %d), with its data in %s.\n"
      "Worth trying:\n\n"
      "  grpcurl -plaintext %s list\n\n"
      "  %s \\\n    -d '{\"alias\":\"%s\",\"what_if\":{\"networks_down\":[\"whatsapp\"]}}' \\\n"
      "    %s trestle.v1.Routing/Explain\n\n"
      "  %s %s \\\n    trestle.v1.Admin/ListAdapters\n\n"
      "Text as a phone:   %s/trestle-sim phone --ready %s/networks.json sms 12025550199 send JOIN\n"
      "End it with:       kill %d %d\n",
      stage.networks->pid(), stage.daemon->pid(), stage.folder.c_str(), GrpcAddress(stage).c_str(),
      call.c_str(), alias.c_str(), GrpcAddress(stage).c_str(), call.c_str(),
      GrpcAddress(stage).c_str(), options.programs_folder.c_str(), stage.folder.c_str(),
      stage.daemon->pid(), stage.networks->pid());
}

int PlayStory(const DemoOptions& options, Stage& stage, Line::Seams seams) {
  Corpus corpus = Corpus::Load(options.corpus_folder);
  std::printf(
      "Trestle's demo: four simulated networks, one daemon, phones with real MLS endpoints.\n"
      "Texts: %s.\n",
      corpus.origin().c_str());
  auto access = ReadAccess(stage.networks_json);
  if (!access) return Complain("the networks' ready file", access.error());
  Story story({.networks = std::move(*access),
               .phones_folder = stage.folder + "/phones",
               .data_folder = stage.folder,
               .log_file = stage.folder + "/logs/trestled.log",
               .rounds = options.rounds,
               .bridge_lines = [&stage] { return stage.watch->Take(); }},
              seams, std::move(corpus));
  const auto played = story.Play();
  if (!played) return Complain("the story stopped", played.error());
  PrintClaims(story.claims());
  if (options.keep) PrintKept(options, stage, story.alias());
  return story.claims().broken().empty() ? 0 : 1;
}

}  // namespace

int RunDemo(DemoOptions options, Line::Seams seams) {
  setvbuf(stdout, nullptr, _IOLBF, 0);
  Stage stage;
  if (const auto made = MakeFolders(options, stage); !made) {
    return Complain("the data folder", made.error());
  }
  if (const auto started = StartAll(options, stage, seams.random); !started) {
    std::fprintf(stderr, "demo: see the logs in %s/logs\n", stage.folder.c_str());
    return Complain("starting", started.error());
  }
  auto watch =
      ProgramLines::Start({options.programs_folder + "/trestle", "--server", GrpcAddress(stage),
                           "--operator-token-file", stage.folder + "/operator.token", "watch"});
  if (!watch) return Complain("trestle watch", watch.error());
  stage.watch = std::move(*watch);
  const int code = PlayStory(options, stage, seams);
  stage.watch.reset();
  if (options.keep) {
    stage.networks->Stay();
    stage.daemon->Stay();
    return code;
  }
  stage.daemon->End();
  stage.networks->End();
  std::error_code error;
  if (options.data_folder.empty() && code == 0) std::filesystem::remove_all(stage.folder, error);
  if (code != 0) std::fprintf(stderr, "demo: data and logs are in %s\n", stage.folder.c_str());
  return code;
}

}  // namespace trestle::sim
