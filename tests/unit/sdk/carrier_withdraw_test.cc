// Deliveries that are asked back because consent was withdrawn.
#include "tests/unit/sdk/carrier_world.h"

namespace trestle {
namespace {

using test::CarrierWorld;
using test::LongEnvelope;

NativeOutcome Sent(std::string id) { return {{Certainty::kSent}, std::move(id)}; }

void CheckHeldBack(const CarrierWorld::AttemptAnswer& attempt) {
  REQUIRE(*attempt);
  CHECK((*attempt)->certainty == Certainty::kNotSent);
  CHECK((*attempt)->retry == Retry::kNever);
  CHECK((*attempt)->rule == Rule::kNoConsent);
}

}  // namespace

TEST_CASE("A delivery that waits behind another is held back at once, and the other goes on") {
  CarrierWorld world;
  const EnrolmentId ana = world.Joins("1");
  world.sender.automatic = false;
  const auto first = world.Delivers(world.Of(ana, ServiceReply{"one"}));
  Delivery waiting = world.Of(ana, ServiceReply{"two"});
  const DeliveryId id = waiting.id;
  const auto second = world.Delivers(std::move(waiting));

  world.carrier->Withdraw(id);
  world.loop.RunAll();
  CheckHeldBack(second);
  world.sender.AnswerNext(Sent("a"));
  world.loop.RunAll();

  CHECK((*first)->certainty == Certainty::kSent);
  CHECK(world.sender.units.size() == 1);
}

TEST_CASE("Of a frame that is under way no further unit leaves") {
  CarrierWorld world;
  const LinkId link = world.Binds("491511");
  world.sender.automatic = false;
  Delivery frame = world.Of(link, Frame(LongEnvelope()));
  const DeliveryId id = frame.id;
  const std::size_t before = world.sender.units.size();
  const auto attempt = world.Delivers(std::move(frame));
  REQUIRE(world.sender.units.size() == before + 1);
  CHECK_FALSE(*world.sender.units.back().withdrawn);

  world.carrier->Withdraw(id);
  world.loop.RunAll();
  // A session that lets the unit wait sees it there.
  CHECK(*world.sender.units.back().withdrawn);
  world.sender.AnswerNext(Sent("a"));
  world.loop.RunAll();

  CheckHeldBack(attempt);
  CHECK(world.sender.units.size() == before + 1);
}

TEST_CASE("What is out already stays sent, and an unknown delivery is nobody's") {
  CarrierWorld world;
  const EnrolmentId ana = world.Joins("1");
  world.sender.automatic = false;
  Delivery reply = world.Of(ana, ServiceReply{"one"});
  const DeliveryId id = reply.id;
  const auto attempt = world.Delivers(std::move(reply));

  world.carrier->Withdraw(DeliveryId::Mint(world.random));
  world.carrier->Withdraw(id);
  world.loop.RunAll();
  world.sender.AnswerNext(Sent("a"));
  world.loop.RunAll();

  CHECK((*attempt)->certainty == Certainty::kSent);
}

}  // namespace trestle
