#include "adapters/sdk/graph.h"

#include <algorithm>

#include "adapters/sdk/http_target.h"
#include "adapters/sdk/json.h"
#include "bridge/base/digest.h"

namespace trestle {
namespace {

constexpr std::size_t kErrorBodyBytesMax = 64 * 1024;
constexpr std::size_t kUsageBytesMax = 8 * 1024;
constexpr std::size_t kGraphIdDigitsMax = 32;
constexpr std::int64_t kRegainMinutesMax = 24 * 60;

// How long to wait when the network says nothing. Chosen by us: Meta documents no figures.
constexpr Millis kBackOffWait = std::chrono::seconds(10);
constexpr Millis kBackOffPersonWait = std::chrono::seconds(6);  // WhatsApp's pair rate
constexpr Millis kBackOffLongWait = std::chrono::minutes(15);
constexpr Millis kStopWait = std::chrono::minutes(1);

ByteView SecretBytes(const Secret& secret) {
  return AsBytes(secret.Reveal(Purpose::kAuthenticate));
}

Result<Json> ParseSmall(std::string_view body, std::size_t bytes_max) {
  JsonLimits limits;
  limits.bytes_max = bytes_max;
  limits.values_max = 1024;
  return Json::Parse(body, limits);
}

int IntOr(const Json& value, int fallback) {
  const auto number = value.integer();
  if (!number || *number < INT32_MIN || *number > INT32_MAX) return fallback;
  return static_cast<int>(*number);
}

Attempt AttemptOf(GraphClass meaning, Rule rule, std::optional<Millis> wait) {
  switch (meaning) {
    case GraphClass::kRetry:
      return {.rule = rule, .retry_after = wait, .trouble = Trouble::kPasses};
    case GraphClass::kBackOff:
      return {
          .rule = rule, .retry_after = wait.value_or(kBackOffWait), .trouble = Trouble::kThrottled};
    case GraphClass::kBackOffPerson:
      return {.rule = rule,
              .retry_after = wait.value_or(kBackOffPersonWait),
              .trouble = Trouble::kThrottledPerson};
    case GraphClass::kBackOffLong:
      return {.rule = rule,
              .retry_after = wait.value_or(kBackOffLongWait),
              .trouble = Trouble::kRestricted};
    case GraphClass::kRefuse:
    case GraphClass::kRefusePerson:
      return {.retry = Retry::kNever, .rule = rule};
    case GraphClass::kStop:
      return {.rule = rule, .retry_after = wait.value_or(kStopWait), .trouble = Trouble::kStopped};
  }
  return {};
}

GraphVerdict VerdictOf(GraphClass meaning, Rule rule, std::optional<Millis> wait) {
  return {meaning, AttemptOf(meaning, rule, wait)};
}

// A figure of a usage object: a percentage, as an integer or a fraction.
int PercentOf(const Json& value) {
  const double percent = value.number().value_or(0);
  if (!(percent > 0)) return 0;  // also NaN
  return static_cast<int>(std::min(percent, 1000.0));
}

void Widen(GraphUsage& usage, const Json& figures) {
  for (const char* name : {"call_count", "total_cputime", "total_time"}) {
    usage.percent = std::max(usage.percent, PercentOf(figures[name]));
  }
  const auto minutes = figures["estimated_time_to_regain_access"].integer();
  if (!minutes || *minutes <= 0) return;
  const Millis wait = std::chrono::minutes(std::min(*minutes, kRegainMinutesMax));
  usage.regain_after = std::max(usage.regain_after.value_or(Millis{0}), wait);
}

}  // namespace

std::string SignWebhook(const Secret& app_secret, std::string_view body) {
  return "sha256=" + ToHex(HmacSha256(SecretBytes(app_secret), AsBytes(body)));
}

bool HasWebhookSignature(const Secret& app_secret, const HttpRequest& request) {
  const auto found = request.headers.find("x-hub-signature-256");
  if (found == request.headers.end()) return false;
  const std::string right = SignWebhook(app_secret, request.body);
  return ConstantTimeEqual(AsBytes(right), AsBytes(found->second));
}

HttpResponse AnswerVerification(const HttpRequest& request, const Secret& verify_token) {
  const std::string token = request.QueryOr("hub.verify_token", "");
  const bool is_right = request.QueryOr("hub.mode", "") == "subscribe" && !verify_token.empty() &&
                        ConstantTimeEqual(AsBytes(token), SecretBytes(verify_token));
  if (!is_right) return {.status = 403, .content_type = "text/plain"};
  return {.body = request.QueryOr("hub.challenge", ""), .content_type = "text/plain"};
}

std::optional<GraphError> ReadGraphError(std::string_view body) {
  const auto parsed = ParseSmall(body, kErrorBodyBytesMax);
  if (!parsed) return std::nullopt;
  const Json& error = (*parsed)["error"];
  if (!error["code"].integer()) return std::nullopt;
  return GraphError{.code = IntOr(error["code"], 0),
                    .subcode = IntOr(error["error_subcode"], 0),
                    .message = error["message"].TextOr(""),
                    .type = error["type"].TextOr(""),
                    .details = error["error_data"]["details"].TextOr(""),
                    .is_transient = error["is_transient"].flag().value_or(false)};
}

std::string WriteGraphError(const GraphError& error, std::string_view trace_id) {
  JsonWriter out;
  out.BeginObject().ObjectMember("error");
  out.TextMember("message", error.message).TextMember("type", error.type);
  out.NumberMember("code", error.code);
  if (error.subcode != 0) out.NumberMember("error_subcode", error.subcode);
  if (!error.details.empty()) {
    out.ObjectMember("error_data").TextMember("messaging_product", "whatsapp");
    out.TextMember("details", error.details).EndObject();
  }
  if (error.is_transient) out.FlagMember("is_transient", true);
  out.TextMember("fbtrace_id", trace_id).EndObject().EndObject();
  return std::move(out).Take();
}

GraphVerdict ClassifyGraphError(std::span<const GraphErrorRow> table, const GraphError& error,
                                std::optional<Millis> wait) {
  for (const GraphErrorRow& row : table) {
    const bool fits = error.code >= row.code_first && error.code <= row.code_last &&
                      (row.subcode == kAnySubcode || row.subcode == error.subcode);
    if (fits) return VerdictOf(row.meaning, row.rule, wait);
  }
  const bool is_our_defect = error.code >= 100 && error.code <= 199 && !error.is_transient;
  if (is_our_defect) return VerdictOf(GraphClass::kRefuse, Rule::kNetworkRefused, wait);
  return VerdictOf(GraphClass::kRetry, Rule::kAdapterDown, wait);
}

GraphVerdict ClassifyGraphAnswer(std::span<const GraphErrorRow> table,
                                 const Result<HttpAnswer>& answer) {
  GraphVerdict verdict = VerdictOf(GraphClass::kRetry, Rule::kAdapterDown, std::nullopt);
  if (!answer) {
    // A call that was cancelled at our own stop may have been on its way already.
    const bool is_cancelled = answer.error().reason == Reason::kCancelled;
    if (is_cancelled) verdict.attempt.certainty = Certainty::kMaybeSent;
    verdict.attempt.trouble = is_cancelled ? Trouble::kNoAnswer : Trouble::kOwn;
    verdict.attempt.retry_after = answer.error().retry_after;
    return verdict;
  }
  if (answer->status == 0) {
    verdict.attempt.certainty = answer->certainty;
    const bool is_away = answer->certainty == Certainty::kNotSent;
    verdict.attempt.trouble = is_away ? Trouble::kNoLink : Trouble::kNoAnswer;
    return verdict;
  }
  const auto usage = ReadGraphUsage(answer->headers);
  const std::optional<Millis> wait = usage ? usage->regain_after : std::nullopt;
  if (const auto error = ReadGraphError(answer->body)) {
    return ClassifyGraphError(table, *error, wait);
  }
  if (answer->status == 429) return VerdictOf(GraphClass::kBackOff, Rule::kAdapterDown, wait);
  // A success that cannot be read, or a gateway that gave up waiting: the message may be out.
  const bool is_refusal = answer->status >= 400 && answer->status < 500;
  if (!is_refusal) {
    verdict.attempt.certainty = Certainty::kMaybeSent;
    verdict.attempt.trouble = Trouble::kNoAnswer;
  }
  return verdict;
}

std::optional<GraphUsage> ReadGraphUsage(const std::map<std::string, std::string>& headers) {
  std::optional<GraphUsage> out;
  const auto read = [&headers](const char* name) {
    const auto found = headers.find(name);
    return found == headers.end() ? Result<Json>(Json())
                                  : ParseSmall(found->second, kUsageBytesMax);
  };
  if (const auto app = read("x-app-usage"); app && app->is_object()) {
    Widen(out.emplace(), *app);
  }
  if (const auto cases = read("x-business-use-case-usage"); cases && cases->is_object()) {
    if (!out) out.emplace();
    for (const auto& [id, figures] : cases->members()) {
      for (const Json& one : figures.items()) Widen(*out, one);
    }
  }
  return out;
}

std::string AppSecretProof(const Secret& app_secret, const Secret& token) {
  return ToHex(HmacSha256(SecretBytes(app_secret), SecretBytes(token)));
}

HttpCall GraphSendCall(const GraphBase& base, const std::string& node, const Secret& token,
                       const Secret& app_secret, std::string body) {
  HttpCall call{.method = "POST", .url = base.url + "/" + base.version + "/" + node + "/messages"};
  call.url += "?appsecret_proof=" + AppSecretProof(app_secret, token);
  call.headers["Authorization"] = "Bearer " + std::string(token.Reveal(Purpose::kWriteToNetwork));
  call.body = std::move(body);
  return call;
}

HttpCall GraphSubscriptionCall(const GraphBase& base, const std::string& app_id,
                               const Secret& app_secret, const Secret& verify_token,
                               const GraphSubscription& subscription) {
  HttpCall call{.method = "POST",
                .url = base.url + "/" + base.version + "/" + app_id + "/subscriptions"};
  call.headers["Content-Type"] = "application/x-www-form-urlencoded";
  const auto field = [&call](std::string_view name, std::string_view value) {
    if (!call.body.empty()) call.body.push_back('&');
    call.body += std::string(name) + "=" + PercentEncode(value);
  };
  field("object", subscription.object);
  field("callback_url", subscription.callback_url);
  field("fields", subscription.fields);
  field("verify_token", verify_token.Reveal(Purpose::kWriteToNetwork));
  // The app's own token is made of its id and its secret.
  const std::string_view secret = app_secret.Reveal(Purpose::kWriteToNetwork);
  field("access_token", app_id + "|" + std::string(secret));
  return call;
}

bool IsGraphId(std::string_view text) {
  return !text.empty() && text.size() <= kGraphIdDigitsMax &&
         text.find_first_not_of("0123456789") == text.npos;
}

}  // namespace trestle
