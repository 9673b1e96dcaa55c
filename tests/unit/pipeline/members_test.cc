// Joining, codes, tokens, words on the service thread, and the operations of native members.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "tests/unit/pipeline/world.h"

using namespace trestle;
using namespace trestle::test;
using namespace std::chrono_literals;

namespace {

std::string CodeOf(World& world, const Person& person) {
  REQUIRE(world.Says(person, "CODE"));
  const std::string text = world.LastTextTo(person);
  return text.substr(text.find("JOIN ") + 5, 8);
}

Result<EnrolAnswer> Enrol(World& world, std::string code = "") {
  return world.Ask<EnrolAnswer>(
      [&](auto done) { world.core().EnrolNative(std::move(code), std::move(done)); });
}

}  // namespace

TEST_CASE("Whoever has not joined is told how, whatever they send") {
  World world;
  const Person eve = world.Newcomer(Network::Sms());
  REQUIRE(world.Says(eve, "REACH brisk-otter-0001"));
  CHECK(world.LastTextTo(eve).find("Send JOIN") != std::string::npos);
  REQUIRE(world.Offers(eve.network, eve.enrolment,
                       Frame(PublishKeysFrame{{KeyPackage(world.random())}})));
  CHECK(world.On(eve.network).TextsTo(eve.enrolment).size() == 2);
  world.Look([&](Transaction& tx) { CHECK_FALSE(tx.FindEnrolment(eve.enrolment)->has_value()); });
}

TEST_CASE("Joining twice makes one account") {
  World world;
  const Person ana = world.Joins(Network::Messenger());
  const AccountId account = world.AccountOf(ana);
  REQUIRE(world.Says(ana, "JOIN"));
  CHECK(world.AccountOf(ana) == account);
}

TEST_CASE("A code joins another network to the same account, once") {
  World world;
  const Person ana = world.Joins(Network::Messenger());
  const std::string code = CodeOf(world, ana);
  const Person phone = world.Newcomer(Network::Whatsapp());
  const Person thief = world.Newcomer(Network::Sms());
  REQUIRE(world.Says(phone, "JOIN " + code));
  REQUIRE(world.Says(thief, "JOIN " + code));
  CHECK(world.AccountOf(phone) == world.AccountOf(ana));
  CHECK(world.LastTextTo(thief).find("not valid") != std::string::npos);
}

TEST_CASE("A code is over after ten minutes") {
  World world;
  const Person ana = world.Joins(Network::Messenger());
  const std::string code = CodeOf(world, ana);
  world.Advance(10min + 1s);
  const Person phone = world.Newcomer(Network::Whatsapp());
  REQUIRE(world.Says(phone, "JOIN " + code));
  CHECK(world.LastTextTo(phone).find("not valid") != std::string::npos);
}

TEST_CASE("After five wrong codes even the right one waits", "[limit:join_tries]") {
  World world;
  const Person ana = world.Joins(Network::Messenger());
  const Person phone = world.Newcomer(Network::Whatsapp());
  for (int i = 0; i < 5; ++i) REQUIRE(world.Says(phone, "JOIN 0000000" + std::to_string(i)));
  REQUIRE(world.Says(phone, "JOIN " + CodeOf(world, ana)));
  CHECK(world.LastTextTo(phone).starts_with("Too many wrong codes."));
  world.Advance(11min);
  REQUIRE(world.Says(phone, "JOIN " + CodeOf(world, ana)));
  CHECK(world.AccountOf(phone) == world.AccountOf(ana));
}

TEST_CASE("A wrong code over gRPC counts although its answer is an error",
          "[limit:native_join_tries]") {
  World::Options options;
  options.limits.native_join_tries_max = 2;
  World world(options);
  CHECK(Enrol(world, "00000000").error().reason == Reason::kNotFound);
  CHECK(Enrol(world, "00000001").error().reason == Reason::kNotFound);
  CHECK(Enrol(world, "00000002").error().reason == Reason::kBusy);
}

TEST_CASE("An account has at most eight enrolments", "[limit:enrolments_per_account_max]") {
  World world;
  const Person ana = world.Joins(Network::Messenger());
  for (int i = 0; i < 7; ++i) {
    REQUIRE(world.Says(world.Newcomer(Network::Whatsapp()), "JOIN " + CodeOf(world, ana)));
  }
  const Person ninth = world.Newcomer(Network::Whatsapp());
  REQUIRE(world.Says(ninth, "JOIN " + CodeOf(world, ana)));
  CHECK(world.LastTextTo(ninth).find("as many networks") != std::string::npos);
}

TEST_CASE("Joining first over SMS is a choice of SMS; adding it to an account is not") {
  World world;
  const auto allows = [&](const Person& person) {
    const AccountId account = world.AccountOf(person);
    return world
        .Ask<Preferences>([&](auto done) { world.core().GetPreferences(account, std::move(done)); })
        .value()
        .sms_allowed;
  };
  CHECK(allows(world.Joins(Network::Sms())));
  const Person ana = world.Joins(Network::Messenger());
  REQUIRE(world.Says(world.Newcomer(Network::Sms()), "JOIN " + CodeOf(world, ana)));
  CHECK_FALSE(allows(ana));
}

TEST_CASE("A token names its account, and no other text does") {
  World world;
  const EnrolAnswer ana = Enrol(world).value();
  const auto who = [&](std::string_view token) {
    return world.Ask<AccountId>(
        [&](auto done) { world.core().Authenticate(Secret(token), std::move(done)); });
  };
  const std::string token(ana.token.Reveal(Purpose::kCompare));
  CHECK(who(token).value() == ana.account);
  CHECK(who(token + "x").error().reason == Reason::kUnauthenticated);
  CHECK(who("").error().reason == Reason::kUnauthenticated);
}

TEST_CASE("The token itself is not in the store's file") {
  ScratchFolder folder;
  World world(World::Options{folder.path() + "/store.db", {}});
  const std::string token(Enrol(world).value().token.Reveal(Purpose::kCompare));
  std::size_t hits = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string octets{std::istreambuf_iterator<char>(file),
                             std::istreambuf_iterator<char>()};
    hits += octets.find(token) != std::string::npos;
  }
  CHECK(hits == 0);
}

TEST_CASE("Two native members exchange a message by operations alone") {
  World world;
  const EnrolAnswer ana = Enrol(world).value();
  const EnrolAnswer ben = Enrol(world).value();
  Core& core = world.core();
  for (const AccountId& each : {ana.account, ben.account}) {
    const auto published = world.Ask<PublishKeysAnswer>([&](auto done) {
      core.PublishKeys(each, {KeyPackage(world.random()), ToBytes("no key package")},
                       std::move(done));
    });
    CHECK(published->stored == 1);
    CHECK(published->refused == 1);
  }
  const AliasView alias =
      world
          .Ask<AliasView>([&](auto done) {
            core.CreateAlias(ben.account, {"work", AliasPolicy::kAsk, {}}, std::move(done));
          })
          .value();
  REQUIRE(world.Ask<ReachAnswer>(
      [&](auto done) { core.Reach(ana.account, alias.name, std::move(done)); }));
  const auto contacts = [&](const AccountId& account) {
    return world
        .Ask<std::vector<ContactView>>(
            [&](auto done) { core.ListContacts(account, std::move(done)); })
        .value();
  };
  const LinkId ben_link = contacts(ben.account).at(0).links.at(0).id;
  CHECK(contacts(ben.account).at(0).label == "work");
  const auto consent = world.Ask<ConsentAnswer>([&](auto done) {
    core.Consent(ben.account, ben_link, ConsentAction::kGrant, std::move(done));
  });
  CHECK(consent->state == ContactState::kGranted);
  CHECK(contacts(ana.account).at(0).label == alias.name);
  const LinkId ana_link = contacts(ana.account).at(0).links.at(0).id;

  const Bytes message = Application(
      world.random(), {.group = GroupId::Mint(world.random()), .id = world.NewEnvelopeId()});
  const auto submit = [&] {
    return world
        .Ask<SubmitAnswer>(
            [&](auto done) { core.Submit(ana.account, ana_link, message, std::move(done)); })
        .value();
  };
  const SubmitAnswer first = submit();
  CHECK(first.rule == Rule::kNone);
  CHECK(first.seq == 1);
  const SubmitAnswer again = submit();
  CHECK(again.duplicate);
  CHECK(again.seq == 1);
  CHECK(again.accepted_at == first.accepted_at);
  CHECK(world.On(Network::Native()).To<EnvelopeFrame>(ben_link).size() == 1);
}

TEST_CASE("Submit takes application messages, SubmitHandshake everything else") {
  World world;
  const Pair pair = world.Meet(Network::Native(), Network::Whatsapp());
  const AccountId ana = world.AccountOf(pair.ana);
  const auto wrong = world.Ask<SubmitAnswer>([&](auto done) {
    world.core().Submit(ana, pair.ana_link, Welcome(world.random()), std::move(done));
  });
  CHECK(wrong->rule == Rule::kMalformed);
  const auto mistaken = world.Ask<SubmitAnswer>([&](auto done) {
    world.core().SubmitHandshake(ana, pair.ana_link, world.Seal(pair), std::move(done));
  });
  CHECK(mistaken->rule == Rule::kMalformed);
  const auto right = world.Ask<SubmitAnswer>([&](auto done) {
    world.core().SubmitHandshake(ana, pair.ana_link, Welcome(world.random()), std::move(done));
  });
  CHECK(right->rule == Rule::kNone);
}

TEST_CASE("At most 64 key packages are held for an account",
          "[limit:key_packages_per_account_max]") {
  World world;
  const Person ana = world.Joins(Network::Messenger());
  for (int i = 0; i < 3; ++i) world.Publishes(ana, 32);
  const AccountId account = world.AccountOf(ana);
  CHECK(world.Ask<std::size_t>([&](auto done) { world.core().CountKeys(account, std::move(done)); })
            .value() == 64);
}

TEST_CASE("Preferences that name a network twice are refused") {
  World world;
  const AccountId ana = world.AccountOf(world.Joins(Network::Messenger()));
  const auto result = world.Ask<void>([&](auto done) {
    world.core().SetPreferences(ana, {{Network::Sms(), Network::Sms()}, {}, false, {}},
                                std::move(done));
  });
  CHECK(result.error().reason == Reason::kInvalidArgument);
}

TEST_CASE("ALIAS with a label names both") {
  World world;
  const Person ana = world.Joins(Network::Messenger());
  REQUIRE(world.Says(ana, "ALIAS market stall"));
  CHECK(world.LastTextTo(ana).find("(market stall)") != std::string::npos);
}

TEST_CASE("An account has at most as many live aliases as it may",
          "[limit:aliases_per_account_max]") {
  World::Options options;
  options.limits.aliases_per_account_max = 1;
  World world(options);
  const Person ana = world.Joins(Network::Messenger());
  REQUIRE(world.Says(ana, "ALIAS"));
  REQUIRE(world.Says(ana, "ALIAS"));
  CHECK(world.LastTextTo(ana) == "You have as many aliases as you can have.");
}

TEST_CASE("A stopped core answers, with an error") {
  World world;
  world.core().Stop();
  const auto result = Enrol(world);
  REQUIRE_FALSE(result);
  CHECK(result.error().reason == Reason::kCancelled);
  CHECK(world.Offers(Network::Sms(), EnrolmentId(), ServiceCommand{}).error().reason ==
        Reason::kCancelled);
}

TEST_CASE("A busy store is an answer with a time to come again, not a wait") {
  World::Options options;
  options.store_items_max = 0;
  World world(options);
  const auto result = Enrol(world);
  REQUIRE_FALSE(result);
  CHECK(result.error().reason == Reason::kBusy);
  CHECK(result.error().retry_after);
  CHECK(world.Offers(Network::Sms(), EnrolmentId(), ServiceCommand{}).error().reason ==
        Reason::kBusy);
}
