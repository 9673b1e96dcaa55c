// What Explain and the other questions of Routing and Admin answer.
#include <catch2/catch.hpp>

#include "bridge/pipeline/routing.h"
#include "tests/unit/pipeline/world.h"

using namespace trestle;
using namespace trestle::test;
using namespace std::chrono_literals;

namespace {

struct Scene {
  Scene() { pair = world.Meet(Network::Messenger(), Network::Whatsapp()); }
  Result<RouteDecision> Explain(ExplainQuestion question) {
    return world.Ask<RouteDecision>(
        [&](auto done) { world.core().Explain(std::move(question), std::move(done)); });
  }
  ExplainQuestion FromAna() {
    ExplainQuestion question;
    question.account = world.AccountOf(pair.ana);
    question.sender_link = pair.ana_link;
    return question;
  }
  static const CandidateVerdict& On(const RouteDecision& decision, const Network& network) {
    return *std::ranges::find(decision.candidates, network, &CandidateVerdict::network);
  }

  World world;
  Pair pair;
};

}  // namespace

TEST_CASE("Explain names the chosen network and why every other one was not") {
  Scene scene;
  const RouteDecision decision = scene.Explain(scene.FromAna()).value();
  REQUIRE(decision.chosen);
  CHECK(decision.candidates[*decision.chosen].network == Network::Whatsapp());
  CHECK(decision.candidates.size() == 4);
  CHECK(Scene::On(decision, Network::Sms()).rule == Rule::kNotEnrolled);
}

TEST_CASE("Explain shows a member no id of the peer's side") {
  Scene scene;
  const RouteDecision decision = scene.Explain(scene.FromAna()).value();
  for (const CandidateVerdict& each : decision.candidates) CHECK_FALSE(each.link);
}

TEST_CASE("Explain answers what-ifs without changing anything") {
  Scene scene;
  ExplainQuestion question = scene.FromAna();
  SECTION("down") {
    question.networks_down = {Network::Whatsapp()};
    CHECK(scene.Explain(question)->rule == Rule::kAdapterDown);
  }
  SECTION("draining") {
    question.networks_draining = {Network::Whatsapp()};
    CHECK(scene.Explain(question)->rule == Rule::kAdapterDraining);
  }
  SECTION("only another network") {
    question.only_network = Network::Sms();
    CHECK_FALSE(scene.Explain(question)->chosen);
  }
  SECTION("a larger frame") {
    question.frame_bytes = 1400 * 65;
    CHECK(scene.Explain(question)->rule == Rule::kUnitsOverBudget);
  }
  CHECK(scene.Explain(scene.FromAna())->chosen);
}

TEST_CASE("Explain can ask what SMS would do if it were allowed") {
  World world;
  const Pair pair = world.Meet(Network::Messenger(), Network::Sms());
  const AccountId ben = world.AccountOf(pair.ben);
  REQUIRE(
      world.Ask<void>([&](auto done) { world.core().SetPreferences(ben, {}, std::move(done)); }));
  ExplainQuestion question;
  question.sender_link = pair.ana_link;
  const auto explain = [&] {
    return world
        .Ask<RouteDecision>([&](auto done) { world.core().Explain(question, std::move(done)); })
        .value();
  };
  CHECK(explain().rule == Rule::kSmsNotAllowed);
  question.sms_allowed = true;
  CHECK(explain().chosen);
}

TEST_CASE("Explain tells a stranger the same about an alias that is there and one that is not") {
  Scene scene;
  const std::string alias = scene.world.NewAliasOf(scene.pair.ben);
  ExplainQuestion question;
  question.account = scene.world.AccountOf(scene.world.Joins(Network::Messenger()));
  question.alias = alias;
  const RouteDecision real = scene.Explain(question).value();
  question.alias = "brisk-otter-0000";
  const RouteDecision unreal = scene.Explain(question).value();
  CHECK(real.rule == Rule::kNoConsent);
  CHECK(unreal.rule == real.rule);
  CHECK(unreal.assurance == real.assurance);
  REQUIRE(unreal.candidates.size() == real.candidates.size());
  for (std::size_t i = 0; i < real.candidates.size(); ++i) {
    CHECK(unreal.candidates[i].rule == real.candidates[i].rule);
  }
}

TEST_CASE("Explain shows an operator which network would carry an alias's messages") {
  Scene scene;
  ExplainQuestion question;
  question.alias = scene.world.NewAliasOf(scene.pair.ben);
  const RouteDecision decision = scene.Explain(question).value();
  REQUIRE(decision.chosen);
  CHECK(decision.candidates[*decision.chosen].network == Network::Whatsapp());
}

TEST_CASE("Explain tells an operator of an alias whose owner has no endpoint") {
  Scene scene;
  ExplainQuestion question;
  question.alias = scene.world.NewAliasOf(scene.world.Joins(Network::Whatsapp()));
  CHECK(scene.Explain(question)->assurance == Assurance::kE2eeUnavailable);
}

TEST_CASE("Explain wants exactly one of link and alias, and one's own link") {
  Scene scene;
  CHECK(scene.Explain({}).error().reason == Reason::kInvalidArgument);
  ExplainQuestion question = scene.FromAna();
  question.sender_link = scene.pair.ben_link;
  CHECK(scene.Explain(question).error().reason == Reason::kNotFound);
}

TEST_CASE("ListRoutes shows where each granted contact's messages would go") {
  Scene scene;
  const AccountId ana = scene.world.AccountOf(scene.pair.ana);
  const auto routes = scene.world
                          .Ask<std::vector<RouteView>>([&](auto done) {
                            scene.world.core().ListRoutes(ana, std::move(done));
                          })
                          .value();
  REQUIRE(routes.size() == 1);
  CHECK(routes[0].own_link == scene.pair.ana_link);
  CHECK(routes[0].decision.chosen);
}

TEST_CASE("The envelope's frame is as much larger than its payload as the router believes") {
  const Bytes payload(443, 1);
  const std::size_t frame_bytes = EncodeFrame(EnvelopeFrame{1, {}, payload}).size();
  CHECK(frame_bytes == payload.size() + kEnvelopeFrameOverheadBytes);
}

TEST_CASE("ListAdapters shows what waits and for how long") {
  Scene scene;
  scene.world.Health(Network::Whatsapp(), Health::kDown);
  REQUIRE(scene.world.Sends(scene.pair.ana, scene.pair.ana_link,
                            EnvelopeFrame{0, {}, scene.world.Seal(scene.pair)}));
  scene.world.Advance(30s);
  const auto adapters = scene.world
                            .Ask<std::vector<AdapterView>>([&](auto done) {
                              scene.world.core().ListAdapters(std::move(done));
                            })
                            .value();
  const auto whatsapp = std::ranges::find(adapters, Network::Whatsapp(), &AdapterView::network);
  REQUIRE(whatsapp != adapters.end());
  CHECK(whatsapp->health == Health::kDown);
  CHECK(whatsapp->rows_waiting == 1);
  CHECK(whatsapp->oldest_waiting_age == 30s);
  CHECK(scene.world.metrics().Read("trestle_outbox_rows", "whatsapp") == 1);
}

TEST_CASE("A draining network still delivers what waits for it") {
  Scene scene;
  scene.world.Health(Network::Whatsapp(), Health::kDown);
  REQUIRE(scene.world.Sends(scene.pair.ana, scene.pair.ana_link,
                            EnvelopeFrame{0, {}, scene.world.Seal(scene.pair)}));
  REQUIRE(scene.world.core().Drain(Network::Whatsapp()));
  scene.world.Health(Network::Whatsapp(), Health::kHealthy);
  CHECK(scene.world.On(Network::Whatsapp()).To<EnvelopeFrame>(scene.pair.ben_link).size() == 1);
}

TEST_CASE("Draining a network that is not there is an error") {
  Scene scene;
  CHECK(scene.world.core().Drain(Network::Instagram()).error().reason == Reason::kNotFound);
}

TEST_CASE("A watcher that does not keep up loses the oldest and is told how many") {
  WatchHub hub(2, 3);
  const auto watcher = hub.Watch(std::nullopt, nullptr).value();
  for (int i = 1; i <= 5; ++i) {
    RouteEvent event;
    event.step.attempt = i;
    hub.Publish(event);
  }
  const Watcher::Batch batch = watcher->Take();
  CHECK(batch.dropped == 2);
  REQUIRE(batch.events.size() == 3);
  CHECK(batch.events[0].attempt == 3);
}

TEST_CASE("Only so many may watch, and one who leaves makes room") {
  WatchHub hub(1, 3);
  auto first = hub.Watch(std::nullopt, nullptr).value();
  CHECK(hub.Watch(std::nullopt, nullptr).error().reason == Reason::kBusy);
  first.reset();
  CHECK(hub.Watch(std::nullopt, nullptr));
}

TEST_CASE("A watcher may take from inside its wake") {
  WatchHub hub(1, 3);
  std::shared_ptr<Watcher> watcher;
  std::size_t taken = 0;
  watcher = hub.Watch(std::nullopt, [&] { taken += watcher->Take().events.size(); }).value();
  hub.Publish({});
  hub.Publish({});
  CHECK(taken == 2);
}
