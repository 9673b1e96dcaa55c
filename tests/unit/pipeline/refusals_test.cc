// Each rule by which an envelope is refused, reached once, and told to its sender.
#include <catch2/catch.hpp>

#include "tests/unit/pipeline/world.h"

using namespace trestle;
using namespace trestle::test;

namespace {

struct Scene {
  explicit Scene(World::Options options = {}) : world(std::move(options)) {
    pair = world.Meet(Network::Messenger(), Network::Whatsapp());
  }
  // Ana sends; answers the receipt she gets for it, if any.
  std::optional<ReceiptFrame> AnaSends(Bytes payload) {
    FakeAdapter& adapter = world.On(pair.ana.network);
    const std::size_t before = adapter.To<ReceiptFrame>(pair.ana_link).size();
    REQUIRE(world.Sends(pair.ana, pair.ana_link, EnvelopeFrame{0, {}, std::move(payload)}));
    const auto after = adapter.To<ReceiptFrame>(pair.ana_link);
    if (after.size() == before) return std::nullopt;
    return after.back();
  }
  std::size_t Arrived() {
    return world.On(pair.ben.network).To<EnvelopeFrame>(pair.ben_link).size();
  }
  std::int64_t Refusals(std::string_view rule) {
    return world.metrics().Read("trestle_refusals_total", rule);
  }

  World world;
  Pair pair;
};

void CheckRefused(const std::optional<ReceiptFrame>& receipt, Rule rule) {
  REQUIRE(receipt);
  CHECK(receipt->level == ReceiptLevel::kRefused);
  CHECK(RuleName(receipt->rule) == RuleName(rule));
}

}  // namespace

TEST_CASE("An envelope after consent was withdrawn is refused") {
  Scene scene;
  scene.world.Consents(scene.pair.ben, scene.pair.ben_link, ConsentAction::kRevoke);
  CheckRefused(scene.AnaSends(scene.world.Seal(scene.pair)), Rule::kNoConsent);
  CHECK(scene.Arrived() == 0);
}

TEST_CASE("An envelope on a link nobody has is counted and told to nobody") {
  Scene scene;
  const LinkId unknown = LinkId::Mint(scene.world.random());
  REQUIRE(scene.world.Sends(scene.pair.ana, unknown,
                            EnvelopeFrame{0, {}, scene.world.Seal(scene.pair)}));
  CHECK(scene.Refusals("no_contact") == 1);
}

TEST_CASE("A network cannot speak for another network's link") {
  Scene scene;
  REQUIRE(scene.world.Offers(Network::Sms(), scene.pair.ana_link,
                             Frame(EnvelopeFrame{0, {}, scene.world.Seal(scene.pair)})));
  CHECK(scene.Refusals("no_contact") == 1);
  CHECK(scene.Arrived() == 0);
}

TEST_CASE("A network cannot speak for another network's enrolment") {
  Scene scene;
  const std::size_t said = scene.world.On(scene.pair.ana.network).given.size();
  REQUIRE(scene.world.Offers(Network::Sms(), scene.pair.ana.enrolment,
                             ServiceCommand{ServiceVerb::kStop, ""}));
  CHECK(scene.Refusals("not_joined") == 1);
  CHECK(scene.world.On(scene.pair.ana.network).given.size() == said);
  CHECK(scene.AnaSends(scene.world.Seal(scene.pair))->level == ReceiptLevel::kHandedOver);
}

TEST_CASE("An envelope from a thread that was never opened is refused") {
  Scene scene;
  const Person cleo = scene.world.Joins(Network::Messenger());
  scene.world.Publishes(cleo, 1);
  REQUIRE(scene.world.Says(cleo, "REACH " + scene.world.NewAliasOf(scene.pair.ben)));
  const LinkId unopened = scene.world.LastOfferTo(scene.pair.ben);
  REQUIRE(scene.world.Sends(scene.pair.ben, unopened,
                            EnvelopeFrame{0, {}, scene.world.Seal(scene.pair)}));
  CHECK(scene.Refusals("thread_not_open") == 1);
}

TEST_CASE("Somebody who has said STOP cannot send") {
  Scene scene;
  REQUIRE(scene.world.Says(scene.pair.ana, "STOP"));
  CheckRefused(scene.AnaSends(scene.world.Seal(scene.pair)), Rule::kNotJoined);
}

TEST_CASE("A payload that is no MLS message is refused and, having no id, not answered") {
  Scene scene;
  CHECK_FALSE(scene.AnaSends(ToBytes("hello")));
  CHECK(scene.Refusals("malformed") == 1);
}

TEST_CASE("An application message above 64 KiB is refused") {
  Scene scene;
  CheckRefused(scene.AnaSends(scene.world.Seal(scene.pair, {.ciphertext_bytes = 128 * 1024})),
               Rule::kTooLarge);
}

TEST_CASE("An application message off its padding bucket is refused") {
  Scene scene;
  CheckRefused(scene.AnaSends(scene.world.Seal(scene.pair, {.ciphertext_bytes = 300})),
               Rule::kBadPadding);
}

TEST_CASE("A second MLS group on one contact is refused") {
  Scene scene;
  scene.AnaSends(scene.world.Seal(scene.pair));
  scene.pair.group = GroupId::Mint(scene.world.random());
  CheckRefused(scene.AnaSends(scene.world.Seal(scene.pair)), Rule::kWrongGroup);
}

TEST_CASE("A message one epoch late passes, two epochs late does not") {
  Scene scene;
  scene.AnaSends(scene.world.Seal(scene.pair, {.epoch = 7}));
  CHECK(scene.AnaSends(scene.world.Seal(scene.pair, {.epoch = 6}))->level ==
        ReceiptLevel::kHandedOver);
  CheckRefused(scene.AnaSends(scene.world.Seal(scene.pair, {.epoch = 5})), Rule::kEpochTooOld);
}

TEST_CASE("Of two commits for one epoch the first is taken and the second refused") {
  Scene scene;
  scene.AnaSends(scene.world.Seal(scene.pair, {.epoch = 3}));
  CHECK_FALSE(scene.AnaSends(Commit(scene.world.random(), scene.pair.group, 3)));
  CheckRefused(scene.AnaSends(Commit(scene.world.random(), scene.pair.group, 3)),
               Rule::kWrongEpoch);
  CHECK(scene.Arrived() == 2);
}

TEST_CASE("A commit that is sent again is the same commit, not a late one") {
  Scene scene;
  scene.AnaSends(scene.world.Seal(scene.pair, {.epoch = 3}));
  const Bytes commit = Commit(scene.world.random(), scene.pair.group, 3);
  scene.AnaSends(commit);
  const auto again = scene.AnaSends(commit);
  REQUIRE(again);
  CHECK(again->level == ReceiptLevel::kHandedOver);
  CHECK(scene.Arrived() == 2);
}

TEST_CASE("A proposal for another epoch is refused") {
  Scene scene;
  scene.AnaSends(scene.world.Seal(scene.pair, {.epoch = 3}));
  CheckRefused(scene.AnaSends(Proposal(scene.world.random(), scene.pair.group, 2)),
               Rule::kWrongEpoch);
}

TEST_CASE(
    "The same envelope again is a success, is not delivered twice, and tells how far it came") {
  Scene scene;
  const Bytes message = scene.world.Seal(scene.pair);
  const auto first = scene.AnaSends(message);
  const auto second = scene.AnaSends(message);
  REQUIRE(second);
  CHECK(*second == *first);
  CHECK(scene.Arrived() == 1);
}

TEST_CASE("An envelope id with other octets is refused") {
  Scene scene;
  const EnvelopeId id = scene.world.NewEnvelopeId();
  scene.AnaSends(scene.world.Seal(scene.pair, {.id = id}));
  CheckRefused(scene.AnaSends(scene.world.Seal(scene.pair, {.id = id})), Rule::kIdReused);
  CHECK(scene.Arrived() == 1);
}

TEST_CASE("A peer cannot send one's own envelope back as theirs") {
  Scene scene;
  const Bytes message = scene.world.Seal(scene.pair);
  scene.AnaSends(message);
  REQUIRE(scene.world.Sends(scene.pair.ben, scene.pair.ben_link, EnvelopeFrame{0, {}, message}));
  CHECK(scene.Refusals("id_reused") == 1);
}

TEST_CASE("An inbound that the network tells of twice is taken once") {
  Scene scene;
  const Bytes32 key{7};
  const Frame frame = EnvelopeFrame{0, {}, scene.world.Seal(scene.pair)};
  for (int i = 0; i < 2; ++i) {
    REQUIRE(scene.world.Offers(scene.pair.ana.network, scene.pair.ana_link, frame, key));
  }
  CHECK(scene.Arrived() == 1);
  CHECK(scene.world.metrics().Read("trestle_inbound_total", "duplicate") == 1);
}

TEST_CASE("Too many native messages for the only network is refused with the budget's rule") {
  World world;
  const Pair pair = world.Meet(Network::Messenger(), Network::Sms());
  const auto answer = world.Ask<SubmitAnswer>([&](auto done) {
    world.core().Submit(world.AccountOf(pair.ana), pair.ana_link,
                        world.Seal(pair, {.ciphertext_bytes = 2048}), std::move(done));
  });
  REQUIRE(answer);
  CHECK(answer->rule == Rule::kUnitsOverBudget);
  CHECK(answer->measured > answer->limit);
  CHECK(answer->limit == 10);
}

TEST_CASE("A network that its user has switched off is not used silently") {
  Scene scene;
  const AccountId ben = scene.world.AccountOf(scene.pair.ben);
  REQUIRE(scene.world.Ask<void>([&](auto done) {
    scene.world.core().SetPreferences(ben, {{}, {Network::Whatsapp()}, false, {}}, std::move(done));
  }));
  CheckRefused(scene.AnaSends(scene.world.Seal(scene.pair)), Rule::kRefusedByRecipient);
}

TEST_CASE("SMS is not used when its user has taken that choice back") {
  World world;
  const Pair pair = world.Meet(Network::Messenger(), Network::Sms());
  REQUIRE(world.Ask<void>([&](auto done) {
    world.core().SetPreferences(world.AccountOf(pair.ben), {}, std::move(done));
  }));
  REQUIRE(world.Sends(pair.ana, pair.ana_link, EnvelopeFrame{0, {}, world.Seal(pair)}));
  CHECK(world.metrics().Read("trestle_refusals_total", "sms_not_allowed") == 1);
}

TEST_CASE("A draining network takes no new envelope and says so") {
  Scene scene;
  REQUIRE(scene.world.core().Drain(Network::Whatsapp()));
  CheckRefused(scene.AnaSends(scene.world.Seal(scene.pair)), Rule::kAdapterDraining);
  REQUIRE(scene.world.core().Resume(Network::Whatsapp()));
  CHECK(scene.AnaSends(scene.world.Seal(scene.pair))->level == ReceiptLevel::kHandedOver);
}

TEST_CASE("A full thread refuses the next envelope, and what it holds stays",
          "[limit:rows_per_thread_max]") {
  World::Options options;
  options.limits.rows_per_thread_max = 3;
  Scene scene(options);
  scene.world.Health(Network::Whatsapp(), Health::kDown);
  for (int i = 0; i < 3; ++i) scene.AnaSends(scene.world.Seal(scene.pair));
  CheckRefused(scene.AnaSends(scene.world.Seal(scene.pair)), Rule::kQueueFull);
  scene.world.Health(Network::Whatsapp(), Health::kHealthy);
  CHECK(scene.Arrived() == 3);
}

TEST_CASE("Receipts of progress leave half of a thread to messages",
          "[limit:rows_per_thread_max]") {
  World::Options options;
  options.limits.rows_per_thread_max = 4;
  Scene scene(options);
  scene.world.Health(scene.pair.ana.network, Health::kDown);
  for (int i = 0; i < 4; ++i) scene.AnaSends(scene.world.Seal(scene.pair));
  REQUIRE(scene.Arrived() == 4);
  const auto ben_says = [&] {
    return scene.world.Sends(scene.pair.ben, scene.pair.ben_link,
                             EnvelopeFrame{0, {}, scene.world.Seal(scene.pair)});
  };
  CHECK(ben_says());
  CHECK(ben_says());
  const auto receipts = [&] {
    return scene.world.On(scene.pair.ben.network).To<ReceiptFrame>(scene.pair.ben_link);
  };
  CHECK(receipts().empty());
  ben_says();
  REQUIRE(receipts().size() == 1);
  CHECK(receipts().back().rule == Rule::kQueueFull);
  scene.world.Health(scene.pair.ana.network, Health::kHealthy);
  const auto& anas = scene.world.On(scene.pair.ana.network);
  CHECK(anas.To<ReceiptFrame>(scene.pair.ana_link).size() == 2);
  CHECK(anas.To<EnvelopeFrame>(scene.pair.ana_link).size() == 2);
}

TEST_CASE("A message to somebody without an endpoint is E2EE unavailable") {
  World world;
  const Person ana = world.Joins(Network::Messenger());
  const Person ben = world.Joins(Network::Whatsapp());
  world.Publishes(ben, 1);
  REQUIRE(world.Says(ana, "REACH " + world.NewAliasOf(ben)));
  const LinkId ben_link = world.LastOfferTo(ben);
  world.Opens(ben, ben_link);
  world.Consents(ben, ben_link, ConsentAction::kGrant);
  world.Opens(ana, world.LastOfferTo(ana));
  const Pair pair{ana, ben, world.LastOfferTo(ana), ben_link, GroupId::Mint(world.random())};
  REQUIRE(world.Sends(ben, ben_link, EnvelopeFrame{0, {}, world.Seal(pair)}));
  CHECK(world.metrics().Read("trestle_refusals_total", "e2ee_unavailable") == 1);
  CHECK(world.On(ana.network).To<EnvelopeFrame>(pair.ana_link).empty());
}

TEST_CASE("Words other than STOP on a contact's thread are not passed on") {
  Scene scene;
  REQUIRE(scene.world.Offers(scene.pair.ana.network, scene.pair.ana_link,
                             ServiceCommand{ServiceVerb::kHelp, ""}));
  CHECK(scene.Refusals("plain_text") == 1);
  CHECK(scene.world.LastTextTo(scene.pair.ana).find("here") != std::string::npos);
  CHECK(scene.Arrived() == 0);
}

TEST_CASE("A frame that only the bridge sends is refused from a phone") {
  Scene scene;
  REQUIRE(scene.world.Sends(scene.pair.ana, scene.pair.ana_link,
                            ReceiptFrame{scene.world.NewEnvelopeId(), ReceiptLevel::kRead, {}}));
  REQUIRE(
      scene.world.Offers(scene.pair.ana.network, scene.pair.ana.enrolment, Frame(ConsentFrame{})));
  CHECK(scene.Refusals("malformed") == 2);
}
