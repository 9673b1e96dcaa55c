#include "adapters/sdk/sim_control_http.h"

#include <algorithm>
#include <charconv>

#include "adapters/sdk/json.h"

namespace trestle::sim_http {
namespace {

constexpr std::size_t kAddressBytesMax = 128;
constexpr std::int64_t kFaultCountMax = 1'000'000;
// One answer holds at most so many messages; the next poll brings the others.
constexpr std::size_t kInboxAnswerMax = 256;

HttpResponse Ok(JsonWriter json) { return {.status = 200, .body = std::move(json).Take()}; }

Result<int> ReadCount(const Json& value) {
  const auto count = value.integer();
  if (!count || *count < 0 || *count > kFaultCountMax) {
    return Fail(Reason::kInvalidArgument, "a fault is no count");
  }
  return static_cast<int>(*count);
}

// Records are sorted by seq: the first one after N.
template <class Queue>
auto FirstAfter(const Queue& queue, std::uint64_t after) {
  return std::upper_bound(queue.begin(), queue.end(), after,
                          [](std::uint64_t seq, const auto& each) { return seq < each.seq; });
}

}  // namespace

HttpResponse Refusal(int status, std::string_view text) {
  JsonWriter json;
  json.BeginObject().TextMember("error", text).EndObject();
  return {.status = status, .body = std::move(json).Take()};
}

HttpResponse OfError(const Error& error) {
  const bool is_bound = error.reason == Reason::kBusy || error.reason == Reason::kUnavailable;
  if (error.reason == Reason::kNotFound) return Refusal(404, error.what.view());
  return Refusal(is_bound ? 503 : 400, error.what.view());
}

HttpResponse About(const SimControl::Network& network) {
  JsonWriter json;
  json.BeginObject().TextMember("network", network.name).TextMember("service", network.service);
  json.ArrayMember("ghosts");
  for (const std::string& ghost : network.ghosts) json.Text(ghost);
  json.EndArray().EndObject();
  return Ok(std::move(json));
}

HttpResponse IdAnswer(std::string_view name, std::string_view id) {
  JsonWriter json;
  json.BeginObject().TextMember(name, id).EndObject();
  return Ok(std::move(json));
}

HttpResponse Inbox(const std::deque<SimMessage>& inbox, std::uint64_t after) {
  JsonWriter json;
  json.BeginObject().ArrayMember("messages");
  std::size_t taken = 0;
  for (auto each = FirstAfter(inbox, after); each != inbox.end() && taken < kInboxAnswerMax;
       ++each, ++taken) {
    json.BeginObject().NumberMember("seq", static_cast<std::int64_t>(each->seq));
    json.TextMember("from", each->from).TextMember("to", each->to).TextMember("id", each->id);
    json.NumberMember("at_ms", each->at.ms);
    if (each->is_binary) {
      json.TextMember("data", ToBase64(AsBytes(each->body)));
    } else {
      json.TextMember("text", each->body);
    }
    json.EndObject();
  }
  json.EndArray().EndObject();
  return Ok(std::move(json));
}

HttpResponse Wire(const std::deque<SimWireRecord>& records, std::uint64_t after,
                  std::size_t limit) {
  JsonWriter json;
  json.BeginObject().ArrayMember("records");
  std::size_t taken = 0;
  for (auto each = FirstAfter(records, after); each != records.end() && taken < limit;
       ++each, ++taken) {
    json.BeginObject().NumberMember("seq", static_cast<std::int64_t>(each->seq));
    json.NumberMember("at_ms", each->at.ms).TextMember("direction", each->direction);
    json.TextMember("what", each->what);
    json.NumberMember("octets", static_cast<std::int64_t>(each->octets));
    json.TextMember("shows", each->shows).EndObject();
  }
  json.EndArray().EndObject();
  return Ok(std::move(json));
}

HttpResponse Faults(const SimFaults& faults) {
  JsonWriter json;
  json.BeginObject().FlagMember("down", faults.down);
  json.NumberMember("reject_next", faults.reject_next);
  json.NumberMember("reject_code", faults.reject_code);
  json.NumberMember("lose_answer_next", faults.lose_answer_next);
  json.NumberMember("duplicate_next", faults.duplicate_next);
  json.NumberMember("late_next", faults.late_next);
  json.NumberMember("drop_next", faults.drop_next).EndObject();
  return Ok(std::move(json));
}

Result<std::string> ReadAddress(std::string_view body) {
  const Json json = TRESTLE_TRY(Json::Parse(body));
  const std::string address = json["address"].TextOr("");
  const bool is_printable =
      std::ranges::all_of(address, [](char sign) { return sign > 0x20 && sign < 0x7F; });
  if (address.empty() || address.size() > kAddressBytesMax || !is_printable) {
    return Fail(Reason::kInvalidArgument, "address is not 1 to 128 printable signs");
  }
  return address;
}

Result<SimMessage> ReadMessage(std::string_view body) {
  const Json json = TRESTLE_TRY(Json::Parse(body));
  SimMessage message;
  message.from = json["from"].TextOr("");
  message.to = json["to"].TextOr("");
  if (message.from.empty()) return Fail(Reason::kInvalidArgument, "from is missing");
  if (message.to.empty()) return Fail(Reason::kInvalidArgument, "to is missing");
  message.is_binary = json.Has("data");
  const auto text = json[message.is_binary ? "data" : "text"].text();
  if (!text) return Fail(Reason::kInvalidArgument, "text or data is missing");
  if (!message.is_binary) {
    message.body = *text;
    return message;
  }
  const auto octets = FromBase64(*text);
  if (!octets) return Fail(Reason::kInvalidArgument, "data is no base64");
  message.body = std::string(AsText(*octets));
  return message;
}

Result<SimFaults> ReadFaults(std::string_view body, SimFaults faults) {
  const Json json = TRESTLE_TRY(Json::Parse(body));
  if (!json.is_object()) return Fail(Reason::kInvalidArgument, "the body is no object");
  if (json.Has("down")) {
    const auto down = json["down"].flag();
    if (!down) return Fail(Reason::kInvalidArgument, "down is no flag");
    faults.down = *down;
  }
  const auto read = [&json](const char* name, int& into) -> Result<void> {
    if (json.Has(name)) into = TRESTLE_TRY(ReadCount(json[name]));
    return {};
  };
  TRESTLE_TRY(read("reject_next", faults.reject_next));
  TRESTLE_TRY(read("reject_code", faults.reject_code));
  TRESTLE_TRY(read("lose_answer_next", faults.lose_answer_next));
  TRESTLE_TRY(read("duplicate_next", faults.duplicate_next));
  TRESTLE_TRY(read("late_next", faults.late_next));
  TRESTLE_TRY(read("drop_next", faults.drop_next));
  return faults;
}

bool ReadEchoes(std::string_view body) {
  const auto json = Json::Parse(body);
  return json && (*json)["echoes"].flag().value_or(false);
}

std::uint64_t NumberOr(const HttpRequest& request, const std::string& name, std::uint64_t fallback,
                       std::uint64_t most) {
  const std::string text = request.QueryOr(name, "");
  std::uint64_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number = !text.empty() && failed == std::errc() && end == text.data() + text.size();
  return std::min(is_number ? number : fallback, most);
}

}  // namespace trestle::sim_http
