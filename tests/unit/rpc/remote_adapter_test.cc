#include "bridge/rpc/remote_adapter.h"

#include <catch2/catch.hpp>

#include "bridge/rpc/convert.h"
#include "tests/unit/rpc/fake_host.h"

using namespace trestle;
using namespace trestle::test;

namespace {

class FakeSession final : public RemoteSession {
 public:
  void Hand(v1::ConnectResponse message) override { handed.push_back(std::move(message)); }
  void CutOff(Error why) override { end = why; }

  std::vector<v1::ConnectResponse> handed;
  std::optional<Error> end;
};

Capabilities Pigeon() {
  Capabilities capabilities;
  capabilities.network = *Network::Parse("pigeon");
  capabilities.chunk_bytes = 1000;
  capabilities.units_max = 10;
  return capabilities;
}

struct World {
  World() {
    remote.Start(host, [](Result<void>) {});
    loop.Turn();
  }
  std::shared_ptr<FakeSession> Connect() {
    auto session = std::make_shared<FakeSession>();
    REQUIRE(remote.Connect(session));
    return session;
  }
  AttemptBox Deliver(std::uint8_t id) {
    AttemptBox box = NewBox();
    remote.Deliver(DeliveryTo(LinkId(Octets(3)), id, EnvelopeOf(1)), Into(box));
    return box;
  }
  void Answer(std::uint8_t id, v1::Certainty certainty, bool permanent = false,
              std::uint32_t retry_after_ms = 0) {
    v1::AttemptResult result;
    result.set_delivery_id(OctetsOf(DeliveryId(Octets(id))));
    result.set_certainty(certainty);
    result.set_permanent(permanent);
    result.set_retry_after_ms(retry_after_ms);
    remote.Attempted(result);
  }

  HandClock clock;
  HandLoop loop{clock};
  FakeHost host;
  RemoteAdapter remote{Pigeon(), loop, clock};
};

v1::Offer WordOf(const std::string& word) {
  v1::Offer offer;
  offer.set_key(std::string(32, 'k'));
  offer.mutable_from()->set_enrolment_id(std::string(16, 'e'));
  offer.set_service_word(word);
  return offer;
}

}  // namespace

TEST_CASE("A process must say the capabilities of the configuration") {
  World world;
  v1::Capabilities said = ProtoOf(Pigeon());
  CHECK(world.remote.Agree(said));
  said.set_units_max(11);
  CHECK(!world.remote.Agree(said));
}

TEST_CASE("A delivery reaches the process as the frame's octets") {
  World world;
  const auto session = world.Connect();
  world.Deliver(9);
  REQUIRE(session->handed.size() == 1);
  const v1::Deliver& deliver = session->handed[0].deliver();
  CHECK(DecodeFrame(AsBytes(deliver.frame())) == EnvelopeOf(1));
  CHECK(deliver.to().link_id() == std::string(16, '\3'));
}

TEST_CASE("The process's word on an attempt is taken as it is") {
  World world;
  world.Connect();
  const AttemptBox sent = world.Deliver(1), maybe = world.Deliver(2), never = world.Deliver(3);
  world.Answer(1, v1::CERTAINTY_SENT);
  world.Answer(2, v1::CERTAINTY_MAYBE_SENT, false, 500);
  world.Answer(3, v1::CERTAINTY_NOT_SENT, true);
  CHECK(sent->value().certainty == Certainty::kSent);
  CHECK(maybe->value().certainty == Certainty::kMaybeSent);
  CHECK(maybe->value().retry_after == Millis{500});
  CHECK(never->value().certainty == Certainty::kNotSent);
  CHECK(never->value().retry == Retry::kNever);
}

TEST_CASE("While nobody is connected the network is down and nothing is sent") {
  World world;
  CHECK(world.host.health == Health::kDown);
  const AttemptBox attempt = world.Deliver(9);
  world.loop.Turn();
  CHECK(attempt->value().certainty == Certainty::kNotSent);
}

TEST_CASE("What a process leaves unanswered was maybe sent, and the network is down") {
  World world;
  const auto session = world.Connect();
  world.remote.ReportHealth(v1::HEALTH_HEALTHY);
  CHECK(world.host.health == Health::kHealthy);
  const AttemptBox attempt = world.Deliver(9);
  world.remote.Disconnect(*session);
  CHECK(attempt->value().certainty == Certainty::kMaybeSent);
  CHECK(world.host.health == Health::kDown);
}

TEST_CASE("A delivery that is not answered in time was maybe sent") {
  World world;
  world.Connect();
  const AttemptBox attempt = world.Deliver(9);
  world.clock.Advance(RemoteAdapter::kAnswerAgeMax);
  world.loop.Turn();
  CHECK(attempt->value().certainty == Certainty::kMaybeSent);
}

TEST_CASE("A newer process takes the older one's place") {
  World world;
  const auto older = world.Connect();
  const auto newer = world.Connect();
  CHECK(older->end->reason == Reason::kConflict);
  world.remote.Disconnect(*older);
  world.Deliver(9);
  CHECK(newer->handed.size() == 1);
}

TEST_CASE("A service word reaches the core as a command, and free text never does") {
  World world;
  world.Connect();
  std::optional<Result<void>> joined, said;
  world.remote.Offer(WordOf("join"), [&](Result<void> answer) { joined = answer; });
  world.remote.Offer(WordOf("hello there"), [&](Result<void> answer) { said = answer; });
  REQUIRE(world.host.offered.size() == 1);
  CHECK(std::get<ServiceCommand>(world.host.offered[0].body).verb == ServiceVerb::kJoin);
  CHECK(!joined);
  CHECK(said->error().reason == Reason::kInvalidArgument);
  world.host.MakeDurable();
  CHECK(joined->has_value());
}

TEST_CASE("An offer that the core cannot take is answered with the core's word") {
  World world;
  world.host.refuses = true;
  std::optional<Result<void>> answer;
  world.remote.Offer(WordOf("JOIN"), [&](Result<void> each) { answer = each; });
  CHECK(answer->error().reason == Reason::kBusy);
  CHECK(answer->error().retry_after == Millis{250});
}

TEST_CASE("After Stop the process is cut off and offers are refused") {
  World world;
  const auto session = world.Connect();
  const AttemptBox attempt = world.Deliver(9);
  world.remote.Stop([](Result<void>) {});
  CHECK(session->end->reason == Reason::kCancelled);
  CHECK(attempt->value().certainty == Certainty::kMaybeSent);
  std::optional<Result<void>> answer;
  world.remote.Offer(WordOf("JOIN"), [&](Result<void> each) { answer = each; });
  CHECK(!answer->has_value());
}
