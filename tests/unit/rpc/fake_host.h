// A core's side of the adapter seam and a loop turned by hand, for adapters tested alone.
#pragma once

#include <deque>
#include <map>
#include <vector>

#include "bridge/adapter_api/adapter.h"

namespace trestle::test {

class HandClock final : public Clock {
 public:
  WallTime wall_now() const override { return {1'767'225'600'000 + now_}; }
  MonoTime mono_now() const override { return {now_}; }
  void Advance(Millis span) { now_ += span.count(); }

 private:
  std::int64_t now_ = 1000;
};

class HandLoop final : public Executor {
 public:
  explicit HandLoop(const Clock& clock) : clock_(clock) {}

  Result<void> Post(Task task) override {
    tasks_.push_back(std::move(task));
    return {};
  }
  Result<void> PostAt(MonoTime at, Task task) override {
    timers_.emplace(at, std::move(task));
    return {};
  }
  bool is_current() const override { return true; }

  // Runs what is due until nothing is.
  void Turn() {
    while (!timers_.empty() && timers_.begin()->first <= clock_.mono_now()) {
      tasks_.push_back(std::move(timers_.begin()->second));
      timers_.erase(timers_.begin());
    }
    while (!tasks_.empty()) {
      Task task = std::move(tasks_.front());
      tasks_.pop_front();
      std::move(task)();
    }
  }

 private:
  const Clock& clock_;
  std::deque<Task> tasks_;
  std::multimap<MonoTime, Task> timers_;
};

class FakeHost final : public AdapterHost {
 public:
  Result<void> Offer(Inbound inbound, Done<void> durable) override {
    if (refuses) return Fail(Reason::kBusy, "full", Millis{250});
    offered.push_back(std::move(inbound));
    waiting.push_back(std::move(durable));
    return {};
  }
  void Report(DeliveryReport report) override { reports.push_back(report); }
  void ReportHealth(const Network&, Health now) override { health = now; }
  void NameLoopback(const EnrolmentId& peer) override { loopback = peer; }

  void MakeDurable() {
    while (!waiting.empty()) {
      Done<void> done = std::move(waiting.front());
      waiting.pop_front();
      std::move(done)({});
    }
  }

  bool refuses = false;
  std::vector<Inbound> offered;
  std::deque<Done<void>> waiting;
  std::vector<DeliveryReport> reports;
  Health health = Health::kStarting;
  std::optional<EnrolmentId> loopback;
};

inline Bytes16 Octets(std::uint8_t value) {
  Bytes16 octets;
  octets.fill(value);
  return octets;
}

inline Delivery DeliveryTo(const ThreadRef& to, std::uint8_t id,
                           std::variant<Frame, ServiceReply> body) {
  Delivery delivery;
  delivery.id = DeliveryId(Octets(id));
  delivery.to = to;
  delivery.body = std::move(body);
  return delivery;
}

inline Frame EnvelopeOf(std::uint8_t octet) {
  EnvelopeFrame frame;
  frame.seq = octet;
  frame.payload = Bytes(8, octet);
  return frame;
}

// Where an attempt's answer is put; empty until it comes.
using AttemptBox = std::shared_ptr<std::optional<Attempt>>;
inline AttemptBox NewBox() { return std::make_shared<std::optional<Attempt>>(); }
inline Done<Attempt> Into(const AttemptBox& box) {
  return [box](Result<Attempt> attempt) {
    TRESTLE_CHECK(!box->has_value() && attempt.has_value());
    *box = *attempt;
  };
}

}  // namespace trestle::test
