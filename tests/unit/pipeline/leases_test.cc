// When a row goes in the commit that writes it, when in the one that ends the row before it, and
// when it waits; and the places that what is under way takes.
#include "bridge/pipeline/leases.h"

#include <catch2/catch.hpp>

#include "tests/unit/pipeline/world.h"

using namespace trestle;
using namespace trestle::test;
using namespace std::chrono_literals;

namespace {

struct Scene {
  explicit Scene(World::Options options = {}) : world(std::move(options)) {
    pair = world.Meet(Network::Messenger(), Network::Whatsapp());
    ben_network().given.clear();
    ben_network().hold = true;
  }
  FakeAdapter& ben_network() { return world.On(Network::Whatsapp()); }
  EnvelopeId Sends(const Pair& from) {
    SealedOptions options;
    options.id = world.NewEnvelopeId();
    REQUIRE(world.Sends(from.ana, from.ana_link, EnvelopeFrame{0, {}, world.Seal(from, options)}));
    return options.id;
  }
  std::int64_t Commits() { return world.metrics().Read("trestle_commits_total"); }
  void Answers(std::size_t held) {
    std::move(ben_network().held.at(held))(
        Attempt{Certainty::kSent, Retry::kLater, Rule::kNone, std::nullopt});
    world.Run();
  }
  std::vector<LinkId> Given() {
    std::vector<LinkId> out;
    for (const Delivery& each : ben_network().given) out.push_back(std::get<LinkId>(each.to));
    return out;
  }

  World world;
  Pair pair;
};

Bytes16 Key(std::uint8_t number) { return Bytes16{number}; }

}  // namespace

TEST_CASE("An envelope whose way is free is leased in the commit that accepts it") {
  Scene scene;
  const std::int64_t before = scene.Commits();
  scene.Sends(scene.pair);
  CHECK(scene.ben_network().given.size() == 1);
  CHECK(scene.Commits() == before + 1);
}

TEST_CASE("The next of a lane is leased in the commit that ends the one before it") {
  Scene scene;
  scene.world.On(Network::Messenger()).hold = true;  // receipts: counted apart
  for (int i = 0; i < 3; ++i) scene.Sends(scene.pair);
  CHECK(scene.ben_network().given.size() == 1);
  const std::int64_t before = scene.Commits();
  scene.Answers(0);
  CHECK(scene.ben_network().given.size() == 2);
  CHECK(scene.Commits() == before + 1);
}

TEST_CASE("What came meanwhile does not overtake what was due before it") {
  World::Options options;
  options.limits.in_flight_per_adapter_max = 1;
  Scene scene(options);
  scene.ben_network().hold = false;
  const Pair second = scene.world.Meet(Network::Messenger(), Network::Whatsapp());
  const Pair third = scene.world.Meet(Network::Messenger(), Network::Whatsapp());
  scene.ben_network().hold = true;
  scene.ben_network().given.clear();
  scene.Sends(scene.pair);
  scene.Sends(scene.pair);  // behind the first, in its lane
  scene.world.Advance(1ms);
  scene.Sends(second);
  scene.world.Advance(1ms);
  scene.Sends(third);
  for (std::size_t i = 0; i < 3; ++i) {
    scene.world.Advance(1ms);
    scene.Answers(i);
  }
  // The second of the first lane has been due since the first one's end alone.
  CHECK(scene.Given() ==
        std::vector{scene.pair.ben_link, second.ben_link, third.ben_link, scene.pair.ben_link});
}

TEST_CASE("Work that is rolled back gives its place back") {
  World::Options options;
  options.limits.in_flight_per_adapter_max = 1;
  Scene scene(options);
  scene.world.commit_fails = true;
  SealedOptions sealed;
  sealed.id = scene.world.NewEnvelopeId();
  const EnvelopeFrame frame{0, {}, scene.world.Seal(scene.pair, sealed)};
  CHECK_FALSE(scene.world.Sends(scene.pair.ana, scene.pair.ana_link, frame));
  CHECK(scene.ben_network().given.empty());
  scene.world.commit_fails = false;
  scene.Sends(scene.pair);
  CHECK(scene.ben_network().given.size() == 1);
}

TEST_CASE("Nothing new is leased once the bridge stops") {
  Scene scene;
  bool quiet = false;
  scene.world.core().Quiesce([&](Result<void>) { quiet = true; });
  scene.Sends(scene.pair);
  CHECK(quiet);
  CHECK(scene.ben_network().given.empty());
}

TEST_CASE("A place is taken while it is held, and a table may go before it") {
  auto places = std::make_unique<Places>();
  Limits limits;
  limits.in_flight_per_adapter_max = 3;
  limits.in_flight_per_receiver_max = 2;
  Place first = places->Take(Key(1), Key(9));
  {
    const Place second = places->Take(Key(2), Key(9));
    CHECK(places->taken() == 2);
    CHECK(places->FreeOf(limits) == 1);
    CHECK_FALSE(places->HasOneFor(Key(9), limits));
    CHECK(places->HasOneFor(Key(8), limits));
    CHECK(places->senders() == UnderWay{{Key(1), 1}, {Key(2), 1}});
    CHECK(places->receivers() == UnderWay{{Key(9), 2}});
    const Place third = places->Take(Key(1), Key(7));
    CHECK_FALSE(places->HasOneFor(Key(8), limits));
  }
  CHECK(places->taken() == 1);
  CHECK(places->receivers() == UnderWay{{Key(9), 1}});
  Place moved = std::move(first);
  CHECK(places->taken() == 1);
  moved = Place();
  CHECK(places->taken() == 0);
  CHECK(places->senders().empty());
  moved = places->Take(Key(1), Key(1));
  places.reset();
}
