// The consent ledger: cancelling, blocking, everybody at once, and withdrawals that take effect on
// what is on its way.
#include <catch2/catch.hpp>

#include "tests/unit/pipeline/people.h"

using namespace trestle;
using namespace trestle::test;
using namespace std::chrono_literals;

namespace {

struct Scene {
  Scene() {
    ana = world.Joins(Network::Messenger());
    ben = world.Joins(Network::Whatsapp());
    world.Publishes(ben, 4);
    alias = world.NewAliasOf(ben);
  }
  std::string Cancels(const Person& person, const std::string& name) {
    TRESTLE_CHECK(world.Says(person, "CANCEL " + name).has_value());
    std::string text = world.LastTextTo(person);
    const std::size_t at = text.find(name);
    return at == std::string::npos ? text : text.erase(at, name.size());
  }
  World world;
  Person ana;
  Person ben;
  std::string alias;
};

SealedOptions WithId(const EnvelopeId& id) {
  SealedOptions options;
  options.id = id;
  return options;
}

std::vector<ReceiptFrame> ReceiptsTo(World& world, const Pair& pair) {
  return world.On(pair.ana.network).To<ReceiptFrame>(pair.ana_link);
}

std::size_t EnvelopeRows(World& world, const EnvelopeId& id, const Pair& pair) {
  std::size_t rows = 0;
  world.Look([&](Transaction& tx) {
    for (const LinkId& link : {pair.ana_link, pair.ben_link}) {
      const auto found = tx.FindLink(link);
      const auto waiting = tx.RowsOf((*found)->contact, link, 100).value();
      rows += static_cast<std::size_t>(std::ranges::count_if(waiting, [&](const OutboxRow& row) {
        return row.envelope_row && (*tx.FindEnvelope(*row.envelope_row))->envelope_id == id;
      }));
    }
  });
  return rows;
}

}  // namespace

TEST_CASE("A cancelled request is gone from its owner's door, and can be made again") {
  Scene scene;
  Reaches(scene.world, scene.ana, scene.alias);
  scene.Cancels(scene.ana, scene.alias);
  CHECK(ContactsOf(scene.world, scene.ben).at(0).state == ContactState::kRefused);
  scene.world.Consents(scene.ben, scene.world.LastOfferTo(scene.ben), ConsentAction::kGrant);
  CHECK(ContactsOf(scene.world, scene.ana).empty());
  Reaches(scene.world, scene.ana, scene.alias);
  CHECK(ContactsOf(scene.world, scene.ben).at(0).state == ContactState::kRequested);
}

TEST_CASE("Cancelling answers the same for a request, for none and for no alias at all") {
  Scene scene;
  Reaches(scene.world, scene.ana, scene.alias);
  const std::string first = scene.Cancels(scene.ana, scene.alias);
  CHECK(scene.Cancels(scene.ana, scene.alias) == first);
  CHECK(scene.Cancels(scene.ana, "brisk-otter-0000") == first);
}

TEST_CASE("An offer that still waits for its owner goes with the request") {
  Scene scene;
  scene.world.Health(Network::Whatsapp(), Health::kDown);
  Reaches(scene.world, scene.ana, scene.alias);
  scene.Cancels(scene.ana, scene.alias);
  scene.world.Health(Network::Whatsapp(), Health::kHealthy);
  CHECK(OffersTo(scene.world, scene.ben) == 0);
}

TEST_CASE("A block holds for every alias of the one who blocked") {
  Scene scene;
  Reaches(scene.world, scene.ana, scene.alias);
  scene.world.Consents(scene.ben, scene.world.LastOfferTo(scene.ben), ConsentAction::kBlock);
  Reaches(scene.world, scene.ana, scene.world.NewAliasOf(scene.ben));
  CHECK(OffersTo(scene.world, scene.ben) == 1);
  const Person cleo = scene.world.Joins(Network::Messenger());
  Reaches(scene.world, cleo, scene.alias);
  CHECK(OffersTo(scene.world, scene.ben) == 2);
}

TEST_CASE("Who is blocked sees a contact that ended, and not how") {
  World world;
  const auto action = GENERATE(ConsentAction::kRevoke, ConsentAction::kBlock);
  const Pair pair = world.Meet(Network::Messenger(), Network::Whatsapp());
  world.Consents(pair.ben, pair.ben_link, action);
  CHECK(ContactsOf(world, pair.ana).at(0).state == ContactState::kRevoked);
  world.Consents(pair.ana, pair.ana_link, ConsentAction::kRevoke);
  CHECK(ContactsOf(world, pair.ana).at(0).state == ContactState::kRevoked);
}

TEST_CASE("Refusing all strangers answers what waits, and blocking them shuts every alias") {
  Scene scene;
  Reaches(scene.world, scene.ana, scene.alias);
  CHECK(OnAll(scene.world, scene.ben, ConsentAction::kRefuse, Everyone::kStrangers).value() == 1);
  const Person cleo = scene.world.Joins(Network::Messenger());
  Reaches(scene.world, cleo, scene.alias);
  CHECK(OffersTo(scene.world, scene.ben) == 2);
  CHECK(OnAll(scene.world, scene.ben, ConsentAction::kBlock, Everyone::kStrangers).value() == 1);
  const Person dan = scene.world.Joins(Network::Messenger());
  Reaches(scene.world, dan, scene.alias);
  CHECK(OffersTo(scene.world, scene.ben) == 2);
  REQUIRE(OnAll(scene.world, scene.ben, ConsentAction::kGrant, Everyone::kStrangers));
  Reaches(scene.world, dan, scene.alias);
  CHECK(OffersTo(scene.world, scene.ben) == 3);
}

TEST_CASE("Granting to all contacts accepts every request that waits") {
  Scene scene;
  const Person cleo = scene.world.Joins(Network::Messenger());
  Reaches(scene.world, scene.ana, scene.alias);
  Reaches(scene.world, cleo, scene.alias);
  CHECK(OnAll(scene.world, scene.ben, ConsentAction::kGrant, Everyone::kContacts).value() == 2);
  CHECK(OffersTo(scene.world, scene.ana) == 1);
  CHECK(OffersTo(scene.world, cleo) == 1);
}

TEST_CASE("Revoking all contacts ends them and leaves requests and the account as they are") {
  World world;
  const Pair pair = world.Meet(Network::Messenger(), Network::Whatsapp());
  const Person cleo = world.Joins(Network::Messenger());
  world.Advance(1s);  // contacts are listed by age
  Reaches(world, cleo, world.NewAliasOf(pair.ben));
  CHECK(OnAll(world, pair.ben, ConsentAction::kRevoke, Everyone::kContacts).value() == 1);
  const auto contacts = ContactsOf(world, pair.ben);
  CHECK(contacts.at(0).state == ContactState::kRevoked);
  CHECK(contacts.at(1).state == ContactState::kRequested);
}

TEST_CASE("What cannot be said about everybody is refused") {
  Scene scene;
  CHECK(
      OnAll(scene.world, scene.ben, ConsentAction::kRevoke, Everyone::kStrangers).error().reason ==
      Reason::kInvalidArgument);
  CHECK(OnAll(scene.world, scene.ben, ConsentAction::kRefuse, Everyone::kContacts).error().reason ==
        Reason::kInvalidArgument);
}

TEST_CASE("A withdrawal erases what waits in the outbox in the same turn") {
  World world;
  const Pair pair = world.Meet(Network::Messenger(), Network::Whatsapp());
  world.Health(Network::Whatsapp(), Health::kDown);
  const EnvelopeId id = world.NewEnvelopeId();
  REQUIRE(world.Sends(pair.ana, pair.ana_link, EnvelopeFrame{0, {}, world.Seal(pair, WithId(id))}));
  REQUIRE(EnvelopeRows(world, id, pair) == 1);
  // The network stays down: nothing is ever leased that could notice by itself.
  world.Consents(pair.ben, pair.ben_link, ConsentAction::kRevoke);
  CHECK(EnvelopeRows(world, id, pair) == 0);
  CHECK(ReceiptsTo(world, pair).back().level == ReceiptLevel::kFailed);
  CHECK(ReceiptsTo(world, pair).back().rule == Rule::kNoConsent);
}

TEST_CASE("A withdrawal larger than one turn is finished by the turns that follow") {
  World::Options options;
  options.limits.withdrawn_rows_max = 3;
  World world(options);
  const Pair pair = world.Meet(Network::Messenger(), Network::Whatsapp());
  world.Health(Network::Whatsapp(), Health::kDown);
  std::vector<EnvelopeId> ids;
  for (int i = 0; i < 10; ++i) {
    ids.push_back(world.NewEnvelopeId());
    REQUIRE(world.Sends(pair.ana, pair.ana_link,
                        EnvelopeFrame{0, {}, world.Seal(pair, WithId(ids.back()))}));
  }
  world.Consents(pair.ben, pair.ben_link, ConsentAction::kRevoke);
  std::size_t left = 0;
  for (const EnvelopeId& id : ids) left += EnvelopeRows(world, id, pair);
  CHECK(left == 0);
}

TEST_CASE("What an adapter has in hand is asked back, and never tried again") {
  World world;
  const Pair pair = world.Meet(Network::Messenger(), Network::Whatsapp());
  FakeAdapter& whatsapp = world.On(Network::Whatsapp());
  whatsapp.hold = true;
  const EnvelopeId id = world.NewEnvelopeId();
  REQUIRE(world.Sends(pair.ana, pair.ana_link, EnvelopeFrame{0, {}, world.Seal(pair, WithId(id))}));
  REQUIRE(whatsapp.held.size() == 1);
  const DeliveryId delivery = whatsapp.given.back().id;
  world.Consents(pair.ben, pair.ben_link, ConsentAction::kRevoke);
  REQUIRE(whatsapp.withdrawn == std::vector{delivery});
  const auto later = GENERATE(Retry::kLater, Retry::kNever);
  std::move(whatsapp.held.at(0))(Attempt{Certainty::kNotSent, later, Rule::kNone, std::nullopt});
  whatsapp.hold = false;
  world.Advance(1h);
  CHECK(EnvelopesTo(world, pair.ben, pair.ben_link) == 1);
  CHECK(EnvelopeRows(world, id, pair) == 0);
  CHECK(ReceiptsTo(world, pair).back().rule == Rule::kNoConsent);
}

TEST_CASE("A dead letter's payload goes with the consent") {
  World world;
  const Pair pair = world.Meet(Network::Messenger(), Network::Whatsapp());
  world.On(Network::Whatsapp())
      .script.push_back({Certainty::kNotSent, Retry::kNever, Rule::kNetworkRefused, std::nullopt});
  REQUIRE(world.Sends(pair.ana, pair.ana_link, EnvelopeFrame{0, {}, world.Seal(pair)}));
  const auto letters = [&] {
    return world
        .Ask<DeadLetterPage>(
            [&](auto done) { world.core().DeadLetters({}, 0, 10, std::move(done)); })
        .value()
        .letters.size();
  };
  REQUIRE(letters() == 1);
  world.Consents(pair.ben, pair.ben_link, ConsentAction::kRevoke);
  CHECK(letters() == 0);
}

TEST_CASE("STOP takes effect on what waits, as every withdrawal does") {
  World world;
  const Pair pair = world.Meet(Network::Messenger(), Network::Sms());
  world.Health(Network::Sms(), Health::kDown);
  const EnvelopeId id = world.NewEnvelopeId();
  REQUIRE(world.Sends(pair.ana, pair.ana_link, EnvelopeFrame{0, {}, world.Seal(pair, WithId(id))}));
  REQUIRE(world.Says(pair.ben, "STOP"));
  CHECK(EnvelopeRows(world, id, pair) == 0);
}

TEST_CASE("A person who closed the thread on their network is not written to until they write") {
  World world;
  const Pair pair = world.Meet(Network::Messenger(), Network::Whatsapp());
  world.On(Network::Whatsapp())
      .script.push_back({Certainty::kNotSent, Retry::kNever, Rule::kPersonClosed, std::nullopt});
  REQUIRE(world.Sends(pair.ana, pair.ana_link, EnvelopeFrame{0, {}, world.Seal(pair)}));
  world.Advance(1h);
  CHECK(EnvelopesTo(world, pair.ben, pair.ben_link) == 1);
  CHECK(HistoryOf(world, pair.ben).back().entry == ConsentEntry::kUnreachable);
  CHECK(HistoryOf(world, pair.ben).back().origin == ConsentOrigin::kNetwork);
  world.Opens(pair.ben, pair.ben_link);
  CHECK(EnvelopesTo(world, pair.ben, pair.ben_link) == 2);
}

TEST_CASE("What waits for somebody who closed one thread goes to their other one") {
  World world;
  const Pair pair = world.Meet(Network::Messenger(), Network::Whatsapp());
  REQUIRE(world.Says(pair.ben, "CODE"));
  const std::string text = world.LastTextTo(pair.ben);
  const Person ben_too = world.Newcomer(Network::Messenger());
  REQUIRE(world.Says(ben_too, "JOIN " + text.substr(text.find("JOIN ") + 5, 8)));
  const LinkId other = world.LastOfferTo(ben_too);
  world.Opens(ben_too, other);
  world.Health(Network::Messenger(), Health::kDegraded);
  world.On(Network::Whatsapp())
      .script.push_back({Certainty::kNotSent, Retry::kNever, Rule::kPersonClosed, std::nullopt});
  REQUIRE(world.Sends(pair.ana, pair.ana_link, EnvelopeFrame{0, {}, world.Seal(pair)}));
  CHECK(EnvelopesTo(world, pair.ben, pair.ben_link) == 1);
  CHECK(EnvelopesTo(world, ben_too, other) == 1);
}

TEST_CASE("Every way of consenting ends up in one ledger, with where it came from") {
  World world;
  const Pair pair = world.Meet(Network::Messenger(), Network::Whatsapp());
  REQUIRE(world.Offers(pair.ana.network, pair.ana_link, ServiceCommand{ServiceVerb::kStop, ""}));
  REQUIRE(world.Says(pair.ben, "STOP"));
  const auto bens = HistoryOf(world, pair.ben);
  REQUIRE(bens.size() == 2);
  CHECK(bens[0].entry == ConsentEntry::kGranted);
  CHECK(bens[0].origin == ConsentOrigin::kFrame);
  CHECK(bens[0].network == Network::Whatsapp());
  CHECK(bens[1].entry == ConsentEntry::kStopped);
  CHECK_FALSE(bens[1].contact);
  const auto anas = HistoryOf(world, pair.ana);
  REQUIRE(anas.size() == 1);
  CHECK(anas[0].entry == ConsentEntry::kRevoked);
  CHECK(anas[0].origin == ConsentOrigin::kWord);
}

TEST_CASE("A requester's ledger says nothing of a request that nobody granted") {
  Scene scene;
  Reaches(scene.world, scene.ana, scene.alias);
  scene.Cancels(scene.ana, scene.alias);
  Reaches(scene.world, scene.ana, scene.alias);
  REQUIRE(scene.world.Says(scene.ana, "STOP"));
  const auto anas = HistoryOf(scene.world, scene.ana);
  REQUIRE(anas.size() == 1);
  CHECK(anas[0].entry == ConsentEntry::kStopped);
  CHECK(anas[0].number == 1);
}

TEST_CASE("First contact carries nothing of the requester's: what they send is refused") {
  Scene scene;
  Reaches(scene.world, scene.ana, scene.alias);
  LinkId hidden;
  scene.world.Look([&](Transaction& tx) {
    const auto account = (*tx.FindEnrolment(scene.ana.enrolment))->account;
    hidden = std::get<LinkId>(tx.ThreadsOf(account, Network::Messenger())->back());
  });
  // Even somebody who guessed 128 bits gets nothing through, and no key to seal with.
  scene.world.Opens(scene.ana, hidden);
  Pair pair{scene.ana, scene.ben, hidden, scene.world.LastOfferTo(scene.ben),
            GroupId::Mint(scene.world.random())};
  scene.world.Opens(scene.ben, pair.ben_link);
  REQUIRE(scene.world.Sends(scene.ana, hidden, EnvelopeFrame{0, {}, scene.world.Seal(pair)}));
  CHECK(EnvelopesTo(scene.world, scene.ben, pair.ben_link) == 0);
  CHECK(scene.world.On(scene.ana.network).To<PeerKeysFrame>(hidden).empty());
  const AccountId ana = scene.world.AccountOf(scene.ana);
  const auto claimed = scene.world.Ask<ClaimKeysAnswer>(
      [&](auto done) { scene.world.core().ClaimKeys(ana, hidden, std::move(done)); });
  CHECK(claimed->rule == Rule::kNoConsent);
  CHECK(claimed->key_package.empty());
}
