// What a Carrier says to the outside before and after its group is durable.
#include "tests/unit/sdk/carrier_world.h"
#include "tests/unit/sdk/counting_disk.h"

namespace trestle {
namespace {

using test::CarrierWorld;
using test::LongEnvelope;

struct DiskWorld {
  test::CountingDisk disk;
  CarrierWorld bridge;

  // The first fragment of a long frame.
  std::string FirstFragment() {
    FragmentRef ref{};
    bridge.random.Fill(ref);
    return CutToText(EncodeFrame(LongEnvelope()), test::kTestTextBytesMax, ref)->front();
  }
};

}  // namespace

TEST_CASE("Deliveries that are answered by the network together share a sync") {
  DiskWorld world;
  CarrierWorld& bridge = world.bridge;
  const EnrolmentId ana = bridge.Joins("1");
  const EnrolmentId ben = bridge.Joins("2");
  bridge.sender.automatic = false;
  const auto to_ana = bridge.Delivers(bridge.Of(ana, ServiceReply{"hello"}));
  const auto to_ben = bridge.Delivers(bridge.Of(ben, ServiceReply{"hello"}));
  world.disk.syncs = 0;

  bridge.sender.AnswerNext(NativeOutcome{{Certainty::kSent}, "a"});
  bridge.sender.AnswerNext(NativeOutcome{{Certainty::kSent}, "b"});
  bridge.loop.RunAll();

  CHECK((*to_ana)->certainty == Certainty::kSent);
  CHECK((*to_ben)->certainty == Certainty::kSent);
  CHECK(world.disk.syncs == 1);
}

TEST_CASE("The core hears of a hand-over when the network's id is durable") {
  DiskWorld world;
  CarrierWorld& bridge = world.bridge;
  const EnrolmentId ana = bridge.Joins("1");
  world.disk.syncs = 0;
  std::optional<std::size_t> syncs_before;
  bridge.carrier->Deliver(bridge.Of(ana, ServiceReply{"hello"}),
                          [&](Result<Attempt>) { syncs_before = world.disk.syncs; });

  bridge.loop.RunAll();

  CHECK(syncs_before == std::size_t{1});
}

TEST_CASE("A message whose id is not kept was sent all the same") {
  DiskWorld world;
  CarrierWorld& bridge = world.bridge;
  const EnrolmentId ana = bridge.Joins("1");
  world.disk.fails = true;

  const auto attempt = bridge.Delivers(bridge.Of(ana, ServiceReply{"hello"}));

  REQUIRE(*attempt);
  CHECK((*attempt)->certainty == Certainty::kSent);
}

TEST_CASE("An offer whose code is not kept does not leave") {
  DiskWorld world;
  CarrierWorld& bridge = world.bridge;
  const EnrolmentId ana = bridge.Joins("1");
  Delivery offer = bridge.Of(ana, Frame(ThreadOfferFrame{{}, ThreadRole::kOwner, "", "work"}));
  offer.offers_link = LinkId::Mint(bridge.random);
  const std::size_t before = bridge.sender.units.size();
  world.disk.fails = true;

  const auto attempt = bridge.Delivers(std::move(offer));

  REQUIRE(*attempt);
  CHECK((*attempt)->certainty == Certainty::kNotSent);
  CHECK((*attempt)->retry == Retry::kLater);
  CHECK((*attempt)->trouble == Trouble::kOwn);
  CHECK(bridge.sender.units.size() == before);
}

TEST_CASE("The core does not hear of a person who is not kept, and the network tells again") {
  DiskWorld world;
  CarrierWorld& bridge = world.bridge;
  world.disk.fails = true;
  const auto acknowledged = bridge.Receives("491511", "service", "JOIN", "m1");
  REQUIRE(*acknowledged);
  CHECK_FALSE((*acknowledged)->has_value());
  CHECK(bridge.host.offers.empty());

  world.disk.fails = false;
  bridge.Receives("491511", "service", "JOIN", "m1");

  CHECK(bridge.host.offers.size() == 1);
}

TEST_CASE("A fragment that is not kept is not acknowledged") {
  DiskWorld world;
  CarrierWorld& bridge = world.bridge;
  bridge.Binds("491511");
  world.disk.fails = true;
  const std::string text = world.FirstFragment();
  const auto lost = bridge.Receives("491511", bridge.last_offer.ghost, text, "m1");
  REQUIRE(*lost);
  CHECK_FALSE((*lost)->has_value());

  world.disk.fails = false;
  const auto kept = bridge.Receives("491511", bridge.last_offer.ghost, text, "m1");

  REQUIRE(*kept);
  CHECK((*kept)->has_value());
}

TEST_CASE("A report that is not kept is not told, and is told once when it comes again") {
  DiskWorld world;
  CarrierWorld& bridge = world.bridge;
  const EnrolmentId ana = bridge.Joins("1");
  bridge.Delivers(bridge.Of(ana, ServiceReply{"hello"}));
  std::vector<bool> acknowledged;
  const auto reports = [&] {
    bridge.carrier->ReportDelivered("id-1");
    bridge.carrier->WhenKept([&](const Result<void>& kept) { acknowledged.push_back(!!kept); });
    CHECK(bridge.host.reports.empty());
    bridge.loop.RunAll();
  };
  world.disk.fails = true;
  reports();
  CHECK(bridge.host.reports.empty());

  world.disk.fails = false;
  reports();

  CHECK(bridge.host.reports.size() == 1);
  CHECK(acknowledged == std::vector<bool>{false, true});
}

}  // namespace trestle
