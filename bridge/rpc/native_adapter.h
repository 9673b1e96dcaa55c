// The network whose phones are gRPC clients. Its threads are the core's own ids, so it keeps no
// address book: a client that connects (Messages.Exchange) is told apart by its token, and its
// threads come from the core. A delivery settles when the client acknowledges it; a client that is
// not there, or is cut off for being slow, finds everything again at its next connect. Any thread
// may call; one mutex, held for lookups only.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "bridge/adapter_api/adapter.h"
#include "bridge/pipeline/answers.h"
#include "trestle/v1/messages.pb.h"

namespace trestle {

// One connected client: the Exchange stream. Calls may come from any thread.
class NativeSession {
 public:
  virtual ~NativeSession() = default;
  virtual void Hand(v1::Inbound inbound) = 0;
  virtual void CutOff(Error why) = 0;
};

class NativeAdapter final : public Adapter {
 public:
  static constexpr std::size_t kSessionsMax = 16'384;  // some 20 KiB each while they are silent
  // A client that takes longer to acknowledge is cut off, so that it holds up nobody else's share
  // of what may be under way.
  static constexpr Millis kAckAgeMax = std::chrono::seconds(15);

  // `loop` runs late answers and deadlines; it outlives the adapter and is stopped after the core.
  NativeAdapter(Executor& loop, const Clock& clock) : loop_(loop), clock_(clock) {}

  const Capabilities& capabilities() const override { return capabilities_; }
  void Start(AdapterHost& host, Done<void> started) override;
  void Deliver(Delivery delivery, Done<Attempt> done) override;
  void Stop(Done<void> stopped) override;
  // Cuts off every client; they connect again and find what they did not acknowledge.
  Result<void> Reconnect() override;

  // The account's client is there, with these threads. An older session of the account is cut off.
  // kBusy above kSessionsMax, kCancelled when the adapter does not run.
  Result<void> Connect(const AccountId& account, const PresenceAnswer& threads,
                       std::shared_ptr<NativeSession> session);
  // It is gone; nothing happens when another session has taken its place.
  void Disconnect(const AccountId& account, const NativeSession& session);
  // Answers how many deliveries the session still has to acknowledge. Unknown ids change nothing.
  std::size_t Acknowledge(const AccountId& account, const DeliveryId& delivery);
  std::size_t in_flight(const AccountId& account) const;
  // Runs a session's own task on the adapter's loop after a while; false when no timer is free.
  bool Later(Millis after, Task task);

 private:
  struct Pending {
    Done<Attempt> done;
    bool is_envelope = false;
    MonoTime deadline{};
  };
  struct Person {
    std::shared_ptr<NativeSession> session;
    std::vector<ThreadRef> threads;
    std::map<DeliveryId, Pending> pending;
  };

  struct Early {
    Delivery delivery;
    Done<Attempt> done;
  };

  void Echo(const Delivery& delivery, Done<Attempt> done);
  void BindAndHandOver(Delivery delivery, Done<Attempt> done);
  void EndOpening(const LinkId& link);
  void HandOver(Delivery delivery, Done<Attempt> done);
  void AnswerLater(Done<Attempt> done, Attempt attempt);
  void SetDeadline(MonoTime at);  // mutex_ is held
  void EndOverdue();
  Person* FindPerson(const ThreadRef& thread);  // mutex_ is held
  Person Remove(const AccountId& account);      // mutex_ is held
  static void SettleUnknown(Person person);     // mutex_ is not held

  Executor& loop_;
  const Clock& clock_;
  const Capabilities capabilities_{.network = Network::Native(),
                                   .unit_kind = UnitKind::kBinary,
                                   .chunk_bytes = kFrameBytesMax,
                                   .units_max = 1,
                                   .takes_idempotency_keys = true,
                                   .reports_delivered = true};
  mutable std::mutex mutex_;
  AdapterHost* host_ = nullptr;  // set while the adapter runs
  bool deadline_set_ = false;    // one timer, for the earliest deadline of all
  // The loop-back peer: this adapter itself. What goes there comes back by way of the loop.
  static inline const EnrolmentId kLoopback{
      Bytes16{'n', 'a', 't', 'i', 'v', 'e', ' ', 'e', 'c', 'h', 'o'}};
  std::unordered_map<AccountId, Person, IdHash> people_;
  std::map<ThreadRef, AccountId> threads_;  // of connected people
  // Links that are being bound, each with what came for it before its offer was handed over: one at
  // most, because a thread has one delivery under way.
  std::map<LinkId, std::optional<Early>> opening_;
};

}  // namespace trestle
