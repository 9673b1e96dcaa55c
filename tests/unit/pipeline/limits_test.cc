// Each row of the limits table that the core keeps is reached, and answers as the table says.
#include <catch2/catch.hpp>

#include "tests/unit/pipeline/world.h"

using namespace trestle;
using namespace trestle::test;
using namespace std::chrono_literals;

namespace {

World::Options With(Limits limits) {
  World::Options options;
  options.limits = limits;
  return options;
}

Result<SubmitAnswer> Submits(World& world, const Person& person, const LinkId& link,
                             Bytes payload) {
  const AccountId account = world.AccountOf(person);
  return world.Ask<SubmitAnswer>(
      [&](auto done) { world.core().Submit(account, link, std::move(payload), std::move(done)); });
}

std::int64_t Reached(World& world, std::string_view row) {
  return world.metrics().Read("trestle_over_limit_total", row);
}

}  // namespace

TEST_CASE("An account that submits too fast is told when to come again", "[limit:submits]") {
  World world(With({.submits_per_second = 10, .submits_burst = 3}));
  const Pair pair = world.Meet(Network::Messenger(), Network::Whatsapp());
  for (int i = 0; i < 3; ++i) {
    REQUIRE(Submits(world, pair.ana, pair.ana_link, world.Seal(pair)));
  }
  const auto refused = Submits(world, pair.ana, pair.ana_link, world.Seal(pair));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().reason == Reason::kBusy);
  REQUIRE(refused.error().retry_after);
  CHECK(*refused.error().retry_after <= 100ms);
  world.Advance(*refused.error().retry_after);
  CHECK(Submits(world, pair.ana, pair.ana_link, world.Seal(pair)));
  CHECK(Submits(world, pair.ben, pair.ben_link, world.Seal(pair)));
  CHECK(Reached(world, "submits") == 1);
}

TEST_CASE("A phone that sends too fast is told so by a receipt", "[limit:submits]") {
  World world(With({.submits_per_second = 1, .submits_burst = 1}));
  const Pair pair = world.Meet(Network::Messenger(), Network::Whatsapp());
  const auto send = [&](const EnvelopeId& id) {
    REQUIRE(
        world.Sends(pair.ana, pair.ana_link, EnvelopeFrame{0, {}, world.Seal(pair, {.id = id})}));
  };
  send(world.NewEnvelopeId());
  const EnvelopeId second = world.NewEnvelopeId();
  send(second);
  const auto receipts = world.On(pair.ana.network).To<ReceiptFrame>(pair.ana_link);
  CHECK(receipts.back() == ReceiptFrame{second, ReceiptLevel::kRefused, Rule::kOverLimit});
  CHECK(world.On(pair.ben.network).To<EnvelopeFrame>(pair.ben_link).size() == 1);
}

TEST_CASE("Calls of an account and of nobody have rates", "[limit:calls][limit:enrolments]") {
  World world(With({.calls_per_second = 1,
                    .calls_burst = 2,
                    .enrolments_per_second = 1,
                    .enrolments_burst = 1}));
  const AccountId ana(Bytes16{1});
  CHECK(world.core().MayCall(ana));
  CHECK(world.core().MayCall(ana));
  CHECK(world.core().MayCall(ana).error().retry_after == 1s);
  CHECK(world.core().MayCall(AccountId(Bytes16{2})));
  CHECK(world.core().MayCall(std::nullopt));
  CHECK_FALSE(world.core().MayCall(std::nullopt));
  CHECK(Reached(world, "calls") == 1);
  CHECK(Reached(world, "enrolments") == 1);
}

TEST_CASE("An adapter that offers too fast keeps what it has for later", "[limit:inbound]") {
  World world(With({.inbound_per_second = 1, .inbound_burst = 1}));
  CHECK(world.Offers(Network::Sms(), EnrolmentId(Bytes16{1}), ServiceCommand{}));
  const auto refused = world.Offers(Network::Sms(), EnrolmentId(Bytes16{2}), ServiceCommand{});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().retry_after == 1s);
  CHECK(world.Offers(Network::Whatsapp(), EnrolmentId(Bytes16{3}), ServiceCommand{}));
}

TEST_CASE("One sender's flood fills its own share of the outbox", "[limit:rows_per_sender_max]") {
  World world(With({.rows_per_sender_max = 2}));
  const Pair pair = world.Meet(Network::Messenger(), Network::Whatsapp());
  world.Health(Network::Whatsapp(), Health::kDown);
  REQUIRE(Submits(world, pair.ana, pair.ana_link, world.Seal(pair)));
  REQUIRE(Submits(world, pair.ana, pair.ana_link, world.Seal(pair)));
  const auto refused = Submits(world, pair.ana, pair.ana_link, world.Seal(pair));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().reason == Reason::kBusy);
  CHECK(refused.error().retry_after);
  const EnvelopeId id = world.NewEnvelopeId();
  REQUIRE(world.Sends(pair.ana, pair.ana_link, EnvelopeFrame{0, {}, world.Seal(pair, {.id = id})}));
  const auto receipts = world.On(pair.ana.network).To<ReceiptFrame>(pair.ana_link);
  CHECK(receipts.back() == ReceiptFrame{id, ReceiptLevel::kRefused, Rule::kOverLimit});
  world.Health(Network::Whatsapp(), Health::kHealthy);
  CHECK(Submits(world, pair.ana, pair.ana_link, world.Seal(pair)));
}

TEST_CASE("A full outbox is overload: it is not stored, and may come again",
          "[limit:rows_total_max]") {
  constexpr std::size_t kRows = 8;
  World world(With({.rows_total_max = kRows}));
  const Pair pair = world.Meet(Network::Messenger(), Network::Whatsapp());
  world.Health(Network::Whatsapp(), Health::kDown);
  for (std::size_t i = 0; i < kRows; ++i) {
    REQUIRE(Submits(world, pair.ana, pair.ana_link, world.Seal(pair)));
  }
  const auto refused = Submits(world, pair.ana, pair.ana_link, world.Seal(pair));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().reason == Reason::kBusy);
  CHECK(refused.error().retry_after);
  const auto offered = world.Sends(pair.ana, pair.ana_link, EnvelopeFrame{0, {}, world.Seal(pair)});
  REQUIRE_FALSE(offered);
  CHECK(offered.error().reason == Reason::kBusy);
}

TEST_CASE("So many reports wait for a store that cannot write, and no more",
          "[limit:reports_held_max]") {
  World world;
  world.commit_fails = true;
  AdapterHost& host = world.core().HostFor(Network::Sms());
  for (int i = 0; i < 4096 + 3; ++i) {
    host.Report({DeliveryId::Mint(world.random()), ReceiptLevel::kDelivered, Rule::kNone});
  }
  world.Run();
  CHECK(world.metrics().Read("trestle_inbound_total", "report_lost") == 3);
}

TEST_CASE("As many watch as may, and no more", "[limit:watchers_max]") {
  World world(With({.watchers_max = 1}));
  const auto first = world.core().Watch(std::nullopt, {});
  REQUIRE(first);
  const auto second = world.core().Watch(std::nullopt, {});
  REQUIRE_FALSE(second);
  CHECK(second.error().retry_after);
}

TEST_CASE("A slow watcher loses the oldest and is told how many", "[limit:watch_events_max]") {
  World world(With({.watch_events_max = 2}));
  const auto watcher = world.core().Watch(std::nullopt, {}).value();
  world.Meet(Network::Messenger(), Network::Whatsapp());
  const Watcher::Batch batch = watcher->Take();
  CHECK(batch.events.size() == 2);
  CHECK(batch.dropped > 0);
}

TEST_CASE("Requests for an alias's owner have a bound", "[limit:open_requests_per_owner_max]") {
  World world(With({.open_requests_per_owner_max = 1}));
  const Person ben = world.Joins(Network::Whatsapp());
  const std::string alias = world.NewAliasOf(ben);
  REQUIRE(world.Says(world.Joins(Network::Messenger()), "REACH " + alias));
  REQUIRE(world.Says(world.Joins(Network::Messenger()), "REACH " + alias));
  CHECK(world.On(ben.network).OffersTo(ben.enrolment).size() == 1);
}

TEST_CASE("Contacts have a bound, and reaching beyond it is silent",
          "[limit:contacts_per_account_max]") {
  World world(With({.contacts_per_account_max = 1}));
  const Pair pair = world.Meet(Network::Messenger(), Network::Whatsapp());
  const Person cem = world.Joins(Network::Whatsapp());
  const std::string alias = world.NewAliasOf(cem);
  REQUIRE(world.Says(pair.ana, "REACH " + alias));
  CHECK(world.LastTextTo(pair.ana).find(alias) != std::string::npos);
  CHECK(world.On(cem.network).OffersTo(cem.enrolment).empty());
}
