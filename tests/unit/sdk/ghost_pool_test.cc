// The pool of ghosts: who gets which, how long one rests, and what happens when one is taken away.
#include <catch2/catch.hpp>

#include "tests/unit/sdk/carrier_world.h"

namespace trestle {
namespace {

using std::chrono::hours;
using test::LongEnvelope;

constexpr Millis kDay = hours(24);
const NativeAddress kPerson("4915112345678");

struct PoolWorld {
  test::ScratchFolder folder;
  test::ManualClock clock;
  test::CountingRandom random;
  std::unique_ptr<AddressBook> book = AddressBook::Open(folder.path(), random, clock).value();

  EnrolmentId Enrol(std::string_view number) { return *book->EnrolmentOf(NativeAddress(number)); }
  LinkId NewLink() { return LinkId::Mint(random); }
  // A link that its person has accepted.
  LinkId Binds(const EnrolmentId& enrolment, const GhostPool& pool, std::string_view address) {
    const LinkId link = NewLink();
    const auto row = book->OfferLink(link, enrolment, pool);
    REQUIRE(row);
    REQUIRE(book->Bind(row->ghost, row->bind_code, NativeAddress(address)));
    return link;
  }
  std::string GhostOf(const LinkId& link) { return book->FindLink(link).value()->ghost; }
};

}  // namespace

TEST_CASE("A ghost that fits a person better is chosen, whatever the others carry") {
  GhostPool pool{{"far", "near", "nearer"}};
  pool.affinity = [](const NativeAddress&, const std::string& ghost) {
    return ghost == "nearer" ? 2 : ghost == "near" ? 1 : 0;
  };
  CHECK(ChooseGhost(pool, kPerson, {}, {{"nearer", 50}}, {})->ghost == "nearer");
  CHECK(ChooseGhost(pool, kPerson, {{"nearer", std::nullopt}}, {}, {})->ghost == "near");
}

TEST_CASE("Between equals the one with the fewest links is chosen") {
  const GhostPool pool{{"a", "b", "c"}};
  CHECK(ChooseGhost(pool, kPerson, {}, {{"a", 3}, {"b", 1}, {"c", 2}}, {})->ghost == "b");
}

TEST_CASE("A released ghost rests for the cool-down, and comes after those that are new") {
  const WallTime now{1'000'000'000};
  GhostPool pool{{"a", "b"}};
  pool.cool_down = kDay;
  const auto uses_since = [&](WallTime since) {
    return std::vector<GhostUse>{{"a", since}, {"b", std::nullopt}};
  };
  CHECK_FALSE(ChooseGhost(pool, kPerson, uses_since(now + -kDay + Millis{1}), {}, now));
  const auto rested = ChooseGhost(pool, kPerson, uses_since(now + -kDay), {}, now);
  REQUIRE(rested);
  CHECK(rested->ghost == "a");
  CHECK(rested->was_used);
  pool.ghosts.push_back("c");
  CHECK(ChooseGhost(pool, kPerson, uses_since(now + -kDay), {{"c", 9}}, now)->ghost == "c");
}

TEST_CASE("A person does not see a number for another contact within the cool-down") {
  PoolWorld world;
  const GhostPool pool{{"ghost-1"}, 30 * kDay};
  const EnrolmentId ana = world.Enrol("1");
  const LinkId first = world.Binds(ana, pool, "ana");
  CHECK(world.book->OfferLink(world.NewLink(), ana, pool).error().reason == Reason::kUnavailable);
  REQUIRE(world.book->Release(first));

  world.clock.Pass(30 * kDay - Millis{1});
  CHECK(world.book->OfferLink(world.NewLink(), ana, pool).error().reason == Reason::kUnavailable);

  world.clock.Pass(Millis{1});
  const LinkId second = world.NewLink();
  REQUIRE(world.book->OfferLink(second, ana, pool));
  CHECK(world.GhostOf(second) == "ghost-1");
  CHECK_FALSE(world.book->LinkOf("ghost-1", NativeAddress("ana")).value());  // the first let go
}

TEST_CASE("A contact that lives again within the cool-down has its number again") {
  PoolWorld world;
  const GhostPool pool{{"ghost-1"}, kDay};
  const EnrolmentId ana = world.Enrol("1");
  const LinkId link = world.Binds(ana, pool, "ana");
  REQUIRE(world.book->Release(link));
  REQUIRE(world.book->Reclaim(link));
  world.clock.Pass(2 * kDay);
  CHECK_FALSE(world.book->OfferLink(world.NewLink(), ana, pool));
  CHECK(world.book->OfferLink(link, ana, pool)->ghost == "ghost-1");
}

TEST_CASE("An offer that nobody accepts gives its number back after its day and the cool-down") {
  PoolWorld world;
  const GhostPool pool{{"ghost-1"}, kDay};
  const EnrolmentId ana = world.Enrol("1");
  REQUIRE(world.book->OfferLink(world.NewLink(), ana, pool));
  world.clock.Pass(2 * kDay - Millis{1});
  CHECK_FALSE(world.book->OfferLink(world.NewLink(), ana, pool));
  world.clock.Pass(Millis{1});
  CHECK(world.book->OfferLink(world.NewLink(), ana, pool));
}

TEST_CASE("The pressure on a pool is what its busiest person uses") {
  PoolWorld world;
  const GhostPool pool{{"ghost-1", "ghost-2", "ghost-3"}};
  const EnrolmentId ana = world.Enrol("1");
  world.Binds(ana, pool, "ana-1");
  world.Binds(ana, pool, "ana-2");
  world.Binds(world.Enrol("2"), pool, "ben");
  const auto pressure = world.book->Pressure(pool).value();
  CHECK(pressure.size == 3);
  CHECK(pressure.most_used == 2);
  CHECK(pressure.retired == 0);
  CHECK(world.book->Pressure(GhostPool{{"ghost-3"}}).value().retired == 2);
}

TEST_CASE("A moved link is bound at its new ghost, and still known at the old one") {
  PoolWorld world;
  const LinkId link = world.Binds(world.Enrol("1"), GhostPool{{"old"}}, "ana");
  const GhostPool pool{{"new"}};
  CHECK(world.book->LinksOutside(pool).value() == std::vector<LinkId>{link});
  REQUIRE(world.book->MoveLink(link, pool));
  CHECK(world.book->LinksOutside(pool).value().empty());
  CHECK(world.book->LinksToReopen().value() == std::vector<LinkId>{link});
  const auto row = world.book->FindLink(link).value();
  CHECK(row->ghost == "new");
  CHECK(row->replaces == "old");
  CHECK_FALSE(row->address);
  CHECK(world.book->LinkOf("old", NativeAddress("ana")).value() == link);

  REQUIRE(world.book->Bind("new", row->bind_code, NativeAddress("ana")));
  REQUIRE(world.book->MarkReopened(link));
  CHECK(world.book->LinkOf("new", NativeAddress("ana")).value() == link);
  CHECK(world.book->LinkOf("old", NativeAddress("ana")).value() == link);
  CHECK(world.book->LinksToReopen().value().empty());
}

TEST_CASE("A number that comes back to the pool rests first for those who saw it") {
  PoolWorld world;
  const EnrolmentId ana = world.Enrol("1");
  const LinkId link = world.Binds(ana, GhostPool{{"old"}}, "ana");
  REQUIRE(world.book->MoveLink(link, GhostPool{{"new"}}));
  const GhostPool both{{"old", "new"}, kDay};
  CHECK_FALSE(world.book->OfferLink(world.NewLink(), ana, both));
  world.clock.Pass(kDay);
  CHECK(world.book->OfferLink(world.NewLink(), ana, both)->ghost == "old");
}

TEST_CASE("An offer beyond the pool is refused with the rule that says so") {
  test::CarrierWorld world;
  const EnrolmentId ana = world.Joins("ana");
  for (int i = 0; i < 2; ++i) world.OfferRead(ana, LinkId::Mint(world.random));
  Delivery third = world.Of(ana, Frame(ThreadOfferFrame{{}, ThreadRole::kOwner, "", "work"}));
  third.offers_link = LinkId::Mint(world.random);
  const auto attempt = world.Delivers(std::move(third));
  REQUIRE(*attempt);
  CHECK((*attempt)->retry == Retry::kNever);
  CHECK((*attempt)->rule == Rule::kGhostsExhausted);
}

TEST_CASE("STOP lets a ghost rest and a grant takes it up again, by the phone's own word") {
  test::CarrierWorld world;
  world.pool = {"ghost-1"};
  world.cool_down = Millis{0};
  world.Restart();
  const LinkId link = world.Binds("ana");
  const auto may_have_another = [&] {
    Delivery delivery =
        world.Of(world.last_enrolment, Frame(ThreadOfferFrame{{}, ThreadRole::kOwner, "", "x"}));
    delivery.offers_link = LinkId::Mint(world.random);
    const auto attempt = world.Delivers(std::move(delivery));
    REQUIRE(*attempt);
    return (*attempt)->certainty == Certainty::kSent;
  };
  CHECK_FALSE(may_have_another());
  world.Receives("ana", "ghost-1", "STOP", "stop");
  world.ReceivesFrame("ana", "ghost-1", ConsentFrame{ConsentAction::kGrant}, "grant");
  CHECK_FALSE(may_have_another());
  world.ReceivesFrame("ana", "ghost-1", ConsentFrame{ConsentAction::kBlock}, "block");
  CHECK(std::get<LinkId>(world.host.offers.back().from) == link);
  CHECK(may_have_another());
}

TEST_CASE("When a number leaves the pool its links are moved, told to the core and still heard") {
  test::CarrierWorld world;
  const LinkId link = world.Binds("ana");
  const std::string old_ghost = world.last_offer.ghost;
  world.pool = {"ghost-3"};
  world.Restart();

  REQUIRE(world.host.reopened == std::vector<LinkId>{link});
  CHECK(world.metrics.Read("trestle_adapter_events_total", "whatsapp.ghost_moved") == 1);
  // Until the phone has moved, nothing is sent to it and what it says is heard.
  const auto attempt = world.Delivers(world.Of(link, Frame(LongEnvelope())));
  REQUIRE(*attempt);
  CHECK((*attempt)->rule == Rule::kThreadNotOpen);
  CHECK((*attempt)->retry == Retry::kLater);
  world.ReceivesFrame("ana", old_ghost, LongEnvelope(), "late");
  CHECK(std::get<LinkId>(world.host.offers.back().from) == link);

  // The offer names the new number and the one that it replaces.
  const ThreadOfferFrame offer = world.OfferRead(world.last_enrolment, link);
  CHECK(offer.ghost == "ghost-3");
  CHECK(offer.replaces == old_ghost);
  world.ReceivesFrame("ana", offer.ghost, ThreadAcceptFrame{offer.bind_code}, "accept-again");
  CHECK(std::get<LinkId>(world.host.offers.back().from) == link);
  const std::size_t before = world.sender.units.size();
  const auto again = world.Delivers(world.Of(link, Frame(LongEnvelope())));
  REQUIRE(*again);
  CHECK((*again)->certainty == Certainty::kSent);
  CHECK(world.sender.units[before].identity == "ghost-3");
}

TEST_CASE("A core that could not take the news is told again, and once it has taken them not") {
  test::CarrierWorld world;
  const LinkId link = world.Binds("ana");
  world.pool = {"ghost-3"};
  world.host.refuses_reopen = true;
  world.Restart();
  CHECK(world.host.reopened.empty());
  world.host.refuses_reopen = false;
  world.loop.Advance(std::chrono::minutes(1));
  CHECK(world.host.reopened == std::vector<LinkId>{link});
  world.loop.Advance(std::chrono::minutes(5));
  CHECK(world.host.reopened.size() == 1);
}

}  // namespace trestle
