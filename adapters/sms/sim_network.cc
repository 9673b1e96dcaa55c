#include "adapters/sms/sim_network.h"

#include <future>

#include "adapters/sms/sim_door.h"

namespace trestle {
namespace {

class SmsSimImpl final : public SmsSim {
 public:
  SmsSimImpl(SmsSimOptions options, const Clock& clock, Random& random)
      : loop_("sms-sim", clock),
        centre_(std::move(options), loop_, clock, random),
        door_(loop_, centre_) {}
  ~SmsSimImpl() override {
    if (control_ != nullptr) control_->Stop();
    OnLoop([this] {
      door_.Close();
      centre_.Stop();
    });
    loop_.Stop();
  }

  Result<void> Start(const SmsSimOptions& options, const Clock& clock) {
    TRESTLE_TRY(door_.Listen(options));
    SimControl::Network network;
    network.name = "sms";
    network.service = options.service_number;
    network.ghosts = options.ghost_numbers;
    network.phone_sends = [this](const SimMessage& message) { return centre_.FromPhone(message); };
    // Whoever ordered the fault may rely on it when this returns.
    network.faults_changed = [this](const SimFaults& faults) {
      OnLoop([this, down = faults.down] { centre_.SetDown(down); });
    };
    control_ = TRESTLE_TRY(SimControl::Start(std::move(network), clock, options.control_port));
    centre_.Attach(*control_);
    OnLoop([this] { door_.Accept(); });
    return {};
  }

  std::uint16_t smpp_port() const override { return door_.port(); }
  std::uint16_t control_port() const override { return control_->port(); }

 private:
  // Runs the task and waits for it.
  void OnLoop(const std::function<void()>& task) {
    std::promise<void> ran;
    auto done = ran.get_future();
    const auto posted = loop_.Post([&task, &ran] {
      task();
      ran.set_value();
    });
    if (posted) done.wait();
  }

  sms::AsioLoop loop_;  // outlives what runs on it
  std::unique_ptr<SimControl> control_;
  sms::SimCentre centre_;
  sms::SimDoor door_;
};

}  // namespace

Result<std::unique_ptr<SmsSim>> SmsSim::Start(SmsSimOptions options, const Clock& clock,
                                              Random& random) {
  auto sim = std::make_unique<SmsSimImpl>(options, clock, random);
  TRESTLE_TRY(sim->Start(options, clock));
  return sim;
}

}  // namespace trestle
