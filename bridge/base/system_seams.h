// The production clock, randomness and executor.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "bridge/base/seams.h"

namespace trestle {

class SystemClock final : public Clock {
 public:
  WallTime wall_now() const override;
  MonoTime mono_now() const override;
};

class SystemRandom final : public Random {
 public:
  void Fill(std::span<std::uint8_t> out) override;  // aborts when the generator fails
};

// One thread, one bounded queue, one bounded set of timers. Stop runs what was posted, drops timers
// and joins; the destructor stops.
class SerialExecutor final : public Executor {
 public:
  static constexpr std::size_t kTasksMax = 65536;
  static constexpr std::size_t kTimersMax = 65536;

  SerialExecutor(std::string name, const Clock& clock);
  ~SerialExecutor() override;

  Result<void> Post(Task task) override;
  Result<void> PostAt(MonoTime at, Task task) override;
  bool is_current() const override;
  void Stop();  // from any other thread; twice is harmless

 private:
  void Run();

  const std::string name_;
  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> tasks_;
  std::multimap<MonoTime, Task> timers_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace trestle
