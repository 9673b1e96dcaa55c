// The proof for sealed frames over bad air: 1% to 20% of all segments lost, as many doubled, all of
// them delayed by up to seven seconds and so out of order, in both directions and for the words
// about them too. Each frame arrives or is reported to its sender; memory stays bounded.
#include "tests/unit/sms/lossy_world.h"

namespace trestle::sms {
namespace {

constexpr std::uint64_t kFrames = 60;  // each way
constexpr Millis kBetween = std::chrono::seconds(7);

// From one segment to fourteen: consent, messages of the common sizes, a Welcome.
std::size_t OctetsOf(std::uint64_t number) {
  constexpr std::array<std::size_t, 6> kSizes = {40, 110, 443, 699, 1100, 1750};
  return kSizes[number % kSizes.size()];
}

void Worsen(Air& air, std::uint64_t percent) {
  air.loss_percent = percent;
  air.double_percent = percent;
  air.delay_max = std::chrono::seconds(7);
}

// Passes the time that a frame has at most, and looks at memory on the way.
void PassAll(LossyWorld& world) {
  for (int minute = 0; minute < 62; ++minute) {
    world.Pass(std::chrono::minutes(1), std::chrono::seconds(2));
    CHECK(world.exchange->frames_waiting() <= kFrames);
    CHECK(world.phone.arrivals.sets_held() <= kFrames + 1);  // one is the offer of the thread
    CHECK(world.phone.incoming.open_sets() <= kFrames);
  }
}

template <class Frames>
std::size_t CountOf(const Frame& frame, const Frames& frames) {
  return static_cast<std::size_t>(std::ranges::count(frames, frame));
}

// How many arrived of those sent to the phone; each is accounted for.
std::uint64_t ToPhone(std::uint64_t percent, std::uint64_t seed) {
  LossyWorld world(seed);
  Worsen(world.air, percent);
  std::vector<std::pair<DeliveryId, Frame>> sent;
  for (std::uint64_t i = 1; i <= kFrames; ++i) {
    const Frame frame = LossyWorld::Envelope(i, OctetsOf(i));
    sent.emplace_back(world.Delivers(frame), frame);
    world.Pass(kBetween);
  }
  PassAll(world);
  std::uint64_t arrived = 0;
  for (const auto& [id, frame] : sent) {
    const auto report = world.ReportOf(id);
    REQUIRE(report);
    const std::size_t copies = CountOf(frame, world.phone.frames);
    CHECK(copies <= 1);
    if (report->level == ReceiptLevel::kDelivered) CHECK(copies == 1);
    if (report->level == ReceiptLevel::kFailed) CHECK(report->rule == Rule::kNotConfirmed);
    arrived += copies;
  }
  CHECK(world.exchange->frames_waiting() == 0);
  INFO("lost " << world.air.lost << " of " << world.air.carried);
  CHECK(world.air.lost > 0);
  return arrived;
}

std::uint64_t ToBridge(std::uint64_t percent, std::uint64_t seed) {
  LossyWorld world(seed);
  Worsen(world.air, percent);
  std::map<DeliveryId, Frame> sent;
  for (std::uint64_t i = 1; i <= kFrames; ++i) {
    const Frame frame = LossyWorld::Envelope(i, OctetsOf(i));
    sent.emplace(world.phone.Sends(LossyWorld::kGhost, frame), frame);
    world.Pass(kBetween);
  }
  PassAll(world);
  std::vector<Frame> offered;
  for (const Inbound& each : world.host.offers) offered.push_back(std::get<Frame>(each.body));
  REQUIRE(world.phone.ended.size() == kFrames);
  for (const SentFrames::Ended& each : world.phone.ended) {
    const std::size_t copies = CountOf(sent.at(each.id), offered);
    CHECK(copies <= 1);
    if (each.arrived) CHECK(copies == 1);
  }
  CHECK(world.phone.sent.frames_held() == 0);
  CHECK(world.phone.sent.bytes_used() == 0);
  return offered.size();
}

}  // namespace

TEST_CASE("Over air that loses up to a fifth every frame arrives or is reported") {
  const std::uint64_t percent = GENERATE(1U, 5U, 10U, 20U);
  const std::uint64_t seed = GENERATE(1U, 2U);
  INFO("percent " << percent << ", seed " << seed);
  CHECK(ToPhone(percent, seed) == kFrames);
  CHECK(ToBridge(percent, seed) == kFrames);
}

TEST_CASE("Over air that loses two thirds what does not arrive is reported") {
  CHECK(ToPhone(66, 3) < kFrames);
  CHECK(ToBridge(66, 3) < kFrames);
}

}  // namespace trestle::sms
