// What the three Meta networks have in common on the wire (Graph API v23 to v25): signatures,
// webhook verification, the error object and what each error means for a delivery, usage headers,
// the subscription call. Pure functions; foreign octets are read with bounds.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/sdk/http_client.h"
#include "adapters/sdk/http_server.h"
#include "bridge/adapter_api/adapter.h"
#include "bridge/base/sensitive.h"

namespace trestle {

// ---- Webhooks ----

// The value of X-Hub-Signature-256: "sha256=" and 64 hex digits over the raw octets.
std::string SignWebhook(const Secret& app_secret, std::string_view body);
// In constant time, and before anything is parsed.
bool HasWebhookSignature(const Secret& app_secret, const HttpRequest& request);

// The answer to "GET callback?hub.mode=subscribe&hub.verify_token=…&hub.challenge=…": the challenge
// as plain text, or 403.
HttpResponse AnswerVerification(const HttpRequest& request, const Secret& verify_token);

// ---- Errors ----

struct GraphError {
  int code = 0;
  int subcode = 0;  // 0: none
  std::string message = {};
  std::string type = "OAuthException";
  std::string details = {};  // error_data.details, as WhatsApp sends it
  bool is_transient = false;
};

// nullopt when the body is no error object with a code.
std::optional<GraphError> ReadGraphError(std::string_view body);
std::string WriteGraphError(const GraphError& error, std::string_view trace_id);

enum class GraphClass : std::uint8_t {
  kRetry,          // trouble that passes; the caller's own back-off
  kBackOff,        // a rate of the app, Page or number
  kBackOffPerson,  // a rate of this conversation alone
  kBackOffLong,    // restricted for a while; an operator should know
  kRefuse,         // this message never
  kRefusePerson,   // nothing to this person
  kStop,           // token, permission, account: nothing works until an operator acts
};

inline constexpr int kAnySubcode = -1;

// The first row that fits decides; so rows with a subcode stand before those with kAnySubcode.
struct GraphErrorRow {
  int code_first;
  int code_last;
  int subcode;
  GraphClass meaning;
  Rule rule;
};

struct GraphVerdict {
  GraphClass meaning = GraphClass::kRetry;
  Attempt attempt;
};

// An error the table does not know is refused for good when it is in 100–199 (a defect of ours),
// else tried again later. `wait` is the network's own word on when.
GraphVerdict ClassifyGraphError(std::span<const GraphErrorRow> table, const GraphError& error,
                                std::optional<Millis> wait);

// What an answer to a send means when it is not the success a codec can read: an error object by
// the table, a gateway's 5xx without one as kMaybeSent, no answer as its certainty says.
GraphVerdict ClassifyGraphAnswer(std::span<const GraphErrorRow> table,
                                 const Result<HttpAnswer>& answer);

// ---- Usage ----

struct GraphUsage {
  int percent = 0;  // the highest of all figures, 100 and above: throttled
  std::optional<Millis> regain_after = {};
};

// Of X-App-Usage and X-Business-Use-Case-Usage; nullopt when there is none that can be read.
std::optional<GraphUsage> ReadGraphUsage(const std::map<std::string, std::string>& headers);

// ---- Calls ----

// Hex HMAC-SHA256 of the token with the app secret as key.
std::string AppSecretProof(const Secret& app_secret, const Secret& token);

struct GraphBase {
  std::string url = "https://graph.facebook.com";  // without a slash at the end
  std::string version = "v23.0";
};

// POST {base}/{version}/{node}/messages with JSON, a Bearer token and appsecret_proof.
HttpCall GraphSendCall(const GraphBase& base, const std::string& node, const Secret& token,
                       const Secret& app_secret, std::string body);

struct GraphSubscription {
  std::string object;  // "page", "instagram", "whatsapp_business_account"
  std::string callback_url;
  std::string fields;  // with commas
};

// POST {base}/{version}/{app_id}/subscriptions with the app's own token. The network verifies the
// callback with a GET before it answers, so the webhook server must be up.
HttpCall GraphSubscriptionCall(const GraphBase& base, const std::string& app_id,
                               const Secret& app_secret, const Secret& verify_token,
                               const GraphSubscription& subscription);

// Ids of people, Pages, accounts and numbers: 1 to 32 decimal digits, as text.
bool IsGraphId(std::string_view text);

}  // namespace trestle
