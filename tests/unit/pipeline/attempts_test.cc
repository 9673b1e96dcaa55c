// What each answer of a network leads to, what expires, and what is erased.
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
  }
  FakeAdapter& ben_network() { return world.On(pair.ben.network); }
  EnvelopeId AnaSends(SealedOptions options = {}) {
    options.id = world.NewEnvelopeId();
    REQUIRE(world.Sends(pair.ana, pair.ana_link, EnvelopeFrame{0, {}, world.Seal(pair, options)}));
    return options.id;
  }
  std::vector<ReceiptFrame> Receipts() {
    return world.On(pair.ana.network).To<ReceiptFrame>(pair.ana_link);
  }
  std::size_t RowsLeft() {
    std::size_t rows = 0;
    world.Look([&](Transaction& tx) { rows = tx.tally().rows_total(); });
    return rows;
  }
  bool PayloadLeft() {
    bool left = false;
    world.Look([&](Transaction& tx) {
      for (std::int64_t row = 1; row < 10; ++row) left |= tx.FindEnvelope(row)->has_value();
    });
    return left;
  }
  DeadLetterPage Letters() {
    return world
        .Ask<DeadLetterPage>(
            [&](auto done) { world.core().DeadLetters({}, 0, 10, std::move(done)); })
        .value();
  }

  World world;
  Pair pair;
};

constexpr Attempt kNotNow{Certainty::kNotSent, Retry::kLater, Rule::kNone, std::nullopt};
constexpr Attempt kPerhaps{Certainty::kMaybeSent, Retry::kLater, Rule::kNone, std::nullopt};
constexpr Attempt kNo{Certainty::kNotSent, Retry::kNever, Rule::kNone, std::nullopt};

}  // namespace

TEST_CASE("A delivery that was not sent is tried again later, under the same id") {
  Scene scene;
  scene.ben_network().script = {kNotNow};
  scene.AnaSends();
  CHECK(scene.ben_network().given.size() == 1);
  scene.world.Advance(900ms);
  CHECK(scene.ben_network().given.size() == 1);
  scene.world.Advance(500ms);
  REQUIRE(scene.ben_network().given.size() == 2);
  CHECK(scene.ben_network().given[0].id == scene.ben_network().given[1].id);
  CHECK(scene.Receipts().size() == 1);
}

TEST_CASE("A delivery that may have been sent keeps its id") {
  Scene scene;
  scene.ben_network().script = {kPerhaps, kPerhaps};
  scene.AnaSends();
  scene.world.Advance(10s);
  REQUIRE(scene.ben_network().given.size() == 3);
  CHECK(scene.ben_network().given[0].id == scene.ben_network().given[2].id);
  CHECK(scene.RowsLeft() == 0);
}

TEST_CASE("The network's own word on when is kept") {
  Scene scene;
  scene.ben_network().script = {{Certainty::kNotSent, Retry::kLater, Rule::kNone, 60s}};
  scene.AnaSends();
  scene.world.Advance(59s);
  CHECK(scene.ben_network().given.size() == 1);
  scene.world.Advance(20s);
  CHECK(scene.ben_network().given.size() == 2);
}

TEST_CASE("What the network refuses for good becomes a dead letter and its sender is told") {
  Scene scene;
  scene.ben_network().script = {kNo};
  const EnvelopeId id = scene.AnaSends();
  REQUIRE(scene.Receipts().size() == 1);
  CHECK(scene.Receipts()[0] == ReceiptFrame{id, ReceiptLevel::kFailed, Rule::kNetworkRefused});
  const DeadLetterPage page = scene.Letters();
  REQUIRE(page.letters.size() == 1);
  CHECK(page.letters[0].envelope_id == id);
  CHECK(page.letters[0].rule == Rule::kNetworkRefused);
  CHECK(scene.RowsLeft() == 0);
}

TEST_CASE("What was tried as often as allowed is given up") {
  World::Options options;
  options.limits.attempts_max = 3;
  Scene scene(options);
  scene.ben_network().script = {kNotNow, kNotNow, kNotNow, kNotNow};
  const EnvelopeId id = scene.AnaSends();
  scene.world.Advance(60s);
  CHECK(scene.ben_network().given.size() == 3);
  CHECK(scene.Receipts().back() == ReceiptFrame{id, ReceiptLevel::kFailed, Rule::kGivenUp});
}

TEST_CASE("A dead letter can be sent again, and its sender hears of it") {
  Scene scene;
  scene.ben_network().script = {kNo};
  const EnvelopeId id = scene.AnaSends();
  const std::int64_t letter = scene.Letters().letters.at(0).id;
  REQUIRE(scene.world.Ask<void>(
      [&](auto done) { scene.world.core().Requeue(letter, std::move(done)); }));
  CHECK(scene.Receipts().back() == ReceiptFrame{id, ReceiptLevel::kHandedOver, Rule::kNone});
  CHECK(scene.Letters().letters.empty());
  CHECK_FALSE(scene.PayloadLeft());
}

TEST_CASE("A dead letter is erased when consent is withdrawn, and cannot be sent again") {
  Scene scene;
  scene.ben_network().script = {kNo};
  scene.AnaSends();
  const std::int64_t letter = scene.Letters().letters.at(0).id;
  scene.world.Consents(scene.pair.ben, scene.pair.ben_link, ConsentAction::kBlock);
  CHECK(scene.Letters().letters.empty());
  CHECK_FALSE(scene.PayloadLeft());
  const auto result = scene.world.Ask<void>(
      [&](auto done) { scene.world.core().Requeue(letter, std::move(done)); });
  CHECK(result.error().reason == Reason::kNotFound);
}

TEST_CASE("What an adapter gave back for a withdrawal is erased, whatever was granted since") {
  Scene scene;
  scene.ben_network().script = {
      {Certainty::kNotSent, Retry::kNever, Rule::kNoConsent, std::nullopt}};
  const EnvelopeId id = scene.AnaSends();
  CHECK(scene.Letters().letters.empty());
  CHECK_FALSE(scene.PayloadLeft());
  CHECK(scene.Receipts().back() == ReceiptFrame{id, ReceiptLevel::kFailed, Rule::kNoConsent});
}

TEST_CASE("A purged dead letter leaves nothing") {
  Scene scene;
  scene.ben_network().script = {kNo};
  scene.AnaSends();
  CHECK(scene.PayloadLeft());
  const std::int64_t letter = scene.Letters().letters.at(0).id;
  REQUIRE(
      scene.world.Ask<void>([&](auto done) { scene.world.core().Purge(letter, std::move(done)); }));
  CHECK_FALSE(scene.PayloadLeft());
}

TEST_CASE("A dead letter goes when its time has passed") {
  Scene scene;
  scene.ben_network().script = {kNo};
  scene.AnaSends({.ttl = TtlClass::kFiveMinutes});
  scene.world.Advance(6min);
  CHECK(scene.Letters().letters.empty());
  CHECK_FALSE(scene.PayloadLeft());
}

TEST_CASE("What expires while it waits is erased and its sender is told once") {
  Scene scene;
  scene.world.Health(Network::Whatsapp(), Health::kDown);
  const EnvelopeId id = scene.AnaSends({.ttl = TtlClass::kHalfMinute});
  scene.world.Advance(40s);
  REQUIRE(scene.Receipts().size() == 1);
  CHECK(scene.Receipts()[0] == ReceiptFrame{id, ReceiptLevel::kExpired, Rule::kExpired});
  scene.world.Health(Network::Whatsapp(), Health::kHealthy);
  CHECK(scene.ben_network().given.empty());
  CHECK_FALSE(scene.PayloadLeft());
}

TEST_CASE("What has expired since it was queued is not handed over, even before the sweep") {
  World::Options options;
  options.limits.sweep_interval = 1h;
  Scene scene(options);
  scene.world.Health(Network::Whatsapp(), Health::kDown);
  scene.AnaSends({.ttl = TtlClass::kHalfMinute});
  scene.world.Advance(31s);
  scene.world.Health(Network::Whatsapp(), Health::kHealthy);
  CHECK(scene.ben_network().given.empty());
  CHECK(scene.Receipts().back().level == ReceiptLevel::kExpired);
}

TEST_CASE("Consent that is withdrawn while a message waits stops it") {
  Scene scene;
  scene.world.Health(Network::Whatsapp(), Health::kDown);
  const EnvelopeId id = scene.AnaSends();
  scene.world.Consents(scene.pair.ben, scene.pair.ben_link, ConsentAction::kRevoke);
  scene.world.Health(Network::Whatsapp(), Health::kHealthy);
  CHECK(scene.ben_network().given.empty());
  CHECK(scene.Receipts().back() == ReceiptFrame{id, ReceiptLevel::kFailed, Rule::kNoConsent});
  CHECK_FALSE(scene.PayloadLeft());
}

TEST_CASE("Order holds on a thread: the second waits for the first") {
  Scene scene;
  scene.ben_network().script = {kNotNow};
  scene.AnaSends();
  scene.AnaSends();
  CHECK(scene.ben_network().given.size() == 1);
  scene.world.Advance(5s);
  const auto arrived = scene.ben_network().To<EnvelopeFrame>(scene.pair.ben_link);
  REQUIRE(arrived.size() == 3);
  CHECK(arrived[0].seq == arrived[1].seq);
  CHECK(arrived[1].seq + 1 == arrived[2].seq);
}

TEST_CASE("At most one delivery of a thread is under way") {
  Scene scene;
  scene.ben_network().hold = true;
  for (int i = 0; i < 5; ++i) scene.AnaSends();
  CHECK(scene.ben_network().given.size() == 1);
}

TEST_CASE("No more than the bound of a network is under way", "[limit:in_flight_per_adapter_max]") {
  World::Options options;
  options.limits.in_flight_per_adapter_max = 2;
  World world(options);
  FakeAdapter& adapter = world.On(Network::Messenger());
  adapter.hold = true;
  for (int i = 0; i < 5; ++i) world.Joins(Network::Messenger());
  CHECK(adapter.given.size() == 2);
  std::move(adapter.held[0])(Attempt{Certainty::kSent, Retry::kLater, Rule::kNone, {}});
  world.Run();
  CHECK(adapter.given.size() == 3);
}

TEST_CASE("An adapter's error leaves open whether the network got it, so it is tried again") {
  Scene scene;
  scene.ben_network().hold = true;
  scene.AnaSends();
  scene.ben_network().hold = false;
  std::move(scene.ben_network().held.at(0))(Fail(Reason::kUnavailable, "the line broke"));
  scene.world.Run();
  scene.world.Advance(2s);
  CHECK(scene.ben_network().given.size() == 2);
}

TEST_CASE("A typing signal goes at once when the thread is free, without number or receipt") {
  Scene scene;
  scene.AnaSends({.delivery = DeliveryClass::kEphemeral});
  const auto arrived = scene.ben_network().To<EnvelopeFrame>(scene.pair.ben_link);
  REQUIRE(arrived.size() == 1);
  CHECK(arrived[0].seq == 0);
  CHECK(scene.Receipts().empty());
}

TEST_CASE("A typing signal is dropped when the adapter is not healthy") {
  Scene scene;
  scene.world.Health(Network::Whatsapp(), Health::kDegraded);
  const EnvelopeId id = scene.AnaSends({.delivery = DeliveryClass::kEphemeral});
  scene.world.Health(Network::Whatsapp(), Health::kHealthy);
  CHECK(scene.ben_network().given.empty());
  CHECK(scene.world.StepsOf(id).back().outcome == Outcome::kDropped);
}

TEST_CASE("A typing signal is dropped when something waits on the thread") {
  Scene scene;
  scene.ben_network().hold = true;
  scene.AnaSends();
  scene.AnaSends({.delivery = DeliveryClass::kEphemeral});
  CHECK(scene.RowsLeft() == 1);
}

TEST_CASE("A typing signal is tried once") {
  Scene scene;
  scene.ben_network().script = {kNotNow};
  scene.AnaSends({.delivery = DeliveryClass::kEphemeral});
  scene.world.Advance(1min);
  CHECK(scene.ben_network().given.size() == 1);
  CHECK(scene.RowsLeft() == 0);
  CHECK(scene.Letters().letters.empty());
}

TEST_CASE("The sender hears that the network delivered, once, and not that it was read") {
  Scene scene;
  const EnvelopeId id = scene.AnaSends();
  AdapterHost& host = scene.world.core().HostFor(Network::Whatsapp());
  const DeliveryId delivery = scene.ben_network().given.at(0).id;
  host.Report({delivery, ReceiptLevel::kDelivered, Rule::kNone});
  host.Report({delivery, ReceiptLevel::kDelivered, Rule::kNone});
  host.Report({delivery, ReceiptLevel::kRead, Rule::kNone});
  scene.world.Run();
  REQUIRE(scene.Receipts().size() == 2);
  CHECK(scene.Receipts()[1] == ReceiptFrame{id, ReceiptLevel::kDelivered, Rule::kNone});
  CHECK(scene.world.StepsOf(id).back().outcome == Outcome::kRead);
}

TEST_CASE("A message that was read at once has arrived, and its sender hears that once") {
  Scene scene;
  const EnvelopeId id = scene.AnaSends();
  AdapterHost& host = scene.world.core().HostFor(Network::Whatsapp());
  const DeliveryId delivery = scene.ben_network().given.at(0).id;
  host.Report({delivery, ReceiptLevel::kRead, Rule::kNone});
  host.Report({delivery, ReceiptLevel::kDelivered, Rule::kNone});
  scene.world.Run();
  REQUIRE(scene.Receipts().size() == 2);
  CHECK(scene.Receipts()[1] == ReceiptFrame{id, ReceiptLevel::kDelivered, Rule::kNone});
}

TEST_CASE("A report that comes late does not lower what is known") {
  Scene scene;
  scene.AnaSends();
  AdapterHost& host = scene.world.core().HostFor(Network::Whatsapp());
  const DeliveryId delivery = scene.ben_network().given.at(0).id;
  host.Report({delivery, ReceiptLevel::kDelivered, Rule::kNone});
  host.Report({delivery, ReceiptLevel::kFailed, Rule::kGivenUp});
  scene.world.Run();
  CHECK(scene.Receipts().back().level == ReceiptLevel::kDelivered);
}

TEST_CASE("A receipt that cannot be handed over is dropped and leaves no dead letter") {
  Scene scene;
  scene.world.On(scene.pair.ana.network).script = {kNo};
  scene.AnaSends();
  CHECK(scene.RowsLeft() == 0);
  CHECK(scene.Letters().letters.empty());
}

TEST_CASE("An adapter that comes back gets what waited for it") {
  Scene scene;
  scene.world.Health(Network::Whatsapp(), Health::kDown);
  scene.AnaSends();
  CHECK(scene.ben_network().given.empty());
  scene.world.Health(Network::Whatsapp(), Health::kHealthy);
  CHECK(scene.ben_network().given.size() == 1);
}

TEST_CASE("An attempt without an answer ends as maybe sent and gives its place free") {
  World::Options options;
  options.limits.in_flight_per_adapter_max = 1;
  Scene scene(options);
  scene.ben_network().hold = true;
  const EnvelopeId id = scene.AnaSends();
  CHECK(scene.ben_network().given.size() == 1);
  scene.world.Advance(121s);
  const auto steps = scene.world.StepsOf(id);
  CHECK(steps.back().outcome == Outcome::kMaybeSent);
  CHECK(steps.back().rule == Rule::kNoAnswer);
  scene.ben_network().hold = false;
  scene.world.Advance(3s);
  REQUIRE(scene.ben_network().given.size() == 2);
  CHECK(scene.ben_network().given[0].id == scene.ben_network().given[1].id);
  CHECK(scene.RowsLeft() == 0);
}

TEST_CASE("An answer that comes too late counts when it says sent, and else not at all") {
  Scene scene;
  scene.ben_network().hold = true;
  scene.AnaSends();
  scene.world.Advance(121s);
  REQUIRE(scene.ben_network().held.size() >= 1);
  SECTION("sent") {
    std::move(scene.ben_network().held.at(0))(Attempt{.certainty = Certainty::kSent});
    scene.world.Run();
    CHECK(scene.RowsLeft() == 0);
    CHECK(scene.Receipts().back().level == ReceiptLevel::kHandedOver);
  }
  SECTION("sent, and so was the next attempt") {
    scene.world.Advance(10s);
    for (auto& answer : scene.ben_network().held) {
      std::move(answer)(Attempt{.certainty = Certainty::kSent});
      scene.world.Run();
    }
    CHECK(scene.ben_network().held.size() == 2);
    CHECK(scene.RowsLeft() == 0);
    CHECK(scene.Receipts().size() == 1);
    CHECK(scene.world.metrics().Read("trestle_erased_total", "delivered") == 1);
  }
  SECTION("refused for good") {
    std::move(scene.ben_network().held.at(0))(kNo);
    scene.world.Run();
    CHECK(scene.RowsLeft() == 1);
    CHECK(scene.Letters().letters.empty());
  }
}

TEST_CASE("What is given up after it may have been sent is unknown, not failed") {
  Scene scene;
  for (int i = 0; i < 10; ++i) scene.ben_network().script.push_back(kPerhaps);
  const EnvelopeId id = scene.AnaSends();
  scene.world.Advance(1h);
  CHECK(scene.ben_network().given.size() == 10);
  CHECK(scene.Receipts().back() == ReceiptFrame{id, ReceiptLevel::kUnknown, Rule::kGivenUp});
  CHECK(scene.Letters().letters.size() == 1);
}

TEST_CASE("What expires after it may have been sent is unknown, not expired") {
  Scene scene;
  scene.ben_network().script = {kPerhaps};
  for (int i = 0; i < 60; ++i) scene.ben_network().script.push_back(kNotNow);
  const EnvelopeId id = scene.AnaSends({.ttl = TtlClass::kHalfMinute});
  scene.world.Advance(40s);
  CHECK(scene.Receipts().back() == ReceiptFrame{id, ReceiptLevel::kUnknown, Rule::kExpired});
}

TEST_CASE("Each class of trouble is timed by its row") {
  Scene scene;
  Attempt attempt = kNotNow;
  attempt.trouble = Trouble::kThrottledPerson;  // whatsapp: 6 s, then four times as long
  scene.ben_network().script = {attempt, attempt};
  scene.AnaSends();
  scene.world.Advance(5900ms);
  CHECK(scene.ben_network().given.size() == 1);
  scene.world.Advance(1700ms);
  CHECK(scene.ben_network().given.size() == 2);
  scene.world.Advance(23900ms);
  CHECK(scene.ben_network().given.size() == 2);
  scene.world.Advance(7s);
  CHECK(scene.ben_network().given.size() == 3);
}

TEST_CASE("What is not the delivery's fault is tried until its time is over") {
  World::Options options;
  options.limits.attempts_max = 2;
  Scene scene(options);
  Attempt attempt = kNotNow;
  attempt.trouble = Trouble::kNoLink;
  for (int i = 0; i < 20; ++i) scene.ben_network().script.push_back(attempt);
  scene.AnaSends();
  scene.world.Advance(1h);
  CHECK(scene.ben_network().given.size() == 21);
  CHECK(scene.Receipts().back().level == ReceiptLevel::kHandedOver);
}

TEST_CASE("After the clock was set back what waits is tried at once, not an hour later") {
  Scene scene;
  scene.ben_network().script = {kNotNow};
  scene.AnaSends();
  scene.world.JumpWall(-1h);
  scene.world.Advance(6s);
  CHECK(scene.ben_network().given.size() == 2);
}

TEST_CASE("A clock that jumps ahead expires what it must and delivers the rest") {
  Scene scene;
  scene.world.Health(Network::Whatsapp(), Health::kDown);
  scene.AnaSends({.ttl = TtlClass::kFiveMinutes});
  const EnvelopeId lives = scene.AnaSends({.ttl = TtlClass::kDay});
  scene.world.JumpWall(1h);
  scene.world.Advance(6s);
  CHECK(scene.Receipts().back().level == ReceiptLevel::kExpired);
  scene.world.Health(Network::Whatsapp(), Health::kHealthy);
  REQUIRE(scene.ben_network().given.size() == 1);
  CHECK(scene.Receipts().back() == ReceiptFrame{lives, ReceiptLevel::kHandedOver, Rule::kNone});
}

TEST_CASE("Dead letters are sent again or purged by network and rule") {
  Scene scene;
  scene.ben_network().script = {kNo, kNo, {Certainty::kNotSent, Retry::kNever, Rule::kTooLarge}};
  for (int i = 0; i < 3; ++i) scene.AnaSends();
  const auto all = [&](LetterFilter filter, bool requeues) {
    return scene.world
        .Ask<LetterCount>([&](auto done) {
          requeues ? scene.world.core().RequeueAll(filter, std::move(done))
                   : scene.world.core().PurgeAll(filter, std::move(done));
        })
        .value();
  };
  CHECK(all({Network::Sms(), std::nullopt}, false).done == 0);
  CHECK(all({std::nullopt, Rule::kTooLarge}, false).done == 1);
  CHECK(all({Network::Whatsapp(), Rule::kNetworkRefused}, true).done == 2);
  CHECK(scene.Letters().letters.empty());
  CHECK(scene.ben_network().given.size() == 5);
}

TEST_CASE("Quiescing hands nothing more over and ends when what is under way has ended") {
  Scene scene;
  scene.ben_network().hold = true;
  scene.AnaSends();
  bool is_quiet = false;
  scene.world.core().Quiesce([&](Result<void>) { is_quiet = true; });
  scene.world.Run();
  CHECK_FALSE(is_quiet);
  scene.AnaSends();
  CHECK(scene.ben_network().given.size() == 1);
  std::move(scene.ben_network().held.at(0))(Attempt{.certainty = Certainty::kSent});
  scene.world.Run();
  CHECK(is_quiet);
  CHECK(scene.ben_network().given.size() == 1);
}

TEST_CASE("What expires all at once is erased within a moment, though one sweep is bounded") {
  WorldOptions options;
  options.limits.sweep_rows_max = 2;
  World world(options);
  const Pair pair = world.Meet(Network::Messenger(), Network::Whatsapp());
  world.Health(Network::Whatsapp(), Health::kDown);
  constexpr int kMessages = 9;
  for (int i = 0; i < kMessages; ++i) {
    const Bytes message =
        world.Seal(pair, {.id = world.NewEnvelopeId(), .ttl = TtlClass::kHalfMinute});
    REQUIRE(world.Sends(pair.ana, pair.ana_link, EnvelopeFrame{0, {}, message}));
  }
  const auto waiting = [&] {
    std::size_t rows = 0;
    world.Look([&](Transaction& tx) { rows = tx.tally().rows_of(Network::Whatsapp()); });
    return rows;
  };
  CHECK(waiting() == kMessages);
  world.Advance(std::chrono::seconds(30) + world.core_limits().sweep_interval);
  world.Advance(std::chrono::seconds(1));
  CHECK(waiting() == 0);
}

TEST_CASE("A report that cannot be written now is written when it can be") {
  Scene scene;
  scene.AnaSends();
  const DeliveryId id = scene.ben_network().given.at(0).id;
  scene.world.commit_fails = true;
  scene.world.core()
      .HostFor(Network::Whatsapp())
      .Report({id, ReceiptLevel::kDelivered, Rule::kNone});
  scene.world.Run();
  scene.world.Advance(3s);
  CHECK(scene.Receipts().size() == 1);  // handed over
  scene.world.commit_fails = false;
  scene.world.Advance(1s);
  REQUIRE(scene.Receipts().size() == 2);
  CHECK(scene.Receipts()[1].level == ReceiptLevel::kDelivered);
}
