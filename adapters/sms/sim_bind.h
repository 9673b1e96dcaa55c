// One client's connection at the simulated SMS centre: its state, its limits, and the messages that
// are on their way to it. Part of the simulation; on the centre's loop alone.
//
//   open ──bind──▶ bound ──unbind──▶ closed        any state ──silence, bad length──▶ closed
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "adapters/sms/pdu_stream.h"
#include "adapters/sms/sim_network.h"

namespace trestle::sms {

// A deliver_sm that waits or is under way.
struct Outgoing {
  Pdu pdu;
  // Id of the message that it brings (of a long one: the last part) or reports as arrived.
  std::string about = {};
  int attempts = 0;
  MonoTime not_before{};
};

class SimBind;

class SimBindHost {
 public:
  virtual ~SimBindHost() = default;
  virtual CommandStatus CheckLogin(const BindBody& login) = 0;
  virtual void BindReady(SimBind& bind) = 0;  // it may take messages now
  virtual void TakeSubmit(const std::shared_ptr<SimBind>& bind, const Pdu& pdu) = 0;
  virtual Pdu AnswerTo(const Pdu& request) = 0;  // query_sm, cancel_sm, replace_sm
  virtual void TakeDeliverAnswer(Outgoing outgoing, CommandStatus status) = 0;
  virtual void TakeUndelivered(Outgoing outgoing) = 0;  // its answer is lost
  virtual void RecordWire(bool to_bridge, const Pdu& pdu, ByteView octets) = 0;
  virtual void BindGone(SimBind& bind) = 0;
};

class SimBind : public std::enable_shared_from_this<SimBind> {
 public:
  struct Seams {
    Executor& loop;
    const Clock& clock;
    SimBindHost& host;
  };
  SimBind(std::unique_ptr<Wire> wire, const SmsSimOptions& options, const Seams& seams);

  void Start();
  bool can_hear() const;
  bool has_room() const { return can_hear() && under_way_.size() < options_.deliver_window; }
  void Deliver(Outgoing outgoing);
  // The answer to a submit; `after` is the centre's delay.
  void Answer(Pdu response, Millis after);
  enum class Closing : std::uint8_t { kNow, kAfterWriting };
  void Close(Closing closing = Closing::kNow);

 private:
  enum class State : std::uint8_t { kOpen, kTransmitter, kReceiver, kTransceiver, kClosed };
  struct UnderWay {
    Outgoing outgoing;
    MonoTime deadline{};
  };

  void OnPdu(const Bytes& octets);
  void OnRequest(const Pdu& pdu);
  void OnBind(const Pdu& pdu);
  void OnSubmit(const Pdu& pdu);
  void OnResponse(const Pdu& pdu);
  void Refuse(const PduHeader& header, CommandStatus refusal);
  bool TakeRate();
  void PlanTick();
  void Tick();
  void Send(const Pdu& pdu);
  bool may_submit() const { return state_ == State::kTransmitter || state_ == State::kTransceiver; }

  const SmsSimOptions& options_;
  Executor& loop_;
  const Clock& clock_;
  SimBindHost& host_;
  const std::shared_ptr<PduStream> stream_;
  State state_ = State::kOpen;
  MonoTime begun_{};
  MonoTime heard_{};
  std::optional<MonoTime> enquired_;
  std::uint32_t last_sequence_ = 0;
  std::map<std::uint32_t, UnderWay> under_way_;
  std::size_t unanswered_ = 0;
  MonoTime rate_since_{};
  std::int64_t rate_used_ = 0;
};

}  // namespace trestle::sms
