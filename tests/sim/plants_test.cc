// Each planted bug must be found, by the claim it breaks, within so many seeds. This program alone
// is linked with the changed copies of the sources (plants/).
#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "tests/sim/plants.h"
#include "tests/sim/run.h"

namespace trestle::world {
namespace {

constexpr std::uint64_t kSeedsMax = 200;

// The first seed in which one of the claims is broken; 0 when none is.
std::uint64_t SeedThatFinds(Plant plant, const std::set<std::string>& claims) {
  PlantedNow() = plant;
  std::uint64_t found = 0;
  for (std::uint64_t seed = 1; seed <= kSeedsMax && found == 0; ++seed) {
    const RunResult result = RunSeed({seed, false});
    const bool broken = std::ranges::any_of(
        result.violations, [&](const Violation& each) { return claims.contains(each.claim); });
    if (broken) found = seed;
  }
  PlantedNow() = Plant::kNone;
  WARN(PlantName(plant) << " is found by seed " << found);
  return found;
}

}  // namespace

TEST_CASE("Acknowledging before the commit is found as a loss") {
  CHECK(SeedThatFinds(Plant::kAckBeforeDurable, {"lost"}) > 0);
}

TEST_CASE("A new key for each retry is found as a second showing") {
  CHECK(SeedThatFinds(Plant::kNewKeyPerRetry, {"twice"}) > 0);
}

TEST_CASE("A retry that is overtaken is found as a broken order") {
  CHECK(SeedThatFinds(Plant::kRetryOvertaken, {"order"}) > 0);
}

TEST_CASE("Deduplication in memory only is found as a second showing") {
  CHECK(SeedThatFinds(Plant::kDedupeInMemory, {"twice"}) > 0);
}

TEST_CASE("Settling before the answer is found as a loss") {
  CHECK(SeedThatFinds(Plant::kSettleBeforeAnswer, {"lost"}) > 0);
}

TEST_CASE("Expiry that is checked on entry only is found as a late hand-over") {
  CHECK(SeedThatFinds(Plant::kExpiryOnEntryOnly, {"expired"}) > 0);
}

TEST_CASE("Consent that is checked on entry only is found as a hand-over without it") {
  CHECK(SeedThatFinds(Plant::kConsentOnEntryOnly, {"consent"}) > 0);
}

TEST_CASE("A receipt map that comes after the report is found as a receipt that is missing") {
  CHECK(SeedThatFinds(Plant::kReceiptMapAfterSending, {"receipt"}) > 0);
}

TEST_CASE("A webhook that is acknowledged before it is kept is found as a loss") {
  CHECK(SeedThatFinds(Plant::kWebhookBeforeKept, {"lost"}) > 0);
}

TEST_CASE("An adapter that tells before its group is durable is found as a loss") {
  CHECK(SeedThatFinds(Plant::kToldBeforeGroupDurable, {"lost"}) > 0);
}

TEST_CASE("The changed sources without a planted bug find nothing") {
  PlantedNow() = Plant::kNone;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) CHECK(RunSeed({seed, false}).violations.empty());
}

}  // namespace trestle::world
