#include "bridge/base/system_seams.h"

#include <openssl/rand.h>
#include <pthread.h>

#include <array>

namespace trestle {

std::uint64_t DrawBelow(Random& random, std::uint64_t bound) {
  TRESTLE_CHECK(bound > 0);
  // Draws that fall into the last, incomplete span are thrown away, so that no value is favoured.
  const std::uint64_t whole = UINT64_MAX - UINT64_MAX % bound;
  while (true) {
    std::array<std::uint8_t, 8> raw;
    random.Fill(raw);
    std::uint64_t drawn = 0;
    for (const std::uint8_t octet : raw) drawn = (drawn << 8) | octet;
    if (drawn < whole) return drawn % bound;
  }
}

WallTime SystemClock::wall_now() const {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<Millis>(since).count()};
}

MonoTime SystemClock::mono_now() const {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<Millis>(since).count()};
}

void SystemRandom::Fill(std::span<std::uint8_t> out) {
  TRESTLE_CHECK(RAND_bytes(out.data(), static_cast<int>(out.size())) == 1);
}

SerialExecutor::SerialExecutor(std::string name, const Clock& clock)
    : name_(std::move(name)), clock_(clock), thread_([this] { Run(); }) {
  pthread_setname_np(thread_.native_handle(), name_.substr(0, 15).c_str());
}

SerialExecutor::~SerialExecutor() { Stop(); }

Result<void> SerialExecutor::Post(Task task) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return Fail(Reason::kCancelled, "the executor is stopping");
    if (tasks_.size() >= kTasksMax) {
      return Fail(Reason::kBusy, "the executor's queue is full", Millis{100});
    }
    tasks_.push_back(std::move(task));
  }
  wake_.notify_one();
  return {};
}

Result<void> SerialExecutor::PostAt(MonoTime at, Task task) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return Fail(Reason::kCancelled, "the executor is stopping");
    if (timers_.size() >= kTimersMax) {
      return Fail(Reason::kBusy, "the executor has no free timer", Millis{100});
    }
    timers_.emplace(at, std::move(task));
  }
  wake_.notify_one();
  return {};
}

bool SerialExecutor::is_current() const { return std::this_thread::get_id() == thread_.get_id(); }

void SerialExecutor::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    timers_.clear();
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void SerialExecutor::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    const MonoTime now = clock_.mono_now();
    while (!timers_.empty() && timers_.begin()->first <= now) {
      tasks_.push_back(std::move(timers_.begin()->second));
      timers_.erase(timers_.begin());
    }
    if (!tasks_.empty()) {
      Task task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      std::move(task)();
      task = nullptr;  // what the task holds dies outside of the lock
      lock.lock();
      continue;
    }
    if (stopping_) return;
    if (timers_.empty()) {
      wake_.wait(lock);
    } else {
      wake_.wait_for(lock, timers_.begin()->first - now);
    }
  }
}

}  // namespace trestle
