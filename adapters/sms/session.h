// The bridge's connection to an SMS centre: holds the binds up, sends through SubmitQueue, hands
// what comes to Incoming, and judges its own health by whether messages can flow each way. Owned by
// the adapter; all methods run on the loop.
//
//   per bind:  down ──(now)──▶ connecting ──▶ bound ──(lost)──▶ waiting ──(back-off, jitter)──▶ …
#pragma once

#include <memory>
#include <vector>

#include "adapters/sms/asio_loop.h"
#include "adapters/sms/incoming.h"
#include "adapters/sms/submit_queue.h"

namespace trestle::sms {

class SmsSession final : public NativeSender {
 public:
  struct Events {
    // The answer may come on any thread.
    std::function<void(NativeMessage, Done<void>)> on_message;
    std::function<void(const std::string& native_id, MessageState)> on_receipt;
    std::function<void(Health)> on_health;
  };

  // `options` outlives the session.
  SmsSession(AsioLoop& loop, const SmsOptions& options, const Clock& clock, Random& random,
             Metrics& metrics, Events events);

  void Start();
  void SendUnit(NativeUnit unit, Done<NativeOutcome> done) override;
  // Refuses what waits, unbinds, and is done when all links are gone.
  void Stop(Done<void> stopped);

  Health health() const { return health_; }

 private:
  struct Bind {
    BindRole role = BindRole::kTransceiver;
    std::shared_ptr<Link> link;  // null between two tries
    int failures = 0;            // since it was bound last
  };

  void Connect(std::size_t at);
  void Ended(std::size_t at, Link::End why, CommandStatus refused);
  void PlanReconnect(std::size_t at);
  std::shared_ptr<Link> PickLink() const;
  bool CanSend() const;
  void TakeRequest(const std::shared_ptr<Link>& link, const Pdu& request);
  Done<void> OnLoop(Done<void> done);
  void JudgeHealth();
  void FinishStop();
  void Count(std::string_view event) { metrics_.Add("trestle_adapter_events_total", event); }

  AsioLoop& loop_;
  const SmsOptions& options_;
  const Clock& clock_;
  Random& random_;
  Metrics& metrics_;
  const Events events_;
  std::vector<Bind> binds_;
  ReceiptFold receipts_;
  Incoming incoming_;
  SubmitQueue queue_;
  Health health_ = Health::kStarting;
  Done<void> stopped_;
  bool stopping_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace trestle::sms
