// An Instagram adapter and the simulated Instagram that it talks to.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "adapters/instagram/adapter.h"
#include "adapters/instagram/sim_network.h"
#include "bridge/base/system_seams.h"
#include "tests/contract/adapter_conformance.h"

namespace trestle::test {

// The system's clock and more, so that a day passes when a test says so.
class ShiftedClock final : public Clock {
 public:
  WallTime wall_now() const override { return system_.wall_now() + shift_.load(); }
  MonoTime mono_now() const override { return system_.mono_now(); }
  void Shift(Millis span) { shift_ = shift_.load() + span; }

 private:
  SystemClock system_;
  std::atomic<Millis> shift_{Millis{0}};
};

class InstagramFixture final : public AdapterFixture {
 public:
  static constexpr const char* kService = "17841400000000500";

  explicit InstagramFixture(InstagramSimOptions options = {}) {
    options.service = kService;
    options.ghosts = {"17841400000000501", "17841400000000502", "17841400000000503"};
    sim = std::move(*InstagramSim::Start(std::move(options), clock, random));
  }

  std::uint16_t control_port() const override { return sim->control_port(); }
  Result<std::unique_ptr<Adapter>> MakeAdapter(AdapterContext context) override {
    auto made = TRESTLE_TRY(MakeInstagram(OptionsFor(), std::move(context)));
    adapter = made.get();
    return made;
  }
  std::string PhoneAddress(int number) const override { return "person" + std::to_string(number); }
  int refusing_code() const override { return 551; }
  int throttling_code() const override { return 613; }
  std::size_t phone_text_bytes_max() const override { return 1000; }

  InstagramOptions OptionsFor() const {
    InstagramOptions options;
    options.service_account = kService;
    options.ghost_accounts = {"17841400000000501", "17841400000000502", "17841400000000503"};
    options.app_id = "1010101010";
    options.app_secret = Secret("simulated-app-secret");
    options.verify_token = Secret("chosen by the operator");
    options.token = Secret("simulated-token");
    options.graph_url = sim->api_url();
    options.subscriptions_url = "";
    return options;
  }

  ShiftedClock clock;
  SystemRandom random;
  std::unique_ptr<SendApiSim> sim;
  SendApiAdapter* adapter = nullptr;  // the last one made
};

}  // namespace trestle::test
