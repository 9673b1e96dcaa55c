// One thread that runs an io_context and, as an Executor, tasks and timers. Sockets and the rest of
// an SMS adapter (or of the simulated centre) share it, so neither needs a lock. Posting is bounded
// like every executor; sockets' own handlers are not counted, there are few of them.
#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <string>
#include <thread>

#include "bridge/base/seams.h"

namespace trestle::sms {

class AsioLoop final : public Executor {
 public:
  static constexpr std::size_t kTasksMax = 65536;
  static constexpr std::size_t kTimersMax = 65536;

  AsioLoop(const std::string& name, const Clock& clock);
  ~AsioLoop() override;

  Result<void> Post(Task task) override;
  Result<void> PostAt(MonoTime at, Task task) override;
  bool is_current() const override { return std::this_thread::get_id() == thread_.get_id(); }

  boost::asio::io_context& io() { return io_; }
  // Drops what has not begun and joins; from any other thread; twice is harmless.
  void Stop();

 private:
  // Counts a queued task down however it ends, also when the loop drops it.
  struct Ticket;
  static std::shared_ptr<Ticket> TakeTicket(std::atomic<std::size_t>& used, std::size_t max);

  const Clock& clock_;
  std::atomic<std::size_t> tasks_used_ = 0;
  std::atomic<std::size_t> timers_used_ = 0;
  std::atomic<bool> stopped_ = false;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::thread thread_;
};

}  // namespace trestle::sms
