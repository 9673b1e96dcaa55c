#include "cli/event_lines.h"

#include <google/protobuf/util/json_util.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <nlohmann/json.hpp>

using namespace trestle;
using namespace trestle::cli;

namespace {

v1::WatchResponse AnEvent() {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  v1::WatchResponse event;
  event.mutable_at()->set_seconds(1'700'000'000);
  event.mutable_at()->set_nanos(123'000'000);
  event.set_room("dispatch");
  event.set_step("attempt");
  event.set_envelope_id(std::string(16, '\x1A'));
  event.set_contact_id(std::string(16, '\x2B'));
  event.set_from_network("messenger");
  event.set_to_network("whatsapp");
  event.set_size_bytes(1024);
  event.set_outcome("sent");
  event.set_attempt(2);
  event.set_latency_ms(40);
  return event;
}

v1::ExplainResponse AnAnswer() {
  v1::ExplainResponse answer;
  v1::Candidate& chosen = *answer.add_candidates();
  chosen.set_network("native");
  chosen.set_chosen(true);
  chosen.set_sentence("native carries it.");
  v1::Candidate& refused = *answer.add_candidates();
  refused.set_network("sms");
  refused.set_rule(v1::RULE_UNITS_OVER_BUDGET);
  refused.set_measured(9);
  refused.set_limit(6);
  refused.set_sentence("Too many.");
  return answer;
}

}  // namespace

TEST_CASE("An event is one line of ids, networks, size, outcome and attempt") {
  CHECK(EventLine(AnEvent(), Ids::kShort) ==
        "22:13:20.123  attempt        env 1a1a1a1a  contact 2b2b2b2b  messenger → whatsapp    "
        "1024 octets   sent  attempt 2  after 40 ms");
}

TEST_CASE("A rule stands beside the outcome") {
  v1::WatchResponse event = AnEvent();
  event.set_rule(v1::RULE_ADAPTER_DOWN);

  CHECK(EventLine(event, Ids::kShort).find("sent, adapter_down") != std::string::npos);
}

TEST_CASE("What an event lacks is a dash") {
  v1::WatchResponse event;
  event.set_step("expire");

  CHECK(
      EventLine(event, Ids::kShort) ==
      "-  expire         env -         contact -         -                       -             -");
}

TEST_CASE("Lost events are told before the next one") {
  v1::WatchResponse event = AnEvent();
  event.set_lost(7);

  CHECK(EventLine(event, Ids::kShort).starts_with("(7 events lost: read too slowly)\n"));
}

TEST_CASE("Full ids are whole") {
  CHECK(EventLine(AnEvent(), Ids::kFull).find("1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a") !=
        std::string::npos);
}

TEST_CASE("An event as JSON is one line with ids as the commands take them") {
  const std::string line = EventJson(AnEvent());
  const nlohmann::json json = nlohmann::json::parse(line);

  CHECK(line.find('\n') == std::string::npos);
  CHECK(json["envelope_id"] == "1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a");
  CHECK(json["at_ms"] == 1'700'000'000'123);
  CHECK(json["size_bytes"] == 1024);
}

TEST_CASE("An explanation is a table with the chosen network first") {
  CHECK(ExplainTable(AnAnswer()).Text() ==
        "NETWORK  VERDICT  RULE               MEASURED/LIMIT  WHY\n"
        "native   chosen   -                  -               native carries it.\n"
        "sms      refused  units_over_budget  9/6             Too many.\n");
}

TEST_CASE("A network that is waited for says so") {
  v1::ExplainResponse answer = AnAnswer();
  answer.mutable_candidates()->DeleteSubrange(0, 1);
  answer.set_waits_for_network("sms");

  CHECK(ExplainTable(answer).Text().find("sms      waits ") != std::string::npos);
}

TEST_CASE("A trace is a table in its order") {
  v1::TraceResponse trace;
  v1::TraceStep& step = *trace.add_steps();
  step.set_room("ingest");
  step.set_step("accept");
  step.set_outcome("ok");
  step.set_network("native");
  step.set_size_bytes(512);

  CHECK(TraceTable(trace).Text() ==
        "TIME  ROOM    STEP    OUTCOME  RULE  NETWORK  OCTETS  ATTEMPT\n"
        "-     ingest  accept  ok       -     native   512     -\n");
}

TEST_CASE("A printed request is protobuf's JSON with octets as base64") {
  v1::SubmitRequest request;
  request.set_link_id(std::string(16, '\0'));
  request.set_payload("\xFF\xFE\xFD");

  CHECK(SubmitJson(request) == R"({"linkId":"AAAAAAAAAAAAAAAAAAAAAA==","payload":"//79"})");
}

TEST_CASE("A printed request reads back as what it was") {
  v1::SubmitRequest request;
  request.set_link_id("0123456789abcdef");
  request.set_payload(std::string(300, '\x81'));

  v1::SubmitRequest read;
  REQUIRE(google::protobuf::util::JsonStringToMessage(SubmitJson(request), &read).ok());
  CHECK(read.SerializeAsString() == request.SerializeAsString());
}
