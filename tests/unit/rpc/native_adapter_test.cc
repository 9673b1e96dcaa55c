#include "bridge/rpc/native_adapter.h"

#include <catch2/catch.hpp>

#include "tests/unit/rpc/fake_host.h"

using namespace trestle;
using namespace trestle::test;

namespace {

class FakeSession final : public NativeSession {
 public:
  void Hand(v1::Inbound inbound) override { handed.push_back(std::move(inbound)); }
  void CutOff(Error why) override { end = why; }

  std::vector<v1::Inbound> handed;
  std::optional<Error> end;
};

const AccountId kAna(Octets(1));
const EnrolmentId kAnasEnrolment(Octets(2));
const LinkId kAnasLink(Octets(3));
const LinkId kNewLink(Octets(4));

struct World {
  World() {
    native.Start(host, [](Result<void>) {});
    loop.Turn();
  }

  std::shared_ptr<FakeSession> Connect() {
    auto session = std::make_shared<FakeSession>();
    REQUIRE(native.Connect(kAna, {{kAnasEnrolment}, {kAnasLink}, 0}, session));
    return session;
  }
  AttemptBox Deliver(Delivery delivery) {
    AttemptBox box = NewBox();
    native.Deliver(std::move(delivery), Into(box));
    return box;
  }
  AttemptBox Offer(std::uint8_t id) {
    Delivery offer = DeliveryTo(kAnasEnrolment, id, Frame(ThreadOfferFrame{}));
    offer.offers_link = kNewLink;
    return Deliver(std::move(offer));
  }

  HandClock clock;
  HandLoop loop{clock};
  FakeHost host;
  NativeAdapter native{loop, clock};
};

}  // namespace

TEST_CASE("A delivery settles as sent with the client's acknowledgement, not before") {
  World world;
  const auto session = world.Connect();
  const AttemptBox attempt = world.Deliver(DeliveryTo(kAnasLink, 9, EnvelopeOf(1)));

  world.loop.Turn();
  CHECK(!attempt->has_value());
  CHECK(world.native.Acknowledge(kAna, DeliveryId(Octets(9))) == 0);

  CHECK(attempt->value().certainty == Certainty::kSent);
  REQUIRE(world.host.reports.size() == 1);
  CHECK(world.host.reports[0].level == ReceiptLevel::kDelivered);
}

TEST_CASE("Nothing is reported as delivered for what is no envelope") {
  World world;
  world.Connect();
  world.Deliver(DeliveryTo(kAnasLink, 9, ServiceReply{"Welcome."}));
  world.native.Acknowledge(kAna, DeliveryId(Octets(9)));
  CHECK(world.host.reports.empty());
}

TEST_CASE("Without a client a delivery is not sent, and waits for one") {
  World world;
  const AttemptBox attempt = world.Deliver(DeliveryTo(kAnasLink, 9, EnvelopeOf(1)));
  CHECK(!attempt->has_value());
  world.loop.Turn();
  CHECK(attempt->value().certainty == Certainty::kNotSent);
  CHECK(attempt->value().retry == Retry::kLater);
  CHECK(attempt->value().rule == Rule::kThreadNotOpen);
}

TEST_CASE("What a client leaves without acknowledging was maybe sent") {
  World world;
  const auto session = world.Connect();
  const AttemptBox attempt = world.Deliver(DeliveryTo(kAnasLink, 9, EnvelopeOf(1)));
  world.native.Disconnect(kAna, *session);
  CHECK(attempt->value().certainty == Certainty::kMaybeSent);
}

TEST_CASE("A client that does not acknowledge in time is cut off with a reason") {
  World world;
  const auto session = world.Connect();
  const AttemptBox attempt = world.Deliver(DeliveryTo(kAnasLink, 9, EnvelopeOf(1)));
  world.clock.Advance(NativeAdapter::kAckAgeMax);
  world.loop.Turn();
  REQUIRE(session->end);
  CHECK(session->end->reason == Reason::kBusy);
  CHECK(attempt->value().certainty == Certainty::kMaybeSent);
}

TEST_CASE("The deadline of an earlier attempt does not end a later one") {
  World world;
  const auto first = world.Connect();
  world.Deliver(DeliveryTo(kAnasLink, 9, EnvelopeOf(1)));
  world.native.Disconnect(kAna, *first);
  const auto second = world.Connect();
  world.clock.Advance(NativeAdapter::kAckAgeMax - Millis{1});
  const AttemptBox attempt = world.Deliver(DeliveryTo(kAnasLink, 9, EnvelopeOf(1)));

  world.clock.Advance(Millis{1});
  world.loop.Turn();

  CHECK(!second->end);
  CHECK(!attempt->has_value());
}

TEST_CASE("A newer client of the account ends the older one") {
  World world;
  const auto older = world.Connect();
  const AttemptBox attempt = world.Deliver(DeliveryTo(kAnasLink, 9, EnvelopeOf(1)));
  const auto newer = world.Connect();

  REQUIRE(older->end);
  CHECK(older->end->reason == Reason::kConflict);
  CHECK(attempt->value().certainty == Certainty::kMaybeSent);
  world.native.Disconnect(kAna, *older);
  world.Deliver(DeliveryTo(kAnasLink, 9, EnvelopeOf(1)));
  CHECK(newer->handed.size() == 1);
}

TEST_CASE("A thread offer binds its link before the client hears of it") {
  World world;
  const auto session = world.Connect();
  world.Offer(9);
  REQUIRE(world.host.offered.size() == 1);
  CHECK(std::get<LinkId>(world.host.offered[0].from) == kNewLink);
  CHECK(std::holds_alternative<ThreadAcceptFrame>(std::get<Frame>(world.host.offered[0].body)));
  CHECK(session->handed.empty());
  world.host.MakeDurable();
  REQUIRE(session->handed.size() == 1);
  CHECK(session->handed[0].has_thread_offer());
}

TEST_CASE("A thread offer binds its link even when no client is there") {
  World world;
  const AttemptBox attempt = world.Offer(9);
  world.host.MakeDurable();
  world.loop.Turn();
  CHECK(world.host.offered.size() == 1);
  CHECK(attempt->value().rule == Rule::kThreadNotOpen);
}

TEST_CASE("Binding a link again is the same thing again") {
  World world;
  world.Offer(9);
  world.Offer(9);
  REQUIRE(world.host.offered.size() == 2);
  CHECK(world.host.offered[0].key == world.host.offered[1].key);
}

TEST_CASE("The client hears of a thread before it hears anything on it") {
  World world;
  const auto session = world.Connect();
  world.Offer(9);
  world.Deliver(DeliveryTo(kNewLink, 10, Frame(PeerKeysFrame{Bytes(4)})));
  CHECK(session->handed.empty());

  world.host.MakeDurable();

  REQUIRE(session->handed.size() == 2);
  CHECK(session->handed[0].has_thread_offer());
  CHECK(session->handed[1].has_peer_keys());
}

TEST_CASE("When the core cannot take the binding, the offer is tried later, at its word") {
  World world;
  world.Connect();
  world.host.refuses = true;
  const AttemptBox attempt = world.Offer(9);
  world.loop.Turn();
  CHECK(attempt->value().certainty == Certainty::kNotSent);
  CHECK(attempt->value().retry_after == Millis{250});
}

TEST_CASE("After Stop nothing is under way and nobody may connect") {
  World world;
  const auto session = world.Connect();
  const AttemptBox attempt = world.Deliver(DeliveryTo(kAnasLink, 9, EnvelopeOf(1)));
  bool stopped = false;
  world.native.Stop([&](Result<void>) { stopped = true; });
  world.loop.Turn();
  CHECK(stopped);
  CHECK(session->end->reason == Reason::kCancelled);
  CHECK(attempt->value().certainty == Certainty::kMaybeSent);
  CHECK(!world.native.Connect(kAna, {}, session));
}

TEST_CASE("An acknowledgement of something unknown changes nothing") {
  World world;
  world.Connect();
  const AttemptBox attempt = world.Deliver(DeliveryTo(kAnasLink, 9, EnvelopeOf(1)));
  CHECK(world.native.Acknowledge(kAna, DeliveryId(Octets(8))) == 1);
  CHECK(!attempt->has_value());
}

TEST_CASE("No more clients connect than may", "[limit:native_sessions_max]") {
  World world;
  const auto connect = [&](std::size_t n) {
    Bytes16 octets{};
    octets[0] = static_cast<std::uint8_t>(n);
    octets[1] = static_cast<std::uint8_t>(n >> 8);
    return world.native.Connect(AccountId(octets), {}, std::make_shared<FakeSession>());
  };
  for (std::size_t n = 1; n <= NativeAdapter::kSessionsMax; ++n) REQUIRE(connect(n));
  const Result<void> refused = connect(NativeAdapter::kSessionsMax + 1);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().reason == Reason::kBusy);
  CHECK(refused.error().retry_after);
}

TEST_CASE("What goes to the loop-back peer comes back as an echo, over the loop") {
  World world;
  REQUIRE(world.host.loopback);
  const AttemptBox attempt =
      world.Deliver(DeliveryTo(*world.host.loopback, 9, ServiceReply{"ECHO 00ff"}));
  CHECK(world.host.offered.empty());
  world.loop.Turn();
  CHECK(attempt->value().certainty == Certainty::kSent);
  REQUIRE(world.host.offered.size() == 1);
  CHECK(std::get<ServiceCommand>(world.host.offered[0].body) ==
        ServiceCommand{ServiceVerb::kEcho, "00ff"});
}

TEST_CASE("Making connections anew cuts clients off and leaves what they had in doubt") {
  World world;
  const auto session = world.Connect();
  const AttemptBox attempt = world.Deliver(DeliveryTo(kAnasEnrolment, 5, ServiceReply{"hello"}));
  CHECK(world.native.Reconnect());
  REQUIRE(session->end);
  CHECK(attempt->value().certainty == Certainty::kMaybeSent);
}
