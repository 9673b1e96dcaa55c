// A network whose adapter is a process of its own, connected through AdapterHost.Connect. The
// configuration declares the network and what it can carry, so that the router knows it from the
// start; while nobody is connected its health is kDown and what it should carry waits. Any thread
// may call; one mutex, held for lookups only.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "bridge/adapter_api/adapter.h"
#include "trestle/v1/adapters.pb.h"

namespace trestle {

// One connected adapter process: the Connect stream. Calls may come from any thread.
class RemoteSession {
 public:
  virtual ~RemoteSession() = default;
  virtual void Hand(v1::ConnectResponse message) = 0;
  virtual void CutOff(Error why) = 0;
};

class RemoteAdapter final : public Adapter {
 public:
  // An adapter process that has not answered a delivery by then has maybe sent it.
  static constexpr Millis kAnswerAgeMax = std::chrono::seconds(60);

  // `loop` runs late answers and deadlines; it outlives the adapter and is stopped after the core.
  RemoteAdapter(Capabilities capabilities, Executor& loop, const Clock& clock,
                ServiceWords service_words = ServiceWords::Standard())
      : capabilities_(std::move(capabilities)),
        service_words_(std::move(service_words)),
        loop_(loop),
        clock_(clock) {}

  const Capabilities& capabilities() const override { return capabilities_; }
  void Start(AdapterHost& host, Done<void> started) override;
  void Deliver(Delivery delivery, Done<Attempt> done) override;
  void Stop(Done<void> stopped) override;
  // Cuts the process's stream off; it connects again.
  Result<void> Reconnect() override;

  // A process says hello. kInvalidArgument when it says other capabilities than the configuration.
  Result<void> Agree(const v1::Capabilities& said) const;
  // Deliveries go to this session from now on; an older one is cut off. kCancelled when the bridge
  // is stopping.
  Result<void> Connect(std::shared_ptr<RemoteSession> session);
  void Disconnect(const RemoteSession& session);

  // What the connected process says. Words of a session that was replaced change nothing.
  void Attempted(const v1::AttemptResult& result);
  // `offered` answers by the same rules as AdapterHost::Offer.
  void Offer(const v1::Offer& offer, Done<void> offered);
  void Report(const v1::Report& report);
  void ReportHealth(v1::Health health);

 private:
  struct Pending {
    Done<Attempt> done;
    MonoTime deadline{};
  };

  AdapterHost* host() const;
  void SetDeadline(MonoTime at);  // mutex_ is held
  void EndOverdue();
  void AnswerLater(Done<Attempt> done, Attempt attempt);
  void Settle(const DeliveryId& delivery, Attempt attempt);

  const Capabilities capabilities_;
  const ServiceWords service_words_;
  Executor& loop_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  AdapterHost* host_ = nullptr;  // set while the adapter runs
  std::shared_ptr<RemoteSession> session_;
  std::map<DeliveryId, Pending> pending_;  // at most as many as the core has under way
  bool deadline_set_ = false;              // one timer, for the earliest deadline of all
};

// The configured remote networks by name. Filled before the server starts, then fixed.
class RemoteAdapters {
 public:
  void Add(RemoteAdapter& adapter) { adapters_.push_back(&adapter); }
  RemoteAdapter* Find(const Network& network) const;  // nullptr when it is not configured

 private:
  std::vector<RemoteAdapter*> adapters_;
};

}  // namespace trestle
