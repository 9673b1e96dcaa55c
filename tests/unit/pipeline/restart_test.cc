// What survives the death of the process, and of a commit.
#include <catch2/catch.hpp>

#include "tests/unit/pipeline/world.h"

using namespace trestle;
using namespace trestle::test;
using namespace std::chrono_literals;

namespace {

struct Scene {
  Scene() : world(World::Options{folder.path() + "/store.db", {}}) {
    pair = world.Meet(Network::Messenger(), Network::Whatsapp());
  }
  EnvelopeId AnaSends(SealedOptions options = {}) {
    options.id = world.NewEnvelopeId();
    REQUIRE(world.Sends(pair.ana, pair.ana_link, EnvelopeFrame{0, {}, world.Seal(pair, options)}));
    return options.id;
  }
  std::vector<EnvelopeFrame> Arrived() {
    return world.On(pair.ben.network).To<EnvelopeFrame>(pair.ben_link);
  }
  void Restart() {
    world.Crash();
    world.Begin();
  }

  ScratchFolder folder;
  World world;
  Pair pair;
};

}  // namespace

TEST_CASE("What was accepted before the process died is delivered by the next") {
  Scene scene;
  scene.world.Health(Network::Whatsapp(), Health::kDown);
  scene.AnaSends();
  scene.AnaSends();
  scene.Restart();
  CHECK(scene.Arrived().size() == 2);
}

TEST_CASE("What was settled before the process died is not delivered again") {
  Scene scene;
  scene.AnaSends();
  CHECK(scene.Arrived().size() == 1);
  scene.Restart();
  scene.world.Advance(10min);
  CHECK(scene.Arrived().empty());
}

TEST_CASE("An attempt cut off by the process's death is made again under the same id") {
  Scene scene;
  FakeAdapter& adapter = scene.world.On(Network::Whatsapp());
  adapter.given.clear();
  adapter.hold = true;
  scene.AnaSends();
  const DeliveryId id = adapter.given.at(0).id;
  scene.Restart();
  const auto& given = scene.world.On(Network::Whatsapp()).given;
  REQUIRE(given.size() == 1);
  CHECK(given[0].id == id);
}

TEST_CASE("An envelope told again after a restart is still the same envelope") {
  Scene scene;
  const Bytes message = scene.world.Seal(scene.pair);
  REQUIRE(scene.world.Sends(scene.pair.ana, scene.pair.ana_link, EnvelopeFrame{0, {}, message}));
  scene.Restart();
  REQUIRE(scene.world.Sends(scene.pair.ana, scene.pair.ana_link, EnvelopeFrame{0, {}, message}));
  CHECK(scene.Arrived().empty());
}

TEST_CASE("A typing signal does not outlive the process") {
  Scene scene;
  scene.world.On(Network::Whatsapp()).hold = true;
  scene.AnaSends({.delivery = DeliveryClass::kEphemeral});
  scene.Restart();
  CHECK(scene.Arrived().empty());
}

TEST_CASE("A failed commit is an error to the adapter, and nothing has happened") {
  Scene scene;
  scene.world.commit_fails = true;
  const Bytes message = scene.world.Seal(scene.pair);
  const Bytes32 key{9};
  const Frame frame = EnvelopeFrame{0, {}, message};
  const auto lost = scene.world.Offers(Network::Messenger(), scene.pair.ana_link, frame, key);
  REQUIRE_FALSE(lost);
  CHECK(lost.error().reason == Reason::kStorage);
  scene.world.commit_fails = false;
  CHECK(scene.Arrived().empty());
  REQUIRE(scene.world.Offers(Network::Messenger(), scene.pair.ana_link, frame, key));
  CHECK(scene.Arrived().size() == 1);
}

TEST_CASE("An attempt whose settling failed is settled later, not made again") {
  Scene scene;
  FakeAdapter& adapter = scene.world.On(Network::Whatsapp());
  adapter.given.clear();
  adapter.hold = true;
  const EnvelopeId id = scene.AnaSends();
  scene.world.commit_fails = true;
  std::move(adapter.held.at(0))(Attempt{Certainty::kSent, Retry::kLater, Rule::kNone, {}});
  scene.world.Run();
  scene.world.commit_fails = false;
  scene.world.Advance(3s);
  CHECK(adapter.given.size() == 1);
  CHECK(scene.world.StepsOf(id).back().outcome == Outcome::kSent);
}

TEST_CASE("A lease that lapsed while its adapter said nothing is given out again, same id") {
  Scene scene;
  FakeAdapter& adapter = scene.world.On(Network::Whatsapp());
  adapter.given.clear();
  adapter.hold = true;
  scene.AnaSends();
  scene.world.Advance(6min);
  REQUIRE(adapter.given.size() >= 2);
  CHECK(adapter.given[0].id == adapter.given[1].id);
}
