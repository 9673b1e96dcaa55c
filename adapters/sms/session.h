// The bridge's connection to an SMS centre: holds the binds up, sends through SubmitQueue, hands
// what comes to Incoming, and judges its own health by whether messages can flow each way. Owned by
// the adapter; all methods run on the loop.
//
// There may be several binds, to one centre or to the nodes of a cluster. A thread (one of our
// numbers and one person) has its favourite bind and leaves it only while that one is down or its
// window full; it never has two submits unanswered at a time, because the Carrier sends a thread's
// units one after another. So its order holds whatever happens to the binds. What comes in,
// receipts too, is the session's and not the bind's: a receipt may come on another bind than its
// submit took, and before the answer on that one. Rate and throttling are the account's: one
// throttled answer slows all.
//
//   per bind:  down ──(now)──▶ connecting ──▶ bound ──(lost)──▶ waiting ──(back-off, jitter)──▶ …
#pragma once

#include <memory>
#include <vector>

#include "adapters/sms/incoming.h"
#include "adapters/sms/submit_queue.h"

namespace trestle::sms {

// The client's side of TLS by the options, whose key it takes; null for plain TCP.
Result<std::shared_ptr<Tls>> ClientTlsOf(SmsOptions& options);

class SmsSession final : public NativeSender {
 public:
  struct Events {
    // The answer may come on any thread.
    std::function<void(NativeMessage, Done<void>)> on_message;
    std::function<void(const std::string& native_id, MessageState)> on_receipt;
    std::function<void(const NativeAddress& from, const std::optional<NativeAddress>& also_from,
                       const std::string& identity, ByteView)>
        on_status;
    // Runs its argument when what was told before is durable, or with an error.
    std::function<void(Done<void>)> when_kept;
    std::function<void(Health)> on_health;
    std::function<bool(std::string_view text)> is_stop;  // whether a text asks to end things
  };

  // `options` outlives the session; `tls` is null for plain TCP.
  SmsSession(WireLoop& loop, const SmsOptions& options, std::shared_ptr<Tls> tls,
             const Clock& clock, Random& random, Metrics& metrics, Events events);
  ~SmsSession() override;  // the loop has stopped

  void Start();
  void SendUnit(NativeUnit unit, Done<NativeOutcome> done) override;
  // Refuses what waits, unbinds, and is done when all links are gone.
  void Rebind();  // ends every bind; each is made anew as after a broken link
  void Stop(Done<void> stopped);

  Health health() const { return health_; }

 private:
  struct Bind {
    BindRole role = BindRole::kTransceiver;
    std::string host;
    std::uint16_t port = 0;
    std::shared_ptr<Link> link = {};  // null between two tries
    int failures = 0;                 // since it was bound last
    bool was_tried = false;           // it was bound or has failed once
  };

  void Connect(std::size_t at);
  LinkOptions OptionsFor(std::size_t at) const;
  void Bound(std::size_t at);
  void Ended(std::size_t at, Link::End why, CommandStatus refused);
  void PlanReconnect(std::size_t at);
  std::shared_ptr<Link> PickLink(std::size_t favourite) const;
  bool CanSend() const;
  void TakeRequest(const std::shared_ptr<Link>& link, const Pdu& request);
  Done<void> OnLoop(Done<void> done);
  void JudgeHealth();
  void FinishStop();
  void Count(std::string_view event) {
    metrics_.Add("trestle_adapter_events_total", "sms." + std::string(event));
  }

  WireLoop& loop_;
  const SmsOptions& options_;
  const std::shared_ptr<Tls> tls_;
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
