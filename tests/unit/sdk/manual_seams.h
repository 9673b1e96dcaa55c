// Time, randomness and scheduling moved by hand, for tests that run in one thread.
#pragma once

#include <stdlib.h>

#include <deque>
#include <filesystem>
#include <map>
#include <string>

#include "bridge/base/seams.h"

namespace trestle::test {

class ManualClock final : public Clock {
 public:
  WallTime wall_now() const override {
    return {1'700'000'000'000 + passed_.count() + jumped_.count()};
  }
  MonoTime mono_now() const override { return {passed_.count()}; }
  void Pass(Millis span) { passed_ += span; }
  void JumpWall(Millis span) { jumped_ += span; }

 private:
  Millis passed_{0};
  Millis jumped_{0};
};

// Counts instead of drawing, so that ids differ and runs are equal.
class CountingRandom final : public Random {
 public:
  void Fill(std::span<std::uint8_t> out) override {
    for (auto& octet : out) {
      state_ = state_ * 6364136223846793005U + 1442695040888963407U;
      octet = static_cast<std::uint8_t>(state_ >> 56);
    }
  }

 private:
  std::uint64_t state_ = 1;
};

class ManualExecutor final : public Executor {
 public:
  explicit ManualExecutor(ManualClock& clock) : clock_(clock) {}

  Result<void> Post(Task task) override {
    tasks_.push_back(std::move(task));
    return {};
  }
  Result<void> PostAt(MonoTime at, Task task) override {
    timers_.emplace(at, std::move(task));
    return {};
  }
  bool is_current() const override { return running_; }

  void RunAll() {
    while (!tasks_.empty()) {
      Task task = std::move(tasks_.front());
      tasks_.pop_front();
      running_ = true;
      std::move(task)();
      running_ = false;
    }
  }
  // Moves the time and runs what fell due on the way, each at its own time.
  void Advance(Millis span) {
    const MonoTime end = clock_.mono_now() + span;
    RunAll();
    while (!timers_.empty() && timers_.begin()->first <= end) {
      if (timers_.begin()->first > clock_.mono_now()) {
        clock_.Pass(timers_.begin()->first - clock_.mono_now());
      }
      tasks_.push_back(std::move(timers_.begin()->second));
      timers_.erase(timers_.begin());
      RunAll();
    }
    clock_.Pass(end - clock_.mono_now());
  }

 private:
  ManualClock& clock_;
  std::deque<Task> tasks_;
  std::multimap<MonoTime, Task> timers_;
  bool running_ = false;
};

// A folder of this test alone, gone with it.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "trestle-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace trestle::test
