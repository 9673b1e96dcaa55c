// The whole story, from JOIN to a message that was handed over.
#include <catch2/catch.hpp>

#include "tests/unit/pipeline/world.h"

using namespace trestle;
using namespace trestle::test;

TEST_CASE("Two strangers on two networks come to exchange a sealed message") {
  World world;
  const Person ana = world.Joins(Network::Messenger());
  const Person ben = world.Joins(Network::Whatsapp());
  CHECK(world.LastTextTo(ana).starts_with("Welcome."));
  world.Publishes(ana, 2);
  world.Publishes(ben, 2);
  const std::string alias = world.NewAliasOf(ben);
  REQUIRE_FALSE(alias.empty());

  REQUIRE(world.Says(ana, "REACH " + alias));
  CHECK(world.LastTextTo(ana).find(alias) != std::string::npos);
  const LinkId ben_link = world.LastOfferTo(ben);
  world.Opens(ben, ben_link);
  CHECK(world.On(ana.network).OffersTo(ana.enrolment).empty());

  world.Consents(ben, ben_link, ConsentAction::kGrant);
  const LinkId ana_link = world.LastOfferTo(ana);
  CHECK(world.On(ana.network).FramesTo(ana_link).empty());
  world.Opens(ana, ana_link);
  REQUIRE(world.On(ana.network).To<PeerKeysFrame>(ana_link).size() == 1);

  const Bytes welcome = Welcome(world.random());
  REQUIRE(world.Sends(ana, ana_link, EnvelopeFrame{0, {}, welcome}));
  const Pair pair{ana, ben, ana_link, ben_link, GroupId::Mint(world.random())};
  const EnvelopeId id = world.NewEnvelopeId();
  const Bytes message = world.Seal(pair, {.id = id});
  REQUIRE(world.Sends(ana, ana_link, EnvelopeFrame{0, {}, message}));

  const auto arrived = world.On(ben.network).To<EnvelopeFrame>(ben_link);
  REQUIRE(arrived.size() == 2);
  CHECK(arrived[0].payload == welcome);
  CHECK(arrived[1].payload == message);
  CHECK(arrived[0].seq == 1);
  CHECK(arrived[1].seq == 2);
  const auto receipts = world.On(ana.network).To<ReceiptFrame>(ana_link);
  REQUIRE(receipts.size() == 1);
  CHECK(receipts[0] == ReceiptFrame{id, ReceiptLevel::kHandedOver, Rule::kNone});
}

TEST_CASE("The owner answers on the same contact") {
  World world;
  const Pair pair = world.Meet(Network::Messenger(), Network::Whatsapp());
  REQUIRE(world.Sends(pair.ana, pair.ana_link, EnvelopeFrame{0, {}, world.Seal(pair)}));
  REQUIRE(world.Sends(pair.ben, pair.ben_link, EnvelopeFrame{0, {}, world.Seal(pair)}));
  const auto arrived = world.On(pair.ana.network).To<EnvelopeFrame>(pair.ana_link);
  REQUIRE(arrived.size() == 1);
  CHECK(arrived[0].seq == 2);
}

TEST_CASE("After the hand-over neither the row nor the payload is left") {
  World world;
  const Pair pair = world.Meet(Network::Messenger(), Network::Whatsapp());
  REQUIRE(world.Sends(pair.ana, pair.ana_link, EnvelopeFrame{0, {}, world.Seal(pair)}));
  world.Look([](Transaction& tx) {
    CHECK(tx.tally().rows_total() == 0);
    CHECK_FALSE(tx.FindEnvelope(1)->has_value());
  });
}

TEST_CASE("A peer on another network never learns the account or the enrolment") {
  World world;
  const Pair pair = world.Meet(Network::Messenger(), Network::Whatsapp());
  const Bytes account = ToBytes(world.AccountOf(pair.ana).bytes());
  const Bytes enrolment = ToBytes(pair.ana.enrolment.bytes());
  REQUIRE(world.Sends(pair.ana, pair.ana_link, EnvelopeFrame{0, {}, world.Seal(pair)}));
  for (const Delivery& each : world.On(pair.ben.network).given) {
    const auto* frame = std::get_if<Frame>(&each.body);
    if (frame == nullptr) continue;
    const Bytes octets = EncodeFrame(*frame);
    CHECK(std::ranges::search(octets, account).empty());
    CHECK(std::ranges::search(octets, enrolment).empty());
  }
}

TEST_CASE("Every step of a delivered message can be asked for") {
  World world;
  const Pair pair = world.Meet(Network::Messenger(), Network::Whatsapp());
  const EnvelopeId id = world.NewEnvelopeId();
  REQUIRE(world.Sends(pair.ana, pair.ana_link, EnvelopeFrame{0, {}, world.Seal(pair, {.id = id})}));
  const auto steps = world.StepsOf(id);
  REQUIRE(steps.size() == 3);
  CHECK(steps[0].step == Step::kAccept);
  CHECK(steps[1].step == Step::kRoute);
  CHECK(steps[1].to_network == Network::Whatsapp());
  CHECK(steps[2].outcome == Outcome::kSent);
}

TEST_CASE("A stranger sees nothing of other people's envelopes") {
  World world;
  const Pair pair = world.Meet(Network::Messenger(), Network::Whatsapp());
  const Person eve = world.Joins(Network::Messenger());
  const AccountId eve_account = world.AccountOf(eve);
  const EnvelopeId id = world.NewEnvelopeId();
  REQUIRE(world.Sends(pair.ana, pair.ana_link, EnvelopeFrame{0, {}, world.Seal(pair, {.id = id})}));
  const auto answer = world.Ask<TraceAnswer>(
      [&](auto done) { world.core().Trace(eve_account, id, std::move(done)); });
  CHECK(answer.value().steps.empty());
}

TEST_CASE("A watcher sees its own account's routing as it happens") {
  World world;
  const Pair pair = world.Meet(Network::Messenger(), Network::Whatsapp());
  const Person eve = world.Joins(Network::Messenger());
  int woken = 0;
  const auto own = world.core().Watch(world.AccountOf(pair.ben), [&] { ++woken; }).value();
  const auto other = world.core().Watch(world.AccountOf(eve), nullptr).value();
  REQUIRE(world.Sends(pair.ana, pair.ana_link, EnvelopeFrame{0, {}, world.Seal(pair)}));
  CHECK(woken == 1);
  const Watcher::Batch batch = own->Take();
  CHECK(batch.events.size() >= 3);
  CHECK(batch.dropped == 0);
  CHECK(other->Take().events.empty());
}
