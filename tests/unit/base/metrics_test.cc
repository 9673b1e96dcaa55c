#include "bridge/base/metrics.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "bridge/base/event_log.h"
#include "bridge/base/metrics_table.h"
#include "tests/unit/sdk/manual_seams.h"

using namespace trestle;

TEST_CASE("Counters add and gauges are set, each by its label") {
  Metrics metrics;
  metrics.Add("trestle_refusals_total", "no_consent");
  metrics.Add("trestle_refusals_total", "no_consent", 2);
  metrics.Set("trestle_outbox_rows", "sms", 5);
  metrics.Set("trestle_outbox_rows", "sms", 4);
  CHECK(metrics.Read("trestle_refusals_total", "no_consent") == 3);
  CHECK(metrics.Read("trestle_outbox_rows", "sms") == 4);
  CHECK(metrics.Read("trestle_outbox_rows", "native") == 0);
}

TEST_CASE("The exposition names every metric once, with its help, type and label") {
  Metrics metrics;
  metrics.Add("trestle_commits_total");
  metrics.Add("trestle_refusals_total", "expired", 7);
  const std::string text = metrics.Expose();
  for (const MetricRow& row : kMetricTable) {
    CHECK(text.find("# HELP " + std::string(row.name) + " ") != std::string::npos);
  }
  CHECK(text.find("trestle_commits_total 1\n") != std::string::npos);
  CHECK(text.find("trestle_refusals_total{rule=\"expired\"} 7\n") != std::string::npos);
  CHECK(text.find("# TYPE trestle_outbox_rows gauge\n") != std::string::npos);
}

TEST_CASE("Metric names are unique, and counters end in total") {
  std::set<std::string_view> names;
  for (const MetricRow& row : kMetricTable) {
    CHECK(names.insert(row.name).second);
    CHECK(row.name.starts_with("trestle_"));
    CHECK((row.kind == MetricKind::kCounter) == row.name.ends_with("_total"));
  }
}

TEST_CASE("Each line of the event log is one JSON object with its fields") {
  const test::ScratchFolder folder;
  const std::string path = folder.path() + "/events";
  REQUIRE(OpenEventLog(path, Severity::kInfo));
  test::CountingRandom random;
  const LinkId link = LinkId::Mint(random);
  LogEvent(Severity::kDebug, "too_quiet");
  LogEvent(Severity::kInfo, "tried",
           {{"link", link},
            {"count", 3},
            {"again", true},
            {"pause", Millis{250}},
            {"reason", Reason::kBusy},
            EventField::Enum("rule", "a \"quoted\" \\ name")});
  FlushEventLog();
  std::ifstream file(path);
  std::string line;
  REQUIRE(std::getline(file, line));
  const auto event = nlohmann::json::parse(line);
  CHECK(event["event"] == "tried");
  CHECK(event["link"] == link.hex());
  CHECK(event["count"] == 3);
  CHECK(event["again"] == true);
  CHECK(event["pause"] == 250);
  CHECK(event["reason"] == "busy");
  CHECK(event["rule"] == "a \"quoted\" \\ name");
  CHECK_FALSE(std::getline(file, line));
}

TEST_CASE("A log file that cannot be opened is an error") {
  const test::ScratchFolder folder;
  CHECK(OpenEventLog(folder.path(), Severity::kInfo).error().reason == Reason::kUnavailable);
}
