// The native network: the real NativeAdapter, and clients in place of the gRPC streams that a
// simulation cannot have. A client keeps the ids of the deliveries it has seen, so this is the
// network that takes idempotency keys; it asks again when an answer does not come, and connects
// again when it is cut off. One thread.
#pragma once

#include <map>
#include <set>

#include "bridge/rpc/native_adapter.h"
#include "tests/sim/seat.h"
#include "tests/sim/weather.h"

namespace trestle::world {

class NativeSeat;

class NativeNetwork final : public SimNetwork {
 public:
  NativeNetwork(TimeQueue& queue, SeededRandom& random, Chaos& chaos);

  Network network() const override { return Network::Native(); }
  std::unique_ptr<Adapter> NewAdapter(const AdapterSeams& seams) override;
  void Begun(Core& core, const std::shared_ptr<Life>& life) override;
  void Ended() override;
  std::unique_ptr<Seat> NewSeat(const std::string& address) override;
  std::size_t waiting() const override { return waiting_; }

 private:
  friend class NativeSeat;
  void Tick();

  TimeQueue& queue_;
  SeededRandom& random_;
  Chaos& chaos_;
  Weather weather_;
  std::vector<NativeSeat*> seats_;  // in the order in which they came
  std::size_t waiting_ = 0;
  // Null while no process runs.
  Core* core_ = nullptr;
  NativeAdapter* adapter_ = nullptr;
  NativeAdapter* next_adapter_ = nullptr;
  std::shared_ptr<Life> life_;
};

class NativeSeat final : public Seat {
 public:
  explicit NativeSeat(NativeNetwork& net) : net_(net) { net_.seats_.push_back(this); }
  ~NativeSeat() override { std::erase(net_.seats_, this); }

  Network network() const override { return Network::Native(); }
  void Attach(SeatEvents& events) override { events_ = &events; }
  void Join(const std::string& code) override;
  void AskForCode() override;
  void PublishKeys(std::size_t count) override;
  void MakeAlias(const std::string& label) override;
  void RevokeAlias() override;
  void Reach(const std::string& alias) override;
  void Accept(const std::string&, const ThreadOfferFrame&, std::function<void()> opened) override {
    opened();  // native threads are open
  }
  void Consent(const std::string& line, ConsentAction action,
               std::function<void()> durable) override;
  std::size_t Send(const std::string& line, Bytes payload, Sending sending) override;
  void Chat(const std::string&, const std::string&) override {}  // a client has no such thing

 private:
  friend class NativeNetwork;
  class Session;

  // Runs `start` until it has an answer that is not an error, then `take` with it.
  template <class Answer>
  void Ask(std::function<void(Core&, Done<Answer>)> start, std::function<void(Answer)> take);
  void Connect();
  void Connected(const PresenceAnswer& threads);
  void Lost(const Session* session);
  void Look(Rouse rouse);
  void Looked(const std::shared_ptr<Session>& session, std::size_t rows_waiting);
  void Hand(const std::shared_ptr<Session>& session, const v1::Inbound& inbound, WallTime issued,
            MonoTime issued_at);
  void Take(const v1::Inbound& inbound, WallTime issued, MonoTime issued_at);

  NativeNetwork& net_;
  SeatEvents* events_ = nullptr;
  std::optional<AccountId> account_;
  std::optional<AliasId> alias_;
  std::shared_ptr<Session> session_;
  bool connecting_ = false;
  std::set<std::string> seen_;  // deliveries
  Millis look_pause_{50};
};

}  // namespace trestle::world
