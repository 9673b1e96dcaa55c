// Aliases over their life: one-time, per listing, rotated, released, quarantined, gone.
#include <catch2/catch.hpp>

#include "bridge/directory/aliases.h"
#include "tests/unit/pipeline/people.h"

using namespace trestle;
using namespace trestle::test;
using namespace std::chrono_literals;

namespace {

World::Options SweptHourly() {
  World::Options options;
  options.limits.sweep_interval = 1h;
  return options;
}

struct Scene {
  Scene() : world(SweptHourly()) {
    ana = world.Joins(Network::Messenger());
    cleo = world.Joins(Network::Messenger());
    ben = world.Joins(Network::Whatsapp());
    world.Publishes(ben, 4);
  }
  // Ana reaches the alias, ben accepts, both open their threads.
  Pair MeetThrough(const AliasView& alias) {
    Pair pair;
    pair.ana = ana;
    pair.ben = ben;
    pair.group = GroupId::Mint(world.random());
    Reaches(world, ana, alias.name);
    pair.ben_link = world.LastOfferTo(ben);
    world.Opens(ben, pair.ben_link);
    world.Consents(ben, pair.ben_link, ConsentAction::kGrant);
    pair.ana_link = world.LastOfferTo(ana);
    world.Opens(ana, pair.ana_link);
    return pair;
  }
  bool Passes(const Pair& pair) {
    const std::size_t before = EnvelopesTo(world, pair.ben, pair.ben_link);
    TRESTLE_CHECK(
        world.Sends(pair.ana, pair.ana_link, EnvelopeFrame{0, {}, world.Seal(pair)}).has_value());
    return EnvelopesTo(world, pair.ben, pair.ben_link) == before + 1;
  }
  Result<AliasView> Restore(const AliasView& alias, const Person& person) {
    const AccountId account = world.AccountOf(person);
    return world.Ask<AliasView>(
        [&](auto done) { world.core().RestoreAlias(account, alias.id, std::move(done)); });
  }
  World world;
  Person ana;
  Person cleo;
  Person ben;
};

}  // namespace

TEST_CASE("A one-time alias serves the first who asks and nobody after them") {
  Scene scene;
  const AliasView once = MakeAlias(scene.world, scene.ben, WithUses(1));
  Reaches(scene.world, scene.ana, once.name);
  Reaches(scene.world, scene.cleo, once.name);
  CHECK(OffersTo(scene.world, scene.ben) == 1);
  CHECK(ContactsOf(scene.world, scene.ben).size() == 1);
}

TEST_CASE("Asking again through a used-up alias uses nothing and still serves who came first") {
  Scene scene;
  const AliasView once = MakeAlias(scene.world, scene.ben, WithUses(1));
  const Pair pair = scene.MeetThrough(once);
  Reaches(scene.world, scene.ana, once.name);
  CHECK(OffersTo(scene.world, scene.ana) == 2);
  CHECK(scene.Passes(pair));
}

TEST_CASE("An alias that could never be used is refused") {
  Scene scene;
  const AccountId ben = scene.world.AccountOf(scene.ben);
  const auto made = scene.world.Ask<AliasView>(
      [&](auto done) { scene.world.core().CreateAlias(ben, WithUses(0), std::move(done)); });
  CHECK(made.error().reason == Reason::kInvalidArgument);
}

TEST_CASE("A listing's aliases close together, and its threads go on") {
  Scene scene;
  const AliasView on_board = MakeAlias(scene.world, scene.ben, ForListing("bicycle"));
  const AliasView on_web = MakeAlias(scene.world, scene.ben, ForListing("bicycle"));
  const AliasView other = MakeAlias(scene.world, scene.ben, ForListing("table"));
  const Pair pair = scene.MeetThrough(on_board);
  CHECK(CloseListing(scene.world, scene.ben, "bicycle") == 2);
  Reaches(scene.world, scene.cleo, on_web.name);
  CHECK(OffersTo(scene.world, scene.ben) == 1);
  Reaches(scene.world, scene.cleo, other.name);
  CHECK(OffersTo(scene.world, scene.ben) == 2);
  CHECK(scene.Passes(pair));
}

TEST_CASE("What waits on a closed listing is refused, and its requester is not told") {
  Scene scene;
  const AliasView alias = MakeAlias(scene.world, scene.ben, ForListing("bicycle"));
  Reaches(scene.world, scene.cleo, alias.name);
  const std::size_t texts = scene.world.On(scene.cleo.network).TextsTo(scene.cleo.enrolment).size();
  CloseListing(scene.world, scene.ben, "bicycle");
  CHECK(ContactsOf(scene.world, scene.ben).at(0).state == ContactState::kRefused);
  CHECK(ContactsOf(scene.world, scene.cleo).empty());
  CHECK(scene.world.On(scene.cleo.network).TextsTo(scene.cleo.enrolment).size() == texts);
}

TEST_CASE("An unnamed listing closes nothing") {
  Scene scene;
  MakeAlias(scene.world, scene.ben, {});
  CHECK(CloseListing(scene.world, scene.ben, "") == 0);
}

TEST_CASE("A rotated alias keeps label, policy, expiry, listing and the uses that are left") {
  Scene scene;
  const AliasView old =
      MakeAlias(scene.world, scene.ben, {"stall", AliasPolicy::kOpen, 1h, 2, "b"});
  Reaches(scene.world, scene.cleo, old.name);
  const AliasView made = Rotate(scene.world, scene.ben, old);
  CHECK(made.name != old.name);
  CHECK(made.label == "stall");
  CHECK(made.policy == AliasPolicy::kOpen);
  CHECK(made.expires_at == old.expires_at);
  CHECK(made.listing == "b");
  CHECK(made.uses == 1);
  CHECK(made.uses_max == 2);
}

TEST_CASE("Rotation leaves threads alone, and those in them do not learn the new name") {
  Scene scene;
  const AliasView old = MakeAlias(scene.world, scene.ben, {"stall"});
  const Pair pair = scene.MeetThrough(old);
  const AliasView made = Rotate(scene.world, scene.ben, old);
  CHECK(scene.Passes(pair));
  CHECK(ContactsOf(scene.world, scene.ana).at(0).label == old.name);
  Reaches(scene.world, scene.cleo, old.name);
  CHECK(OffersTo(scene.world, scene.ben) == 1);
  Reaches(scene.world, scene.cleo, made.name);
  CHECK(OffersTo(scene.world, scene.ben) == 2);
}

TEST_CASE("A released name comes back to its owner within its quarantine, to nobody else") {
  Scene scene;
  const AliasView alias = MakeAlias(scene.world, scene.ben, {});
  Release(scene.world, scene.ben, alias);
  CHECK(scene.Restore(alias, scene.ana).error().reason == Reason::kNotFound);
  scene.world.Advance(24h * 89);
  REQUIRE(scene.Restore(alias, scene.ben));
  Reaches(scene.world, scene.ana, alias.name);
  CHECK(OffersTo(scene.world, scene.ben) == 1);
}

TEST_CASE("After its quarantine a name is gone for good, and only its hash stays") {
  Scene scene;
  scene.world.Advance(1s);
  const AliasView alias = MakeAlias(scene.world, scene.ben, {});
  Release(scene.world, scene.ben, alias);
  scene.world.Advance(24h * 90 + 2h);
  CHECK(scene.Restore(alias, scene.ben).error().reason == Reason::kNotFound);
  scene.world.Look([&](Transaction& tx) {
    CHECK_FALSE(tx.FindAliasByName(alias.name)->has_value());
    CHECK(tx.IsNameGone(HashOfAliasName(alias.name)).value());
  });
}

TEST_CASE("The alias of a contact outlives its quarantine: it is the contact's label") {
  Scene scene;
  const AliasView alias = MakeAlias(scene.world, scene.ben, {});
  scene.MeetThrough(alias);
  Release(scene.world, scene.ben, alias);
  scene.world.Advance(24h * 91);
  CHECK(ContactsOf(scene.world, scene.ana).at(0).label == alias.name);
}

TEST_CASE("Names are drawn by one account only so often, however they are given back",
          "[limit:names_per_account_max]") {
  World::Options options;
  options.limits.names_per_account_max = 3;
  World world(options);
  const Person ben = world.Joins(Network::Whatsapp());
  AliasView alias = MakeAlias(world, ben, {});
  alias = Rotate(world, ben, alias);
  alias = Rotate(world, ben, alias);
  REQUIRE(world.Says(ben, "ROTATE " + alias.name));
  CHECK(world.LastTextTo(ben).starts_with("That is enough names for now."));
  world.Advance(25h);
  REQUIRE(world.Says(ben, "ROTATE " + alias.name));
  CHECK(world.LastTextTo(ben).starts_with("Your new alias is "));
}

TEST_CASE("ROTATE and RELEASE say the same of another's alias and of none") {
  Scene scene;
  const std::string bens = scene.world.NewAliasOf(scene.ben);
  for (const std::string word : {"ROTATE ", "RELEASE "}) {
    for (const std::string& name : {bens, std::string("brisk-otter-0000")}) {
      REQUIRE(scene.world.Says(scene.ana, word + name));
      CHECK(scene.world.LastTextTo(scene.ana) == "You have no such alias.");
    }
  }
  REQUIRE(scene.world.Says(scene.ben, "RELEASE " + bens));
  Reaches(scene.world, scene.ana, bens);
  CHECK(OffersTo(scene.world, scene.ben) == 0);
}
