// What is WhatsApp's own, beside the claims of all adapters (conformance_test.cc).
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>

#include "adapters/whatsapp/adapter.h"
#include "tests/contract/conformance_world.h"
#include "tests/unit/whatsapp/whatsapp_fixture.h"

namespace trestle {
namespace {

using test::ConformanceWorld;
using test::WhatsappFixture;

// A clock that stands where the test puts it, for the simulation alone.
class ShiftedClock final : public Clock {
 public:
  WallTime wall_now() const override { return clock_.wall_now() + shift_.load(); }
  MonoTime mono_now() const override { return clock_.mono_now(); }
  void Shift(Millis by) { shift_ = by; }

 private:
  SystemClock clock_;
  std::atomic<Millis> shift_ = Millis{0};
};

HttpAnswer Call(HttpCall call) {
  const auto client = *HttpClient::Create();
  std::promise<HttpAnswer> promise;
  auto answered = promise.get_future();
  client->Send(std::move(call), [&promise](Result<HttpAnswer> answer) {
    promise.set_value(answer ? *std::move(answer) : HttpAnswer{});
  });
  return answered.get();
}

HttpAnswer PostMessage(WhatsappSim& sim, const std::string& body,
                       const std::string& token = "simulated-token",
                       const std::string& node = "100000000000001") {
  HttpCall call;
  call.method = "POST";
  call.url = sim.api_url() + "/v23.0/" + node + "/messages";
  call.headers["Authorization"] = "Bearer " + token;
  call.body = body;
  return Call(std::move(call));
}

int ErrorOf(const HttpAnswer& answer) {
  const auto error = ReadGraphError(answer.body);
  return error ? error->code : 0;
}

struct SimWorld {
  explicit SimWorld(WhatsappSimOptions options = {}) : fixture(std::move(options)) {}
  WhatsappFixture fixture;
  WhatsappSim& sim = fixture.sim();
};

}  // namespace

TEST_CASE("A person who hides their number joins, binds and is written to by their user id") {
  ConformanceWorld world(std::make_unique<WhatsappFixture>());
  test::ConformancePhone ana(world.control, *world.fixture, "US.13491208655302741918");
  const auto bound = world.Binds(ana);
  const EnvelopeFrame envelope = world.Envelope(300);

  const Attempt attempt = world.Delivers(world.Of(bound.link, Frame(envelope)));

  CHECK(attempt.certainty == Certainty::kSent);
  CHECK(std::get<EnvelopeFrame>(ana.AwaitFrame(bound.ghost)) == envelope);
}

TEST_CASE("A person who joined with a number and then hides it is the same person") {
  auto fixture = std::make_unique<WhatsappFixture>();
  WhatsappSim& sim = fixture->sim();
  ConformanceWorld world(std::move(fixture));
  auto open = world.NewPhone();
  const EnrolmentId enrolment = world.Joins(open);
  test::ConformancePhone hidden(world.control, *world.fixture, sim.BsuidOf(open.address()));

  CHECK(world.Joins(hidden) == enrolment);
}

TEST_CASE("A message outside of the 24-hour window is accepted and fails by its status") {
  ShiftedClock sim_clock;
  ConformanceWorld world(std::make_unique<WhatsappFixture>(WhatsappSimOptions{}, &sim_clock));
  auto ana = world.NewPhone();
  const EnrolmentId enrolment = world.Joins(ana);
  sim_clock.Shift(std::chrono::hours(24) + std::chrono::minutes(1));
  const Delivery delivery = world.Of(enrolment, ServiceReply{"late"});

  const Attempt attempt = world.Delivers(delivery);

  CHECK(attempt.certainty == Certainty::kSent);
  world.host.AwaitReport(delivery.id, ReceiptLevel::kFailed);
  CHECK(ana.messages_seen() == 0);
}

TEST_CASE("A person who reads at once is reported as having read") {
  WhatsappSimOptions options;
  options.phones_read_at_once = true;
  ConformanceWorld world(std::make_unique<WhatsappFixture>(options));
  auto ana = world.NewPhone();
  const Delivery delivery = world.Of(world.Joins(ana), ServiceReply{"hello"});

  world.Delivers(delivery);

  world.host.AwaitReport(delivery.id, ReceiptLevel::kRead);
}

TEST_CASE("The pair rate holds one person back and not the others") {
  WhatsappSimOptions options;
  options.pair_rate = {.per_minute = 1, .burst = 1};
  ConformanceWorld world(std::make_unique<WhatsappFixture>(options));
  auto ana = world.NewPhone();
  auto ben = world.NewPhone();
  const EnrolmentId first = world.Joins(ana);
  const EnrolmentId second = world.Joins(ben);
  world.Delivers(world.Of(first, ServiceReply{"one"}));

  const Attempt held = world.Delivers(world.Of(first, ServiceReply{"two"}));
  const Attempt other = world.Delivers(world.Of(second, ServiceReply{"three"}));

  CHECK(held.certainty == Certainty::kNotSent);
  CHECK(held.retry == Retry::kLater);
  CHECK(held.retry_after.value_or(Millis{0}) >= std::chrono::seconds(1));
  CHECK(other.certainty == Certainty::kSent);
}

TEST_CASE("Webhooks that come twice, shuffled and in batches make the same frames") {
  WhatsappSimOptions options;
  options.webhooks.duplicate_percent = 50;
  options.webhooks.shuffle_percent = 50;
  ConformanceWorld world(std::make_unique<WhatsappFixture>(options));
  auto ana = world.NewPhone();
  const EnrolmentId enrolment = world.Joins(ana);
  const LinkId link = LinkId::Mint(world.random);
  const ThreadOfferFrame offer = world.Offers(ana, enrolment, link);
  ana.SendFrame(offer.ghost, ThreadAcceptFrame{offer.bind_code});
  const EnvelopeFrame envelope = world.Envelope(20000);

  ana.SendFrame(offer.ghost, envelope);

  bool arrived = false;
  for (std::size_t number = 0; !arrived; ++number) {
    const Inbound offered = world.host.AwaitOffer(number);
    const auto* frame = std::get_if<Frame>(&offered.body);
    const auto* found = frame == nullptr ? nullptr : std::get_if<EnvelopeFrame>(frame);
    arrived = found != nullptr && *found == envelope && std::get<LinkId>(offered.from) == link;
  }
  CHECK(arrived);
}

TEST_CASE("A wrong token takes the adapter down and sends nothing") {
  WhatsappFixture fixture;
  WhatsappOptions options = fixture.options();
  options.token = "another token";
  ConformanceWorld world(std::make_unique<WhatsappFixture>());
  test::ConformanceHost host(world.clock);
  auto adapter = MakeWhatsappAdapter(
      std::move(options), {world.folder + "/other", world.clock, world.random, world.metrics});
  REQUIRE(adapter);

  (*adapter)->Start(host, [](Result<void>) {});

  host.AwaitHealth(Health::kDown);
}

TEST_CASE("An adapter starts while its network is away") {
  ConformanceWorld world(std::make_unique<WhatsappFixture>());
  world.StopAdapter();
  world.Order(R"({"down":true})");
  auto adapter = world.fixture->MakeAdapter(
      {world.folder + "/adapter", world.clock, world.random, world.metrics});
  REQUIRE(adapter);
  std::promise<Result<void>> promise;
  auto started = promise.get_future();

  (*adapter)->Start(world.host, [&](Result<void> result) { promise.set_value(result); });

  CHECK(started.get());
  world.host.AwaitHealth(Health::kDown);
  world.Order(R"({"down":false})");
  world.host.AwaitHealth(Health::kHealthy);
}

TEST_CASE("A webhook with a wrong signature is refused and changes nothing") {
  ConformanceWorld world(std::make_unique<WhatsappFixture>());
  auto& adapter = dynamic_cast<WhatsappAdapter&>(*world.adapter);
  HttpCall call;
  call.method = "POST";
  call.url = "http://127.0.0.1:" + std::to_string(adapter.webhook_port()) + "/webhook";
  call.headers["X-Hub-Signature-256"] = "sha256=" + std::string(64, '0');
  call.body =
      R"({"object":"whatsapp_business_account","entry":[{"changes":[{"field":"messages","value":)"
      R"({"messaging_product":"whatsapp","metadata":{"phone_number_id":"100000000000001"},)"
      R"("messages":[{"from":"16505551234","id":"wamid.A","type":"text","text":{"body":"JOIN"}}]}}]}]})";

  const HttpAnswer refused = Call(call);
  call.headers["X-Hub-Signature-256"] = SignWebhook(Secret("simulated-app-secret"), call.body);
  const HttpAnswer taken = Call(call);

  CHECK(refused.status == 401);
  CHECK(taken.status == 200);
  CHECK(world.host.offers_heard() == 1);
}

TEST_CASE("Message ids spell a number, and none of them is in the adapter's files") {
  ConformanceWorld world(std::make_unique<WhatsappFixture>());
  auto ana = world.NewPhone();
  world.Delivers(world.Of(world.Joins(ana), ServiceReply{"hello"}));
  const std::string spelled = ToBase64(AsBytes("\x1C\x18\x0B" + ana.address())).substr(0, 16);
  std::string files;

  for (const auto& each : std::filesystem::directory_iterator(world.folder + "/adapter")) {
    std::ifstream in(each.path(), std::ios::binary);
    files.append(std::istreambuf_iterator<char>(in), {});
  }

  CHECK(files.find(spelled) == std::string::npos);
  const Json wire = world.control.Get("/sim/wire");
  bool on_the_wire = false;
  for (const Json& record : wire["records"].items()) {
    on_the_wire = on_the_wire || record["shows"].TextOr("").find(spelled) != std::string::npos;
  }
  CHECK(on_the_wire);
}

TEST_CASE("Options that name no identity or one twice are refused") {
  SystemClock clock;
  SystemRandom random;
  Metrics metrics;
  const AdapterContext context{"/nonexistent/trestle", clock, random, metrics};
  WhatsappOptions options;
  options.app_id = "1";
  options.app_secret = "s";
  options.verify_token = "v";
  options.token = "t";
  CHECK_FALSE(MakeWhatsappAdapter(options, context));
  options.service_identity = "1001";
  options.ghosts = {"1001"};

  const auto made = MakeWhatsappAdapter(options, context);

  REQUIRE_FALSE(made);
  CHECK(made.error().what.view() == "whatsapp: an identity is there twice");
}

TEST_CASE("The simulation refuses a wrong token, field, length and number as the API does") {
  SimWorld world;
  const std::string good =
      R"({"messaging_product":"whatsapp","to":"+1 650 555-1234","type":"text","text":{"body":"x"}})";
  const auto body_with = [](const std::string& text) {
    return R"({"messaging_product":"whatsapp","to":"16505551234","text":{"body":")" + text + "\"}}";
  };

  CHECK(PostMessage(world.sim, good, "wrong").status == 401);
  CHECK(ErrorOf(PostMessage(world.sim, good, "wrong")) == 190);
  CHECK(ErrorOf(PostMessage(world.sim, good, "simulated-token", "999")) == 100);
  CHECK(ErrorOf(PostMessage(world.sim, R"({"to":"16505551234"})")) == 100);
  CHECK(ErrorOf(PostMessage(world.sim,
                            R"({"messaging_product":"whatsapp","text":{"body":"x"}})")) == 100);
  CHECK(ErrorOf(PostMessage(world.sim, body_with(""))) == 100);
  CHECK(ErrorOf(PostMessage(world.sim, body_with(std::string(4097, 'x')))) == 100);
  CHECK(PostMessage(world.sim, body_with(std::string(4096, 'x'))).status == 200);
}

TEST_CASE("The simulation counts characters, not octets") {
  SimWorld world;
  std::string text;
  for (int i = 0; i < 4096; ++i) text += "é";

  const auto answer = PostMessage(
      world.sim,
      R"({"messaging_product":"whatsapp","to":"16505551234","text":{"body":")" + text + "\"}}");

  CHECK(answer.status == 200);
}

TEST_CASE("The simulation answers with the number as the network spells it and a wamid") {
  SimWorld world;

  const auto answer = PostMessage(
      world.sim,
      R"({"messaging_product":"whatsapp","to":"+1 650 555-1234","text":{"body":"x"},"new":1})");

  const auto json = Json::Parse(answer.body);
  REQUIRE(json);
  CHECK((*json)["contacts"].First()["input"].TextOr("") == "+1 650 555-1234");
  CHECK((*json)["contacts"].First()["wa_id"].TextOr("") == "16505551234");
  CHECK((*json)["messages"].First()["id"].TextOr("").starts_with("wamid.HBgL"));
}

TEST_CASE("The simulation's throughput ends in 130429") {
  WhatsappSimOptions options;
  options.messages_per_second = 1;
  SimWorld world(options);
  const std::string body =
      R"({"messaging_product":"whatsapp","to":"16505551234","text":{"body":"x"}})";
  PostMessage(world.sim, body);

  const auto answer = PostMessage(world.sim, body);

  CHECK(answer.status == 429);
  CHECK(ErrorOf(answer) == 130429);
}

}  // namespace trestle
