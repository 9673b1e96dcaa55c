// Frames that are confirmed end to end, on a disk that fails.
#include "tests/unit/sdk/counting_disk.h"
#include "tests/unit/sms/lossy_world.h"

namespace trestle::sms {
namespace {

struct DiskWorld {
  test::CountingDisk disk;
  LossyWorld bridge;
};

}  // namespace

TEST_CASE("A frame that is not written down is handed over again, and kept then") {
  DiskWorld world;
  LossyWorld& bridge = world.bridge;
  bridge.phone.is_off = true;
  const Frame frame = LossyWorld::Envelope(1, 400);
  const DeliveryId id = DeliveryId::Mint(bridge.random);
  world.disk.fails = true;
  const auto lost = bridge.Delivers(frame, id);
  REQUIRE(*lost);
  CHECK((*lost)->certainty == Certainty::kMaybeSent);
  CHECK((*lost)->retry == Retry::kLater);
  CHECK(bridge.exchange->frames_waiting() == 0);

  world.disk.fails = false;
  const auto kept = bridge.Delivers(frame, id);
  REQUIRE(*kept);
  CHECK((*kept)->certainty == Certainty::kSent);
  bridge.Restart();

  CHECK(bridge.exchange->frames_waiting() == 1);
}

TEST_CASE("A segment that is not kept is not told as kept: the phone sends it again") {
  DiskWorld world;
  LossyWorld& bridge = world.bridge;
  const std::size_t before = bridge.host.offers.size();
  world.disk.fails = true;
  bridge.phone.Sends(LossyWorld::kGhost, LossyWorld::Envelope(1, 400));
  bridge.Pass(std::chrono::seconds(2));
  CHECK(bridge.host.offers.size() == before);

  world.disk.fails = false;
  bridge.Pass(std::chrono::minutes(2));

  CHECK(bridge.host.offers.size() == before + 1);
}

}  // namespace trestle::sms
