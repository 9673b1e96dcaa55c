#include "bench/simulated.h"

#include <algorithm>

#include "adapters/instagram/factory.h"
#include "adapters/instagram/sim_network.h"
#include "adapters/messenger/factory.h"
#include "adapters/messenger/sim_network.h"
#include "adapters/sms/factory.h"
#include "adapters/sms/sim_network.h"
#include "adapters/whatsapp/factory.h"
#include "adapters/whatsapp/sim_network.h"
#include "bridge/base/digest.h"

namespace trestle::bench {
namespace {

// A second, for each identity. The simulated networks' is far above what one process can do, the
// adapters' is the most that every adapter's options take.
constexpr std::int64_t kUnlimited = 1'000'000;
constexpr std::int64_t kSendsPerSecondMax = 10'000;
constexpr std::int64_t kSmsPerMinuteMax = 1'000'000;  // the most that SmsOptions takes
constexpr std::size_t kGhosts = 8;
constexpr const char* kVersion = "v23.0";
constexpr const char* kVerifyToken = "verify-token-of-the-benchmark";

// As the adapters write it: graph.cc, GraphSendCall.
std::string SendPath(const std::string& node, const std::string& secret, const std::string& token) {
  const Bytes32 proof = HmacSha256(AsBytes(secret), AsBytes(token));
  return "/" + std::string(kVersion) + "/" + node + "/messages?appsecret_proof=" + ToHex(proof);
}

// What the two networks of the Send API differ in, as their bodies and factories have it.
struct MessengerKind {
  using Sim = MessengerSim;
  static constexpr std::size_t kTextBytesMax = 2000;
  static constexpr const char* kMessagingType = R"(,"messaging_type":"RESPONSE")";

  static Result<std::unique_ptr<Adapter>> Make(const SendApiSim::Options& sim, std::string url,
                                               AdapterContext context) {
    MessengerOptions options;
    options.service_page = sim.service;
    options.ghost_pages = sim.ghosts;
    options.app_id = sim.app_id;
    options.app_secret = Secret(sim.app_secret);
    options.verify_token = Secret(kVerifyToken);
    options.token = Secret(sim.token);
    options.graph_url = std::move(url);
    options.sends_per_second = kSendsPerSecondMax;
    return MakeMessengerAdapter(std::move(options), std::move(context));
  }
};

struct InstagramKind {
  using Sim = InstagramSim;
  static constexpr std::size_t kTextBytesMax = 1000;
  static constexpr const char* kMessagingType = "";

  static Result<std::unique_ptr<Adapter>> Make(const SendApiSim::Options& sim, std::string url,
                                               AdapterContext context) {
    InstagramOptions options;
    options.service_account = sim.service;
    options.ghost_accounts = sim.ghosts;
    options.app_id = sim.app_id;
    options.app_secret = Secret(sim.app_secret);
    options.verify_token = Secret(kVerifyToken);
    options.token = Secret(sim.token);
    options.graph_url = url;
    options.subscriptions_url = std::move(url);
    options.sends_per_second = kSendsPerSecondMax;
    return MakeInstagramAdapter(std::move(options), std::move(context));
  }
};

template <class Kind>
class SendApiNetwork final : public Simulated {
 public:
  SendApiNetwork(std::string service, const std::string& ghost_prefix)
      : Simulated(std::move(service), ghost_prefix) {}

  Result<void> Open(Seams seams) {
    options_.service = service_;
    options_.ghosts = ghosts_;
    options_.calls_per_second = kUnlimited;
    sim_ = TRESTLE_TRY(Kind::Sim::Start(options_, seams.clock, seams.random));
    return {};
  }

  std::uint16_t port() const override { return sim_->api_port(); }
  std::uint16_t control_port() const override { return sim_->control_port(); }
  std::string PhoneAddress(std::size_t number) const override {
    return "person-" + std::to_string(number);
  }
  std::size_t text_bytes_max() const override { return Kind::kTextBytesMax; }
  Result<std::unique_ptr<Adapter>> MakeAdapter(AdapterContext context) override {
    return Kind::Make(options_, sim_->api_url(), std::move(context));
  }
  Result<Post> PostTo(const std::string& phone, const std::string& identity,
                      const std::string& text) const override {
    return Post{SendPath(identity, options_.app_secret, options_.token), options_.token,
                R"({"recipient":{"id":")" + sim_->PersonIdOf(phone, identity) + R"("})" +
                    Kind::kMessagingType + R"(,"message":{"text":")" + text + R"("}})"};
  }

 private:
  SendApiSim::Options options_;
  std::unique_ptr<SendApiSim> sim_;
};

class WhatsappNetwork final : public Simulated {
 public:
  WhatsappNetwork() : Simulated("106540352242900", "10654035224290") {}

  Result<void> Open(Seams seams) {
    options_.service = service_;
    options_.ghosts = ghosts_;
    options_.messages_per_second = kUnlimited;
    options_.pair_rate = {.per_minute = kUnlimited * 60, .burst = kUnlimited};
    sim_ = TRESTLE_TRY(WhatsappSim::Start(options_, seams.clock, seams.random));
    return {};
  }

  std::uint16_t port() const override { return sim_->api_port(); }
  std::uint16_t control_port() const override { return sim_->control_port(); }
  std::string PhoneAddress(std::size_t number) const override {
    return "1650555" + std::to_string(1000 + number);
  }
  std::size_t text_bytes_max() const override { return 4096; }
  // The adapter's pair rate is a constant of its own: one in six seconds, 45 ahead of that.
  std::size_t thread_messages_max() const override { return 45; }
  Result<std::unique_ptr<Adapter>> MakeAdapter(AdapterContext context) override {
    WhatsappOptions options;
    options.api_url = sim_->api_url();
    options.app_id = options_.app_id;
    options.app_secret = options_.app_secret;
    options.verify_token = kVerifyToken;
    options.token = options_.token;
    options.service_identity = service_;
    options.ghosts = ghosts_;
    options.messages_per_second = kSendsPerSecondMax;
    return MakeWhatsappAdapter(std::move(options), std::move(context));
  }
  Result<Post> PostTo(const std::string& phone, const std::string& identity,
                      const std::string& text) const override {
    return Post{SendPath(identity, options_.app_secret, options_.token), options_.token,
                R"({"messaging_product":"whatsapp","recipient_type":"individual","to":")" + phone +
                    R"(","type":"text","text":{"body":")" + text + R"("}})"};
  }

 private:
  WhatsappSimOptions options_;
  std::unique_ptr<WhatsappSim> sim_;
};

class SmsNetwork final : public Simulated {
 public:
  explicit SmsNetwork(std::size_t window)
      : Simulated("12345", "12025550"), window_(window) {}  // kept for fiction

  Result<void> Open(Seams seams) {
    SmsSimOptions options;
    options.service_number = service_;
    options.ghost_numbers = ghosts_;
    options.system_id = kSmppSystemId;
    options.password = kSmppPassword;
    options.submits_per_second = kUnlimited;
    options.window = std::max(options.window, window_);
    sim_ = TRESTLE_TRY(SmsSim::Start(std::move(options), seams.clock, seams.random));
    return {};
  }

  std::uint16_t port() const override { return sim_->smpp_port(); }
  std::uint16_t control_port() const override { return sim_->control_port(); }
  std::string PhoneAddress(std::size_t number) const override {
    return std::to_string(447'700'900'000 + number);
  }
  sim::LineKind line_kind() const override { return sim::LineKind::kSms; }
  Result<std::unique_ptr<Adapter>> MakeAdapter(AdapterContext context) override {
    SmsOptions options;
    options.service_number = service_;
    options.ghost_numbers = ghosts_;
    options.port = sim_->smpp_port();
    options.system_id = kSmppSystemId;
    options.password = Secret(kSmppPassword);
    options.window = window_;
    options.messages_per_minute = kSmsPerMinuteMax;
    // Phones are silent once their thread is open: nothing is to be asked for while we measure.
    options.confirm_after = options.confirm_within;
    return MakeSmsAdapter(std::move(options), std::move(context));
  }
  Result<Post> PostTo(const std::string&, const std::string&, const std::string&) const override {
    return Fail(Reason::kUnsupported, "the SMS centre speaks SMPP");
  }

 private:
  const std::size_t window_;
  std::unique_ptr<SmsSim> sim_;
};

template <class Network, class... Arguments>
Result<std::unique_ptr<Simulated>> Opened(Simulated::Seams seams, Arguments&&... arguments) {
  auto network = std::make_unique<Network>(std::forward<Arguments>(arguments)...);
  TRESTLE_TRY(network->Open(seams));
  return std::unique_ptr<Simulated>(std::move(network));
}

}  // namespace

Simulated::Simulated(std::string service, const std::string& ghost_prefix)
    : service_(std::move(service)) {
  for (std::size_t i = 0; i < kGhosts; ++i) {
    ghosts_.push_back(ghost_prefix + std::to_string(100 + i));
  }
}

Result<std::unique_ptr<Simulated>> Simulated::Start(const std::string& network, std::size_t window,
                                                    Seams seams) {
  if (network == "messenger") {
    return Opened<SendApiNetwork<MessengerKind>>(seams, "110000000000000", "110000000000");
  }
  if (network == "instagram") {
    return Opened<SendApiNetwork<InstagramKind>>(seams, "17841400000000000", "17841400000000");
  }
  if (network == "whatsapp") return Opened<WhatsappNetwork>(seams);
  if (network == "sms") return Opened<SmsNetwork>(seams, window);
  return Fail(Reason::kInvalidArgument, "there is no such network");
}

}  // namespace trestle::bench
