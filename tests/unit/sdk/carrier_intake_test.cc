#include "adapters/sdk/canned_texts.h"
#include "tests/unit/sdk/carrier_world.h"

namespace trestle {
namespace {

using test::CarrierWorld;
using test::LongEnvelope;

}  // namespace

TEST_CASE("JOIN reaches the host from an enrolment, and is acknowledged when it is durable there") {
  CarrierWorld world;

  const auto acknowledged = world.Receives("491511", "service", " join ", "m1");

  REQUIRE(world.host.offers.size() == 1);
  CHECK(std::get<ServiceCommand>(world.host.offers[0].body).verb == ServiceVerb::kJoin);
  CHECK(std::holds_alternative<EnrolmentId>(world.host.offers[0].from));
  CHECK_FALSE(*acknowledged);
  world.host.AnswerNext({});
  world.loop.RunAll();
  CHECK((*acknowledged)->has_value());
}

TEST_CASE("The same message told twice has the same key, and another message another one") {
  CarrierWorld world;

  world.Receives("491511", "service", "JOIN", "m1");
  world.Receives("491511", "service", "JOIN", "m1");
  world.Receives("491511", "service", "JOIN", "m2");

  CHECK(world.host.offers[0].key == world.host.offers[1].key);
  CHECK(world.host.offers[0].key != world.host.offers[2].key);
}

TEST_CASE("Keys hold over a restart and differ between installations") {
  CarrierWorld world;
  CarrierWorld other;
  std::uint8_t drawn = 0;
  other.random.Fill({&drawn, 1});
  other.carrier.reset();
  std::filesystem::remove_all(other.folder.path());
  other.Restart();
  world.Receives("491511", "service", "JOIN", "m1");
  world.Restart();

  world.Receives("491511", "service", "JOIN", "m1");
  other.Receives("491511", "service", "JOIN", "m1");

  CHECK(world.host.offers[0].key == world.host.offers[1].key);
  CHECK(other.host.offers[0].key != world.host.offers[0].key);
}

TEST_CASE("A frame of many fragments reaches the host byte for byte from its link") {
  CarrierWorld world;
  const LinkId link = world.Binds("491511");

  const auto acknowledged = world.ReceivesFrame("491511", "ghost-1", LongEnvelope(), "e");

  CHECK(std::get<LinkId>(world.host.offers.back().from) == link);
  CHECK(std::get<EnvelopeFrame>(std::get<Frame>(world.host.offers.back().body)) == LongEnvelope());
  CHECK_FALSE(*acknowledged);
}

TEST_CASE("A fragment of an incomplete frame is acknowledged at once and survives a restart") {
  CarrierWorld world;
  const LinkId link = world.Binds("491511");
  const std::size_t offers = world.host.offers.size();
  const auto texts = CutToText(EncodeFrame(LongEnvelope()), test::kTestTextBytesMax, {});

  const auto first = world.Receives("491511", "ghost-1", (*texts)[0], "e0");
  world.Restart();
  for (std::size_t i = 1; i < texts->size(); ++i) {
    world.Receives("491511", "ghost-1", (*texts)[i], "e" + std::to_string(i));
  }

  CHECK((*first)->has_value());
  REQUIRE(world.host.offers.size() == offers + 1);
  CHECK(std::get<LinkId>(world.host.offers.back().from) == link);
}

TEST_CASE("A frame that the core could not keep is offered again when the network repeats") {
  CarrierWorld world;
  world.Binds("491511");
  const auto texts = CutToText(EncodeFrame(LongEnvelope()), test::kTestTextBytesMax, {});
  CarrierWorld::Answer last;
  for (std::size_t i = 0; i < texts->size(); ++i) {
    last = world.Receives("491511", "ghost-1", (*texts)[i], "e" + std::to_string(i));
  }
  const std::size_t offers = world.host.offers.size();
  world.host.AnswerNext(Fail(Reason::kStorage, "the fake core failed"));
  world.loop.RunAll();
  CHECK_FALSE((*last)->has_value());

  world.Receives("491511", "ghost-1", texts->back(), "e" + std::to_string(texts->size() - 1));

  REQUIRE(world.host.offers.size() == offers + 1);
  CHECK(world.host.offers[offers].key == world.host.offers[offers - 1].key);
}

TEST_CASE("When the host refuses the call the network is not told that we have it") {
  CarrierWorld world;
  world.host.refuse_calls = true;

  const auto acknowledged = world.Receives("491511", "service", "JOIN", "m1");

  REQUIRE(*acknowledged);
  CHECK((*acknowledged)->error().reason == Reason::kBusy);
}

TEST_CASE("A frame from a stranger at a ghost is refused with the canned text and counted") {
  CarrierWorld world;
  ConsentFrame consent;

  const auto acknowledged = world.ReceivesFrame("stranger", "ghost-1", consent, "c");

  CHECK(world.host.offers.empty());
  CHECK((*acknowledged)->has_value());
  CHECK(world.sender.TextOf(0) == kNotOpenText);
  CHECK(world.sender.units[0].identity == "ghost-1");
  CHECK(world.metrics.Read("trestle_adapter_events_total", "whatsapp.unbound") == 1);
  CHECK(world.metrics.Read("trestle_refusals_total", "no_contact") == 1);
}

TEST_CASE("A stranger's fragments get no room in the store") {
  CarrierWorld world;

  world.ReceivesFrame("stranger", "ghost-1", LongEnvelope(), "e");
  world.ReceivesFrame("stranger", "service", LongEnvelope(), "f");

  CHECK(world.host.offers.empty());
  CHECK(world.metrics.Read("trestle_adapter_events_total", "whatsapp.unbound") > 2);
}

TEST_CASE("A thread accept with a wrong code binds nothing") {
  CarrierWorld world;
  const ThreadOfferFrame offer = world.OfferRead(world.Joins("491511"), LinkId::Mint(world.random));
  ThreadAcceptFrame guess{offer.bind_code};
  guess.bind_code[0] ^= 1;
  const std::size_t offers = world.host.offers.size();

  world.ReceivesFrame("491511", offer.ghost, guess, "accept");

  CHECK(world.host.offers.size() == offers);
}

TEST_CASE("A thread accept on the service thread is refused") {
  CarrierWorld world;
  const ThreadOfferFrame offer = world.OfferRead(world.Joins("491511"), LinkId::Mint(world.random));
  const std::size_t offers = world.host.offers.size();

  world.ReceivesFrame("491511", "service", ThreadAcceptFrame{offer.bind_code}, "accept");

  CHECK(world.host.offers.size() == offers);
}

TEST_CASE("A bound link stays bound over a restart") {
  CarrierWorld world;
  const LinkId link = world.Binds("491511");
  world.Restart();

  world.ReceivesFrame("491511", "ghost-1", ConsentFrame{}, "c");

  CHECK(std::get<LinkId>(world.host.offers.back().from) == link);
}

TEST_CASE("Plain text on the service thread gets help and never reaches the host") {
  CarrierWorld world;

  const auto acknowledged = world.Receives("491511", "service", "hello there", "m1");

  CHECK((*acknowledged)->has_value());
  CHECK(world.host.offers.empty());
  CHECK(world.sender.TextOf(0) == kHelpText);
}

TEST_CASE("Plain text on a ghost thread is told that only sealed messages pass") {
  CarrierWorld world;
  world.Binds("491511");
  const std::size_t offers = world.host.offers.size();
  const std::size_t before = world.sender.units.size();

  world.Receives("491511", "ghost-1", "are you there?", "m1");

  CHECK(world.host.offers.size() == offers);
  CHECK(world.sender.TextOf(before) == kSealedOnlyText);
}

TEST_CASE("A canned text is sent once a minute and thread") {
  CarrierWorld world;
  world.Receives("491511", "service", "hello", "m1");
  world.Receives("491511", "service", "hello?", "m2");
  CHECK(world.sender.units.size() == 1);
  world.loop.Advance(std::chrono::minutes(1));

  world.Receives("491511", "service", "hello!", "m3");

  CHECK(world.sender.units.size() == 2);
}

TEST_CASE("STOP on a ghost thread reaches the host from its link") {
  CarrierWorld world;
  const LinkId link = world.Binds("491511");

  world.Receives("491511", "ghost-1", "stop", "m1");

  CHECK(std::get<LinkId>(world.host.offers.back().from) == link);
  CHECK(std::get<ServiceCommand>(world.host.offers.back().body).verb == ServiceVerb::kStop);
}

TEST_CASE("Words about the SMS edge on a ghost thread reach the host from its link") {
  CarrierWorld world;
  const LinkId link = world.Binds("491511");

  world.Receives("491511", "ghost-1", "Ich will zustimmen", "m1");
  world.Receives("491511", "ghost-1", "Zustimmen!", "m2");

  CHECK(std::get<LinkId>(world.host.offers.back().from) == link);
  CHECK(std::get<ServiceCommand>(world.host.offers.back().body).verb == ServiceVerb::kAgree);
}

TEST_CASE("Other service words on a ghost thread are plain text") {
  CarrierWorld world;
  world.Binds("491511");
  const std::size_t offers = world.host.offers.size();

  world.Receives("491511", "ghost-1", "REACH brisk-otter-4821", "m1");

  CHECK(world.host.offers.size() == offers);
}

TEST_CASE("A message to an identity that is not ours is acknowledged and dropped") {
  CarrierWorld world;

  const auto acknowledged = world.Receives("491511", "elsewhere", "JOIN", "m1");

  CHECK((*acknowledged)->has_value());
  CHECK(world.host.offers.empty());
  CHECK(world.sender.units.empty());
}

TEST_CASE("Fragments and frames that do not parse are counted and acknowledged") {
  CarrierWorld world;

  const auto fragment = world.Receives("491511", "service", "tr1.!!!", "m1");
  const auto frame = world.Receives(
      "491511", "service", CutToText(Bytes(20, 0xFF), test::kTestTextBytesMax, {})->front(), "m2");

  CHECK((*fragment)->has_value());
  CHECK((*frame)->has_value());
  CHECK(world.metrics.Read("trestle_adapter_events_total", "whatsapp.fragment_malformed") == 1);
  CHECK(world.metrics.Read("trestle_adapter_events_total", "whatsapp.frame_malformed") == 1);
}

TEST_CASE("Binary chunks make a frame as fragments do") {
  CarrierWorld world;
  const LinkId link = world.Binds("491511");
  const Bytes frame = EncodeFrame(LongEnvelope());
  const Bytes first(frame.begin(), frame.begin() + 100);
  const Bytes second(frame.begin() + 100, frame.end());
  const auto receive = [&](std::uint8_t index, const Bytes& octets) {
    world.carrier->Receive({NativeAddress("491511"), "ghost-1", "b" + std::to_string(index),
                            NativeMessage::Chunk{"ref", index, 2, octets}},
                           [](Result<void>) {});
    world.loop.RunAll();
  };

  receive(1, second);
  receive(0, first);

  CHECK(std::get<LinkId>(world.host.offers.back().from) == link);
  CHECK(std::get<EnvelopeFrame>(std::get<Frame>(world.host.offers.back().body)) == LongEnvelope());
}

TEST_CASE("Incomplete frames are given up by the sweep and counted") {
  CarrierWorld world;
  world.Binds("491511");
  const auto texts = CutToText(EncodeFrame(LongEnvelope()), test::kTestTextBytesMax, {});
  world.Receives("491511", "ghost-1", texts->front(), "e0");

  world.loop.Advance(std::chrono::minutes(12));

  CHECK(world.metrics.Read("trestle_adapter_events_total", "whatsapp.frames_incomplete") == 1);
}

TEST_CASE("After Stop nothing reaches the host and the network is told to try again") {
  CarrierWorld world;
  world.carrier->Stop([](Result<void>) {});

  const auto acknowledged = world.Receives("491511", "service", "JOIN", "m1");

  CHECK((*acknowledged)->error().reason == Reason::kCancelled);
  CHECK(world.host.offers.empty());
}

TEST_CASE("Options that contradict each other are refused") {
  test::ScratchFolder folder;
  CarrierWorld world;
  auto wrong_chunk = CarrierWorld::OptionsIn(folder.path());
  wrong_chunk.capabilities.chunk_bytes += 1;
  auto double_role = CarrierWorld::OptionsIn(folder.path());
  double_role.ghosts.ghosts.push_back("service");
  const Carrier::Seams seams{world.loop, world.clock, world.random, world.metrics, world.groups};

  CHECK_FALSE(Carrier::Create(wrong_chunk, seams, world.sender));
  CHECK_FALSE(Carrier::Create(double_role, seams, world.sender));
}

}  // namespace trestle
