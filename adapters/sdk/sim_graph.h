// SIMULATION. What a simulated Meta network is made of: a Graph API server on loopback that checks
// versions, tokens and proofs as the real one does, webhook subscription with its challenge, the
// WebhookSender, and the faults ordered through SimControl. Each network adds what a POST to one of
// its identities means. No real network looks like this inside.
//
//   GET  /vN.0/{node}?fields=…          {"id":…}
//   POST /vN.0/{app_id}/subscriptions   object, callback_url, verify_token, fields (query, form,
//   JSON) POST /vN.0/{node}/{edge}            the network's own, for example "messages"
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "adapters/sdk/graph.h"
#include "adapters/sdk/json.h"
#include "adapters/sdk/sim_control.h"
#include "adapters/sdk/webhook_sender.h"

namespace trestle {

class SimGraph {
 public:
  struct Options {
    std::string app_id;
    std::string app_secret;
    std::string token;               // opens every identity
    bool requires_proof = false;     // refuse calls without appsecret_proof
    std::vector<std::string> nodes;  // identities that exist here
    std::string object;              // "page", "instagram", "whatsapp_business_account"
    int token_error_status = 400;    // WhatsApp answers 401
    std::uint16_t api_port = 0;
    WebhookSender::Options webhooks = {};
    std::shared_ptr<Machine> machine = ThisMachine();
  };
  struct Call {
    std::string node;  // one of Options::nodes
    std::string edge;  // "messages"
    Json body;         // an object; a form's fields are read as JSON where they are JSON
  };
  struct Handlers {
    // A POST with a right token, on the API server's thread.
    std::function<HttpResponse(const Call&)> post;
    // Makes a webhook body of events, on the sender's loop.
    std::function<std::string(const std::vector<WebhookSender::Event>&)> compose;
  };

  // `control` may begin its life later than this but must be attached before traffic; it outlives
  // every call.
  static Result<std::unique_ptr<SimGraph>> Start(Options options, const Clock& clock,
                                                 Random& random, Handlers handlers,
                                                 SimControl& control);
  ~SimGraph();

  std::uint16_t api_port() const { return port_; }
  // Any thread. Before anybody subscribed, events wait. The control hears when the event is taken
  // that is about a message.
  void Publish(WebhookSender::Event event);
  // A network that is down refuses connections and sends nothing. Not from the API's own thread.
  void SetDown(bool down);
  bool is_subscribed() const;
  void Stop();

  // An error as the Graph API writes it.
  static HttpResponse Refuse(int status, const GraphError& error);
  static HttpResponse Refuse(int code, std::string message) {
    return Refuse(400, {.code = code, .message = std::move(message)});
  }

 private:
  SimGraph(Options options, const Clock& clock, Random& random, Handlers handlers,
           SimControl& control, std::unique_ptr<HttpClient> client);

  Result<void> Open(std::uint16_t port);
  void Take(HttpRequest request, HttpServer::Respond respond);
  void Answer(HttpResponse response, HttpServer::Respond respond);
  HttpResponse TakePost(const std::string& node, const std::string& edge,
                        const HttpRequest& request);
  std::optional<HttpResponse> TokenError(const HttpRequest& request) const;
  bool IsNode(const std::string& id) const;
  void Subscribe(const HttpRequest& request, HttpServer::Respond respond);
  void Verify(std::string callback_url, const std::string& verify_token,
              HttpServer::Respond respond);

  const Options options_;
  const Clock& clock_;
  Random& random_;
  const Handlers handlers_;
  SimControl& control_;
  const std::unique_ptr<HttpClient> client_;
  const std::shared_ptr<Loop> loop_;
  WebhookSender sender_;
  mutable std::mutex mutex_;
  std::unique_ptr<HttpServer> server_;  // null while down; guarded by mutex_
  bool subscribed_ = false;             // guarded by mutex_
  bool stopped_ = false;                // guarded by mutex_
  std::uint16_t port_ = 0;
};

}  // namespace trestle
