// The simulation's one queue: everything that happens is a task in it, ordered by time and then by
// the order in which it was planned. It is the clock and, through SimExecutor, every lane, loop and
// writer of the simulated process. Also the seeded randomness, and the hash of all that happened,
// by which two runs of a seed are compared. One thread.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <queue>
#include <string>
#include <vector>

#include "adapters/sdk/machine.h"
#include "bridge/base/seams.h"

namespace trestle::world {

// xoshiro256**, seeded by splitmix64: fast, and the same on every machine.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed);
  void Fill(std::span<std::uint8_t> out) override;
  std::uint64_t Next();
  std::uint64_t Below(std::uint64_t bound) { return Next() % bound; }
  bool Percent(unsigned percent) { return Below(100) < percent; }

 private:
  std::uint64_t state_[4];
};

class EventHash {
 public:
  void Add(std::uint64_t value);
  void Add(std::string_view text);
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 14695981039346656037U;
};

class TimeQueue final : public Clock {
 public:
  WallTime wall_now() const override { return {kWallStart + now_ms_ + jumped_ms_}; }
  MonoTime mono_now() const override { return {now_ms_}; }
  void JumpWall(Millis by) { jumped_ms_ += by.count(); }

  // `tag` names the kind of event in the hash.
  void At(MonoTime at, std::uint64_t tag, Task task);
  void After(Millis span, std::uint64_t tag, Task task) {
    At(mono_now() + span, tag, std::move(task));
  }
  // Runs the next task; false when none is left or the next is later than `until`: then the time is
  // `until`.
  bool Step(MonoTime until);
  std::uint64_t events() const { return events_; }
  // What happens, for a person to read; off unless asked for.
  void SetTraced(bool traced) { traced_ = traced; }
  bool is_traced() const { return traced_; }
  void Trace(const std::string& line) const;
  EventHash& hash() { return hash_; }

 private:
  static constexpr std::int64_t kWallStart = 1'700'000'000'000;
  struct Planned {
    std::int64_t at = 0;
    std::uint64_t sequence = 0;
    std::uint64_t tag = 0;
    std::shared_ptr<Task> task;
    bool operator>(const Planned& other) const {
      return at != other.at ? at > other.at : sequence > other.sequence;
    }
  };

  std::priority_queue<Planned, std::vector<Planned>, std::greater<>> planned_;
  std::int64_t now_ms_ = 1000;
  std::int64_t jumped_ms_ = 0;
  std::uint64_t sequence_ = 0;
  std::uint64_t events_ = 0;
  bool traced_ = false;
  EventHash hash_;
};

// What dies with a simulated process: once it is dead, nothing posted is run and nothing said is
// heard.
struct Life {
  bool dead = false;
};

// One lane, loop or writer. Runs its tasks in order, one event each, after a turn-around that
// `latency` draws, so that executors interleave differently in every run.
class SimExecutor final : public Loop {
 public:
  static constexpr std::size_t kTasksMax = 65536;

  SimExecutor(TimeQueue& queue, std::uint64_t tag, std::shared_ptr<Life> life,
              std::function<Millis()> latency);
  ~SimExecutor() override;

  Result<void> Post(Task task) override;
  Result<void> PostAt(MonoTime at, Task task) override;
  bool is_current() const override;
  void Stop() override;

 private:
  struct State {
    TimeQueue& queue;
    const std::uint64_t tag;
    const std::shared_ptr<Life> life;
    const std::function<Millis()> latency;
    std::deque<Task> tasks;
    bool planned = false;
    bool running = false;
    bool stopped = false;
  };
  static void Plan(const std::shared_ptr<State>& state);
  static void Turn(const std::shared_ptr<State>& state);

  const std::shared_ptr<State> state_;
};

}  // namespace trestle::world
