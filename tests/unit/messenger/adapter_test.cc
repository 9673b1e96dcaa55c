#include <catch2/catch.hpp>
#include <future>

#include "adapters/messenger/codec.h"
#include "tests/contract/conformance_world.h"
#include "tests/unit/messenger/fixture.h"

namespace trestle::test {
namespace {

struct World : ConformanceWorld {
  explicit World(MessengerSimOptions options = {})
      : ConformanceWorld(std::make_unique<MessengerFixture>(std::move(options))) {}

  MessengerFixture& messenger() { return static_cast<MessengerFixture&>(*fixture); }
  SendApiSim& sim() { return *messenger().sim; }
  std::string webhook_url() {
    return "http://127.0.0.1:" + std::to_string(messenger().adapter->webhook_port()) +
           "/webhook/messenger";
  }
};

HttpAnswer Ask(HttpCall call) {
  const auto client = *HttpClient::Create();
  std::promise<Result<HttpAnswer>> promise;
  client->Send(std::move(call), [&promise](Result<HttpAnswer> a) { promise.set_value(a); });
  const auto answer = promise.get_future().get();
  REQUIRE(answer);
  return *answer;
}

TEST_CASE("The Messenger adapter keeps the claims of all adapters") {
  CheckAdapterClaims([] { return std::make_unique<MessengerFixture>(); });
}

TEST_CASE("Claims hold when webhooks come twice, out of order and several in a body") {
  MessengerSimOptions options;
  options.webhooks.duplicate_percent = 50;
  options.webhooks.shuffle_percent = 50;
  options.webhooks.in_flight_max = 2;
  World world(options);
  auto ana = world.NewPhone();
  const auto bound = world.Binds(ana);
  const EnvelopeFrame envelope = world.Envelope(30'000);  // about twenty messages

  ana.SendFrame(bound.ghost, envelope);

  bool has_come = false;
  for (std::size_t number = 0; !has_come; ++number) {
    const Inbound offer = world.host.AwaitOffer(number);
    const auto* frame = std::get_if<Frame>(&offer.body);
    const auto* come = frame == nullptr ? nullptr : std::get_if<EnvelopeFrame>(frame);
    has_come = come != nullptr && *come == envelope;
  }
  CHECK(has_come);
}

TEST_CASE("A read on the phone is reported by watermark") {
  MessengerSimOptions options;
  options.phones_read_at_once = true;
  World world(options);
  auto ana = world.NewPhone();
  const auto bound = world.Binds(ana);
  const Delivery delivery = world.Of(bound.link, Frame(world.Envelope(4000)));

  CHECK(world.Delivers(delivery).certainty == Certainty::kSent);

  world.host.AwaitReport(delivery.id, ReceiptLevel::kRead);
}

TEST_CASE("Outside the 24-hour window nothing is sent, for good") {
  World world;
  auto ana = world.NewPhone();
  const EnrolmentId enrolment = world.Joins(ana);
  world.messenger().clock.Shift(std::chrono::hours(24) + std::chrono::seconds(1));

  const Attempt attempt = world.Delivers(world.Of(enrolment, ServiceReply{"too late"}));

  CHECK(attempt.certainty == Certainty::kNotSent);
  CHECK(attempt.retry == Retry::kNever);
  CHECK(attempt.rule == Rule::kThreadNotOpen);
}

TEST_CASE("A token that the network refuses takes the adapter down") {
  World world;
  auto ana = world.NewPhone();
  const EnrolmentId enrolment = world.Joins(ana);
  world.Order(R"({"reject_next":1,"reject_code":190})");

  const Attempt attempt = world.Delivers(world.Of(enrolment, ServiceReply{"no"}));

  CHECK(attempt.certainty == Certainty::kNotSent);
  CHECK(attempt.retry == Retry::kLater);
  CHECK(attempt.retry_after.value_or(Millis{0}) > Millis{0});
  world.host.AwaitHealth(Health::kDown);
}

TEST_CASE("An adapter that starts with a wrong token starts, and is down") {
  MessengerFixture fixture;
  fixture.token = "another token";
  ConformanceHost host(fixture.clock);
  Metrics metrics;
  const TemporaryFolder folder;
  auto adapter = fixture.MakeAdapter({folder.path(), fixture.clock, fixture.random, metrics});
  REQUIRE(adapter);

  std::promise<Result<void>> started;
  (*adapter)->Start(host, [&started](Result<void> result) { started.set_value(result); });

  CHECK(started.get_future().get());
  host.AwaitHealth(Health::kDown);
}

TEST_CASE("A webhook without the right signature is answered 401 and offers nothing") {
  World world;
  const std::string body = R"({"object":"page","entry":[]})";
  const std::string wrong = SignWebhook(Secret("another secret"), body);

  CHECK(Ask({.method = "POST", .url = world.webhook_url(), .body = body}).status == 401);
  CHECK(Ask({.method = "POST",
             .url = world.webhook_url(),
             .headers = {{"X-Hub-Signature-256", wrong}},
             .body = body})
            .status == 401);
  CHECK(world.host.offers_heard() == 0);
}

TEST_CASE(
    "A signed webhook that says nothing readable is taken, so that it does not come for ever") {
  World world;
  const std::string body = "not JSON";
  const std::string signature = SignWebhook(Secret("simulated-app-secret"), body);

  CHECK(Ask({.method = "POST",
             .url = world.webhook_url(),
             .headers = {{"X-Hub-Signature-256", signature}},
             .body = body})
            .status == 200);
  CHECK(world.metrics.Read("trestle_adapter_events_total", "messenger.webhook_malformed") == 1);
}

TEST_CASE("The webhook's challenge is answered to who knows the verify token") {
  World world;
  const std::string right = "?hub.mode=subscribe&hub.challenge=42&hub.verify_token=";

  const HttpAnswer known =
      Ask({.url = world.webhook_url() + right + "chosen%20by%20the%20operator"});
  const HttpAnswer unknown = Ask({.url = world.webhook_url() + right + "guess"});

  CHECK(known.status == 200);
  CHECK(known.body == "42");
  CHECK(unknown.status == 403);
}

TEST_CASE("Other paths of the webhook server are not found") {
  World world;

  CHECK(Ask({.url = world.webhook_url() + "/x"}).status == 404);
}

TEST_CASE("The Messenger adapter carries 1,487 octets of a frame in a message") {
  CHECK(MessengerCapabilities(255).chunk_bytes == 1487);
}

TEST_CASE("A setting that cannot be right is refused by name") {
  MessengerFixture fixture;
  Metrics metrics;
  const TemporaryFolder folder;
  const auto made = [&](auto spoil) {
    MessengerOptions options = fixture.OptionsFor();
    spoil(options);
    auto result = MakeMessengerAdapter(std::move(options),
                                       {folder.path(), fixture.clock, fixture.random, metrics});
    return result ? Reason::kInternal : result.error().reason;
  };

  CHECK(made([](auto& o) { o.app_id = "x"; }) == Reason::kInvalidArgument);
  CHECK(made([](auto& o) { o.units_max = 256; }) == Reason::kInvalidArgument);
  CHECK(made([](auto& o) { o.service_page = "page"; }) == Reason::kInvalidArgument);
  CHECK(made([](auto& o) { o.ghost_pages = {"x"}; }) == Reason::kInvalidArgument);
  CHECK(made([](auto& o) { o.app_secret = Secret(); }) == Reason::kInvalidArgument);
  CHECK(made([](auto& o) { o.token = Secret(); }) == Reason::kInvalidArgument);
  CHECK(made([](auto& o) { o.webhook_path = "x"; }) == Reason::kInvalidArgument);
  CHECK(made([](auto& o) { o.sends_per_second = 0; }) == Reason::kInvalidArgument);
}

}  // namespace
}  // namespace trestle::test
