// The tables of the policy: retries and limits. Each stands in docs/ as it stands in the code, and
// each row of the limits is reached by a test that says so.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "bridge/policy/delivery_rules.h"
#include "bridge/policy/limit_table.h"
#include "tests/unit/sdk/manual_seams.h"

using namespace trestle;
using namespace trestle::test;
using namespace std::chrono_literals;

namespace {

std::string Read(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string SpanText(Millis span) {
  if (span >= 1h && span % 1h == 0ms) return std::to_string(span / 1h) + " h";
  if (span >= 1min && span % 1min == 0ms) return std::to_string(span / 1min) + " min";
  return std::to_string(span / 1s) + " s";
}

std::string LineOf(const RetryRow& row) {
  std::ostringstream line;
  line << "| " << row.network << " | " << TroubleName(row.trouble) << " | " << SpanText(row.first)
       << " | " << row.factor << " | " << SpanText(row.max) << " | ";
  row.attempts_max == kUntilExpiry ? line << "until expiry" : line << row.attempts_max;
  line << " | " << (row.heeds_retry_after ? "yes" : "no") << " | " << row.jitter_percent << " % | "
       << row.why << " |";
  return line.str();
}

std::string LineOf(const LimitRow& row) {
  const Limits limits;
  std::ostringstream line;
  line << "| `" << row.name << "` | " << LimitScopeName(row.scope) << " | " << row.amount(limits)
       << " " << LimitUnitName(row.unit);
  if (row.burst != nullptr) line << ", " << row.burst(limits) << " ahead";
  line << " | " << LimitAnswerName(row.answer) << " | " << row.what << " |";
  return line.str();
}

template <class Row>
void CheckPage(const std::string& path, std::span<const Row> rows) {
  const std::string page = Read(path);
  std::size_t lines = 0;
  for (const Row& row : rows) {
    INFO(path << " should say:\n" << LineOf(row));
    CHECK(page.find(LineOf(row) + "\n") != std::string::npos);
    ++lines;
  }
  std::istringstream text(page);
  std::size_t found = 0;
  for (std::string line; std::getline(text, line);) found += line.starts_with("| ") ? 1 : 0;
  CHECK(found == lines + 1);  // and the heading
}

constexpr RetryRow kRow{kEveryNetwork, Trouble::kPasses, 1s, 2, 5min, 30, true, 25, ""};

}  // namespace

TEST_CASE("The page about retries is the table") { CheckPage("docs/retries.md", RetryTable()); }

TEST_CASE("The page about limits is the table") { CheckPage("docs/limits.md", LimitTable()); }

TEST_CASE("Each row of the limits is reached by a test that names it") {
  std::string tests;
  for (const auto& entry : std::filesystem::recursive_directory_iterator("tests")) {
    const std::string extension = entry.path().extension();
    if (extension == ".cc" || extension == ".py") tests += Read(entry.path());
  }
  for (const LimitRow& row : LimitTable()) {
    INFO(row.name);
    CHECK(tests.find("[limit:" + std::string(row.name) + "]") != std::string::npos);
  }
}

TEST_CASE("Every trouble has a row for every network, and rows are sound") {
  for (const Trouble trouble : kTroubles) {
    const RetryRow& row = RetryRowFor(Network::Instagram(), trouble);
    CHECK(row.trouble == trouble);
    CHECK(row.first > 0ms);
    CHECK(row.first <= row.max);
    CHECK(row.factor >= 2);
  }
  CHECK(RetryRowFor(Network::Sms(), Trouble::kNoAnswer).network == "sms");
  CHECK(RetryRowFor(Network::Instagram(), Trouble::kNone).trouble == Trouble::kPasses);
}

TEST_CASE("The pause grows from the first to the longest, with jitter on top") {
  CountingRandom random;
  const Limits limits;
  Millis base = kRow.first;
  for (int attempt = 1; attempt <= 30; ++attempt) {
    const Millis pause = PauseAfter(kRow, attempt, std::nullopt, limits, random);
    CHECK(pause >= base);
    CHECK(pause <= base + base / 4 + 1ms);
    base = std::min(base * 2, kRow.max);
  }
}

TEST_CASE("The network's own word is the least pause where it is heeded, up to an hour") {
  CountingRandom random;
  const Limits limits;
  CHECK(PauseAfter(kRow, 1, 90s, limits, random) >= 90s);
  CHECK(PauseAfter(kRow, 9, 1ms, limits, random) >= 256s);
  CHECK(PauseAfter(kRow, 1, 500h, limits, random) <= 76min);
  RetryRow deaf = kRow;
  deaf.heeds_retry_after = false;
  CHECK(PauseAfter(deaf, 1, 90s, limits, random) < 2s);
}

TEST_CASE("The limits bound every row") {
  CountingRandom random;
  Limits limits;
  limits.attempts_max = 3;
  limits.backoff_first = 10s;
  limits.backoff_max = 20s;
  CHECK(PauseAfter(kRow, 1, std::nullopt, limits, random) >= 10s);
  CHECK(PauseAfter(kRow, 9, std::nullopt, limits, random) <= 26s);
  CHECK_FALSE(IsLastAttempt(kRow, 2, limits));
  CHECK(IsLastAttempt(kRow, 3, limits));
  RetryRow endless = kRow;
  endless.attempts_max = kUntilExpiry;
  CHECK_FALSE(IsLastAttempt(endless, 10'000, limits));
}

TEST_CASE("Fair picks take turns between senders, the earliest of each first") {
  const Bytes16 flood{1};
  const Bytes16 quiet{2};
  const std::vector<LeaseCandidate> candidates{
      {flood, {11}}, {flood, {12}}, {flood, {13}}, {quiet, {14}}, {quiet, {15}}};
  CHECK(FairPicks(candidates, {}, {}, 9, 4) == std::vector<std::size_t>{0, 3, 1, 4});
  CHECK(FairPicks(candidates, {{flood, 2}}, {}, 9, 3) == std::vector<std::size_t>{3, 4, 0});
  CHECK(FairPicks(candidates, {}, {}, 9, 0).empty());
}

TEST_CASE("Fair picks give no receiver more than it may have") {
  const std::vector<LeaseCandidate> candidates{{{1}, {9}}, {{2}, {9}}, {{3}, {9}}, {{4}, {8}}};
  CHECK(FairPicks(candidates, {}, {{Bytes16{9}, 1}}, 2, 9) == std::vector<std::size_t>{0, 3});
}

TEST_CASE("What may have been sent moves only to an endpoint that drops repeats") {
  CHECK(MayMove(false, false) == Rule::kNone);
  CHECK(MayMove(true, true) == Rule::kNone);
  CHECK(MayMove(true, false) == Rule::kMaybeSentThere);
}
