// A network of native messages in memory, and the adapter that speaks to it: the real Carrier (its
// address book, fragment store, cutting and receipts) on a sender that has no sockets. It stands in
// for a network whose own session cannot be taken off its sockets; its kind says which. Messages of
// people wait until the bridge says that it has them; sends are accepted, refused, lost, late or
// cut, as the run's faults say. One thread.
#pragma once

#include <deque>
#include <set>

#include "tests/sim/phone_seat.h"
#include "tests/sim/weather.h"

namespace trestle::world {

class CarrierAdapter;

class CarrierNetwork final : public PhoneNetwork {
 public:
  struct Options {
    Kind kind;
    Capabilities capabilities;
  };
  CarrierNetwork(Options options, TimeQueue& queue, SeededRandom& random, Chaos& chaos);

  std::unique_ptr<Adapter> NewAdapter(const AdapterSeams& seams) override;
  void Begun(Core&, const std::shared_ptr<Life>&) override {}
  void Ended() override { adapter_ = nullptr; }
  std::size_t waiting() const override { return waiting_; }
  void TakeFromPhone(const std::string& from, const std::string& identity, PhoneBody body,
                     std::function<void()> taken) override;
  bool KnowsArrival(const std::string& native_id, WallTime by) const override;

  // From the adapter: `answer` is heard only as long as it lives.
  struct Request {
    std::string identity;
    std::string to;
    PhoneBody body;
    WallTime issued_wall{};
    MonoTime issued_at{};
    std::function<void(const NativeOutcome&)> answer;
  };
  void TakeRequest(Request request);
  void AdapterStarted(CarrierAdapter& adapter);
  bool is_down() const { return weather_.is_down(); }

 private:
  // A person's message until the bridge has it.
  struct Post {
    std::string from;
    std::string identity;
    std::string native_id;
    PhoneBody body;
    std::function<void()> taken;
    std::uint64_t tries = 0;
    bool is_taken = false;
  };

  void Tick();
  void Try(const std::shared_ptr<Post>& post, Millis after);
  void Knock(const std::shared_ptr<Post>& post);
  void Arrive(const Request& request);
  void Report(const std::string& native_id, Millis after);

  const Capabilities capabilities_;
  Chaos& chaos_;
  Weather weather_;
  CarrierAdapter* adapter_ = nullptr;  // started, and alive
  std::size_t waiting_ = 0;
  std::uint64_t last_id_ = 0;
  struct Fate {
    bool answered = false;
    std::optional<WallTime> reported;
  };
  std::map<std::string, MonoTime> last_knock_;  // by person and identity
  std::map<std::string, Fate> fates_;           // of what was accepted, by native id
};

}  // namespace trestle::world
