// Reaching, consenting, opening, claiming: what people may learn of each other, and what not.
#include <catch2/catch.hpp>

#include "tests/unit/pipeline/people.h"

using namespace trestle;
using namespace trestle::test;
using namespace std::chrono_literals;

namespace {

// What ana is told when she reaches a name, with the name itself taken out.
std::string AnswerTo(World& world, const Person& ana, const std::string& name) {
  REQUIRE(world.Says(ana, "REACH " + name));
  std::string text = world.LastTextTo(ana);
  const std::size_t at = text.find(name);
  return at == std::string::npos ? text : text.erase(at, name.size());
}

struct Scene {
  Scene() {
    ana = world.Joins(Network::Messenger());
    ben = world.Joins(Network::Whatsapp());
    world.Publishes(ben, 2);
  }
  World world;
  Person ana;
  Person ben;
};

}  // namespace

TEST_CASE("Unknown, closed, expired, revoked and one's own alias answer like one that is real") {
  Scene scene;
  World& world = scene.world;
  const std::string real = world.NewAliasOf(scene.ben);
  const std::string own = world.NewAliasOf(scene.ana);
  const AliasView closed = MakeAlias(world, scene.ben, {"", AliasPolicy::kClosed, {}});
  const AliasView brief = MakeAlias(world, scene.ben, {"", AliasPolicy::kAsk, 1s});
  const AliasView revoked = MakeAlias(world, scene.ben, {"", AliasPolicy::kAsk, {}});
  const AccountId ben = world.AccountOf(scene.ben);
  REQUIRE(world.Ask<void>(
      [&](auto done) { world.core().RevokeAlias(ben, revoked.id, std::move(done)); }));
  world.Advance(2s);
  const std::string expected = AnswerTo(world, scene.ana, real);
  CHECK(OffersTo(world, scene.ben) == 1);
  for (const std::string& name :
       {std::string("brisk-otter-0000"), closed.name, brief.name, revoked.name, own}) {
    CHECK(AnswerTo(world, scene.ana, name) == expected);
  }
  CHECK(OffersTo(world, scene.ben) == 1);
  CHECK(ContactsOf(world, scene.ana).empty());
}

TEST_CASE("What does not look like an alias is not echoed") {
  Scene scene;
  REQUIRE(scene.world.Says(scene.ana, "REACH http://evil.example"));
  CHECK(scene.world.LastTextTo(scene.ana).find("evil") == std::string::npos);
}

TEST_CASE("Reaching again while the owner has not answered asks nobody twice") {
  Scene scene;
  const std::string alias = scene.world.NewAliasOf(scene.ben);
  const std::string first = AnswerTo(scene.world, scene.ana, alias);
  CHECK(AnswerTo(scene.world, scene.ana, alias) == first);
  CHECK(OffersTo(scene.world, scene.ben) == 1);
}

TEST_CASE("A requester sees nothing of a request before it is granted") {
  Scene scene;
  REQUIRE(scene.world.Says(scene.ana, "REACH " + scene.world.NewAliasOf(scene.ben)));
  CHECK(ContactsOf(scene.world, scene.ana).empty());
  REQUIRE(ContactsOf(scene.world, scene.ben).size() == 1);
  CHECK(ContactsOf(scene.world, scene.ben)[0].state == ContactState::kRequested);
}

TEST_CASE("A refused or blocked requester cannot ask again and is not told") {
  Scene scene;
  const std::string alias = scene.world.NewAliasOf(scene.ben);
  const std::string first = AnswerTo(scene.world, scene.ana, alias);
  const LinkId link = scene.world.LastOfferTo(scene.ben);
  scene.world.Opens(scene.ben, link);
  const auto action = GENERATE(ConsentAction::kRefuse, ConsentAction::kBlock);
  scene.world.Consents(scene.ben, link, action);
  CHECK(AnswerTo(scene.world, scene.ana, alias) == first);
  CHECK(OffersTo(scene.world, scene.ben) == 1);
  CHECK(OffersTo(scene.world, scene.ana) == 0);
}

TEST_CASE("Reaching a granted contact offers its thread once more") {
  World world;
  const Person ben = world.Joins(Network::Whatsapp());
  const Person ana = world.Joins(Network::Messenger());
  world.Publishes(ben, 1);
  const std::string alias = world.NewAliasOf(ben);
  REQUIRE(world.Says(ana, "REACH " + alias));
  world.Consents(ben, world.LastOfferTo(ben), ConsentAction::kGrant);
  CHECK(OffersTo(world, ana) == 1);
  REQUIRE(world.Says(ana, "REACH " + alias));
  CHECK(OffersTo(world, ana) == 2);
  CHECK(world.On(ana.network).OffersTo(ana.enrolment)[0] == world.LastOfferTo(ana));
}

TEST_CASE("An open alias grants at once and still offers its owner the thread") {
  Scene scene;
  const AliasView open = MakeAlias(scene.world, scene.ben, {"shop", AliasPolicy::kOpen, {}});
  REQUIRE(scene.world.Says(scene.ana, "REACH " + open.name));
  CHECK(OffersTo(scene.world, scene.ana) == 1);
  CHECK(OffersTo(scene.world, scene.ben) == 1);
  const auto offer =
      scene.world.On(scene.ben.network).To<ThreadOfferFrame>(scene.ben.enrolment).at(0);
  CHECK(offer.role == ThreadRole::kOwner);
  CHECK(offer.label == "shop");
}

TEST_CASE("A grant without a key package waits, and the next publication completes it") {
  World world;
  const Person ana = world.Joins(Network::Messenger());
  const Person ben = world.Joins(Network::Whatsapp());
  REQUIRE(world.Says(ana, "REACH " + world.NewAliasOf(ben)));
  const LinkId link = world.LastOfferTo(ben);
  world.Opens(ben, link);
  world.Consents(ben, link, ConsentAction::kGrant);
  CHECK(OffersTo(world, ana) == 0);
  CHECK(world.LastTextTo(ben).find("no key left") != std::string::npos);
  CHECK(ContactsOf(world, ben).at(0).waits_for_keys);
  world.Publishes(ben, 1);
  REQUIRE(OffersTo(world, ana) == 1);
  world.Opens(ana, world.LastOfferTo(ana));
  CHECK(world.On(ana.network).To<PeerKeysFrame>(world.LastOfferTo(ana)).size() == 1);
}

TEST_CASE("Two requesters get two different key packages, each once") {
  Scene scene;
  const std::string alias = scene.world.NewAliasOf(scene.ben);
  const Person cleo = scene.world.Joins(Network::Messenger());
  std::vector<Bytes> given;
  for (const Person& person : {scene.ana, cleo}) {
    REQUIRE(scene.world.Says(person, "REACH " + alias));
    scene.world.Consents(scene.ben, scene.world.LastOfferTo(scene.ben), ConsentAction::kGrant);
    const LinkId link = scene.world.LastOfferTo(person);
    scene.world.Opens(person, link);
    given.push_back(scene.world.On(person.network).To<PeerKeysFrame>(link).at(0).key_package);
  }
  CHECK(given[0] != given[1]);
}

TEST_CASE("The last resort is handed out when the others are gone, to everybody, and stays") {
  World world;
  const Person ben = world.Joins(Network::Whatsapp());
  const Bytes once = KeyPackage(world.random());
  const Bytes last = LastResort(world.random());
  REQUIRE(world.Offers(ben.network, ben.enrolment, Frame(PublishKeysFrame{{last, once}})));
  const std::string alias = world.NewAliasOf(ben);
  std::vector<Bytes> given;
  for (int i = 0; i < 3; ++i) {
    const Person asker = world.Joins(Network::Messenger());
    REQUIRE(world.Says(asker, "REACH " + alias));
    world.Consents(ben, world.LastOfferTo(ben), ConsentAction::kGrant);
    const LinkId link = world.LastOfferTo(asker);
    world.Opens(asker, link);
    given.push_back(world.On(asker.network).To<PeerKeysFrame>(link).at(0).key_package);
  }
  CHECK(given == std::vector<Bytes>{once, last, last});
}

TEST_CASE("A lost key package can be claimed once, by the requester alone",
          "[limit:key_claims_per_contact_max]") {
  World world;
  const Pair pair = world.Meet(Network::Native(), Network::Whatsapp());
  const AccountId ana = world.AccountOf(pair.ana);
  const AccountId ben = world.AccountOf(pair.ben);
  const auto claim = [&](const AccountId& account, const LinkId& link) {
    return world
        .Ask<ClaimKeysAnswer>(
            [&](auto done) { world.core().ClaimKeys(account, link, std::move(done)); })
        .value();
  };
  CHECK(claim(ben, pair.ben_link).rule == Rule::kNoConsent);
  CHECK_FALSE(claim(ana, pair.ana_link).key_package.empty());
  CHECK(claim(ana, pair.ana_link).rule == Rule::kKeysExhausted);
}

TEST_CASE("The key package goes to the thread that its person opens, not to the preferred one") {
  World world;
  const Person ben = world.Joins(Network::Whatsapp());
  world.Publishes(ben, 1);
  const Person ana = world.Joins(Network::Messenger());
  REQUIRE(world.Says(ana, "CODE"));
  const std::string text = world.LastTextTo(ana);
  const std::string code = text.substr(text.find("JOIN ") + 5, 8);
  const Person ana_too = world.Newcomer(Network::Whatsapp());
  REQUIRE(world.Says(ana_too, "JOIN " + code));
  REQUIRE(world.Says(ana, "REACH " + world.NewAliasOf(ben)));
  world.Consents(ben, world.LastOfferTo(ben), ConsentAction::kGrant);
  const LinkId link = world.LastOfferTo(ana_too);
  world.Opens(ana_too, link);
  CHECK(world.On(Network::Whatsapp()).To<PeerKeysFrame>(link).size() == 1);
}

TEST_CASE("STOP on a contact's thread ends that contact and no other") {
  World world;
  const Pair pair = world.Meet(Network::Messenger(), Network::Whatsapp());
  REQUIRE(world.Offers(pair.ana.network, pair.ana_link, ServiceCommand{ServiceVerb::kStop, ""}));
  CHECK(ContactsOf(world, pair.ana).at(0).state == ContactState::kRevoked);
  CHECK(world.LastTextTo(pair.ana) == "That contact is ended. Nothing more will pass.");
  REQUIRE(world.Says(pair.ana, "HELP"));
  CHECK(world.LastTextTo(pair.ana).find("REACH") != std::string::npos);
}

TEST_CASE("STOP on the service thread ends every contact, and JOIN returns without them") {
  World world;
  const Pair pair = world.Meet(Network::Messenger(), Network::Whatsapp());
  REQUIRE(world.Says(pair.ana, "STOP"));
  CHECK(ContactsOf(world, pair.ben).at(0).state == ContactState::kRevoked);
  REQUIRE(world.Says(pair.ana, "ALIAS"));
  CHECK(world.LastTextTo(pair.ana) == "You have sent STOP. Send JOIN to return.");
  REQUIRE(world.Says(pair.ana, "JOIN"));
  CHECK(world.LastTextTo(pair.ana).starts_with("Welcome back."));
  CHECK(ContactsOf(world, pair.ana).at(0).state == ContactState::kRevoked);
}

TEST_CASE("Nobody who has stopped can be reached") {
  Scene scene;
  const std::string alias = scene.world.NewAliasOf(scene.ben);
  REQUIRE(scene.world.Says(scene.ben, "STOP"));
  REQUIRE(scene.world.Says(scene.ana, "REACH " + alias));
  CHECK(OffersTo(scene.world, scene.ben) == 0);
}

TEST_CASE("A requester who withdrew may return while the owner still agrees") {
  World world;
  const Pair pair = world.Meet(Network::Messenger(), Network::Whatsapp());
  world.Consents(pair.ana, pair.ana_link, ConsentAction::kRevoke);
  world.Consents(pair.ana, pair.ana_link, ConsentAction::kGrant);
  REQUIRE(world.Sends(pair.ana, pair.ana_link, EnvelopeFrame{0, {}, world.Seal(pair)}));
  CHECK(world.On(pair.ben.network).To<EnvelopeFrame>(pair.ben_link).size() == 1);
}

TEST_CASE("A withdrawal by the owner cannot be undone by the requester") {
  World world;
  const Pair pair = world.Meet(Network::Messenger(), Network::Whatsapp());
  world.Consents(pair.ben, pair.ben_link, ConsentAction::kRevoke);
  world.Consents(pair.ana, pair.ana_link, ConsentAction::kGrant);
  CHECK(ContactsOf(world, pair.ana).at(0).state == ContactState::kRevoked);
}

TEST_CASE("An account cannot act on somebody else's link, which looks like one that is not there") {
  World world;
  const Pair pair = world.Meet(Network::Messenger(), Network::Whatsapp());
  const AccountId ana = world.AccountOf(pair.ana);
  const auto reason = [&](const LinkId& link) {
    return world
        .Ask<ConsentAnswer>([&](auto done) {
          world.core().Consent(ana, link, ConsentAction::kGrant, std::move(done));
        })
        .error()
        .reason;
  };
  CHECK(reason(pair.ben_link) == Reason::kNotFound);
  CHECK(reason(LinkId::Mint(world.random())) == Reason::kNotFound);
}

TEST_CASE("A requester's watch shows nothing of a request that is not granted") {
  Scene scene;
  const AccountId ana = scene.world.AccountOf(scene.ana);
  const AccountId ben = scene.world.AccountOf(scene.ben);
  const auto requester = scene.world.core().Watch(ana, nullptr).value();
  const auto owner = scene.world.core().Watch(ben, nullptr).value();
  REQUIRE(scene.world.Says(scene.ana, "REACH " + scene.world.NewAliasOf(scene.ben)));
  CHECK(requester->Take().events.empty());
  CHECK_FALSE(owner->Take().events.empty());
}

TEST_CASE("A network that is joined later gets the threads of the contacts there are") {
  World world;
  const Pair pair = world.Meet(Network::Messenger(), Network::Whatsapp());
  REQUIRE(world.Says(pair.ben, "CODE"));
  const std::string text = world.LastTextTo(pair.ben);
  const Person ben_too = world.Newcomer(Network::Messenger());
  REQUIRE(world.Says(ben_too, "JOIN " + text.substr(text.find("JOIN ") + 5, 8)));
  const LinkId link = world.LastOfferTo(ben_too);
  world.Opens(ben_too, link);
  world.Health(Network::Whatsapp(), Health::kDown);
  REQUIRE(world.Sends(pair.ana, pair.ana_link, EnvelopeFrame{0, {}, world.Seal(pair)}));
  CHECK(world.On(Network::Messenger()).To<EnvelopeFrame>(link).size() == 1);
}

TEST_CASE("A thread whose ghost is gone is offered anew, and what waited goes when it is opened") {
  World world;
  const Pair pair = world.Meet(Network::Messenger(), Network::Whatsapp());
  FakeAdapter& whatsapp = world.On(Network::Whatsapp());
  const std::size_t offers = OffersTo(world, pair.ben);
  const auto reopen = [&](const Network& network, const LinkId& link) {
    std::optional<Result<void>> durable;
    REQUIRE(world.core().HostFor(network).Reopen(
        link, [&durable](Result<void> result) { durable = result; }));
    world.Run();
    REQUIRE(durable);
    CHECK(*durable);
  };
  reopen(Network::Messenger(), pair.ben_link);  // a network speaks for its own links only
  CHECK(OffersTo(world, pair.ben) == offers);
  reopen(Network::Whatsapp(), pair.ben_link);
  CHECK(OffersTo(world, pair.ben) == offers + 1);
  CHECK(world.LastOfferTo(pair.ben) == pair.ben_link);

  REQUIRE(world.Sends(pair.ana, pair.ana_link, EnvelopeFrame{0, {}, world.Seal(pair)}));
  CHECK(whatsapp.To<EnvelopeFrame>(pair.ben_link).empty());
  world.Opens(pair.ben, pair.ben_link);
  CHECK(whatsapp.To<EnvelopeFrame>(pair.ben_link).size() == 1);
}

TEST_CASE("An ended contact's thread is not offered because its ghost is gone") {
  World world;
  const Pair pair = world.Meet(Network::Messenger(), Network::Whatsapp());
  world.Consents(pair.ana, pair.ana_link, ConsentAction::kRevoke);
  const std::size_t offers = OffersTo(world, pair.ben);
  REQUIRE(world.core().HostFor(Network::Whatsapp()).Reopen(pair.ben_link, [](Result<void>) {}));
  world.Run();
  CHECK(OffersTo(world, pair.ben) == offers);
}
