// One simulated bridge and its surroundings: the queue that is time, the disk, the networks, and
// the process, which dies and begins again on the same disk. The core, its policies, its SQL and
// the adapters in it are the real ones; only threads, sockets, time and the disk are not. One
// thread, one run of one seed.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bridge/pipeline/core.h"
#include "bridge/store/store.h"
#include "tests/sim/adapter_bay.h"
#include "tests/sim/chaos.h"
#include "tests/sim/memory_disk.h"
#include "tests/sim/plants.h"

namespace trestle::world {

class World {
 public:
  struct Options {
    std::uint64_t seed = 0;
    std::string folder;  // real and empty; adapters keep their key files there
    bool trace = false;
  };
  explicit World(const Options& options);
  ~World();

  void AddNetwork(std::unique_ptr<SimNetwork> net) { networks_.push_back(std::move(net)); }
  // Begins the first process.
  void Begin();
  // Lets time pass until `enough` says so, at most so long; answers whether it did.
  bool RunUntil(const std::function<bool()>& enough, Millis at_most);
  void Run(Millis span) {
    RunUntil([] { return false; }, span);
  }
  // Chaos's own clock: crashes, full disks, jumps, killed adapters.
  void StartTrouble();

  TimeQueue& queue() { return queue_; }
  SeededRandom& random() { return random_; }
  SeededRandom& product_random() { return product_random_; }
  Chaos& chaos() { return chaos_; }
  MemoryDisk& disk() { return disk_; }
  Record& record() { return record_; }
  std::vector<std::unique_ptr<SimNetwork>>& networks() { return networks_; }
  bool is_up() const { return process_ != nullptr && process_->is_started; }
  Core& core() { return *process_->core; }
  // Runs an operation of the core to its answer, again where the store was busy; nullopt when the
  // process was not there for it.
  template <class Answer>
  std::optional<Answer> Ask(const std::function<void(Core&, Done<Answer>)>& start) {
    for (int tries = 0; tries < 10 && is_up(); ++tries) {
      auto out = std::make_shared<std::optional<Result<Answer>>>();
      start(core(), [out](Result<Answer> answer) { *out = std::move(answer); });
      RunUntil([&] { return out->has_value(); }, Millis{10'000});
      if (*out && **out) return ***out;
      Run(Millis{500});
    }
    return std::nullopt;
  }
  std::optional<MonoTime> last_jump() const { return last_jump_; }
  bool traces() const { return options_.trace; }
  void Trace(const std::string& line) const { queue_.Trace(line); }
  // Whether any process counted something that cannot be.
  void LookAtMetrics();

 private:
  struct Process {
    std::shared_ptr<Life> life = std::make_shared<Life>();
    Metrics metrics;
    std::unique_ptr<SimExecutor> lane;
    std::unique_ptr<SimExecutor> writer;
    std::unique_ptr<Store> store;
    std::vector<std::unique_ptr<AdapterBay>> bays;
    std::vector<std::unique_ptr<PlantedAdapter>> planted;
    std::unique_ptr<Core> core;
    bool is_started = false;
  };

  bool MakeProcess();
  StoreFileOptions PlacedFile();
  ResidencyPolicy DrawResidency();
  std::vector<std::string> StorePaths() const;
  bool MakeAdapters();
  void StartAdapters();
  void Die(std::string_view why);
  void TearDown();
  void Trouble();
  void Peek();
  void LookInto(const std::string& store_path);
  MemoryDisk::Sync DecideSync(const std::string& path);
  Limits DrawLimits();
  std::unique_ptr<SimExecutor> NewExecutor(std::uint64_t tag);
  Millis TurnAround();

  const Options options_;
  SeededRandom random_;          // the world's: faults, people, the disk
  SeededRandom product_random_;  // the bridge's seam
  SeededRandom sqlite_random_;   // SQLite's own, which seeds itself when it likes
  SeededRandom places_random_;   // where contacts are placed; a stream of its own moves no other
  const bool has_placed_store_;
  TimeQueue queue_;
  Chaos chaos_;
  MemoryDisk disk_;
  Record record_;
  std::size_t store_items_max_ = 0;
  Millis repeatable_pause_{0};
  unsigned slow_percent_ = 0;
  Limits limits_;  // drawn together with the two above
  std::vector<std::unique_ptr<SimNetwork>> networks_;
  std::unique_ptr<Process> process_;
  bool dying_ = false;
  MonoTime full_until_{};
  std::optional<MonoTime> last_jump_;
};

}  // namespace trestle::world
