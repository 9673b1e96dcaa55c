// SIMULATION. The WhatsApp Cloud API with people and their phones behind it, on loopback: sends are
// checked as the real API checks them, an answer 200 means accepted only, and what became of a
// message (also: nobody has that number, or the 24-hour window is closed) comes as a signed status
// webhook. Phones are operated through SimControl under their wa_id, or under a BSUID for people
// who hide their number. Any thread may call; one lock guards the state.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "adapters/sdk/rate_limiter.h"
#include "adapters/sdk/sim_control.h"
#include "adapters/sdk/sim_graph.h"
#include "bridge/base/seams.h"

namespace trestle {

struct WhatsappSimOptions {
  std::string service = "100000000000001";  // phone_number_ids
  std::vector<std::string> ghosts = {"100000000000002", "100000000000003"};
  std::string waba_id = "200000000000001";  // the business account, in every webhook
  std::string app_id = "3030303030";
  std::string app_secret = "simulated-app-secret";
  std::string token = "simulated-token";
  std::int64_t messages_per_second = 80;                          // of each number
  RateLimiter::Rate pair_rate = {.per_minute = 10, .burst = 45};  // one in 6 s, 45 ahead
  Millis window = std::chrono::hours(24);  // after the person's last message to that number
  bool phones_read_at_once = false;        // and the network says so
  WebhookSender::Options webhooks = {};
  SimPlace place = {};
  std::uint16_t api_port = 0;      // 0: the system chooses
  std::uint16_t control_port = 0;  // likewise
};

class WhatsappSim {
 public:
  static constexpr std::size_t kConversationsMax = 200'000;

  static Result<std::unique_ptr<WhatsappSim>> Start(WhatsappSimOptions options, const Clock& clock,
                                                    Random& random);
  ~WhatsappSim();

  std::uint16_t api_port() const { return graph_->api_port(); }
  std::uint16_t control_port() const { return control_->port(); }
  std::string api_url() const { return "http://127.0.0.1:" + std::to_string(api_port()); }
  SimControl& control() { return *control_; }
  bool is_subscribed() const { return graph_->is_subscribed(); }
  // The business-scoped id that webhooks show for a number.
  std::string BsuidOf(const std::string& wa_id) const;
  void Stop();

 private:
  // One POST to /messages, checked.
  struct Outgoing {
    std::string identity;
    std::string input;    // as written
    std::string address;  // of the phone, as SimControl knows it
    bool is_bsuid = false;
    std::string text;
  };

  WhatsappSim(WhatsappSimOptions options, const Clock& clock, Random& random);

  Result<std::string> TakeFromPhone(const SimMessage& message);
  void PublishMessage(const SimMessage& message, const std::string& id);
  std::string Compose(const std::vector<WebhookSender::Event>& events) const;

  HttpResponse TakePost(const SimGraph::Call& call);
  std::optional<HttpResponse> CheckShape(const Json& body) const;
  std::optional<HttpResponse> ReadRecipient(const Json& body, Outgoing& outgoing);
  std::optional<HttpResponse> CheckRates(const Outgoing& outgoing);
  HttpResponse Accept(const Outgoing& outgoing);
  int FailureOf(const Outgoing& outgoing);
  void PublishStatus(const Outgoing& outgoing, const std::string& id, std::string_view state,
                     int error_code);

  void BeginChange(JsonWriter& out, const std::string& identity) const;
  void WritePerson(JsonWriter& out, std::string_view number_name, std::string_view user_name,
                   const std::string& address) const;
  std::string NewWamid(const std::string& address, bool is_inbound);
  std::string Seconds() const { return std::to_string(clock_.wall_now().ms / 1000); }

  const WhatsappSimOptions options_;
  const Clock& clock_;
  Random& random_;
  std::mutex mutex_;  // guards all that follows, up to the control
  std::unordered_map<std::string, WallTime> last_inbound_;  // by identity and address
  std::unordered_map<std::string, std::string> number_of_;  // by BSUID
  RateLimiter number_rates_;
  RateLimiter pair_rates_;
  std::unique_ptr<SimControl> control_;
  std::unique_ptr<SimGraph> graph_;
};

}  // namespace trestle
