// The seeds that once found a bug, and a fixed number of others, each run twice.
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "tests/sim/run.h"

namespace trestle::world {
namespace {

constexpr std::uint64_t kSeedsFirst = 1;
constexpr std::uint64_t kSeeds = 200;

void RunsCleanAndTheSame(std::uint64_t seed) {
  const RunResult first = RunSeed({seed, false});
  const RunResult second = RunSeed({seed, false});
  INFO("./dev sim --seed=" << seed << " --trace");
  for (const Violation& each : first.violations) FAIL_CHECK(each.claim << ": " << each.text);
  CHECK(first.letters > 0);
  CHECK(first.is_same_as(second));
}

std::vector<std::uint64_t> KnownSeeds() {
  std::ifstream file("tests/sim/seeds.txt");
  std::vector<std::uint64_t> out;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::uint64_t seed = 0;
    if (words >> seed) out.push_back(seed);
  }
  return out;
}

}  // namespace

TEST_CASE("Every seed that once found a bug keeps all claims") {
  const std::vector<std::uint64_t> seeds = KnownSeeds();
  REQUIRE_FALSE(seeds.empty());
  for (const std::uint64_t seed : seeds) RunsCleanAndTheSame(seed);
}

TEST_CASE("A fixed number of other seeds keep all claims, and two runs of each are the same") {
  for (std::uint64_t seed = kSeedsFirst; seed < kSeedsFirst + kSeeds; ++seed) {
    RunsCleanAndTheSame(seed);
  }
}

TEST_CASE("Two seeds are two runs") { CHECK(RunSeed({1, false}).hash != RunSeed({2, false}).hash); }

}  // namespace trestle::world
