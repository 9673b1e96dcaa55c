#include "adapters/sdk/sim_control.h"

#include <algorithm>
#include <list>
#include <set>
#include <utility>

#include "adapters/sdk/sim_control_http.h"
#include "bridge/base/system_seams.h"

namespace trestle {
namespace {

constexpr std::size_t kWireAnswerMax = 1000;
constexpr std::size_t kRequestBytesMax = 256 * 1024;

class SimControlImpl final : public SimControl {
 public:
  SimControlImpl(Network network, const Clock& clock)
      : network_(std::move(network)), clock_(clock), timers_("sim-control", clock) {}
  ~SimControlImpl() override { Stop(); }

  Result<void> Listen(std::uint16_t port);

  std::uint16_t port() const override { return port_; }
  bool HasPhone(const std::string& address) const override;
  void PutInInbox(SimMessage message) override;
  void RecordWire(SimWireRecord record) override;
  bool TakeFault(int SimFaults::*counter) override;
  SimFaults faults() const override;
  void Stop() override;

 private:
  // A long poll: the connection is kept, no thread waits.
  struct Waiter {
    std::uint64_t serial = 0;
    std::string address;
    std::uint64_t after = 0;
    HttpServer::Respond respond;
  };

  void Handle(HttpRequest request, HttpServer::Respond respond);
  HttpResponse AnswerTo(const HttpRequest& request);
  HttpResponse AddPhone(const HttpRequest& request);
  HttpResponse Send(const HttpRequest& request);
  HttpResponse ChangeFaults(const HttpRequest& request);
  void PollInbox(const HttpRequest& request, HttpServer::Respond respond);
  void EndWait(std::uint64_t serial);
  void EchoLater(const SimMessage& message);

  const Network network_;
  const Clock& clock_;
  mutable std::mutex mutex_;  // guards all that follows, up to the server
  std::map<std::string, std::deque<SimMessage>> inboxes_;
  std::deque<SimWireRecord> wire_;
  std::set<std::string> echoing_;
  SimFaults faults_;
  std::list<Waiter> waiters_;
  std::uint64_t last_message_seq_ = 0;
  std::uint64_t last_wire_seq_ = 0;
  std::uint64_t last_waiter_ = 0;
  std::uint16_t port_ = 0;
  SerialExecutor timers_;
  std::unique_ptr<HttpServer> server_;
};

Result<void> SimControlImpl::Listen(std::uint16_t port) {
  HttpServer::Options options;
  options.port = port;
  options.body_bytes_max = kRequestBytesMax;
  options.connections_max = kWaitersMax + 64;
  server_ = TRESTLE_TRY(
      HttpServer::Start(options, [this](HttpRequest request, HttpServer::Respond respond) {
        Handle(std::move(request), std::move(respond));
      }));
  port_ = server_->port();
  return {};
}

void SimControlImpl::Handle(HttpRequest request, HttpServer::Respond respond) {
  if (request.method == "GET" && request.path == "/sim/inbox") {
    return PollInbox(request, std::move(respond));
  }
  std::move(respond)(AnswerTo(request));
}

HttpResponse SimControlImpl::AnswerTo(const HttpRequest& request) {
  const bool is_get = request.method == "GET";
  const bool is_post = request.method == "POST";
  if (is_get && request.path == "/sim/about") return sim_http::About(network_);
  if (is_post && request.path == "/sim/phones") return AddPhone(request);
  if (is_post && request.path == "/sim/send") return Send(request);
  if (is_post && request.path == "/sim/faults") return ChangeFaults(request);
  if (is_get && request.path == "/sim/wire") {
    const std::uint64_t after = sim_http::NumberOr(request, "after", 0, UINT64_MAX);
    const std::uint64_t limit =
        sim_http::NumberOr(request, "limit", kWireAnswerMax, kWireAnswerMax);
    const std::lock_guard lock(mutex_);
    return sim_http::Wire(wire_, after, limit);
  }
  return sim_http::Refusal(404, "no such path");
}

HttpResponse SimControlImpl::AddPhone(const HttpRequest& request) {
  const auto address = sim_http::ReadAddress(request.body);
  if (!address) return sim_http::OfError(address.error());
  const std::lock_guard lock(mutex_);
  if (!inboxes_.contains(*address) && inboxes_.size() >= kPhonesMax) {
    return sim_http::Refusal(503, "too many phones");
  }
  inboxes_[*address];
  if (sim_http::ReadEchoes(request.body)) echoing_.insert(*address);
  return sim_http::IdAnswer("address", *address);
}

HttpResponse SimControlImpl::Send(const HttpRequest& request) {
  auto message = sim_http::ReadMessage(request.body);
  if (!message) return sim_http::OfError(message.error());
  if (!HasPhone(message->from)) return sim_http::Refusal(404, "from is no registered phone");
  message->at = clock_.wall_now();
  const auto id = network_.phone_sends(*message);
  return id ? sim_http::IdAnswer("id", *id) : sim_http::OfError(id.error());
}

HttpResponse SimControlImpl::ChangeFaults(const HttpRequest& request) {
  const auto faults = sim_http::ReadFaults(request.body, this->faults());
  if (!faults) return sim_http::OfError(faults.error());
  {
    const std::lock_guard lock(mutex_);
    faults_ = *faults;
  }
  if (network_.faults_changed) network_.faults_changed(*faults);
  return sim_http::Faults(*faults);
}

void SimControlImpl::PollInbox(const HttpRequest& request, HttpServer::Respond respond) {
  const std::string address = request.QueryOr("address", "");
  const std::uint64_t after = sim_http::NumberOr(request, "after", 0, UINT64_MAX);
  const Millis wait{
      sim_http::NumberOr(request, "wait_ms", 0, static_cast<std::uint64_t>(kWaitMax.count()))};
  std::uint64_t serial = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto inbox = inboxes_.find(address);
    if (inbox == inboxes_.end()) {
      return std::move(respond)(sim_http::Refusal(404, "address is no registered phone"));
    }
    const bool has_news = !inbox->second.empty() && inbox->second.back().seq > after;
    if (has_news || wait == Millis{0}) {
      return std::move(respond)(sim_http::Inbox(inbox->second, after));
    }
    if (waiters_.size() >= kWaitersMax) {
      return std::move(respond)(sim_http::Refusal(503, "too many polls wait"));
    }
    serial = ++last_waiter_;
    waiters_.push_back({serial, address, after, std::move(respond)});
  }
  const auto planned =
      timers_.PostAt(clock_.mono_now() + wait, [this, serial] { EndWait(serial); });
  if (!planned) EndWait(serial);
}

void SimControlImpl::EndWait(std::uint64_t serial) {
  const std::lock_guard lock(mutex_);
  const auto waiter = std::ranges::find(waiters_, serial, &Waiter::serial);
  if (waiter == waiters_.end()) return;
  std::move(waiter->respond)(sim_http::Inbox(inboxes_[waiter->address], waiter->after));
  waiters_.erase(waiter);
}

bool SimControlImpl::HasPhone(const std::string& address) const {
  const std::lock_guard lock(mutex_);
  return inboxes_.contains(address);
}

void SimControlImpl::PutInInbox(SimMessage message) {
  const std::lock_guard lock(mutex_);
  const auto inbox = inboxes_.find(message.to);
  if (inbox == inboxes_.end()) return;
  if (faults_.drop_next > 0) {
    --faults_.drop_next;
    return;
  }
  if (echoing_.contains(message.to)) EchoLater(message);
  message.seq = ++last_message_seq_;
  if (message.at == WallTime{}) message.at = clock_.wall_now();
  if (inbox->second.size() >= kInboxMessagesMax) inbox->second.pop_front();
  inbox->second.push_back(std::move(message));
  for (auto waiter = waiters_.begin(); waiter != waiters_.end();) {
    const bool is_for_it = waiter->address == inbox->first && waiter->after < last_message_seq_;
    if (is_for_it) {
      std::move(waiter->respond)(sim_http::Inbox(inbox->second, waiter->after));
    }
    waiter = is_for_it ? waiters_.erase(waiter) : std::next(waiter);
  }
}

// On a thread of its own: the network that brings the message may hold its locks.
void SimControlImpl::EchoLater(const SimMessage& message) {
  SimMessage back;
  back.from = message.to;
  back.to = message.from;
  back.at = clock_.wall_now();
  back.is_binary = message.is_binary;
  back.body = message.body;
  (void)timers_.Post([this, back = std::move(back)] { (void)network_.phone_sends(back); });
}

void SimControlImpl::RecordWire(SimWireRecord record) {
  if (record.shows.size() > kWireShowsBytesMax) record.shows.resize(kWireShowsBytesMax);
  const std::lock_guard lock(mutex_);
  record.seq = ++last_wire_seq_;
  if (record.at == WallTime{}) record.at = clock_.wall_now();
  if (wire_.size() >= kWireRecordsMax) wire_.pop_front();
  wire_.push_back(std::move(record));
}

bool SimControlImpl::TakeFault(int SimFaults::*counter) {
  const std::lock_guard lock(mutex_);
  if (faults_.*counter <= 0) return false;
  --(faults_.*counter);
  return true;
}

SimFaults SimControlImpl::faults() const {
  const std::lock_guard lock(mutex_);
  return faults_;
}

void SimControlImpl::Stop() {
  timers_.Stop();
  if (server_) server_->Stop();
  const std::lock_guard lock(mutex_);
  waiters_.clear();
}

}  // namespace

Result<std::unique_ptr<SimControl>> SimControl::Start(Network network, const Clock& clock,
                                                      std::uint16_t port) {
  auto control = std::make_unique<SimControlImpl>(std::move(network), clock);
  TRESTLE_TRY(control->Listen(port));
  return control;
}

}  // namespace trestle
