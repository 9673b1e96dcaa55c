#include "adapters/sdk/graph_link.h"

#include <catch2/catch.hpp>
#include <condition_variable>
#include <future>
#include <mutex>

#include "bridge/base/system_seams.h"

namespace trestle {
namespace {

constexpr auto kPatience = std::chrono::seconds(30);

// A Graph API of a few lines: takes the subscription, answers probes, and sends as the test says.
struct World {
  explicit World(bool takes_subscriptions = true) {
    api = std::move(*HttpServer::Start(
        {}, [this, takes_subscriptions](HttpRequest request, HttpServer::Respond respond) {
          if (request.path.ends_with("/subscriptions")) {
            return std::move(respond)({.status = takes_subscriptions ? 200 : 400});
          }
          if (request.method == "GET") return std::move(respond)({.body = "{}"});
          const std::lock_guard lock(mutex);
          ++sends_seen;
          std::move(respond)(answer);
        }));
    GraphLink::Options options;
    options.network = "test";
    options.base.url = "http://127.0.0.1:" + std::to_string(api->port());
    options.app_id = "1";
    options.app_secret = Secret("secret");
    options.verify_token = Secret("verify");
    options.token = Secret("token");
    options.probe_node = "2";
    options.subscription = {"page", "", "messages"};
    GraphLink::Handlers handlers;
    handlers.take_webhook = [this](std::string, Done<void> acknowledge) {
      if (takes_webhooks) std::move(acknowledge)({});
    };
    handlers.health_changed = [this](Health now) {
      const std::lock_guard lock(mutex);
      health = now;
      changed.notify_all();
    };
    link = std::move(
        *GraphLink::Create(std::move(options), {loop, clock, metrics}, std::move(handlers)));
    REQUIRE(link->Start());
  }
  ~World() {
    link->Stop();
    loop.Stop();
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  bool Becomes(Health wanted) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, kPatience, [&] { return health == wanted; });
  }
  GraphLink::Sent Send(Millis age_left = std::chrono::minutes(1)) {
    auto sent = std::make_shared<std::promise<GraphLink::Sent>>();
    auto future = sent->get_future();
    REQUIRE(loop.Post([this, sent, age_left] {
      link->Post({"2", "3", "{}", clock.wall_now() + age_left},
                 [sent](Result<GraphLink::Sent> result) { sent->set_value(*std::move(result)); });
    }));
    return future.get();
  }
  void Answers(HttpResponse response) {
    const std::lock_guard lock(mutex);
    answer = std::move(response);
  }
  int sends() {
    const std::lock_guard lock(mutex);
    return sends_seen;
  }
  int Webhook(const std::string& body) {
    const auto client = *HttpClient::Create();
    std::promise<int> status;
    client->Send({.method = "POST",
                  .url = "http://127.0.0.1:" + std::to_string(link->webhook_port()) + "/webhook",
                  .headers = {{"X-Hub-Signature-256", SignWebhook(Secret("secret"), body)}},
                  .body = body},
                 [&status](Result<HttpAnswer> heard) { status.set_value(heard->status); });
    return status.get_future().get();
  }

  SystemClock clock;
  Metrics metrics;
  std::mutex mutex;
  std::condition_variable changed;
  HttpResponse answer = {.body = "{\"id\":\"m\"}"};
  int sends_seen = 0;
  Health health = Health::kStarting;
  std::atomic<bool> takes_webhooks = true;
  std::unique_ptr<HttpServer> api;
  SerialExecutor loop{"test", clock};
  std::unique_ptr<GraphLink> link;
};

TEST_CASE("A link that is subscribed and let in is healthy") {
  World world;

  CHECK(world.Becomes(Health::kHealthy));
}

TEST_CASE("A link that cannot subscribe is deaf, and still sends") {
  World world(false);

  CHECK(world.Becomes(Health::kDeaf));
  CHECK(world.Send().is_success);
}

TEST_CASE("What has expired never reaches the network") {
  World world;

  const GraphLink::Sent sent = world.Send(Millis{0});

  CHECK(sent.attempt.retry == Retry::kNever);
  CHECK(sent.attempt.rule == Rule::kExpired);
  CHECK(world.sends() == 0);
}

TEST_CASE("Usage near its limit holds every send for as long as the network says") {
  World world;
  REQUIRE(world.Becomes(Health::kHealthy));
  world.Answers(
      {.headers = {{"X-Business-Use-Case-Usage",
                    R"({"2":[{"call_count":99,"estimated_time_to_regain_access":5}]})"}}});

  const GraphLink::Sent first = world.Send();
  REQUIRE(world.Becomes(Health::kDegraded));
  const GraphLink::Sent second = world.Send();

  CHECK(first.is_success);
  CHECK(second.attempt.certainty == Certainty::kNotSent);
  CHECK(second.attempt.retry_after.value_or(Millis{0}) > std::chrono::minutes(4));
  CHECK(world.sends() == 1);
}

TEST_CASE("A throttle says when to come again and degrades the link") {
  World world;
  REQUIRE(world.Becomes(Health::kHealthy));
  world.Answers({.status = 429});

  const GraphLink::Sent sent = world.Send();

  CHECK(sent.attempt.certainty == Certainty::kNotSent);
  CHECK(sent.attempt.retry_after.value_or(Millis{0}) > Millis{0});
  CHECK(world.Becomes(Health::kDegraded));
}

TEST_CASE("An acknowledged webhook is answered 200 and a dropped one 500") {
  World world;

  CHECK(world.Webhook("{}") == 200);
  world.takes_webhooks = false;
  CHECK(world.Webhook("{}") == 500);
}

}  // namespace
}  // namespace trestle
