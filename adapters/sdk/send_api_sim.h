// SIMULATION. A network of people and Pages (or professional accounts) that speaks the Send API:
// what the simulated Messenger and the simulated Instagram have in common. Each person has another
// id at every identity; nobody can be written to before they wrote; texts, rates and the 24-hour
// window are refused as the real networks refuse them. Phones are operated through SimControl,
// under addresses of the simulation's own ("user ids"). Any thread may call; one lock guards the
// state.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "adapters/sdk/rate_limiter.h"
#include "adapters/sdk/send_api.h"
#include "adapters/sdk/sim_control.h"
#include "adapters/sdk/sim_graph.h"
#include "bridge/base/seams.h"

namespace trestle {

class SendApiSim {
 public:
  static constexpr std::size_t kConversationsMax = 200'000;

  // What the two networks do not share.
  struct Kind {
    std::string name;    // "messenger"
    std::string object;  // of webhooks
    SendApiTextLimit text_limit;
    std::string mid_prefix;  // of message ids
    int window_subcode;      // of error 10
    bool has_messaging_type;
    bool reports_delivered;
    // The "read" member of an event: {"watermark":…} or {"mid":…}.
    std::string (*write_read)(const std::string& mid, WallTime at);
  };
  struct Options {
    std::string service;
    std::vector<std::string> ghosts;
    std::string app_id = "1010101010";
    std::string app_secret = "simulated-app-secret";
    std::string token = "simulated-token";
    std::int64_t calls_per_second = 300;               // per identity, as documented
    Millis window = std::chrono::hours(24);            // after the person's last message
    Millis agent_window = std::chrono::hours(24 * 7);  // with tag HUMAN_AGENT
    bool phones_read_at_once = false;                  // and the network says so
    WebhookSender::Options webhooks = {};
    SimPlace place = {};
    std::uint16_t api_port = 0;      // 0: the system chooses
    std::uint16_t control_port = 0;  // likewise
  };

  static Result<std::unique_ptr<SendApiSim>> Start(Kind kind, Options options, const Clock& clock,
                                                   Random& random);
  ~SendApiSim();

  std::uint16_t api_port() const { return graph_->api_port(); }
  std::uint16_t control_port() const { return control_->port(); }
  std::string api_url() const { return "http://127.0.0.1:" + std::to_string(api_port()); }
  SimControl& control() { return *control_; }
  bool is_subscribed() const { return graph_->is_subscribed(); }
  // The person's id at one identity, whether or not they wrote there yet.
  std::string PersonIdOf(const std::string& user, const std::string& identity) const;
  void Stop();

 private:
  struct Conversation {
    std::string user;
    std::string identity;
    WallTime last_inbound{};
  };
  struct Outgoing {
    std::string identity;
    std::string person;
    std::string text;
    bool is_agent = false;
  };

  SendApiSim(Kind kind, Options options, const Clock& clock, Random& random);

  Result<std::string> TakeFromPhone(const SimMessage& message);
  HttpResponse TakePost(const SimGraph::Call& call);
  std::optional<HttpResponse> CheckRate(const std::string& identity);
  std::optional<HttpResponse> CheckShape(const Json& body) const;
  std::optional<HttpResponse> CheckMessage(const Json& message) const;
  std::optional<HttpResponse> CheckWindow(const Outgoing& outgoing, std::string& user);
  HttpResponse Deliver(const Outgoing& outgoing, const std::string& user);
  void PublishReceipts(const Outgoing& outgoing, const std::string& mid, WallTime at);
  std::string Compose(const std::vector<WebhookSender::Event>& events) const;
  std::string NewMid();

  const Kind kind_;
  const Options options_;
  const Clock& clock_;
  Random& random_;
  std::mutex mutex_;
  std::unordered_map<std::string, Conversation> conversations_;  // by the person's id
  RateLimiter rates_;
  std::unique_ptr<SimControl> control_;
  std::unique_ptr<SimGraph> graph_;
};

}  // namespace trestle
