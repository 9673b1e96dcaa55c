// A network whose wire is spoken on both sides: by the real adapter, and by the simulated network
// that adapters/ brings along, with its checks and limits. This is what the two have in common
// whatever the wire: phones are PhoneSeats instead of a control server's, faults are the run's, and
// the record knows which message has reached whom. One thread.
#pragma once

#include <map>

#include "adapters/sdk/sim_control.h"
#include "tests/sim/handing.h"
#include "tests/sim/phone_seat.h"
#include "tests/sim/weather.h"

namespace trestle::world {

class WireNetwork : public PhoneNetwork {
 public:
  std::size_t waiting() const override { return waiting_; }
  void TakeFromPhone(const std::string& from, const std::string& identity, PhoneBody body,
                     std::function<void()> taken) override;
  bool KnowsArrival(const std::string& native_id, WallTime by) const override;

 protected:
  // `throttling_code` is what the network says for "not now".
  WireNetwork(Kind kind, TimeQueue& queue, SeededRandom& random, Chaos& chaos, int throttling_code);

  // Of what the simulated network is taking now.
  virtual Handing& handing() = 0;
  virtual Weather& weather() = 0;
  virtual void WeatherChanged() {}
  // Puts a message on the phone; `shown` has all but the body.
  virtual void Bring(PhoneSeat& phone, const SimMessage& message, InboxMessage shown);
  // The bridge has the network's word that this message has arrived.
  virtual void ArrivalReported(const std::string& id) { Arrived(id); }

  // For the simulated network, which asks for it once.
  std::unique_ptr<SimControl> OpenControl(SimControl::Network network);
  // A phone's message; `taken` runs once the bridge has it.
  void Submit(const SimMessage& message, std::function<void()> taken);
  // The bridge knows that this message has arrived.
  void Arrived(const std::string& id);
  // The bridge has heard that the network took this message.
  void Answered(const std::string& id) { fates_[id].answered = true; }
  void StartWeather() { Tick(); }

 private:
  class Control;
  struct Fate {
    bool answered = false;
    std::optional<WallTime> reported;
  };

  void Tick();
  void Show(const SimMessage& message);
  void Acknowledged(const std::string& id);

  Chaos& chaos_;
  const int throttling_code_;
  std::function<Result<std::string>(const SimMessage&)> phone_sends_;
  std::map<std::string, std::function<void()>> posts_;  // of people, until the bridge has them
  std::size_t waiting_ = 0;
  std::map<std::string, Fate> fates_;  // of what was accepted from the bridge
};

}  // namespace trestle::world
