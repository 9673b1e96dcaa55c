// A Messenger adapter and the simulated Messenger that it talks to.
#pragma once

#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>

#include "adapters/messenger/adapter.h"
#include "adapters/messenger/sim_network.h"
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

class TemporaryFolder {
 public:
  TemporaryFolder() {
    path_ = (std::filesystem::temp_directory_path() / "trestle-XXXXXX").string();
    TRESTLE_CHECK(::mkdtemp(path_.data()) != nullptr);
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string path() const { return path_ + "/adapter"; }

 private:
  std::string path_;
};

class MessengerFixture final : public AdapterFixture {
 public:
  static constexpr const char* kService = "100200300400500";

  explicit MessengerFixture(MessengerSimOptions options = {}) {
    options.service = kService;
    options.ghosts = {"100200300400501", "100200300400502", "100200300400503"};
    sim = std::move(*MessengerSim::Start(std::move(options), clock, random));
  }

  std::uint16_t control_port() const override { return sim->control_port(); }
  Result<std::unique_ptr<Adapter>> MakeAdapter(AdapterContext context) override {
    auto made = TRESTLE_TRY(MakeMessenger(OptionsFor(), std::move(context)));
    adapter = made.get();
    return made;
  }
  std::string PhoneAddress(int number) const override { return "person" + std::to_string(number); }
  int refusing_code() const override { return 551; }
  int throttling_code() const override { return 613; }
  std::size_t phone_text_bytes_max() const override { return 2000; }

  MessengerOptions OptionsFor() const {
    MessengerOptions options;
    options.service_page = kService;
    options.ghost_pages = {"100200300400501", "100200300400502", "100200300400503"};
    options.app_id = "1010101010";
    options.app_secret = Secret("simulated-app-secret");
    options.verify_token = Secret("chosen by the operator");
    options.token = Secret(token);
    options.graph_url = sim->api_url();
    return options;
  }

  ShiftedClock clock;
  SystemRandom random;
  std::unique_ptr<SendApiSim> sim;
  std::string token = "simulated-token";
  SendApiAdapter* adapter = nullptr;  // the last one made
};

}  // namespace trestle::test
