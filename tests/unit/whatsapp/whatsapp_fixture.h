// A simulated WhatsApp and adapters for it, in one process over loopback.
#pragma once

#include "adapters/whatsapp/factory.h"
#include "adapters/whatsapp/sim_network.h"
#include "bridge/base/system_seams.h"
#include "tests/contract/adapter_conformance.h"

namespace trestle::test {

class WhatsappFixture final : public AdapterFixture {
 public:
  explicit WhatsappFixture(WhatsappSimOptions options = {}, const Clock* sim_clock = nullptr)
      : sim_(*WhatsappSim::Start(std::move(options), sim_clock == nullptr ? clock_ : *sim_clock,
                                 random_)) {}

  std::uint16_t control_port() const override { return sim_->control_port(); }
  Result<std::unique_ptr<Adapter>> MakeAdapter(AdapterContext context) override {
    return MakeWhatsappAdapter(options(), std::move(context));
  }
  std::string PhoneAddress(int number) const override {
    return "1650555" + std::to_string(1000 + number);
  }
  int refusing_code() const override { return 131021; }
  int throttling_code() const override { return 131056; }

  WhatsappSim& sim() { return *sim_; }
  WhatsappOptions options() const {
    const WhatsappSimOptions simulated;
    WhatsappOptions options;
    options.api_url = sim_->api_url();
    options.app_id = simulated.app_id;
    options.app_secret = simulated.app_secret;
    options.verify_token = "a verify token";
    options.token = simulated.token;
    options.service_identity = simulated.service;
    options.ghosts = simulated.ghosts;
    return options;
  }

 private:
  SystemClock clock_;
  SystemRandom random_;
  std::unique_ptr<WhatsappSim> sim_;
};

}  // namespace trestle::test
