// An adapter whose network is a list in memory: it notes what it is given and answers as scripted.
#pragma once

#include <algorithm>
#include <deque>
#include <vector>

#include "bridge/adapter_api/adapter.h"

namespace trestle::test {

class FakeAdapter final : public Adapter {
 public:
  FakeAdapter(Capabilities capabilities, Executor& executor)
      : capabilities_(std::move(capabilities)), executor_(executor) {}

  const Capabilities& capabilities() const override { return capabilities_; }
  void Start(AdapterHost& host, Done<void> started) override {
    host.ReportHealth(capabilities_.network, Health::kHealthy);
    static_cast<void>(executor_.Post(
        [started = std::move(started)]() mutable { std::move(started)(Result<void>()); }));
  }
  void Deliver(Delivery delivery, Done<Attempt> done) override {
    given.push_back(std::move(delivery));
    if (hold) {
      held.push_back(std::move(done));
      return;
    }
    const Attempt attempt = NextAnswer();
    static_cast<void>(
        executor_.Post([done = std::move(done), attempt]() mutable { std::move(done)(attempt); }));
  }
  void Withdraw(const DeliveryId& delivery) override { withdrawn.push_back(delivery); }
  Result<void> Reconnect() override {
    ++reconnects;
    return {};
  }
  void Stop(Done<void> stopped) override { std::move(stopped)(Result<void>()); }

  // What was given for one thread, in order, repeated attempts included.
  std::vector<Frame> FramesTo(const ThreadRef& thread) const {
    std::vector<Frame> out;
    for (const Delivery& each : given) {
      const auto* frame = std::get_if<Frame>(&each.body);
      if (each.to == thread && frame != nullptr) out.push_back(*frame);
    }
    return out;
  }
  template <class Kind>
  std::vector<Kind> To(const ThreadRef& thread) const {
    std::vector<Kind> out;
    for (const Frame& frame : FramesTo(thread)) {
      if (const auto* kind = std::get_if<Kind>(&frame)) out.push_back(*kind);
    }
    return out;
  }
  std::vector<std::string> TextsTo(const ThreadRef& thread) const {
    std::vector<std::string> out;
    for (const Delivery& each : given) {
      const auto* reply = std::get_if<ServiceReply>(&each.body);
      if (each.to == thread && reply != nullptr) out.push_back(reply->text);
    }
    return out;
  }
  // The links that were offered to an enrolment, in order.
  std::vector<LinkId> OffersTo(const EnrolmentId& enrolment) const {
    std::vector<LinkId> out;
    for (const Delivery& each : given) {
      if (each.to == ThreadRef(enrolment) && each.offers_link) out.push_back(*each.offers_link);
    }
    return out;
  }
  const Delivery* FindEnvelope() const {
    const auto found = std::ranges::find_if(given, [](const Delivery& each) {
      const auto* frame = std::get_if<Frame>(&each.body);
      return frame != nullptr && std::holds_alternative<EnvelopeFrame>(*frame);
    });
    return found == given.end() ? nullptr : &*found;
  }

  std::vector<Delivery> given;
  std::vector<DeliveryId> withdrawn;
  std::deque<Attempt> script;  // answers to come; then kSent
  int reconnects = 0;
  bool hold = false;  // keep the Dones instead of answering
  std::vector<Done<Attempt>> held;

 private:
  Attempt NextAnswer() {
    if (script.empty()) return {Certainty::kSent, Retry::kLater, Rule::kNone, std::nullopt};
    const Attempt attempt = script.front();
    script.pop_front();
    return attempt;
  }

  const Capabilities capabilities_;
  Executor& executor_;
};

}  // namespace trestle::test
