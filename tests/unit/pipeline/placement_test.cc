// Several stores with different regions under one core: where a contact is placed, when it is
// moved, and what a process leaves that dies between two files' commits.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "tests/unit/pipeline/world.h"

using namespace trestle;
using namespace trestle::test;
using namespace std::chrono_literals;

namespace {

constexpr StoreIndex kEurope = 1;

struct Scene {
  Scene() : world(OptionsFor(folder.path() + "/store.db")) {
    pair = world.Meet(Network::Native(), Network::Whatsapp());
  }
  static WorldOptions OptionsFor(const std::string& path) {
    WorldOptions options;
    options.path = path;
    options.residency.stores = {{"america", "us", "US"}, {"europe", "eu", "DE"}};
    return options;
  }
  void Wishes(const Person& person, ResidencyWishes wishes) {
    Preferences preferences;
    preferences.residency = std::move(wishes);
    const AccountId account = world.AccountOf(person);
    REQUIRE(world.Ask<void>(
        [&](auto done) { world.core().SetPreferences(account, preferences, std::move(done)); }));
  }
  void WantEurope() { Wishes(pair.ben, {{"eu"}, {}}); }
  Result<SubmitAnswer> Submit(const Bytes& payload) {
    const AccountId account = world.AccountOf(pair.ana);
    return world.Ask<SubmitAnswer>(
        [&](auto done) { world.core().Submit(account, pair.ana_link, payload, std::move(done)); });
  }
  SubmitAnswer AnaSubmits(SealedOptions options = {}) {
    return Submit(world.Seal(pair, options)).value();
  }
  // Which stores' outboxes have rows for ben.
  std::vector<StoreIndex> Places() {
    std::vector<StoreIndex> out;
    world.Look([&](Transaction& tx) {
      const auto link = *tx.FindLink(pair.ben_link);
      const auto rows = *tx.RowsOf(link->contact, ThreadKey(pair.ben_link), 100);
      for (const OutboxRow& row : rows) out.push_back(row.store);
    });
    return out;
  }
  RouteDecision Explain() {
    ExplainQuestion question;
    question.sender_link = pair.ana_link;
    return world
        .Ask<RouteDecision>([&](auto done) { world.core().Explain(question, std::move(done)); })
        .value();
  }
  void BenIsAway() { world.Health(Network::Whatsapp(), Health::kDown); }
  void BenIsBack() {
    world.Health(Network::Whatsapp(), Health::kHealthy);
    world.Advance(10min);
  }
  std::vector<EnvelopeFrame> Arrived() {
    return world.On(pair.ben.network).To<EnvelopeFrame>(pair.ben_link);
  }

  ScratchFolder folder;
  World world;
  Pair pair;
};

}  // namespace

TEST_CASE("A pair that accepts Europe waits in the European store of an American home") {
  Scene scene;
  scene.BenIsAway();
  CHECK(scene.AnaSubmits().rule == Rule::kNone);
  CHECK(scene.Places() == std::vector{kHomeStore});
  scene.BenIsBack();
  scene.WantEurope();
  scene.BenIsAway();
  CHECK(scene.Explain().place == StorePlace{"europe", "eu", "DE"});
  CHECK(scene.AnaSubmits().seq == 2);
  CHECK(scene.Places() == std::vector{kEurope});
  scene.BenIsBack();
  CHECK(scene.Arrived().size() == 2);
}

TEST_CASE("A pair with no place in common is refused and kept nowhere") {
  Scene scene;
  scene.BenIsAway();
  scene.WantEurope();
  scene.Wishes(scene.pair.ana, {{"us"}, {}});
  const SubmitAnswer answer = scene.AnaSubmits();
  CHECK(answer.rule == Rule::kResidency);
  CHECK(answer.measured == 0);
  CHECK(scene.Places().empty());
  CHECK_FALSE(scene.Explain().store);
}

TEST_CASE("A contact is moved only while nothing of it waits, and its numbers go on") {
  Scene scene;
  scene.BenIsAway();
  const Bytes first = scene.world.Seal(scene.pair, {});
  CHECK(scene.Submit(first)->seq == 1);
  scene.WantEurope();
  CHECK(scene.AnaSubmits().rule == Rule::kResidency);
  CHECK(scene.Explain().rule == Rule::kResidency);
  CHECK(scene.Places() == std::vector{kHomeStore});
  scene.BenIsBack();
  scene.BenIsAway();
  CHECK(scene.AnaSubmits().seq == 2);
  CHECK(scene.Places() == std::vector{kEurope});
  // What the store that was left has seen is still known.
  CHECK(scene.Submit(first)->duplicate);
  CHECK(scene.Places().size() == 1);
}

TEST_CASE("What is given up holds a contact as much as what waits") {
  Scene scene;
  scene.world.On(Network::Whatsapp())
      .script.push_back({Certainty::kNotSent, Retry::kNever, Rule::kNetworkRefused, std::nullopt});
  CHECK(scene.AnaSubmits().rule == Rule::kNone);
  scene.world.Advance(1min);
  scene.WantEurope();
  CHECK(scene.AnaSubmits().rule == Rule::kResidency);
  const LetterCount purged =
      scene.world
          .Ask<LetterCount>([&](auto done) { scene.world.core().PurgeAll({}, std::move(done)); })
          .value();
  CHECK(purged.done == 1);
  CHECK(scene.AnaSubmits().rule == Rule::kNone);
}

TEST_CASE("What is placed survives a restart, is delivered and its erasure is proven") {
  Scene scene;
  scene.WantEurope();
  scene.BenIsAway();
  const SubmitAnswer sent = scene.AnaSubmits();
  scene.world.Crash();
  scene.world.Begin();
  CHECK(scene.Arrived().size() == 1);
  const auto proof = scene.world.Ask<ErasureProofAnswer>([&](auto done) {
    scene.world.core().ErasureProof({std::nullopt, sent.envelope_id}, std::move(done));
  });
  CHECK(proof->note);
  CHECK(proof->store == "europe");
  CHECK(proof->public_key == scene.world.store().log_public_key(kEurope));
  CHECK(proof->head.size == 1);
}

TEST_CASE("What came in when a process died before home's commit is taken once") {
  Scene scene;
  scene.world.Crash();
  scene.world.Begin();
  scene.WantEurope();
  scene.BenIsAway();
  const Bytes payload = scene.world.Seal(scene.pair, {});
  const Bytes32 key{9};
  int commits = 0;
  scene.world.died = [&commits] { return ++commits > 1; };  // the placed store's alone
  CHECK_FALSE(scene.world.Offers(Network::Native(), scene.pair.ana_link,
                                 Frame(EnvelopeFrame{0, {}, payload}), key));
  scene.world.Crash();
  scene.world.died = nullptr;
  scene.world.Begin();
  scene.BenIsAway();
  CHECK(scene.world.Offers(Network::Native(), scene.pair.ana_link,
                           Frame(EnvelopeFrame{0, {}, payload}), key));
  scene.BenIsBack();
  REQUIRE(scene.Arrived().size() == 1);
  CHECK(scene.Arrived()[0].seq == 1);
  CHECK(scene.AnaSubmits().seq == 2);
}

TEST_CASE("Keys of a grant that died before home's commit go nowhere, and come with the next") {
  Scene scene;
  World& world = scene.world;
  const Person cleo = world.Joins(Network::Messenger());
  world.Publishes(cleo, 2);
  CHECK(world.Says(scene.pair.ben, "REACH " + world.NewAliasOf(cleo)));
  const LinkId cleo_link = world.LastOfferTo(cleo);
  world.Opens(cleo, cleo_link);
  scene.WantEurope();
  int commits = 0;
  world.died = [&commits] { return ++commits > 1; };
  CHECK_FALSE(world.Sends(cleo, cleo_link, ConsentFrame{ConsentAction::kGrant}));
  world.Crash();
  world.died = nullptr;
  world.Begin();
  CHECK(world.Sends(cleo, cleo_link, ConsentFrame{ConsentAction::kGrant}));
  const LinkId ben_link = world.LastOfferTo(scene.pair.ben);
  world.Opens(scene.pair.ben, ben_link);
  world.Advance(1min);
  CHECK_FALSE(world.On(Network::Whatsapp()).To<PeerKeysFrame>(ben_link).empty());
  CHECK(world.metrics().Expose().find("outbox_row_broken\"} 1") == std::string::npos);
}
