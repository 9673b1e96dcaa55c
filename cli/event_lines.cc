#include "cli/event_lines.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "bridge/base/result.h"
#include "cli/text.h"

namespace trestle::cli {
namespace {

std::string IdText(const std::string& octets, Ids ids) {
  if (octets.empty()) return "-";
  return ids == Ids::kFull ? HexOf(octets) : ShortHexOf(octets);
}

std::string PathOf(const v1::WatchResponse& event) {
  if (event.from_network().empty() && event.to_network().empty()) return "-";
  const auto name = [](const std::string& network) {
    return network.empty() ? std::string("·") : Printable(network);
  };
  return name(event.from_network()) + " → " + name(event.to_network());
}

std::string Padded(std::string text, std::size_t columns) {
  const std::size_t used = ColumnsOf(text);
  return text + std::string(columns > used ? columns - used : 0, ' ');
}

std::string Number(std::uint32_t number) { return number == 0 ? "-" : std::to_string(number); }

}  // namespace

std::string EventLine(const v1::WatchResponse& event, Ids ids) {
  constexpr std::size_t kStepColumns = 13;
  constexpr std::size_t kPathColumns = 22;
  std::string line;
  if (event.lost() != 0) {
    line = "(" + std::to_string(event.lost()) + " events lost: read too slowly)\n";
  }
  line += TimeOfDay(event.at()) + "  " + Padded(Printable(event.step()), kStepColumns);
  line += "  env " + Padded(IdText(event.envelope_id(), ids), 8);
  line += "  contact " + Padded(IdText(event.contact_id(), ids), 8);
  line += "  " + Padded(PathOf(event), kPathColumns);
  line +=
      "  " +
      Padded(event.size_bytes() == 0 ? "-" : std::to_string(event.size_bytes()) + " octets", 12);
  std::string result = Printable(event.outcome());
  if (event.rule() != v1::RULE_UNSPECIFIED) {
    result += (result.empty() ? "" : ", ") + RuleWord(event.rule());
  }
  line += "  " + (result.empty() ? "-" : result);
  if (event.attempt() != 0) line += "  attempt " + std::to_string(event.attempt());
  if (event.latency_ms() != 0) line += "  after " + SpanText(event.latency_ms());
  return line;
}

std::string EventJson(const v1::WatchResponse& event) {
  nlohmann::ordered_json out;
  out["at_ms"] = event.at().seconds() * 1000 + event.at().nanos() / 1'000'000;
  out["room"] = event.room();
  out["step"] = event.step();
  out["envelope_id"] = HexOf(event.envelope_id());
  out["contact_id"] = HexOf(event.contact_id());
  out["from_network"] = event.from_network();
  out["to_network"] = event.to_network();
  out["size_bytes"] = event.size_bytes();
  out["rule"] = event.rule() == v1::RULE_UNSPECIFIED ? "" : RuleWord(event.rule());
  out["outcome"] = event.outcome();
  out["attempt"] = event.attempt();
  out["latency_ms"] = event.latency_ms();
  out["lost"] = event.lost();
  return out.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

Table TraceTable(const v1::TraceResponse& trace) {
  Table table({"TIME", "ROOM", "STEP", "OUTCOME", "RULE", "NETWORK", "OCTETS", "ATTEMPT"});
  for (const v1::TraceStep& step : trace.steps()) {
    table.Add({TimeOfDay(step.at()), step.room(), step.step(), step.outcome(),
               RuleWord(step.rule()), step.network(), Number(step.size_bytes()),
               Number(step.attempt())});
  }
  return table;
}

Table ExplainTable(const v1::ExplainResponse& answer) {
  Table table({"NETWORK", "VERDICT", "RULE", "MEASURED/LIMIT", "WHY"});
  for (const v1::Candidate& candidate : answer.candidates()) {
    const bool measured = candidate.measured() != 0 || candidate.limit() != 0;
    const bool waits = !candidate.chosen() && candidate.network() == answer.waits_for_network();
    table.Add({candidate.network(),
               candidate.chosen() ? "chosen"
               : waits            ? "waits"
                                  : "refused",
               RuleWord(candidate.rule()),
               measured
                   ? std::to_string(candidate.measured()) + "/" + std::to_string(candidate.limit())
                   : "-",
               candidate.sentence()});
  }
  return table;
}

std::string SubmitJson(const v1::SubmitRequest& request) {
  std::string out;
  TRESTLE_CHECK(google::protobuf::util::MessageToJsonString(request, &out).ok());
  return out;
}

}  // namespace trestle::cli
