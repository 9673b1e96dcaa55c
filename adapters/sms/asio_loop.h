// The production WireLoop: one thread that runs an io_context and, as an Executor, tasks and
// timers. Sockets and the rest of an SMS adapter (or of the simulated centre) share it, so neither
// needs a lock. Posting is bounded like every executor; sockets' own handlers are not counted,
// there are few of them.
#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <string>
#include <thread>

#include "adapters/sms/wire.h"

namespace trestle::sms {

class AsioLoop final : public WireLoop {
 public:
  static constexpr std::size_t kTasksMax = 65536;
  static constexpr std::size_t kTimersMax = 65536;

  AsioLoop(const std::string& name, const Clock& clock);
  ~AsioLoop() override;

  Result<void> Post(Task task) override;
  Result<void> PostAt(MonoTime at, Task task) override;
  bool is_current() const override { return std::this_thread::get_id() == thread_.get_id(); }

  void Connect(WireTarget target, Done<std::unique_ptr<Wire>> done) override;
  // Drops what has not begun and joins; from any other thread.
  void Stop() override;

  boost::asio::io_context& io() { return io_; }

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
