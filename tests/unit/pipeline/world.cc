#include "tests/unit/pipeline/world.h"

namespace trestle::test {
namespace {

Capabilities CapabilitiesOf(const Network& network) {
  Capabilities out;
  out.network = network;
  out.chunk_bytes = 1400;
  out.units_max = 64;
  out.reports_delivered = true;
  if (network == Network::Sms()) {
    out.unit_kind = UnitKind::kBinary;
    out.chunk_bytes = 120;
    out.units_max = 10;
    out.needs_sms_consent = true;
  }
  if (network == Network::Native()) {
    out.unit_kind = UnitKind::kBinary;
    out.chunk_bytes = kFrameBytesMax;
    out.units_max = 1;
    out.takes_idempotency_keys = true;
  }
  if (network == EdgeNetwork()) {
    out.chunk_bytes = kFrameBytesMax;
    out.units_max = 1;
    out.needs_sms_consent = true;
    out.opens_messages = true;
  }
  return out;
}

}  // namespace

World::World(Options options) : options_(std::move(options)) { Begin(); }

World::~World() { Crash(); }

void World::Crash() {
  core_.reset();
  // What waited for the writer dies unrun; its completions find no core.
  store_.reset();
  executor_.reset();
  adapters_.clear();
}

void World::Begin() {
  metrics_ = std::make_unique<Metrics>();
  executor_ = std::make_unique<ManualExecutor>(clock_);
  Store::Options store{options_.path, *executor_, *metrics_};
  store.queue_items_max = options_.store_items_max;
  store.clock = &clock_;
  store.random = &random_;
  if (options_.wrap_keys) store.keys.wrap_file = options_.wrap_keys;
  for (std::size_t i = 1; i < options_.residency.stores.size(); ++i) {
    const std::string& name = options_.residency.stores[i].name;
    const bool in_memory = options_.path == ":memory:";
    store.placed.push_back({name, in_memory ? options_.path : options_.path + "." + name});
  }
  store.commit_fails = [this] { return commit_fails || (died && died()); };
  auto opened = Store::Open(std::move(store));
  TRESTLE_CHECK(opened.has_value());
  store_ = *std::move(opened);
  core_ = Core::Create(
      {*store_, *executor_, clock_, random_, *metrics_, options_.limits, options_.residency});
  std::vector<Network> networks = {Network::Messenger(), Network::Whatsapp(), Network::Sms(),
                                   Network::Native()};
  if (options_.has_edge) networks.push_back(EdgeNetwork());
  for (const Network& network : networks) {
    auto adapter = std::make_unique<FakeAdapter>(CapabilitiesOf(network), *executor_);
    core_->AddAdapter(network, *adapter);
    adapters_.emplace(network, std::move(adapter));
  }
  core_->Start([](Result<void>) {});
  for (const auto& [network, adapter] : adapters_) {
    adapter->Start(core_->HostFor(network), [](Result<void>) {});
  }
  Run();
}

void World::Run() { executor_->RunAll(); }

void World::Advance(Millis span) { executor_->Advance(span); }

void World::Health(const Network& network, trestle::Health health) {
  core_->HostFor(network).ReportHealth(network, health);
  Run();
}

Result<void> World::Offers(const Network& network, const ThreadRef& from,
                           std::variant<Frame, ServiceCommand> body, std::optional<Bytes32> key) {
  Inbound inbound;
  if (key) {
    inbound.key = *key;
  } else {
    random_.Fill(inbound.key);
  }
  inbound.from = from;
  inbound.body = std::move(body);
  std::optional<Result<void>> durable;
  const Result<void> taken = core_->HostFor(network).Offer(
      std::move(inbound), [&durable](Result<void> result) { durable = result; });
  if (!taken) return taken;
  Run();
  TRESTLE_CHECK(durable.has_value());
  return *durable;
}

Result<void> World::Says(const Person& person, std::string_view text) {
  const auto command = ParseServiceWord(text);
  TRESTLE_CHECK(command.has_value());
  return Offers(person.network, person.enrolment, *command);
}

Result<void> World::Sends(const Person& person, const LinkId& link, Frame frame) {
  return Offers(person.network, link, std::move(frame));
}

Person World::Newcomer(const Network& network) { return {EnrolmentId::Mint(random_), network}; }

Person World::Joins(const Network& network) {
  const Person person = Newcomer(network);
  TRESTLE_CHECK(Says(person, "JOIN").has_value());
  return person;
}

Person World::JoinsToo(const Person& person, const Network& network) {
  TRESTLE_CHECK(Says(person, "CODE").has_value());
  const std::string text = LastTextTo(person);
  const Person there = Newcomer(network);
  TRESTLE_CHECK(Says(there, "JOIN " + text.substr(text.find("JOIN ") + 5, 8)).has_value());
  return there;
}

void World::Publishes(const Person& person, std::size_t count) {
  PublishKeysFrame frame;
  for (std::size_t i = 0; i < count; ++i) frame.key_packages.push_back(KeyPackage(random_));
  TRESTLE_CHECK(Offers(person.network, person.enrolment, Frame(std::move(frame))).has_value());
}

std::string World::LastTextTo(const Person& person) {
  const auto texts = On(person.network).TextsTo(person.enrolment);
  return texts.empty() ? std::string() : texts.back();
}

std::string World::NewAliasOf(const Person& person) {
  TRESTLE_CHECK(Says(person, "ALIAS").has_value());
  const std::string text = LastTextTo(person);
  const std::string before = "Your new alias: ";
  const std::size_t start = text.find(before) + before.size();
  return text.substr(start, text.find('.', start) - start);
}

LinkId World::LastOfferTo(const Person& person) {
  const auto offers = On(person.network).OffersTo(person.enrolment);
  TRESTLE_CHECK(!offers.empty());
  return offers.back();
}

void World::Opens(const Person& person, const LinkId& link) {
  TRESTLE_CHECK(Sends(person, link, ThreadAcceptFrame{}).has_value());
}

void World::Consents(const Person& person, const LinkId& link, ConsentAction action) {
  TRESTLE_CHECK(Sends(person, link, ConsentFrame{action}).has_value());
}

Pair World::Meet(const Network& ana_network, const Network& ben_network) {
  Pair pair;
  pair.ana = Joins(ana_network);
  pair.ben = Joins(ben_network);
  pair.group = GroupId::Mint(random_);
  Publishes(pair.ana, 2);
  Publishes(pair.ben, 2);
  TRESTLE_CHECK(Says(pair.ana, "REACH " + NewAliasOf(pair.ben)).has_value());
  pair.ben_link = LastOfferTo(pair.ben);
  Opens(pair.ben, pair.ben_link);
  Consents(pair.ben, pair.ben_link, ConsentAction::kGrant);
  pair.ana_link = LastOfferTo(pair.ana);
  Opens(pair.ana, pair.ana_link);
  return pair;
}

Bytes World::Seal(const Pair& pair, SealedOptions options) {
  options.group = pair.group;
  if (options.id.is_none()) options.id = NewEnvelopeId();
  return Application(random_, options);
}

AccountId World::AccountOf(const Person& person) {
  AccountId account;
  Look([&](Transaction& tx) { account = (*tx.FindEnrolment(person.enrolment))->account; });
  return account;
}

std::vector<TraceRecord> World::StepsOf(const EnvelopeId& envelope) {
  return Ask<TraceAnswer>([&](auto done) { core_->Trace(std::nullopt, envelope, std::move(done)); })
      .value()
      .steps;
}

}  // namespace trestle::test
