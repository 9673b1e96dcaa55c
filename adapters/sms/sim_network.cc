#include "adapters/sms/sim_network.h"

#include "adapters/sms/sim_centre.h"

namespace trestle {
namespace {

class SmsSimImpl final : public SmsSim {
 public:
  SmsSimImpl(SmsSimOptions options, const Clock& clock, Random& random)
      : centre_(std::move(options), clock, random) {}
  ~SmsSimImpl() override {
    if (control_ != nullptr) control_->Stop();
    centre_.Stop();
  }

  Result<void> Start(const SmsSimOptions& options, const Clock& clock) {
    TRESTLE_TRY(centre_.Listen());
    SimControl::Network network;
    network.name = "sms";
    network.service = options.service_number;
    network.ghosts = options.ghost_numbers;
    network.phone_sends = [this](const SimMessage& message) { return centre_.FromPhone(message); };
    network.faults_changed = [this](const SimFaults& faults) { centre_.FaultsChanged(faults); };
    control_ = TRESTLE_TRY(SimControl::Start(std::move(network), clock, options.control_port));
    centre_.Attach(*control_);
    centre_.Accept();
    return {};
  }

  std::uint16_t smpp_port() const override { return centre_.port(); }
  std::uint16_t control_port() const override { return control_->port(); }

 private:
  std::unique_ptr<SimControl> control_;
  sms::SimCentre centre_;  // uses the control: gone first
};

}  // namespace

Result<std::unique_ptr<SmsSim>> SmsSim::Start(SmsSimOptions options, const Clock& clock,
                                              Random& random) {
  auto sim = std::make_unique<SmsSimImpl>(options, clock, random);
  TRESTLE_TRY(sim->Start(options, clock));
  return sim;
}

}  // namespace trestle
