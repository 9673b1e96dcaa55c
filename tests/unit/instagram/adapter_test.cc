#include <catch2/catch.hpp>

#include "adapters/instagram/codec.h"
#include "tests/contract/conformance_world.h"
#include "tests/unit/instagram/fixture.h"

namespace trestle::test {
namespace {

struct World : ConformanceWorld {
  explicit World(InstagramSimOptions options = {})
      : ConformanceWorld(std::make_unique<InstagramFixture>(std::move(options))) {}

  InstagramFixture& instagram() { return static_cast<InstagramFixture&>(*fixture); }
};

TEST_CASE("The Instagram adapter keeps the claims of all adapters") {
  CheckAdapterClaims([] { return std::make_unique<InstagramFixture>(); });
}

TEST_CASE("Claims hold when webhooks come twice, out of order and several in a body") {
  InstagramSimOptions options;
  options.webhooks.duplicate_percent = 50;
  options.webhooks.shuffle_percent = 50;
  options.webhooks.in_flight_max = 2;
  World world(options);
  auto ana = world.NewPhone();
  const auto bound = world.Binds(ana);
  const EnvelopeFrame envelope = world.Envelope(20'000);  // about 28 messages

  ana.SendFrame(bound.ghost, envelope);

  bool has_come = false;
  for (std::size_t number = 0; !has_come; ++number) {
    const Inbound offer = world.host.AwaitOffer(number);
    const auto* frame = std::get_if<Frame>(&offer.body);
    const auto* come = frame == nullptr ? nullptr : std::get_if<EnvelopeFrame>(frame);
    has_come = come != nullptr && *come == envelope;
  }
  CHECK(has_come);
}

TEST_CASE("A read of every message of a frame is reported as a read") {
  InstagramSimOptions options;
  options.phones_read_at_once = true;
  World world(options);
  auto ana = world.NewPhone();
  const auto bound = world.Binds(ana);
  const Delivery delivery = world.Of(bound.link, Frame(world.Envelope(4000)));

  CHECK(world.Delivers(delivery).certainty == Certainty::kSent);

  world.host.AwaitReport(delivery.id, ReceiptLevel::kRead);
}

TEST_CASE("Instagram reports no delivery, and says so") {
  const Capabilities can = InstagramCapabilities(255);

  CHECK_FALSE(can.reports_delivered);
  CHECK(can.reports_read);
}

TEST_CASE("Outside the 24-hour window nothing is sent, for good") {
  World world;
  auto ana = world.NewPhone();
  const EnrolmentId enrolment = world.Joins(ana);
  world.instagram().clock.Shift(std::chrono::hours(24) + std::chrono::seconds(1));

  const Attempt attempt = world.Delivers(world.Of(enrolment, ServiceReply{"too late"}));

  CHECK(attempt.certainty == Certainty::kNotSent);
  CHECK(attempt.retry == Retry::kNever);
  CHECK(attempt.rule == Rule::kThreadNotOpen);
}

TEST_CASE("The Instagram adapter carries 737 octets of a frame in a message") {
  CHECK(InstagramCapabilities(255).chunk_bytes == 737);
}

TEST_CASE("A service text above 1,000 octets is refused before it is sent") {
  World world;
  auto ana = world.NewPhone();
  const EnrolmentId enrolment = world.Joins(ana);

  const Attempt attempt = world.Delivers(world.Of(enrolment, ServiceReply{std::string(1001, 'x')}));

  CHECK(attempt.certainty == Certainty::kNotSent);
  CHECK(attempt.rule == Rule::kTooLarge);
  CHECK(ana.messages_seen() == 0);
}

}  // namespace
}  // namespace trestle::test
