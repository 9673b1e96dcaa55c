#include "tests/unit/sdk/carrier_world.h"

namespace trestle {
namespace {

using test::CarrierWorld;
using test::LongEnvelope;

NativeOutcome Sent(std::string id) { return {{Certainty::kSent}, std::move(id)}; }
NativeOutcome NotSent(Retry retry, Rule rule) { return {{Certainty::kNotSent, retry, rule}, ""}; }

}  // namespace

TEST_CASE("A service reply goes from the service identity to the person's address as it is") {
  CarrierWorld world;
  const EnrolmentId ana = world.Joins("491511");

  const auto attempt = world.Delivers(world.Of(ana, ServiceReply{"Welcome."}));

  REQUIRE(*attempt);
  CHECK((*attempt)->certainty == Certainty::kSent);
  CHECK(world.sender.units.back().identity == "service");
  CHECK(world.sender.units.back().to.Reveal(Purpose::kCompare) == "491511");
  CHECK(world.sender.TextOf(0) == "Welcome.");
}

TEST_CASE("An offer carries a ghost and a code, and the accept binds the link") {
  CarrierWorld world;
  const LinkId link = LinkId::Mint(world.random);

  const ThreadOfferFrame offer = world.OfferRead(world.Joins("491511"), link);
  const auto acknowledged =
      world.ReceivesFrame("psid-of-ana", offer.ghost, ThreadAcceptFrame{offer.bind_code}, "accept");

  CHECK(offer.ghost == "ghost-1");
  CHECK(offer.bind_code != Bytes16{});
  CHECK_FALSE(*acknowledged);
  CHECK(std::get<LinkId>(world.host.offers.back().from) == link);
  world.host.AnswerNext({});
  world.loop.RunAll();
  CHECK((*acknowledged)->has_value());
}

TEST_CASE("A frame to a bound link goes out in order from its ghost to the address that accepted") {
  CarrierWorld world;
  const LinkId link = world.Binds("491511");
  const std::size_t before = world.sender.units.size();

  const auto attempt = world.Delivers(world.Of(link, Frame(LongEnvelope())));

  REQUIRE(*attempt);
  CHECK((*attempt)->certainty == Certainty::kSent);
  CHECK(world.sender.units.size() - before > 3);
  CHECK(world.sender.units.back().identity == "ghost-1");
  CHECK(std::get<EnvelopeFrame>(world.FrameSent(before)) == LongEnvelope());
}

TEST_CASE("One unit is under way at a time") {
  CarrierWorld world;
  const LinkId link = world.Binds("491511");
  world.sender.automatic = false;
  const std::size_t before = world.sender.units.size();

  world.Delivers(world.Of(link, Frame(LongEnvelope())));

  CHECK(world.sender.units.size() == before + 1);
}

TEST_CASE("Deliveries of one thread wait for each other and those of others do not") {
  CarrierWorld world;
  const EnrolmentId ana = world.Joins("1");
  const EnrolmentId ben = world.Joins("2");
  world.sender.automatic = false;

  const auto first = world.Delivers(world.Of(ana, ServiceReply{"one"}));
  const auto second = world.Delivers(world.Of(ana, ServiceReply{"two"}));
  world.Delivers(world.Of(ben, ServiceReply{"three"}));
  REQUIRE(world.sender.units.size() == 2);
  CHECK(world.sender.TextOf(1) == "three");
  world.sender.AnswerNext(Sent("a"));
  world.loop.RunAll();

  CHECK(*first);
  CHECK_FALSE(*second);
  CHECK(world.sender.TextOf(2) == "two");
}

TEST_CASE("The first unit's refusal is the attempt's own, with its rule and its time") {
  CarrierWorld world;
  const LinkId link = world.Binds("491511");
  world.sender.automatic = false;
  const auto attempt = world.Delivers(world.Of(link, Frame(LongEnvelope())));

  world.sender.AnswerNext(
      NativeOutcome{{Certainty::kNotSent, Retry::kNever, Rule::kNetworkRefused, Millis{7}}, ""});
  world.loop.RunAll();

  REQUIRE(*attempt);
  CHECK((*attempt)->certainty == Certainty::kNotSent);
  CHECK((*attempt)->retry == Retry::kNever);
  CHECK((*attempt)->rule == Rule::kNetworkRefused);
  CHECK((*attempt)->retry_after == Millis{7});
}

TEST_CASE("A later unit that fails makes the attempt uncertain, to be tried again") {
  CarrierWorld world;
  const LinkId link = world.Binds("491511");
  world.sender.automatic = false;
  const auto attempt = world.Delivers(world.Of(link, Frame(LongEnvelope())));

  world.sender.AnswerNext(Sent("a"));
  world.loop.RunAll();
  world.sender.AnswerNext(NotSent(Retry::kNever, Rule::kNetworkRefused));
  world.loop.RunAll();

  REQUIRE(*attempt);
  CHECK((*attempt)->certainty == Certainty::kMaybeSent);
  CHECK((*attempt)->retry == Retry::kLater);
}

TEST_CASE("The next attempt goes on under the same reference where the last one stopped") {
  CarrierWorld world;
  const LinkId link = world.Binds("491511");
  world.sender.automatic = false;
  const Delivery delivery = world.Of(link, Frame(LongEnvelope()));
  const std::size_t before = world.sender.units.size();
  world.Delivers(delivery);
  world.sender.AnswerNext(Sent("a"));
  world.loop.RunAll();
  world.sender.AnswerNext(NotSent(Retry::kLater, Rule::kAdapterDown));
  world.loop.RunAll();
  REQUIRE(world.sender.units.size() == before + 2);

  world.sender.automatic = true;
  const auto again = world.Delivers(delivery);

  REQUIRE(*again);
  CHECK((*again)->certainty == Certainty::kSent);
  CHECK(world.sender.units[before + 2].index == 1);
  CHECK(world.sender.units[before + 2].ref == world.sender.units[before].ref);
  CHECK(world.sender.TextOf(before + 2) == world.sender.TextOf(before + 1));
}

TEST_CASE("An attempt long after the last one sends every unit again") {
  CarrierWorld world;
  const LinkId link = world.Binds("491511");
  world.sender.automatic = false;
  const Delivery delivery = world.Of(link, Frame(LongEnvelope()));
  world.Delivers(delivery);
  world.sender.AnswerNext(Sent("a"));
  world.loop.RunAll();
  world.sender.AnswerNext(NotSent(Retry::kLater, Rule::kAdapterDown));
  world.loop.RunAll();
  world.loop.Advance(std::chrono::minutes(6));
  const std::size_t before = world.sender.units.size();

  world.sender.automatic = true;
  world.Delivers(delivery);

  CHECK(world.sender.units[before].index == 0);
}

TEST_CASE("Nothing is sent at or after the expiry") {
  CarrierWorld world;
  const EnrolmentId ana = world.Joins("1");
  Delivery delivery = world.Of(ana, ServiceReply{"late"});
  delivery.expires_at = world.clock.wall_now();

  const auto attempt = world.Delivers(std::move(delivery));

  CHECK((*attempt)->rule == Rule::kExpired);
  CHECK((*attempt)->retry == Retry::kNever);
  CHECK(world.sender.units.empty());
}

TEST_CASE("Units left over at the expiry are not sent") {
  CarrierWorld world;
  const LinkId link = world.Binds("491511");
  world.sender.automatic = false;
  const auto attempt = world.Delivers(world.Of(link, Frame(LongEnvelope())));
  const std::size_t under_way = world.sender.units.size();
  world.loop.Advance(std::chrono::hours(1));

  world.sender.AnswerNext(Sent("a"));
  world.loop.RunAll();

  CHECK(world.sender.units.size() == under_way);
  CHECK((*attempt)->certainty == Certainty::kNotSent);
  CHECK((*attempt)->rule == Rule::kExpired);
}

TEST_CASE("A link that nobody accepted yet is a thread that is not open") {
  CarrierWorld world;
  const LinkId link = LinkId::Mint(world.random);
  world.OfferRead(world.Joins("491511"), link);

  const auto attempt = world.Delivers(world.Of(link, Frame(LongEnvelope())));

  CHECK((*attempt)->rule == Rule::kThreadNotOpen);
  CHECK((*attempt)->retry == Retry::kLater);
}

TEST_CASE("An enrolment that the adapter does not know is refused for good") {
  CarrierWorld world;

  const auto attempt = world.Delivers(world.Of(EnrolmentId::Mint(world.random), ServiceReply{"x"}));

  CHECK((*attempt)->rule == Rule::kNotEnrolled);
  CHECK((*attempt)->retry == Retry::kNever);
}

TEST_CASE("An offer beyond the last ghost is refused and counted") {
  CarrierWorld world;
  const EnrolmentId ana = world.Joins("1");
  world.OfferRead(ana, LinkId::Mint(world.random));
  world.OfferRead(ana, LinkId::Mint(world.random));
  Delivery third = world.Of(ana, Frame(ThreadOfferFrame{}));
  third.offers_link = LinkId::Mint(world.random);

  const auto attempt = world.Delivers(std::move(third));

  CHECK((*attempt)->rule == Rule::kGhostsExhausted);
  CHECK(world.metrics.Read("trestle_adapter_events_total", "whatsapp.ghosts_exhausted") == 1);
}

TEST_CASE("A frame that takes more units than allowed is refused with that rule") {
  CarrierWorld world;
  const LinkId link = world.Binds("491511");
  EnvelopeFrame frame;
  frame.payload = Bytes(20000, 1);

  const auto attempt = world.Delivers(world.Of(link, Frame(frame)));

  CHECK((*attempt)->rule == Rule::kUnitsOverBudget);
  CHECK((*attempt)->retry == Retry::kNever);
}

TEST_CASE("A delivery is reported when the last of its units arrived") {
  CarrierWorld world;
  const LinkId link = world.Binds("491511");
  const std::size_t before = world.sender.units.size();
  const Delivery delivery = world.Of(link, Frame(LongEnvelope()));
  world.Delivers(delivery);

  for (std::size_t i = before + 1; i < world.sender.units.size(); ++i) {
    world.carrier->ReportDelivered("id-" + std::to_string(i));
  }
  world.loop.RunAll();
  CHECK(world.host.reports.empty());
  world.carrier->ReportDelivered("id-" + std::to_string(world.sender.units.size()));
  world.loop.RunAll();

  REQUIRE(world.host.reports.size() == 1);
  CHECK(world.host.reports[0].id == delivery.id);
  CHECK(world.host.reports[0].level == ReceiptLevel::kDelivered);
}

TEST_CASE("A unit that was read has arrived, also when the network says no more than that") {
  CarrierWorld world;
  const LinkId link = world.Binds("491511");
  const std::size_t before = world.sender.units.size();
  world.Delivers(world.Of(link, Frame(LongEnvelope())));

  for (std::size_t i = before + 1; i < world.sender.units.size(); ++i) {
    world.carrier->ReportDelivered("id-" + std::to_string(i));
  }
  world.carrier->ReportRead("id-" + std::to_string(world.sender.units.size()));
  world.loop.RunAll();

  REQUIRE(world.host.reports.size() == 1);
  CHECK(world.host.reports[0].level == ReceiptLevel::kDelivered);
}

TEST_CASE("A report that overtakes the answer to its send is kept for it") {
  CarrierWorld world;
  const EnrolmentId ana = world.Joins("1");
  world.sender.automatic = false;
  const Delivery delivery = world.Of(ana, ServiceReply{"hello"});
  world.Delivers(delivery);
  world.carrier->ReportRead("early");
  world.loop.RunAll();
  CHECK(world.host.reports.empty());

  world.sender.AnswerNext(Sent("early"));
  world.loop.RunAll();

  REQUIRE(world.host.reports.size() == 1);
  CHECK(world.host.reports[0].id == delivery.id);
  CHECK(world.host.reports[0].level == ReceiptLevel::kRead);
}

TEST_CASE("One failed unit fails its delivery with the network's rule") {
  CarrierWorld world;
  const EnrolmentId ana = world.Joins("1");
  const Delivery delivery = world.Of(ana, ServiceReply{"hello"});
  world.Delivers(delivery);

  world.carrier->ReportFailed("id-1", Rule::kNetworkRefused);
  world.loop.RunAll();

  REQUIRE(world.host.reports.size() == 1);
  CHECK(world.host.reports[0].level == ReceiptLevel::kFailed);
  CHECK(world.host.reports[0].rule == Rule::kNetworkRefused);
}

TEST_CASE("Stopping answers what is under way as uncertain and what waits as not sent") {
  CarrierWorld world;
  const EnrolmentId ana = world.Joins("1");
  world.sender.automatic = false;
  const auto under_way = world.Delivers(world.Of(ana, ServiceReply{"one"}));
  const auto waiting = world.Delivers(world.Of(ana, ServiceReply{"two"}));
  bool stopped = false;

  world.carrier->Stop([&](Result<void>) { stopped = true; });
  world.loop.RunAll();
  const auto late = world.Delivers(world.Of(ana, ServiceReply{"three"}));

  CHECK(stopped);
  CHECK((*under_way)->certainty == Certainty::kMaybeSent);
  CHECK((*waiting)->certainty == Certainty::kNotSent);
  CHECK((*late)->certainty == Certainty::kNotSent);
  CHECK(world.sender.units.size() == 1);
}

TEST_CASE("An answer that comes after the carrier died does nothing") {
  CarrierWorld world;
  const EnrolmentId ana = world.Joins("1");
  world.sender.automatic = false;
  world.Delivers(world.Of(ana, ServiceReply{"one"}));
  world.carrier.reset();

  world.sender.AnswerNext(Sent("a"));
  world.loop.RunAll();

  CHECK(world.host.reports.empty());
}

}  // namespace trestle
