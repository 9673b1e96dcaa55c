#include "tests/sim/graph_network.h"

#include "adapters/instagram/factory.h"
#include "adapters/instagram/sim_network.h"
#include "adapters/messenger/factory.h"
#include "adapters/messenger/sim_network.h"
#include "adapters/whatsapp/factory.h"
#include "adapters/whatsapp/sim_network.h"

namespace trestle::world {
namespace {

constexpr std::uint64_t kTag = 3;
constexpr std::size_t kUnitsMax = 40;
const std::string kService = "100000000000001";
const std::vector<std::string> kGhosts = {"100000000000002", "100000000000003", "100000000000004",
                                          "100000000000005"};
const std::string kAppId = "1010101010";
const std::string kAppSecret = "simulated-app-secret";
const std::string kToken = "simulated-token";
const std::string kVerifyToken = "chosen by the operator";
const std::string kApiUrl = "http://127.0.0.1:" + std::to_string(GraphNetwork::kApiPort);

PhoneNetwork::Kind TextKind(const Network& network, std::size_t text_bytes_max) {
  PhoneNetwork::Kind kind;
  kind.network = network;
  kind.unit_kind = UnitKind::kText;
  kind.text_bytes_max = text_bytes_max;
  kind.service = kService;
  kind.ghosts = kGhosts;
  return kind;
}

// Real networks try for hours; what they give up then is no fault of the bridge. A body has no more
// events than the least of a run's queues has places, because it is taken as a whole.
WebhookSender::Options Persistent() {
  WebhookSender::Options out;
  out.attempts_max = 1'000'000;
  out.batch_max = 3;
  return out;
}

// What the options of all simulated Graph networks have in common.
template <class Options>
Options SimOptions(SimPlace place) {
  Options out;
  out.service = kService;
  out.ghosts = kGhosts;
  out.app_id = kAppId;
  out.app_secret = kAppSecret;
  out.token = kToken;
  out.webhooks = Persistent();
  out.place = std::move(place);
  out.api_port = GraphNetwork::kApiPort;
  return out;
}

// And those of the two adapters of the Send API.
template <class Options>
Options SendApiOptions() {
  Options out;
  out.app_id = kAppId;
  out.app_secret = Secret(kAppSecret);
  out.verify_token = Secret(kVerifyToken);
  out.token = Secret(kToken);
  out.graph_url = kApiUrl;
  out.webhook_port = GraphNetwork::kWebhookPort;
  out.units_max = kUnitsMax;
  return out;
}

// The Send API knows a person by another id at each identity.
auto SendApiAddresses(std::shared_ptr<SendApiSim> sim) {
  return [sim = std::move(sim)](const std::string& address) {
    std::vector<std::string> out = {address, sim->PersonIdOf(address, kService)};
    for (const std::string& ghost : kGhosts) out.push_back(sim->PersonIdOf(address, ghost));
    return out;
  };
}

}  // namespace

GraphNetwork::GraphNetwork(Traits traits, TimeQueue& queue, SeededRandom& random, Chaos& chaos)
    : WireNetwork(std::move(traits.kind), queue, random, chaos, traits.throttling_code),
      make_adapter_(std::move(traits.make_adapter)),
      http_(queue, random, chaos, [this](const std::string& id) { Answered(id); }) {
  SimPlace place;
  place.machine = http_.NewMachine(
      life_, std::make_shared<SimExecutor>(queue, kTag, life_, [] { return Millis{0}; }));
  place.open_control = [this](SimControl::Network network) {
    return OpenControl(std::move(network));
  };
  network_ = traits.open(*this, std::move(place));
  StartWeather();
}

std::unique_ptr<GraphNetwork> GraphNetwork::Messenger(TimeQueue& queue, SeededRandom& random,
                                                      Chaos& chaos) {
  Traits traits{TextKind(Network::Messenger(), 2000), 613, {}, {}};
  traits.open = [](GraphNetwork& net, SimPlace place) {
    auto options = SimOptions<MessengerSimOptions>(std::move(place));
    options.phones_read_at_once = net.random().Percent(50);
    std::shared_ptr<SendApiSim> sim =
        MessengerSim::Start(std::move(options), net.queue(), net.random()).value();
    net.addresses_of_ = SendApiAddresses(sim);
    return sim;
  };
  traits.make_adapter = [](AdapterContext context) {
    auto options = SendApiOptions<MessengerOptions>();
    options.service_page = kService;
    options.ghost_pages = kGhosts;
    return MakeMessengerAdapter(std::move(options), std::move(context));
  };
  return std::unique_ptr<GraphNetwork>(new GraphNetwork(std::move(traits), queue, random, chaos));
}

std::unique_ptr<GraphNetwork> GraphNetwork::Instagram(TimeQueue& queue, SeededRandom& random,
                                                      Chaos& chaos) {
  Traits traits{TextKind(Network::Instagram(), 1000), 613, {}, {}};
  traits.open = [](GraphNetwork& net, SimPlace place) {
    auto options = SimOptions<InstagramSimOptions>(std::move(place));
    options.phones_read_at_once = net.random().Percent(50);
    std::shared_ptr<SendApiSim> sim =
        InstagramSim::Start(std::move(options), net.queue(), net.random()).value();
    net.addresses_of_ = SendApiAddresses(sim);
    return sim;
  };
  traits.make_adapter = [](AdapterContext context) {
    auto options = SendApiOptions<InstagramOptions>();
    options.service_account = kService;
    options.ghost_accounts = kGhosts;
    options.subscriptions_url = kApiUrl;
    return MakeInstagramAdapter(std::move(options), std::move(context));
  };
  return std::unique_ptr<GraphNetwork>(new GraphNetwork(std::move(traits), queue, random, chaos));
}

std::unique_ptr<GraphNetwork> GraphNetwork::Whatsapp(TimeQueue& queue, SeededRandom& random,
                                                     Chaos& chaos) {
  constexpr int kPairRateHit = 131056;
  Traits traits{TextKind(Network::Whatsapp(), 4096), kPairRateHit, {}, {}};
  traits.open = [](GraphNetwork& net, SimPlace place) {
    auto options = SimOptions<WhatsappSimOptions>(std::move(place));
    options.phones_read_at_once = net.random().Percent(50);
    std::shared_ptr<WhatsappSim> sim =
        WhatsappSim::Start(std::move(options), net.queue(), net.random()).value();
    net.addresses_of_ = [sim](const std::string& address) {
      return std::vector<std::string>{address, sim->BsuidOf(address)};
    };
    return sim;
  };
  traits.make_adapter = [](AdapterContext context) {
    WhatsappOptions options;
    options.api_url = kApiUrl;
    options.app_id = kAppId;
    options.app_secret = kAppSecret;
    options.verify_token = kVerifyToken;
    options.token = kToken;
    options.service_identity = kService;
    options.ghosts = kGhosts;
    options.webhook_port = GraphNetwork::kWebhookPort;
    return MakeWhatsappAdapter(std::move(options), std::move(context));
  };
  return std::unique_ptr<GraphNetwork>(new GraphNetwork(std::move(traits), queue, random, chaos));
}

std::unique_ptr<Adapter> GraphNetwork::NewAdapter(const AdapterSeams& seams) {
  AdapterContext context{seams.folder, seams.queue, seams.random, seams.metrics};
  context.machine = http_.NewMachine(seams.life, seams.loop);
  auto adapter = make_adapter_(std::move(context));
  if (!adapter) return nullptr;
  return *std::move(adapter);
}

}  // namespace trestle::world
