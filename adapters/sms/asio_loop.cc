#include "adapters/sms/asio_loop.h"

#include <pthread.h>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>

#include "adapters/sms/tcp_connect.h"

namespace trestle::sms {

struct AsioLoop::Ticket {
  explicit Ticket(std::atomic<std::size_t>& counter) : used(counter) {}
  ~Ticket() { --used; }
  Ticket(const Ticket&) = delete;
  Ticket& operator=(const Ticket&) = delete;
  std::atomic<std::size_t>& used;
};

AsioLoop::AsioLoop(const std::string& name, const Clock& clock)
    : clock_(clock), work_(io_.get_executor()), thread_([this] { io_.run(); }) {
  pthread_setname_np(thread_.native_handle(), name.substr(0, 15).c_str());
}

AsioLoop::~AsioLoop() { Stop(); }

std::shared_ptr<AsioLoop::Ticket> AsioLoop::TakeTicket(std::atomic<std::size_t>& used,
                                                       std::size_t max) {
  if (used.fetch_add(1) >= max) {
    --used;
    return nullptr;
  }
  return std::make_shared<Ticket>(used);
}

Result<void> AsioLoop::Post(Task task) {
  if (stopped_) return Fail(Reason::kCancelled, "the loop is stopping");
  auto ticket = TakeTicket(tasks_used_, kTasksMax);
  if (ticket == nullptr) return Fail(Reason::kBusy, "the loop's queue is full", Millis{100});
  boost::asio::post(io_, [task = std::move(task), ticket = std::move(ticket)]() mutable {
    ticket.reset();
    std::move(task)();
  });
  return {};
}

Result<void> AsioLoop::PostAt(MonoTime at, Task task) {
  if (stopped_) return Fail(Reason::kCancelled, "the loop is stopping");
  auto ticket = TakeTicket(timers_used_, kTimersMax);
  if (ticket == nullptr) return Fail(Reason::kBusy, "the loop has no free timer", Millis{100});
  const Millis wait = std::max(at - clock_.mono_now(), Millis{0});
  auto timer = std::make_shared<boost::asio::steady_timer>(io_, wait);
  timer->async_wait([timer, task = std::move(task),
                     ticket = std::move(ticket)](const boost::system::error_code& error) mutable {
    ticket.reset();
    if (!error) std::move(task)();
  });
  return {};
}

void AsioLoop::Connect(WireTarget target, Done<std::unique_ptr<Wire>> done) {
  ConnectTcp(io_, std::move(target), std::move(done));
}

void AsioLoop::Stop() {
  if (stopped_.exchange(true)) return;
  work_.reset();
  io_.stop();
  if (thread_.joinable()) thread_.join();
}

}  // namespace trestle::sms
