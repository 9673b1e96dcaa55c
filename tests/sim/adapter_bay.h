// The place of one adapter in a simulated process: the core knows the bay, and the adapter in it
// can be killed and made anew while the core lives on, as one of another process would be. What was
// under way when it died is answered as maybe sent. One thread.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "tests/sim/seat.h"

namespace trestle::world {

class AdapterBay final : public Adapter {
 public:
  // `seams` makes what a new adapter gets, its life included; `saw` is told of every attempt.
  struct Options {
    SimNetwork& net;
    TimeQueue& queue;
    std::shared_ptr<Life> process;
    std::function<AdapterSeams()> seams;
    std::function<void(const Delivery&)> gives;
    std::function<void(const DeliveryId&, const Attempt&)> answers;
  };
  explicit AdapterBay(Options options) : options_(std::move(options)) {}

  // False when the adapter cannot open its store.
  bool Open();
  void Kill();
  void Revive(Core& core);
  bool is_alive() const { return adapter_ != nullptr; }
  void ProcessDied() {
    if (life_ != nullptr) life_->dead = true;
  }

  const Capabilities& capabilities() const override { return capabilities_; }
  void Start(AdapterHost& host, Done<void> started) override;
  void Deliver(Delivery delivery, Done<Attempt> done) override;
  void Withdraw(const DeliveryId& delivery) override;
  void Stop(Done<void> stopped) override;

 private:
  const Options options_;
  Capabilities capabilities_;
  std::shared_ptr<Life> life_;
  // Of every adapter that stood here: the core may still answer to the loop of one that was killed.
  std::vector<std::shared_ptr<SimExecutor>> loops_;
  std::unique_ptr<Adapter> adapter_;
  AdapterHost* host_ = nullptr;
  struct Pending {
    DeliveryId id;
    Done<Attempt> done;
  };
  std::map<std::uint64_t, Pending> pending_;
  std::uint64_t last_serial_ = 0;
};

}  // namespace trestle::world
