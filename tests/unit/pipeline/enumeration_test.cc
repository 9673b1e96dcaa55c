// Guessing tells nothing: what an answer says, what it costs and what can be looked at afterwards
// are the same for every alias, and guesses are counted.
#include <catch2/catch.hpp>
#include <set>

#include "bridge/directory/requests.h"
#include "tests/unit/pipeline/people.h"

using namespace trestle;
using namespace trestle::test;
using namespace std::chrono_literals;

namespace {

// One alias of each kind that must not be told apart from one that is not there.
struct Targets {
  explicit Targets(World& world, const Network& network = Network::Messenger()) {
    ana = world.Joins(network);
    ben = world.Joins(Network::Whatsapp());
    world.Publishes(ben, 4);
    names["askable"] = MakeAlias(world, ben, {}).name;
    names["unknown"] = "brisk-otter-0000";
    names["own"] = MakeAlias(world, ana, {}).name;
    names["closed"] = MakeAlias(world, ben, {"", AliasPolicy::kClosed}).name;
    names["expired"] = MakeAlias(world, ben, {"", AliasPolicy::kAsk, 1s}).name;
    const AliasView released = MakeAlias(world, ben, {});
    Release(world, ben, released);
    names["released"] = released.name;
    names["used up"] = MakeAlias(world, ben, WithUses(1)).name;
    Reaches(world, world.Joins(Network::Messenger()), names["used up"]);
    names["refused"] = Answered(world, ConsentAction::kRefuse);
    names["blocked"] = Answered(world, ConsentAction::kBlock);
    const Person gone = world.Joins(Network::Whatsapp());
    names["stopped"] = MakeAlias(world, gone, {}).name;
    TRESTLE_CHECK(world.Says(gone, "STOP").has_value());
    world.Advance(2s);
  }
  // Ana has asked and got this for an answer, which she must not be able to notice.
  std::string Answered(World& world, ConsentAction action) {
    const Person owner = world.Joins(Network::Whatsapp());
    const std::string name = MakeAlias(world, owner, {}).name;
    Reaches(world, ana, name);
    world.Consents(owner, world.LastOfferTo(owner), action);
    return name;
  }
  Person ana;
  Person ben;
  std::map<std::string, std::string> names;
};

// The text without the name in it, which has the same length for all names here or is left out.
std::string Without(std::string text, const std::string& name) {
  const std::size_t at = text.find(name);
  return at == std::string::npos ? text : text.replace(at, name.size(), "NAME");
}

World::Options Generous() {
  World::Options options;
  options.limits.lookups_per_account_max = 1000;
  return options;
}

}  // namespace

TEST_CASE("Words: every alias answers the same octets, on each network") {
  World world(Generous());
  const auto network = GENERATE(Network::Messenger(), Network::Whatsapp(), Network::Sms());
  Targets targets(world, network);
  const std::string word = GENERATE("REACH ", "CANCEL ");
  std::set<std::string> answers;
  for (const auto& [kind, name] : targets.names) {
    REQUIRE(world.Says(targets.ana, word + name));
    answers.insert(Without(world.LastTextTo(targets.ana), name));
  }
  CHECK(answers.size() == 1);
}

TEST_CASE("Calls: every alias answers the same, by Reach, Cancel and Explain with its what-ifs") {
  World world(Generous());
  Targets targets(world);
  const AccountId ana = world.AccountOf(targets.ana);
  std::set<std::string> answers;
  std::set<std::vector<Rule>> routes;
  for (const auto& [kind, name] : targets.names) {
    const auto reached =
        world.Ask<ReachAnswer>([&](auto done) { world.core().Reach(ana, name, std::move(done)); });
    answers.insert(Without(reached->text, name));
    ExplainQuestion question;
    question.account = ana;
    question.alias = name;
    question.sms_allowed = true;
    question.networks_down = {Network::Whatsapp()};
    const auto route = world.Ask<RouteDecision>(
        [&](auto done) { world.core().Explain(question, std::move(done)); });
    std::vector<Rule> rules;
    for (const CandidateVerdict& each : route->candidates) rules.push_back(each.rule);
    routes.insert(rules);
  }
  CHECK(answers.size() == 1);
  CHECK(routes.size() == 1);
}

TEST_CASE("What a requester can look at afterwards is the same for every alias") {
  World world(Generous());
  Targets targets(world);
  const AccountId ana = world.AccountOf(targets.ana);
  const auto watcher = world.core().Watch(ana, nullptr).value();
  const std::size_t given = world.On(targets.ana.network).given.size();
  for (const auto& [kind, name] : targets.names) Reaches(world, targets.ana, name);
  CHECK(watcher->Take().events.empty());
  CHECK(ContactsOf(world, targets.ana).empty());
  CHECK(HistoryOf(world, targets.ana).empty());
  // One sentence for each question, and nothing else.
  CHECK(world.On(targets.ana.network).given.size() == given + targets.names.size());
}

TEST_CASE("The turn that answers runs the same statements for every alias") {
  World world(Generous());
  Targets targets(world);
  const AccountId ana = world.AccountOf(targets.ana);
  const auto kind = GENERATE(ErrandKind::kReach, ErrandKind::kCancel);
  std::set<std::uint64_t> paths;
  for (const auto& [what, name] : targets.names) {
    world.Look([&](Transaction& tx) {
      DirectoryScope scope{tx, world.now(), world.random(), world.core_limits()};
      tx.TakeStatementPath();
      CHECK(Ask(scope, {ana, kind, name, {}}).has_value());
      paths.insert(tx.TakeStatementPath());
    });
  }
  CHECK(paths.size() == 1);
}

TEST_CASE("Waiting requests of one's own do not tell how many guesses were right") {
  World world(Generous());
  Targets targets(world);
  // Many real requests of ana's wait; a further one to an accomplice still arrives.
  for (int i = 0; i < 40; ++i) Reaches(world, targets.ana, MakeAlias(world, targets.ben, {}).name);
  const Person accomplice = world.Joins(Network::Whatsapp());
  Reaches(world, targets.ana, MakeAlias(world, accomplice, {}).name);
  CHECK(OffersTo(world, accomplice) == 1);
}

TEST_CASE("Ten thousand guesses tell nothing and are throttled") {
  World world;
  Targets targets(world);
  world.Advance(2h);  // the scene's own questions are forgotten
  std::map<std::string, int> answers;
  for (int i = 0; i < 10'000; ++i) {
    // Real ones are strewn in between; numbers are typed as well.
    const bool number = i % 7 == 3;
    const bool real = i % 10 == 0;
    std::string guess = "brisk-otter-" + std::to_string(10'000 + i).substr(1);
    if (real) guess = targets.names["askable"];
    if (number) guess = "+4915" + std::to_string(10'000'000 + i);
    world.Advance(1ms);  // within the rate of a network
    REQUIRE(world.Says(targets.ana, "REACH " + guess));
    ++answers[Without(world.LastTextTo(targets.ana), number ? "that alias" : guess)];
  }
  REQUIRE(answers.size() == 2);
  CHECK(answers.at("If NAME can be reached, its owner has been asked. A new thread opens when they "
                   "accept.") == 60);
  CHECK(answers.at("That is enough names for now. Please try again in an hour.") == 9'940);
  CHECK(ContactsOf(world, targets.ana).empty());
}

TEST_CASE("A typed number is not kept, even for the moment until the errand is done") {
  World world;
  const Person ana = world.Joins(Network::Sms());
  const AccountId account = world.AccountOf(ana);
  world.Look([&](Transaction& tx) {
    DirectoryScope scope{tx, world.now(), world.random(), world.core_limits()};
    CHECK(Ask(scope, {account, ErrandKind::kReach, "+491701234567", {}})->name.empty());
    const auto errands = tx.TakeErrands(10).value();
    REQUIRE(errands.size() == 1);
    CHECK(errands[0].name.empty());
  });
}

TEST_CASE("Lookups are limited for a network and for all together, and come back with time",
          "[limit:lookups_per_network_max][limit:lookups_max]") {
  World::Options options;
  options.limits.lookups_per_network_max = 2;
  options.limits.lookups_max = 3;
  World world(options);
  const auto asks = [&](const Network& network) {
    const Person person = world.Joins(network);
    Reaches(world, person, "brisk-otter-0000");
    return !world.LastTextTo(person).starts_with("That is enough");
  };
  CHECK(asks(Network::Messenger()));
  CHECK(asks(Network::Messenger()));
  CHECK_FALSE(asks(Network::Messenger()));
  CHECK(asks(Network::Whatsapp()));
  CHECK_FALSE(asks(Network::Whatsapp()));
  world.Advance(61min);
  CHECK(asks(Network::Messenger()));
}

TEST_CASE("Over gRPC a limit is an error that names the time to come again",
          "[limit:lookups_per_account_max]") {
  World::Options options;
  options.limits.lookups_per_account_max = 1;
  World world(options);
  const AccountId ana = world.AccountOf(world.Joins(Network::Messenger()));
  const auto reach = [&] {
    return world.Ask<ReachAnswer>(
        [&](auto done) { world.core().Reach(ana, "brisk-otter-0000", std::move(done)); });
  };
  REQUIRE(reach());
  world.Advance(20min);
  const auto refused = reach();
  CHECK(refused.error().reason == Reason::kBusy);
  CHECK(refused.error().retry_after == Millis(40min));
}

TEST_CASE("Join codes: live ones stand ten thousand guesses from one enrolment") {
  World world;
  for (int i = 0; i < 50; ++i) REQUIRE(world.Says(world.Joins(Network::Messenger()), "CODE"));
  const Person thief = world.Newcomer(Network::Sms());
  int judged = 0;
  for (int i = 0; i < 10'000; ++i) {
    world.Advance(1ms);  // within the rate of a network
    REQUIRE(world.Says(thief, "JOIN " + std::to_string(100'000'000 + i).substr(1)));
    judged += world.LastTextTo(thief).starts_with("That code is not valid") ? 1 : 0;
  }
  CHECK(judged == 5);
}
