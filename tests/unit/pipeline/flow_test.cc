// Health by flow: canaries, quarantine, restarts, and what the router makes of it.
#include <catch2/catch.hpp>

#include "bridge/pipeline/flow_rules.h"
#include "tests/unit/pipeline/world.h"

using namespace trestle;
using namespace trestle::test;
using namespace std::chrono_literals;

namespace {

// WhatsApp has a loop-back peer, which sends back what it gets while `echoes`.
struct Scene {
  Scene() {
    pair = world.Meet(Network::Messenger(), Network::Whatsapp());
    peer = EnrolmentId::Mint(world.random());
    host().NameLoopback(peer);
    world.Run();
  }
  FakeAdapter& adapter() { return world.On(Network::Whatsapp()); }
  AdapterHost& host() { return world.core().HostFor(Network::Whatsapp()); }
  std::vector<std::string> Canaries() { return adapter().TextsTo(peer); }
  // Lets time pass in small steps; the peer answers what has come.
  void Advance(Millis span) {
    for (Millis passed{0}; passed < span; passed += 1s) {
      world.Advance(1s);
      const auto canaries = Canaries();
      for (; echoes && answered < canaries.size(); ++answered) {
        REQUIRE(world.Offers(Network::Whatsapp(), peer, *ParseServiceWord(canaries[answered])));
      }
    }
  }
  AdapterView View() {
    const auto views = world.Ask<std::vector<AdapterView>>(
        [&](auto done) { world.core().ListAdapters(std::move(done)); });
    for (const AdapterView& each : *views) {
      if (each.network == Network::Whatsapp()) return each;
    }
    return {};
  }
  void AnaSends() {
    REQUIRE(world.Sends(pair.ana, pair.ana_link, EnvelopeFrame{0, {}, world.Seal(pair)}));
  }
  std::size_t Arrived() { return adapter().To<EnvelopeFrame>(pair.ben_link).size(); }

  World world;
  Pair pair;
  EnrolmentId peer;
  bool echoes = true;
  std::size_t answered = 0;
};

}  // namespace

TEST_CASE("Canaries go out from time to time and say how long they took") {
  Scene scene;
  scene.Advance(5min);
  CHECK(scene.Canaries().size() >= 4);
  CHECK(scene.View().health == Health::kHealthy);
  REQUIRE(scene.View().canary);
  CHECK(*scene.View().canary <= 2s);
  CHECK(scene.world.metrics().Read("trestle_canaries_total", "whatsapp.heard") >= 4);
}

TEST_CASE("No two canaries are alike, and one that is made up proves nothing") {
  Scene scene;
  scene.echoes = false;
  scene.Advance(70s);
  const auto canaries = scene.Canaries();
  REQUIRE(canaries.size() >= 2);
  CHECK(canaries[0] != canaries[1]);
}

TEST_CASE("An adapter that says it is well and is not heard becomes degraded, then deaf") {
  Scene scene;
  scene.Advance(1min);
  scene.echoes = false;
  scene.Advance(100s);
  CHECK(scene.View().reported == Health::kHealthy);
  CHECK(scene.View().health == Health::kDegraded);
  scene.Advance(100s);
  CHECK(scene.View().health == Health::kDeaf);
}

TEST_CASE("A deaf adapter is quarantined, explained, and released when it is heard again") {
  Scene scene;
  scene.echoes = false;
  scene.Advance(4min);
  REQUIRE(scene.View().health == Health::kDeaf);
  scene.AnaSends();
  CHECK(scene.Arrived() == 0);
  ExplainQuestion question;
  question.sender_link = scene.pair.ana_link;
  const auto decision = scene.world.Ask<RouteDecision>(
      [&](auto done) { scene.world.core().Explain(question, std::move(done)); });
  CHECK(decision->rule == Rule::kAdapterDeaf);
  scene.echoes = true;
  scene.Advance(1min);
  CHECK(scene.View().health == Health::kHealthy);
  CHECK(scene.Arrived() == 1);
}

TEST_CASE("A deaf adapter is told to make its connections anew, ever more rarely") {
  Scene scene;
  scene.echoes = false;
  scene.Advance(20min);
  const int after_20 = scene.adapter().reconnects;
  CHECK(after_20 >= 4);
  CHECK(after_20 <= 7);
  CHECK(scene.View().restarts == after_20);
  scene.Advance(20min);
  CHECK(scene.adapter().reconnects <= after_20 + 2);
}

TEST_CASE("A canary that did not leave is not taken for deafness") {
  Scene scene;
  scene.echoes = false;
  for (int i = 0; i < 100; ++i) {
    scene.adapter().script.push_back({Certainty::kNotSent, Retry::kLater, Rule::kAdapterDown});
  }
  scene.Advance(10min);
  CHECK(scene.View().health == Health::kHealthy);
}

TEST_CASE("An adapter that answers nothing is deaf, restarted, and then given another chance") {
  World world;
  const Pair pair = world.Meet(Network::Messenger(), Network::Whatsapp());
  FakeAdapter& adapter = world.On(Network::Whatsapp());
  adapter.hold = true;
  REQUIRE(world.Sends(pair.ana, pair.ana_link, EnvelopeFrame{0, {}, world.Seal(pair)}));
  world.Advance(7min);
  CHECK(adapter.reconnects >= 1);
  adapter.hold = false;
  world.Advance(10min);
  std::size_t rows = 1;
  world.Look([&](Transaction& tx) { rows = tx.tally().rows_total(); });
  CHECK(rows == 0);
}

TEST_CASE("A person's ECHO on a contact's thread is no echo") {
  Scene scene;
  REQUIRE(scene.world.Offers(Network::Whatsapp(), scene.pair.ben_link,
                             ServiceCommand{ServiceVerb::kEcho, "x"}));
  CHECK(scene.world.metrics().Read("trestle_canaries_total", "whatsapp.heard") == 0);
}

TEST_CASE("The flow is judged by canaries, answers, and what waits") {
  const Limits limits;
  FlowFacts facts;
  facts.running_for = 1h;
  CHECK(JudgeFlow(facts, limits) == FlowVerdict{});
  SECTION("slow") {
    facts.is_canary_slow = true;
    CHECK(JudgeFlow(facts, limits) == FlowVerdict{Health::kDegraded, FlowReason::kCanarySlow});
  }
  SECTION("waits long") {
    facts.oldest_due = limits.waiting_age_max;
    facts.since_sent = 1s;
    CHECK(JudgeFlow(facts, limits) == FlowVerdict{Health::kDegraded, FlowReason::kWaitsLong});
  }
  SECTION("waits, and nothing goes") {
    facts.oldest_due = limits.waiting_age_deaf;
    CHECK(JudgeFlow(facts, limits) == FlowVerdict{Health::kDeaf, FlowReason::kWaitsTooLong});
    facts.on_probation = true;
    CHECK(JudgeFlow(facts, limits).health == Health::kDegraded);
  }
  SECTION("waits, but has just come up") {
    facts.oldest_due = limits.waiting_age_deaf;
    facts.running_for = 1min;
    CHECK(JudgeFlow(facts, limits).health == Health::kDegraded);
  }
  SECTION("nothing comes in, where that is judged") {
    Limits judged = limits;
    judged.inbound_age_max = 10min;
    facts.since_inbound = 11min;
    CHECK(JudgeFlow(facts, judged) == FlowVerdict{Health::kDeaf, FlowReason::kNothingIn});
    CHECK(JudgeFlow(facts, limits) == FlowVerdict{});
  }
}

TEST_CASE("An adapter counts as the worse of what it says and what flows") {
  CHECK(Combined(Health::kHealthy, Health::kDeaf) == Health::kDeaf);
  CHECK(Combined(Health::kDegraded, Health::kHealthy) == Health::kDegraded);
  CHECK(Combined(Health::kDown, Health::kDeaf) == Health::kDown);
  CHECK(Combined(Health::kStarting, Health::kHealthy) == Health::kStarting);
}
