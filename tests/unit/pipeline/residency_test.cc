// Residency through the whole core: what is refused, what is shown, and that nothing is written.
#include <catch2/catch.hpp>

#include "tests/unit/pipeline/world.h"

using namespace trestle;
using namespace trestle::test;

namespace {

struct Scene {
  explicit Scene(StorePlace place = {"core", "us", "US"}) : world(OptionsFor(std::move(place))) {
    pair = world.Meet(Network::Native(), Network::Whatsapp());
  }
  static WorldOptions OptionsFor(StorePlace place) {
    WorldOptions options;
    options.residency.stores = {std::move(place)};
    return options;
  }
  void Wishes(const Person& person, ResidencyWishes wishes) {
    Preferences preferences;
    preferences.residency = std::move(wishes);
    const AccountId account = world.AccountOf(person);
    REQUIRE(world.Ask<void>(
        [&](auto done) { world.core().SetPreferences(account, preferences, std::move(done)); }));
  }
  SubmitAnswer AnaSubmits(SealedOptions options = {}) {
    const AccountId account = world.AccountOf(pair.ana);
    return world
        .Ask<SubmitAnswer>([&](auto done) {
          world.core().Submit(account, pair.ana_link, world.Seal(pair, options), std::move(done));
        })
        .value();
  }
  RouteDecision Explain(std::optional<StorePlace> place = std::nullopt) {
    ExplainQuestion question;
    question.sender_link = pair.ana_link;
    question.place = std::move(place);
    return world
        .Ask<RouteDecision>([&](auto done) { world.core().Explain(question, std::move(done)); })
        .value();
  }
  std::size_t Rows() {
    std::size_t rows = 0;
    world.Look([&](Transaction& tx) {
      for (std::int64_t row = 1; row < 20; ++row) rows += tx.FindEnvelope(row)->has_value();
    });
    return rows;
  }

  World world;
  Pair pair;
};

}  // namespace

TEST_CASE("A recipient who accepts Europe only gets nothing through a store in America") {
  Scene scene;
  scene.Wishes(scene.pair.ben, {{"eu"}, {}});
  scene.world.Health(Network::Whatsapp(), Health::kDown);
  const SubmitAnswer answer = scene.AnaSubmits();
  CHECK(answer.rule == Rule::kResidency);
  CHECK(answer.measured == 0);
  CHECK(answer.limit == 1);
  CHECK(scene.Rows() == 0);
}

TEST_CASE("A sender's wish counts as much as a recipient's") {
  Scene scene;
  scene.Wishes(scene.pair.ana, {{}, {"US"}});
  CHECK(scene.AnaSubmits().rule == Rule::kResidency);
}

TEST_CASE("What is never queued is refused as well, since it is written down on its way") {
  Scene scene;
  scene.Wishes(scene.pair.ben, {{"eu"}, {}});
  CHECK(scene.AnaSubmits({.delivery = DeliveryClass::kEphemeral}).rule == Rule::kResidency);
}

TEST_CASE("A place that all accept carries on") {
  Scene scene({"core", "eu", "DE"});
  scene.Wishes(scene.pair.ben, {{"eu"}, {"FR"}});
  scene.Wishes(scene.pair.ana, {{"DE"}, {}});
  CHECK(scene.AnaSubmits().rule == Rule::kNone);
}

TEST_CASE("A store that does not say where it is satisfies nobody who asks") {
  Scene scene(StorePlace{});
  CHECK(scene.AnaSubmits().rule == Rule::kNone);
  scene.Wishes(scene.pair.ben, {{}, {"us"}});
  CHECK(scene.AnaSubmits().rule == Rule::kResidency);
}

TEST_CASE("Explain shows the rule at every network, and what another region would change") {
  Scene scene;
  scene.Wishes(scene.pair.ben, {{"eu"}, {}});
  const RouteDecision here = scene.Explain();
  CHECK_FALSE(here.chosen);
  CHECK_FALSE(here.waits_for);
  CHECK(here.rule == Rule::kResidency);
  for (const CandidateVerdict& each : here.candidates) CHECK(each.rule == Rule::kResidency);
  CHECK(scene.Explain(StorePlace{"what-if", "eu", ""}).chosen);
  CHECK_FALSE(scene.Explain(StorePlace{"what-if", "", "US"}).chosen);
}

TEST_CASE("A place that is no place is refused, and the wishes stay as they were") {
  Scene scene;
  scene.Wishes(scene.pair.ben, {{"eu"}, {"FR"}});
  const AccountId account = scene.world.AccountOf(scene.pair.ben);
  Preferences wrong;
  wrong.residency.accepted = {"Europe"};
  const auto answer = scene.world.Ask<void>(
      [&](auto done) { scene.world.core().SetPreferences(account, wrong, std::move(done)); });
  CHECK(answer.error().reason == Reason::kInvalidArgument);
  const auto kept = scene.world.Ask<Preferences>(
      [&](auto done) { scene.world.core().GetPreferences(account, std::move(done)); });
  CHECK(kept->residency == ResidencyWishes{{"eu"}, {"FR"}});
}
