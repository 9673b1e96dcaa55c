// trestle-world: runs seeds of the simulation. `./dev sim` is its door.
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "tests/sim/plants.h"
#include "tests/sim/run.h"

namespace trestle::world {
namespace {

constexpr const char* kHelp =
    "trestle-world [--seeds N] [--first S] [--seed S [--trace]] [--once]\n"
    "  --seeds N   runs N seeds, each twice, and compares event hash and last draw (default 1000)\n"
    "  --first S   the first of them (default 1)\n"
    "  --seed S    this one alone; --trace prints what happens\n"
    "  --once      runs each seed once, without the comparison\n";

struct Arguments {
  std::uint64_t seeds = 1000;
  std::uint64_t first = 1;
  bool trace = false;
  bool once = false;
};

std::optional<std::uint64_t> NumberIn(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.begin(), text.end(), number);
  if (error != std::errc() || end != text.end()) return std::nullopt;
  return number;
}

bool Read(int count, char** values, Arguments& out) {
  for (int i = 1; i < count; ++i) {
    std::string name = values[i];
    std::string value;
    if (const auto at = name.find('='); at != name.npos) {
      value = name.substr(at + 1);
      name = name.substr(0, at);
    } else if (name == "--seeds" || name == "--first" || name == "--seed") {
      if (++i == count) return false;
      value = values[i];
    }
    const std::optional<std::uint64_t> number = NumberIn(value);
    const bool takes_number = name == "--seeds" || name == "--first" || name == "--seed";
    if (takes_number != number.has_value() || takes_number == value.empty()) return false;
    if (name == "--seeds") {
      if (*number == 0) return false;  // a run of nothing finds nothing
      out.seeds = *number;
    } else if (name == "--first") {
      out.first = *number;
    } else if (name == "--seed") {
      out.first = *number;
      out.seeds = 1;
    } else if (name == "--trace") {
      out.trace = true;
    } else if (name == "--once") {
      out.once = true;
    } else {
      return false;
    }
  }
  return true;
}

int Main(const Arguments& arguments) {
  const auto begun = std::chrono::steady_clock::now();
  std::uint64_t failed = 0;
  std::uint64_t differs = 0;
  RunResult all;
  for (std::uint64_t seed = arguments.first; seed < arguments.first + arguments.seeds; ++seed) {
    const RunResult result = RunSeed({seed, arguments.trace});
    all.events += result.events;
    all.letters += result.letters;
    all.shown += result.shown;
    all.crashes += result.crashes;
    if (!arguments.once && !RunSeed({seed, false}).is_same_as(result)) {
      ++differs;
      std::printf("seed %llu: two runs differ\n", static_cast<unsigned long long>(seed));
    }
    if (result.violations.empty()) continue;
    ++failed;
    for (const Violation& each : result.violations) {
      std::printf("seed %llu: %s: %s\n", static_cast<unsigned long long>(seed), each.claim.c_str(),
                  each.text.c_str());
    }
    std::printf("  faults: %s\n  ./dev sim --seed=%llu --trace\n", result.faults.c_str(),
                static_cast<unsigned long long>(seed));
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  std::printf(
      "%llu seeds in %.1f s%s: %llu with violations, %llu whose two runs differ; %llu events, "
      "%llu messages, %llu of them shown, %llu crashes\n",
      static_cast<unsigned long long>(arguments.seeds), took.count(),
      arguments.once ? "" : ", each twice", static_cast<unsigned long long>(failed),
      static_cast<unsigned long long>(differs), static_cast<unsigned long long>(all.events),
      static_cast<unsigned long long>(all.letters), static_cast<unsigned long long>(all.shown),
      static_cast<unsigned long long>(all.crashes));
  return failed + differs == 0 ? 0 : 1;
}

}  // namespace
}  // namespace trestle::world

int main(int count, char** values) {
  trestle::world::Arguments arguments;
  if (!trestle::world::Read(count, values, arguments)) {
    std::fputs(trestle::world::kHelp, stderr);
    return 2;
  }
  return trestle::world::Main(arguments);
}
