// A person's phone on a network of native messages: texts its words to the service identity, cuts
// frames as the endpoint does, puts together what comes, and tells its owner. The network below is
// a PhoneNetwork, which alone knows how a message travels.
#pragma once

#include <map>
#include <set>

#include "adapters/sdk/carrier.h"
#include "bridge/envelope/fragment.h"
#include "tests/sim/seat.h"

namespace trestle::world {

using PhoneBody = std::variant<std::string, NativeMessage::Chunk>;

// One native message as it lies in a phone's inbox.
struct InboxMessage {
  std::string identity;  // the bridge's, that it comes from
  std::string native_id;
  PhoneBody body;
  WallTime issued_wall{};  // when the bridge let go of it
  MonoTime issued_at{};
  MonoTime first_tried_at{};  // when it did so first: the air may have lost it then
};

class PhoneSeat;

class PhoneNetwork : public SimNetwork {
 public:
  struct Kind {
    Network network = Network::Messenger();
    UnitKind unit_kind = UnitKind::kText;
    std::size_t text_bytes_max = 0;
    std::size_t chunk_bytes = 0;
    std::string service;
    std::vector<std::string> ghosts;
  };
  PhoneNetwork(Kind kind, TimeQueue& queue, SeededRandom& random)
      : kind_(std::move(kind)), queue_(queue), random_(random) {}

  Network network() const override { return kind_.network; }
  std::unique_ptr<Seat> NewSeat(const std::string& address) override;
  const Kind& kind() const { return kind_; }
  TimeQueue& queue() { return queue_; }
  SeededRandom& random() { return random_; }

  // A phone sends. `taken` runs once, when the bridge has said that it has the message.
  virtual void TakeFromPhone(const std::string& from, const std::string& identity, PhoneBody body,
                             std::function<void()> taken) = 0;
  // The bridge was told the message's id and, before `by`, that it has arrived.
  virtual bool KnowsArrival(const std::string& native_id, WallTime by) const = 0;

 protected:
  PhoneSeat* FindPhone(const std::string& address) const;

 private:
  friend class PhoneSeat;
  const Kind kind_;
  TimeQueue& queue_;
  SeededRandom& random_;
  std::map<std::string, PhoneSeat*> phones_;
};

class PhoneSeat final : public Seat {
 public:
  PhoneSeat(PhoneNetwork& net, std::string address) : net_(net), address_(std::move(address)) {
    net_.phones_[address_] = this;
  }
  ~PhoneSeat() override { net_.phones_.erase(address_); }

  Network network() const override { return net_.network(); }
  void Attach(SeatEvents& events) override { events_ = &events; }
  void Join(const std::string& code) override { Say(code.empty() ? "JOIN" : "JOIN " + code); }
  void AskForCode() override { Say("CODE"); }
  void PublishKeys(std::size_t count) override;
  void MakeAlias(const std::string& label) override { Say("ALIAS " + label); }
  void RevokeAlias() override {}
  void Reach(const std::string& alias) override { Say("REACH " + alias); }
  void Accept(const std::string& line, const ThreadOfferFrame& offer,
              std::function<void()> opened) override;
  void Consent(const std::string& line, ConsentAction action,
               std::function<void()> durable) override;
  std::size_t Send(const std::string& line, Bytes payload, Sending sending) override;
  void Chat(const std::string& line, const std::string& text) override;

  // From the network.
  void Receive(const InboxMessage& message);

 private:
  struct Part {
    std::string native_id;
    MonoTime issued_at{};
    MonoTime first_tried_at{};
  };

  void Say(const std::string& text);
  std::size_t SendFrame(const std::string& identity, const Frame& frame,
                        const std::function<void()>& taken);
  void Take(const InboxMessage& message, const Frame& frame, const std::map<int, Part>& parts);

  PhoneNetwork& net_;
  const std::string address_;
  SeatEvents* events_ = nullptr;
  Reassembler reassembler_{Reassembler::Limits{}};
  std::map<std::string, std::map<int, Part>> parts_;  // of open sets
};

}  // namespace trestle::world
