// When the network that something waits for stays down: what moves, what stays, and in which order.
#include <catch2/catch.hpp>

#include "tests/unit/pipeline/world.h"

using namespace trestle;
using namespace trestle::test;
using namespace std::chrono_literals;

namespace {

constexpr Attempt kPerhaps{Certainty::kMaybeSent, Retry::kLater, Rule::kNone, std::nullopt,
                           Trouble::kNone};

// Ben is on WhatsApp, which he prefers, and on Messenger; both threads are open.
struct Scene {
  explicit Scene(World::Options options = {}) : world(std::move(options)) {
    pair = world.Meet(Network::Messenger(), Network::Whatsapp());
    const Person ben_too = world.JoinsToo(pair.ben, Network::Messenger());
    other_link = world.LastOfferTo(ben_too);
    world.Opens(ben_too, other_link);
    Prefer({});
    first().given.clear();
    second().given.clear();
  }
  FakeAdapter& first() { return world.On(Network::Whatsapp()); }
  FakeAdapter& second() { return world.On(Network::Messenger()); }
  void Refuse(const Network& network) {
    Preferences wanted;
    wanted.refused = {network};
    Prefer(wanted);
  }
  void Prefer(Preferences more) {
    more.order = {Network::Whatsapp()};
    const AccountId ben = world.AccountOf(pair.ben);
    REQUIRE(world.Ask<void>(
        [&](auto done) { world.core().SetPreferences(ben, more, std::move(done)); }));
  }
  EnvelopeId AnaSends() {
    const EnvelopeId id = world.NewEnvelopeId();
    REQUIRE(
        world.Sends(pair.ana, pair.ana_link, EnvelopeFrame{0, {}, world.Seal(pair, {.id = id})}));
    return id;
  }
  std::vector<EnvelopeFrame> ArrivedFirst() { return first().To<EnvelopeFrame>(pair.ben_link); }
  std::vector<EnvelopeFrame> ArrivedSecond() { return second().To<EnvelopeFrame>(other_link); }
  RouteDecision Explain() {
    ExplainQuestion question;
    question.sender_link = pair.ana_link;
    return world
        .Ask<RouteDecision>([&](auto done) { world.core().Explain(question, std::move(done)); })
        .value();
  }

  World world;
  Pair pair;
  LinkId other_link;
};

}  // namespace

TEST_CASE("A network that is down for a moment is waited for") {
  Scene scene;
  scene.world.Health(Network::Whatsapp(), Health::kDown);
  scene.AnaSends();
  scene.world.Advance(110s);
  CHECK(scene.ArrivedSecond().empty());
  scene.world.Health(Network::Whatsapp(), Health::kHealthy);
  CHECK(scene.ArrivedFirst().size() == 1);
  scene.world.Advance(10min);
  CHECK(scene.ArrivedSecond().empty());
}

TEST_CASE("What waits for a network that stays down goes over the next one, traced and explained") {
  Scene scene;
  scene.world.Health(Network::Whatsapp(), Health::kDown);
  const EnvelopeId id = scene.AnaSends();
  CHECK(scene.Explain().waits_for.has_value());
  scene.world.Advance(130s);
  REQUIRE(scene.ArrivedSecond().size() == 1);
  const RouteDecision decision = scene.Explain();
  REQUIRE(decision.chosen);
  CHECK(decision.candidates[*decision.chosen].network == Network::Messenger());
  const auto steps = scene.world.StepsOf(id);
  const auto reroute = std::ranges::find(steps, Step::kReroute, &TraceRecord::step);
  REQUIRE(reroute != steps.end());
  CHECK(reroute->to_network == Network::Messenger());
  CHECK(reroute->rule == Rule::kAdapterDown);
  CHECK(scene.world.metrics().Read("trestle_fallbacks_total", "moved") == 1);
}

TEST_CASE("The order of a contact holds over the switch and back") {
  Scene scene;
  scene.AnaSends();
  scene.world.Health(Network::Whatsapp(), Health::kDown);
  scene.AnaSends();
  scene.AnaSends();
  scene.second().hold = true;
  scene.world.Advance(130s);
  REQUIRE(scene.ArrivedSecond().size() == 1);
  CHECK(scene.ArrivedSecond()[0].seq == 2);
  // The first is back while the second of them is still under way on the other network.
  scene.world.Health(Network::Whatsapp(), Health::kHealthy);
  scene.AnaSends();
  CHECK(scene.ArrivedFirst().size() == 1);
  scene.second().hold = false;
  std::move(scene.second().held.at(0))(Attempt{.certainty = Certainty::kSent});
  scene.world.Advance(1s);
  REQUIRE(scene.ArrivedSecond().size() == 2);
  CHECK(scene.ArrivedSecond()[1].seq == 3);
  REQUIRE(scene.ArrivedFirst().size() == 2);
  CHECK(scene.ArrivedFirst()[1].seq == 4);
}

TEST_CASE("A message behind one that waits elsewhere stays behind it") {
  Scene scene;
  scene.first().hold = true;
  scene.AnaSends();
  scene.world.Health(Network::Whatsapp(), Health::kDown);
  scene.Refuse(Network::Whatsapp());
  scene.AnaSends();
  CHECK(scene.ArrivedSecond().empty());
  std::move(scene.first().held.at(0))(Attempt{.certainty = Certainty::kSent});
  scene.world.Run();
  CHECK(scene.ArrivedSecond().size() == 1);
}

TEST_CASE("What may have been sent moves only when the endpoint drops what it has seen") {
  const bool shows_repeats = GENERATE(false, true);
  Scene scene;
  Preferences wanted;
  wanted.shows_repeats = shows_repeats;
  scene.Prefer(wanted);
  scene.first().script = {kPerhaps};
  scene.AnaSends();
  scene.world.Health(Network::Whatsapp(), Health::kDown);
  scene.world.Advance(130s);
  CHECK(scene.ArrivedSecond().size() == (shows_repeats ? 0U : 1U));
  const auto stayed = scene.world.metrics().Read("trestle_fallbacks_total", "maybe_sent_there");
  CHECK((stayed > 0) == shows_repeats);
}

TEST_CASE("A network that the recipient has switched off is no way out") {
  Scene scene;
  scene.Refuse(Network::Messenger());
  scene.world.Health(Network::Whatsapp(), Health::kDown);
  scene.AnaSends();
  scene.world.Advance(1h);
  CHECK(scene.ArrivedSecond().empty());
  scene.world.Health(Network::Whatsapp(), Health::kHealthy);
  CHECK(scene.ArrivedFirst().size() == 1);
}
