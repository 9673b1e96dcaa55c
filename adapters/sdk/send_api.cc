#include "adapters/sdk/send_api.h"

#include <utility>

#include "adapters/sdk/utf8.h"

namespace trestle {
namespace {

constexpr std::size_t kAnswerBytesMax = 64 * 1024;

bool IsMid(std::string_view text) { return !text.empty() && text.size() <= kSendApiMidBytesMax; }

// nullopt for what must pass by: echoes of our own, deleted messages, messages without an id.
std::optional<SendApiEvent> ReadMessage(const Json& message, std::string person,
                                        std::string identity) {
  std::string mid = message["mid"].TextOr("");
  if (!IsMid(mid)) return std::nullopt;
  if (message["is_echo"].flag().value_or(false)) return std::nullopt;
  if (message["is_deleted"].flag().value_or(false)) return std::nullopt;
  return SendApiMessage{std::move(person), std::move(identity), std::move(mid),
                        message["text"].text()};
}

std::optional<SendApiEvent> ReadEvent(const SendApiProfile& profile, const Json& event,
                                      const std::string& entry_id) {
  std::string person = event["sender"]["id"].TextOr("");
  std::string identity = event["recipient"]["id"].TextOr("");
  // An event of somebody else's thread inside our entry would be somebody's mistake.
  if (!IsGraphId(person) || identity != entry_id) return std::nullopt;
  if (event["message"].is_object()) {
    return ReadMessage(event["message"], std::move(person), std::move(identity));
  }
  return profile.read_event(event, std::move(person), std::move(identity));
}

}  // namespace

bool FitsTextLimit(const SendApiTextLimit& limit, std::string_view text) {
  const auto characters = CountCodePoints(text);
  if (!characters) return false;
  switch (limit.unit) {
    case TextUnit::kCharacters:
      return *characters <= limit.max;
    case TextUnit::kUtf8Bytes:
      return text.size() <= limit.max;
  }
  return false;
}

Result<std::vector<SendApiEvent>> ParseSendApiWebhook(const SendApiProfile& profile,
                                                      std::string_view body) {
  const Json root = TRESTLE_TRY(Json::Parse(body));
  if (root["object"].TextOr("") != profile.object) {
    return Fail(Reason::kMalformed, "a webhook of another object");
  }
  if (!root["entry"].is_array()) return Fail(Reason::kMalformed, "a webhook without entries");
  std::vector<SendApiEvent> out;
  std::size_t events = 0;
  for (const Json& entry : root["entry"].items()) {
    const std::string entry_id = entry["id"].TextOr("");
    if (!IsGraphId(entry_id)) continue;
    for (const Json& event : entry["messaging"].items()) {
      if (++events > kSendApiEventsMax) {
        return Fail(Reason::kTooLarge, "a webhook with too many events");
      }
      auto read = ReadEvent(profile, event, entry_id);
      if (read) out.push_back(*std::move(read));
    }
  }
  return out;
}

std::string WriteSendApiText(const SendApiProfile& profile, std::string_view person,
                             std::string_view text) {
  JsonWriter out;
  out.BeginObject().ObjectMember("recipient").TextMember("id", person).EndObject();
  if (profile.has_messaging_type) out.TextMember("messaging_type", "RESPONSE");
  out.ObjectMember("message").TextMember("text", text).EndObject().EndObject();
  return std::move(out).Take();
}

Result<std::string> ReadSendApiAnswer(std::string_view body) {
  JsonLimits limits;
  limits.bytes_max = kAnswerBytesMax;
  const Json answer = TRESTLE_TRY(Json::Parse(body, limits));
  auto mid = answer["message_id"].text();
  if (!mid || !IsMid(*mid)) return Fail(Reason::kMalformed, "an answer without a message id");
  return *std::move(mid);
}

}  // namespace trestle
