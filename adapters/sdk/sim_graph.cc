#include "adapters/sdk/sim_graph.h"

#include <algorithm>
#include <utility>

#include "adapters/sdk/http_target.h"
#include "bridge/base/event_log.h"

namespace trestle {
namespace {

constexpr std::size_t kApiBodyBytesMax = 256 * 1024;
constexpr std::size_t kShownBytesMax = 4096;

struct ApiPath {
  std::string node;
  std::string edge;  // may be empty
};

// "/v23.0/123/messages". nullopt for anything else than a version and one or two segments.
std::optional<ApiPath> ParsePath(std::string_view path) {
  std::vector<std::string> segments;
  while (!path.empty() && segments.size() < 4) {
    path.remove_prefix(1);  // the slash
    const std::size_t end = std::min(path.find('/'), path.size());
    segments.emplace_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  if (segments.size() < 2 || segments.size() > 3) return std::nullopt;
  const std::string& version = segments[0];
  const bool is_version = version.size() >= 4 && version.front() == 'v' &&
                          version.find_first_not_of("0123456789.", 1) == version.npos;
  if (!is_version) return std::nullopt;
  return ApiPath{segments[1], segments.size() == 3 ? segments[2] : ""};
}

std::string TokenOf(const HttpRequest& request) {
  constexpr std::string_view kBearer = "Bearer ";
  const std::string header = request.HeaderOr("authorization", "");
  if (header.starts_with(kBearer)) return header.substr(kBearer.size());
  return request.QueryOr("access_token", "");
}

bool IsForm(const HttpRequest& request) {
  return request.HeaderOr("content-type", "").starts_with("application/x-www-form-urlencoded");
}

// A form's fields as one JSON object; fields that hold JSON objects are taken as such.
Result<Json> ParseForm(const std::string& body) {
  const HttpTarget form = TRESTLE_TRY(ParseHttpTarget("/?" + body));
  JsonWriter out;
  out.BeginObject();
  for (const auto& [name, value] : form.query) {
    const bool is_json = value.starts_with('{') && Json::Parse(value).has_value();
    is_json ? out.Name(name).Raw(value) : out.TextMember(name, value);
  }
  out.EndObject();
  return Json::Parse(std::move(out).Take());
}

Result<Json> ParseBody(const HttpRequest& request) {
  Json body = TRESTLE_TRY(IsForm(request) ? ParseForm(request.body) : Json::Parse(request.body));
  if (!body.is_object()) return Fail(Reason::kMalformed, "a body that is no object");
  return body;
}

}  // namespace

Result<std::unique_ptr<SimGraph>> SimGraph::Start(Options options, const Clock& clock,
                                                  Random& random, Handlers handlers,
                                                  SimControl& control) {
  auto client = TRESTLE_TRY(options.machine->NewHttpClient());
  auto sim = std::unique_ptr<SimGraph>(new SimGraph(
      std::move(options), clock, random, std::move(handlers), control, std::move(client)));
  TRESTLE_TRY(sim->Open(sim->options_.api_port));
  return sim;
}

SimGraph::SimGraph(Options options, const Clock& clock, Random& random, Handlers handlers,
                   SimControl& control, std::unique_ptr<HttpClient> client)
    : options_(std::move(options)),
      clock_(clock),
      random_(random),
      handlers_(std::move(handlers)),
      control_(control),
      client_(std::move(client)),
      loop_(options_.machine->NewLoop("sim-" + options_.object, clock)),
      sender_(options_.webhooks, {*loop_, clock, random, *client_}, Secret(options_.app_secret),
              {.compose = handlers_.compose,
               .sent =
                   [this](const std::string& body) {
                     control_.RecordWire({.at = clock_.wall_now(),
                                          .direction = "to_bridge",
                                          .what = "webhook",
                                          .octets = body.size(),
                                          .shows = body.substr(0, kShownBytesMax)});
                   },
               .taken =
                   [this](const std::string& about) {
                     if (!about.empty()) control_.Acknowledged(about);
                   }}) {}

SimGraph::~SimGraph() { Stop(); }

Result<void> SimGraph::Open(std::uint16_t port) {
  HttpServer::Options options;
  options.port = port;
  options.body_bytes_max = kApiBodyBytesMax;
  options.connections_max = 512;
  auto server = TRESTLE_TRY(options_.machine->NewHttpServer(
      options, [this](HttpRequest request, HttpServer::Respond respond) {
        Take(std::move(request), std::move(respond));
      }));
  const std::lock_guard lock(mutex_);
  port_ = server->port();
  server_ = std::move(server);
  return {};
}

void SimGraph::Publish(WebhookSender::Event event) { sender_.Deliver(std::move(event)); }

void SimGraph::SetDown(bool down) {
  sender_.Pause(down);
  std::unique_ptr<HttpServer> closed;
  {
    const std::lock_guard lock(mutex_);
    if (stopped_ || down == (server_ == nullptr)) return;
    if (down) closed = std::move(server_);
  }
  if (down) return closed->Stop();
  if (!Open(port_)) LogEvent(Severity::kError, "sim_port_lost");
}

bool SimGraph::is_subscribed() const {
  const std::lock_guard lock(mutex_);
  return subscribed_;
}

void SimGraph::Stop() {
  std::unique_ptr<HttpServer> server;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    server = std::move(server_);
  }
  if (server != nullptr) server->Stop();
  client_->Stop();
  loop_->Stop();
}

HttpResponse SimGraph::Refuse(int status, const GraphError& error) {
  GraphError full = error;
  if (!full.message.starts_with("(#")) {
    full.message = "(#" + std::to_string(error.code) + ") " + error.message;
  }
  return {.status = status, .body = WriteGraphError(full, "AsimulatedTrace")};
}

void SimGraph::Take(HttpRequest request, HttpServer::Respond respond) {
  const auto path = ParsePath(request.path);
  if (!path) return std::move(respond)(Refuse(2500, "Unknown path components"));
  if (request.method == "POST" && path->node == options_.app_id && path->edge == "subscriptions") {
    return Subscribe(request, std::move(respond));
  }
  if (auto error = TokenError(request)) return std::move(respond)(*std::move(error));
  if (!IsNode(path->node)) {
    return std::move(respond)(
        Refuse(400, {.code = 100,
                     .subcode = 33,
                     .message = "Object with ID '" + path->node + "' does not exist",
                     .type = "GraphMethodException"}));
  }
  if (request.method == "GET" && path->edge.empty()) {
    return std::move(respond)({.body = "{\"id\":\"" + path->node + "\"}"});
  }
  if (request.method != "POST") return std::move(respond)(Refuse(100, "Unsupported request"));
  Answer(TakePost(path->node, path->edge, request), std::move(respond));
}

void SimGraph::Answer(HttpResponse response, HttpServer::Respond respond) {
  const bool is_late = response.status == 200 && control_.TakeFault(&SimFaults::late_next);
  if (!is_late) return std::move(respond)(std::move(response));
  auto shared = std::make_shared<HttpServer::Respond>(std::move(respond));
  (void)loop_->PostAt(clock_.mono_now() + SimControl::kLateAnswer,
                      [shared, response = std::move(response)] { std::move (*shared)(response); });
}

HttpResponse SimGraph::TakePost(const std::string& node, const std::string& edge,
                                const HttpRequest& request) {
  control_.RecordWire({.at = clock_.wall_now(),
                       .direction = "from_bridge",
                       .what = "send",
                       .octets = request.body.size(),
                       .shows = request.body.substr(0, kShownBytesMax)});
  if (control_.TakeFault(&SimFaults::reject_next)) {
    return Refuse(control_.faults().reject_code, "ordered by the test");
  }
  auto body = ParseBody(request);
  if (!body) return Refuse(100, "The body must be a JSON object");
  HttpResponse response = handlers_.post({node, edge, *std::move(body)});
  const bool is_lost = response.status == 200 && control_.TakeFault(&SimFaults::lose_answer_next);
  if (is_lost) response.status = 0;
  return response;
}

std::optional<HttpResponse> SimGraph::TokenError(const HttpRequest& request) const {
  const std::string token = TokenOf(request);
  if (token.empty()) {
    return Refuse(options_.token_error_status,
                  {.code = 104, .message = "An access token is required"});
  }
  if (token != options_.token) {
    return Refuse(options_.token_error_status,
                  {.code = 190, .message = "Invalid OAuth access token"});
  }
  const std::string proof = request.QueryOr("appsecret_proof", "");
  if (proof.empty() && !options_.requires_proof) return std::nullopt;
  if (proof == AppSecretProof(Secret(options_.app_secret), Secret(token))) return std::nullopt;
  return Refuse(400, {.code = 100,
                      .message = "Invalid appsecret_proof provided in the API argument",
                      .type = "GraphMethodException"});
}

bool SimGraph::IsNode(const std::string& id) const {
  return std::ranges::find(options_.nodes, id) != options_.nodes.end();
}

void SimGraph::Subscribe(const HttpRequest& request, HttpServer::Respond respond) {
  const auto body = request.body.empty() ? Result<Json>(Json()) : ParseBody(request);
  const auto field = [&](const char* name) {
    const std::string fallback = request.QueryOr(name, "");
    return body ? (*body)[name].TextOr(fallback) : fallback;
  };
  if (field("access_token") != options_.app_id + "|" + options_.app_secret) {
    return std::move(respond)(Refuse(190, "Invalid OAuth access token signature"));
  }
  if (field("object") != options_.object) {
    return std::move(respond)(Refuse(100, "Param object must be " + options_.object));
  }
  for (const char* name : {"callback_url", "verify_token", "fields"}) {
    if (field(name).empty()) {
      return std::move(respond)(Refuse(100, std::string("The parameter ") + name + " is required"));
    }
  }
  Verify(field("callback_url"), field("verify_token"), std::move(respond));
}

void SimGraph::Verify(std::string callback_url, const std::string& verify_token,
                      HttpServer::Respond respond) {
  const std::string challenge = std::to_string(DrawBelow(random_, 10'000'000'000));
  const char* const mark = callback_url.find('?') == callback_url.npos ? "?" : "&";
  HttpCall call{.url = callback_url + mark + "hub.mode=subscribe&hub.challenge=" + challenge +
                       "&hub.verify_token=" + PercentEncode(verify_token)};
  client_->Send(std::move(call), [this, challenge, url = std::move(callback_url),
                                  respond = std::move(respond)](Result<HttpAnswer> answer) mutable {
    if (!answer || answer->status != 200 || answer->body != challenge) {
      return std::move(respond)(Refuse(2200, "Callback verification failed"));
    }
    {
      const std::lock_guard lock(mutex_);
      subscribed_ = true;
    }
    sender_.SetUrl(std::move(url));
    std::move(respond)({.body = "{\"success\":true}"});
  });
}

}  // namespace trestle
