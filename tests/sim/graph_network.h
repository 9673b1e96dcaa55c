// Messenger, Instagram or WhatsApp as a whole: the real adapter on one side, the simulated network
// that it brings along on the other, and HTTP in memory between them. One thread.
#pragma once

#include "adapters/sdk/adapter_context.h"
#include "tests/sim/http_net.h"
#include "tests/sim/wire_network.h"

namespace trestle::world {

class GraphNetwork final : public WireNetwork {
 public:
  static constexpr std::uint16_t kApiPort = 8001;
  static constexpr std::uint16_t kWebhookPort = 9001;

  static std::unique_ptr<GraphNetwork> Messenger(TimeQueue&, SeededRandom&, Chaos&);
  static std::unique_ptr<GraphNetwork> Instagram(TimeQueue&, SeededRandom&, Chaos&);
  static std::unique_ptr<GraphNetwork> Whatsapp(TimeQueue&, SeededRandom&, Chaos&);

  ~GraphNetwork() override { life_->dead = true; }

  std::unique_ptr<Adapter> NewAdapter(const AdapterSeams& seams) override;
  void Begun(Core&, const std::shared_ptr<Life>&) override {}
  void Ended() override {}
  std::vector<std::string> AddressesOf(const std::string& address) const override {
    return addresses_of_(address);
  }

 protected:
  Handing& handing() override { return http_.handing(); }
  Weather& weather() override { return http_.weather(); }

 private:
  using AddressesOfPhone = std::function<std::vector<std::string>(const std::string&)>;
  struct Traits {
    Kind kind;
    int throttling_code;
    // Opens the simulated network, to be kept as long as this one lives.
    std::function<std::shared_ptr<void>(GraphNetwork&, SimPlace)> open;
    std::function<Result<std::unique_ptr<Adapter>>(AdapterContext)> make_adapter;
  };
  GraphNetwork(Traits traits, TimeQueue& queue, SeededRandom& random, Chaos& chaos);

  const std::function<Result<std::unique_ptr<Adapter>>(AdapterContext)> make_adapter_;
  const std::shared_ptr<Life> life_ = std::make_shared<Life>();  // of the simulated network
  HttpNet http_;
  AddressesOfPhone addresses_of_;
  std::shared_ptr<void> network_;
};

}  // namespace trestle::world
