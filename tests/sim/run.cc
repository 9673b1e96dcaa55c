#include "tests/sim/run.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "bridge/base/event_log.h"
#include "tests/sim/checkers.h"
#include "tests/sim/graph_network.h"
#include "tests/sim/native_network.h"
#include "tests/sim/sms_network.h"
#include "tests/sim/story.h"

namespace trestle::world {
namespace {

// The one folder of this program: adapters keep their key files in it, and the event log is there.
class Scratch {
 public:
  Scratch() {
    // In memory where there is such a place: key files are synced, and disks are slow.
    const bool in_memory = std::filesystem::is_directory("/dev/shm");
    const auto parent =
        in_memory ? std::filesystem::path("/dev/shm") : std::filesystem::temp_directory_path();
    std::string pattern = (parent / "trestle-sim-XXXXXX").string();
    TRESTLE_CHECK(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
    TRESTLE_CHECK(OpenEventLog(path_ + "/log", Severity::kInfo).has_value());
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  // An empty folder for the run that begins.
  std::string Fresh() {
    std::filesystem::remove_all(path_ + "/run");
    std::filesystem::create_directory(path_ + "/run");
    return path_ + "/run";
  }
  // What was logged since the last call.
  std::string TakeLog() {
    FlushEventLog();
    std::ifstream file(path_ + "/log");
    file.seekg(read_);
    std::string out((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    read_ += static_cast<std::streamoff>(out.size());
    return out;
  }

 private:
  std::string path_;
  std::streamoff read_ = 0;
};

std::vector<PhoneNetwork*> AddNetworks(World& world) {
  std::vector<PhoneNetwork*> phones;
  const auto add = [&](std::unique_ptr<PhoneNetwork> net) {
    phones.push_back(net.get());
    world.AddNetwork(std::move(net));
  };
  add(GraphNetwork::Messenger(world.queue(), world.random(), world.chaos()));
  add(GraphNetwork::Instagram(world.queue(), world.random(), world.chaos()));
  add(GraphNetwork::Whatsapp(world.queue(), world.random(), world.chaos()));
  add(std::make_unique<SmsNetwork>(world.queue(), world.random(), world.chaos()));
  world.AddNetwork(std::make_unique<NativeNetwork>(world.queue(), world.random(), world.chaos()));
  return phones;
}

}  // namespace

RunResult RunSeed(const RunOptions& options) {
  static Scratch scratch;
  World world({.seed = options.seed, .folder = scratch.Fresh(), .trace = options.trace});
  const auto phones = AddNetworks(world);
  Story story(world);
  if (story.Begin()) {
    story.Chaos();
    story.Drain();
    CheckAll(world, phones);
  }
  CheckLog(world, scratch.TakeLog());
  RunResult result;
  result.hash = world.queue().hash().value();
  result.events = world.queue().events();
  result.last_draw = world.random().Next() ^ world.product_random().Next();
  result.violations = world.record().violations;
  result.letters = world.record().letters.size();
  for (const auto& [id, letter] : world.record().letters) result.shown += !letter.showings.empty();
  result.crashes = world.record().crashes;
  result.faults = world.chaos().Describe();
  return result;
}

}  // namespace trestle::world
