// The simulated SMS centre behind its binds: logins, submitted messages and their receipts, phones,
// and the queue of messages for the customer. Part of the simulation; all of it on one loop, except
// FromPhone, which any thread may call. Its connections come through a door (sim_door.h).
//
//   submit ─▶ checked ─▶ in the phone's inbox ─▶ receipt ─┐
//   phone  ─▶ deliver_sm ─────────────────────────────────┴─▶ pending ─▶ a bind ─▶ 0: done
//                                                                ▲─── 0x64, lost, refused ──┘
#pragma once

#include <atomic>
#include <deque>
#include <list>
#include <unordered_map>
#include <vector>

#include "adapters/sdk/sim_control.h"
#include "adapters/sms/sim_bind.h"
#include "adapters/sms/user_data.h"
#include "bridge/envelope/fragment.h"

namespace trestle::sms {

class SimCentre final : public SimBindHost {
 public:
  static constexpr std::size_t kBindsMax = 64;
  static constexpr std::size_t kPendingMax = 20000;   // messages for the customer
  static constexpr std::size_t kMessagesMax = 20000;  // remembered for query_sm; the oldest go
  static constexpr int kAttemptsMax = 50;

  // The loop outlives it.
  SimCentre(SmsSimOptions options, Executor& loop, const Clock& clock, Random& random);

  // Phones and faults; before anything else.
  void Attach(SimControl& control) { control_ = &control; }
  // A client has connected. It is closed at once while the centre is down or full.
  void TakeWire(std::unique_ptr<Wire> wire);
  bool has_room() const { return !is_down_ && !stopped_ && binds_.size() < kBindsMax; }
  void SetDown(bool down);
  // Closes every bind and takes no more.
  void Stop();

  Result<std::string> FromPhone(const SimMessage& message);

  CommandStatus CheckLogin(const BindBody& login) override;
  void BindReady(SimBind& bind) override;
  void TakeSubmit(const std::shared_ptr<SimBind>& bind, const Pdu& pdu) override;
  Pdu AnswerTo(const Pdu& request) override;
  void TakeDeliverAnswer(Outgoing outgoing, CommandStatus status) override;
  void TakeUndelivered(Outgoing outgoing) override;
  void RecordWire(bool to_bridge, const Pdu& pdu, ByteView octets) override;
  void BindGone(SimBind& bind) override;

 private:
  struct Message {
    std::string source;
    MessageState state = MessageState::kAccepted;
    WallTime done_at{};
  };

  // What became of a checked submit.
  struct Taken {
    std::string id;  // as the response spells it
    std::optional<Outgoing> receipt;
  };

  CommandStatus Judge(const Pdu& pdu);
  Taken TakeMessage(const ShortMessage& message);
  Pdu TakeMulti(const Pdu& pdu);
  void PutInInbox(const ShortMessage& message, const std::string& id);
  Pdu ReceiptFor(const ShortMessage& message, std::uint64_t number, MessageState state) const;
  std::string IdFor(std::uint64_t number, bool in_receipt) const;
  void Remember(const std::string& id, Message message);
  void Queue(Outgoing outgoing);
  void Pump();
  std::shared_ptr<SimBind> PickBind();

  const SmsSimOptions options_;
  Executor& loop_;
  const Clock& clock_;
  std::vector<std::string> numbers_;
  std::vector<std::shared_ptr<SimBind>> binds_;
  std::size_t next_bind_ = 0;
  std::deque<Outgoing> pending_;
  std::unordered_map<std::string, Message> messages_;
  std::deque<std::string> messages_by_age_;
  Reassembler long_texts_{Reassembler::Limits{}};
  std::uint64_t last_number_ = 0;
  std::map<std::string, std::uint16_t> phone_references_;  // the last of each phone
  SimControl* control_ = nullptr;
  std::atomic<std::uint64_t> last_phone_message_ = 0;
  std::atomic<std::size_t> from_phones_used_ = 0;
  std::atomic<std::uint8_t> last_reference_ = 0;
  bool is_down_ = false;
  bool stopped_ = false;
};

}  // namespace trestle::sms
