// An adapter's two ways to a Meta network: the webhook server through which it hears, and the
// client through which it speaks. It subscribes the webhook at start, paces sends per identity and
// per conversation, turns answers into attempts, and knows how well the network is. The codec above
// it knows what bodies say. Methods run on the adapter's loop unless they say otherwise.
//
//   Starting ─▶ Healthy ◀──────────▶ Degraded (throttled, or usage near the limit)
//       │          │ ▲                    sends fail for all: unreachable, token, permission
//       └──────────┴─┴──▶ Down            probed every 1 s to 30 s until one gets through
//                    └──▶ Deaf            sends work, the subscription does not
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "adapters/sdk/graph.h"
#include "adapters/sdk/machine.h"
#include "adapters/sdk/rate_limiter.h"
#include "bridge/adapter_api/adapter.h"
#include "bridge/base/metrics.h"
#include "bridge/base/seams.h"
#include "bridge/base/sensitive.h"

namespace trestle {

class GraphLink {
 public:
  static constexpr std::size_t kSendsWaitingMax = 4096;  // for their rate
  static constexpr Millis kSendWaitMax = std::chrono::seconds(5);
  static constexpr std::size_t kWebhooksOpenMax = 1024;  // not yet acknowledged

  struct Options {
    std::string network;  // for metrics: "messenger"
    GraphBase base;
    std::string app_id;
    Secret app_secret;
    Secret verify_token;
    Secret token;                          // for every identity that has none of its own
    std::map<std::string, Secret> tokens;  // by identity
    std::string probe_node;  // an identity of ours: GET it to see whether token and network work
    std::string subscriptions_url;   // where the app's own calls go; empty: to base.url
    bool subscribes = true;          // false: the operator subscribed the webhook by hand
    GraphSubscription subscription;  // an empty callback_url becomes the webhook server's own
    std::uint16_t webhook_port = 0;
    std::string webhook_path = "/webhook";
    std::size_t webhook_bytes_max = 3 * 1024 * 1024;
    RateLimiter::Rate identity_rate = {.per_minute = 18'000, .burst = 300};
    RateLimiter::Rate person_rate = {.per_minute = 6'000, .burst = 100};  // of one conversation
    Millis send_timeout = std::chrono::seconds(10);
    std::span<const GraphErrorRow> errors;  // outlives the link
  };
  struct Seams {
    Executor& loop;
    const Clock& clock;
    Metrics& metrics;
    std::shared_ptr<Machine> machine = ThisMachine();
  };
  struct Handlers {
    // A webhook body whose signature is right, on the loop. `acknowledge` answers 200, or 500 with
    // an error or when dropped; from any thread.
    std::function<void(std::string body, Done<void> acknowledge)> take_webhook;
    std::function<void(Health)> health_changed;  // on the loop
  };
  struct Send {
    std::string identity;  // ours, that sends
    std::string person;    // names the conversation for its rate, together with the identity
    std::string body;      // JSON
    WallTime expires_at{};
    std::shared_ptr<const bool> withdrawn = {};  // see NativeUnit
  };
  struct Sent {
    bool is_success = false;  // HTTP 200: `body` is the network's answer
    std::string body = {};
    Attempt attempt = {};  // what a failure means; for a success certainty is kSent
  };

  static Result<std::unique_ptr<GraphLink>> Create(Options options, Seams seams, Handlers handlers);
  ~GraphLink();  // after Stop, and with the loop stopped

  // Any thread: opens the webhook server, then goes on in the loop.
  Result<void> Start();
  // `done` runs on any thread, at once when the answer needs no network.
  void Post(Send send, Done<Sent> done);
  // On the loop. Nothing comes in although all looks well: subscribes and probes again, which is
  // what makes Meta call a webhook that it had given up.
  void Renew();
  // Not from the loop, nor from a Done: closes both ways and joins their threads.
  void Stop();

  std::uint16_t webhook_port() const { return server_ == nullptr ? 0 : server_->port(); }
  Health health() const { return health_; }

 private:
  struct Waiting;

  GraphLink(Options options, Seams seams, Handlers handlers, std::unique_ptr<HttpClient> client);

  void TakeRequest(HttpRequest request, HttpServer::Respond respond);  // the server's thread
  void PassOn(std::string body, HttpServer::Respond respond);          // the server's thread
  std::optional<Attempt> RefusalOf(const Send& send);
  Millis WaitOf(const Send& send);
  void WaitAndPost(Millis wait, Send send, Done<Sent> done);
  void PostNow(Send send, Done<Sent> done);
  void TakeAnswer(const Send& send, const GraphVerdict& verdict, const Result<HttpAnswer>& answer);
  void TakeVerdict(const Send& send, const GraphVerdict& verdict);
  void TakeUsage(const GraphUsage& usage);
  void HoldAll(MonoTime until);

  void Tend();
  void PlanTend();
  void Subscribe();
  void PlanRenewal();
  void Probe();
  void TakeProbe(const Result<HttpAnswer>& answer);
  void UpdateHealth();
  void Count(std::string_view event);
  const Secret& TokenOf(const std::string& identity) const;
  std::string PairKey(const Send& send) const;

  Options options_;
  const Seams seams_;
  const Handlers handlers_;
  const std::unique_ptr<HttpClient> client_;
  std::unique_ptr<HttpServer> server_;
  const std::shared_ptr<std::atomic<std::size_t>> webhooks_open_;
  std::atomic<bool> stopping_ = false;

  // On the loop only:
  RateLimiter identity_rates_;
  RateLimiter person_rates_;
  std::size_t sends_waiting_ = 0;
  MonoTime held_until_{};      // nothing is sent before
  MonoTime degraded_until_{};  // throttled lately
  enum class Known : std::uint8_t { kUnknown, kWorks, kFails };
  Known sending_ = Known::kUnknown;
  Known hearing_ = Known::kUnknown;
  bool tend_planned_ = false;
  Millis tend_wait_{};
  Health health_ = Health::kStarting;
};

}  // namespace trestle
