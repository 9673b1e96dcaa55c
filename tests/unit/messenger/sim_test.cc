#include <catch2/catch.hpp>
#include <future>

#include "adapters/sdk/graph.h"
#include "adapters/sdk/json.h"
#include "tests/contract/conformance_world.h"
#include "tests/unit/messenger/fixture.h"

namespace trestle::test {
namespace {

constexpr const char* kPage = MessengerFixture::kService;

// The simulated network alone, with a caller in place of the adapter.
struct Network {
  explicit Network(MessengerSimOptions options = {})
      : fixture(std::move(options)), control(fixture.control_port()) {}

  struct Answered {
    int status;
    GraphError error;
    Json body;
  };

  Answered Call(HttpCall call) {
    std::promise<Result<HttpAnswer>> promise;
    client->Send(std::move(call), [&promise](Result<HttpAnswer> a) { promise.set_value(a); });
    const auto answer = promise.get_future().get();
    REQUIRE(answer);
    auto body = Json::Parse(answer->body);
    return {answer->status, ReadGraphError(answer->body).value_or(GraphError{}),
            body ? std::move(*body) : Json()};
  }
  Answered Post(const std::string& body, const std::string& token = "simulated-token") {
    return Call({.method = "POST",
                 .url = fixture.sim->api_url() + "/v23.0/" + kPage + "/messages",
                 .headers = {{"Authorization", "Bearer " + token}},
                 .body = body});
  }
  // A person who wrote to the Page, and so can be written to.
  std::string Writer() {
    ConformancePhone phone(control, fixture, "ana");
    phone.SendText(kPage, "hello");
    return fixture.sim->PersonIdOf("ana", kPage);
  }
  static std::string Text(const std::string& person, const std::string& text) {
    return R"({"messaging_type":"RESPONSE","recipient":{"id":")" + person +
           R"("},"message":{"text":")" + text + "\"}}";
  }

  MessengerFixture fixture;
  ControlCaller control;
  std::unique_ptr<HttpClient> client = *HttpClient::Create();
};

TEST_CASE("A send without or with a wrong token is answered 190 or 104") {
  Network network;

  CHECK(network.Post("{}", "wrong").error.code == 190);
  CHECK(network
            .Call({.method = "POST",
                   .url = network.fixture.sim->api_url() + "/v23.0/" + kPage + "/messages",
                   .body = "{}"})
            .error.code == 104);
}

TEST_CASE("A wrong appsecret_proof is refused") {
  Network network;

  const auto answer =
      network.Call({.method = "POST",
                    .url = network.fixture.sim->api_url() + "/v23.0/" + kPage +
                           "/messages?access_token=simulated-token&appsecret_proof=00",
                    .body = "{}"});

  CHECK(answer.error.code == 100);
}

TEST_CASE("A body that is not right is answered 100 with the field named") {
  Network network;
  const std::string ana = network.Writer();
  const auto refused = [&](const std::string& body, std::string_view field) {
    const auto answer = network.Post(body);
    INFO(body << " -> " << answer.error.message);
    CHECK(answer.status == 400);
    CHECK(answer.error.code == 100);
    CHECK(answer.error.message.find(field) != std::string::npos);
  };

  refused("not JSON", "JSON");
  refused(R"({"message":{"text":"x"}})", "recipient");
  refused(R"({"recipient":{"id":5},"messaging_type":"RESPONSE","message":{"text":"x"}})",
          "recipient[id]");
  refused(R"({"recipient":{"id":")" + ana + R"("},"message":{"text":"x"}})", "messaging_type");
  refused(
      R"({"recipient":{"id":")" + ana + R"("},"messaging_type":"WHATEVER","message":{"text":"x"}})",
      "messaging_type");
  refused(R"({"recipient":{"id":")" + ana + R"("},"messaging_type":"UPDATE"})", "message");
  refused(Network::Text(ana, ""), "message[text]");
}

TEST_CASE("A text of 2,000 characters goes through and one more does not") {
  Network network;
  const std::string ana = network.Writer();
  std::string longest;
  for (int i = 0; i < 2000; ++i) longest += "\xC3\xA9";

  CHECK(network.Post(Network::Text(ana, longest)).status == 200);
  const auto answer = network.Post(Network::Text(ana, longest + "x"));

  CHECK(answer.error.code == 100);
  CHECK(answer.error.message.find("message[text]") != std::string::npos);
}

TEST_CASE("A success names the person and a message id of the right shape") {
  Network network;
  const std::string ana = network.Writer();

  const auto answer = network.Post(Network::Text(ana, "x"));

  CHECK(answer.body["recipient_id"].TextOr("") == ana);
  const std::string mid = answer.body["message_id"].TextOr("");
  CHECK(mid.starts_with("m_"));
  CHECK(mid.size() > 80);
}

TEST_CASE("Unknown fields of a send are ignored") {
  Network network;
  const std::string ana = network.Writer();

  const auto answer =
      network.Post(R"({"new":{"a":[1]},"messaging_type":"RESPONSE","recipient":{"id":")" + ana +
                   R"("},"message":{"text":"x","metadata":"y"}})");

  CHECK(answer.status == 200);
}

TEST_CASE("A form with fields of JSON is taken too") {
  Network network;
  const std::string ana = network.Writer();

  const auto answer =
      network.Call({.method = "POST",
                    .url = network.fixture.sim->api_url() + "/v23.0/" + kPage + "/messages",
                    .headers = {{"Authorization", "Bearer simulated-token"},
                                {"Content-Type", "application/x-www-form-urlencoded"}},
                    .body = "messaging_type=RESPONSE&recipient=%7B%22id%22%3A%22" + ana +
                            "%22%7D&message=%7B%22text%22%3A%22hi+there%22%7D"});

  CHECK(answer.status == 200);
}

TEST_CASE("Nobody can be written to before they wrote, nor from another Page") {
  Network network;
  const std::string elsewhere = network.fixture.sim->PersonIdOf("ana", "100200300400501");
  network.Writer();

  CHECK(network.Post(Network::Text("6120040014717321", "x")).error.subcode == 2018001);
  CHECK(network.Post(Network::Text(elsewhere, "x")).error.subcode == 2018001);
}

TEST_CASE("A person has another id at every Page, of 16 digits") {
  Network network;
  const std::string here = network.fixture.sim->PersonIdOf("ana", kPage);
  const std::string there = network.fixture.sim->PersonIdOf("ana", "100200300400501");

  CHECK(here != there);
  CHECK(here.size() == 16);
  CHECK(IsGraphId(here));
}

TEST_CASE("The window closes after 24 hours and HUMAN_AGENT has 7 days") {
  Network network;
  const std::string ana = network.Writer();
  const std::string tagged =
      R"({"messaging_type":"MESSAGE_TAG","tag":"HUMAN_AGENT","recipient":{"id":")" + ana +
      R"("},"message":{"text":"x"}})";

  network.fixture.clock.Shift(std::chrono::hours(25));
  const auto late = network.Post(Network::Text(ana, "x"));
  const auto agent = network.Post(tagged);
  network.fixture.clock.Shift(std::chrono::hours(24 * 7));

  CHECK(late.error.code == 10);
  CHECK(late.error.subcode == 2018278);
  CHECK(agent.status == 200);
  CHECK(network.Post(tagged).error.subcode == 2018278);
}

TEST_CASE("More calls than the rate are answered 613") {
  MessengerSimOptions options;
  options.calls_per_second = 1;
  Network network(options);
  const std::string ana = network.Writer();

  network.Post(Network::Text(ana, "x"));

  CHECK(network.Post(Network::Text(ana, "x")).error.code == 613);
}

TEST_CASE("Paths that the Graph API does not have are refused") {
  Network network;
  const auto at = [&](const std::string& path) {
    return network
        .Call({.method = "POST",
               .url = network.fixture.sim->api_url() + path,
               .headers = {{"Authorization", "Bearer simulated-token"}},
               .body = "{}"})
        .error;
  };

  CHECK(at("/").code == 2500);
  CHECK(at("/me/messages").code == 2500);
  CHECK(at("/v23.0/" + std::string(kPage) + "/feed").code == 2500);
  CHECK(at("/v23.0/999/messages").subcode == 33);
}

TEST_CASE("A callback that does not answer the challenge is not subscribed") {
  Network network;
  auto deaf = HttpServer::Start({}, [](HttpRequest, HttpServer::Respond respond) {
    std::move(respond)({.body = "something else"});
  });
  REQUIRE(deaf);
  const GraphSubscription subscription{
      "page", "http://127.0.0.1:" + std::to_string((*deaf)->port()), "messages"};

  const auto answer = network.Call(
      GraphSubscriptionCall({network.fixture.sim->api_url(), "v23.0"}, "1010101010",
                            Secret("simulated-app-secret"), Secret("verify"), subscription));

  CHECK(answer.error.code == 2200);
  CHECK_FALSE(network.fixture.sim->is_subscribed());
}

TEST_CASE("Webhooks are signed over escaped JSON, and come again until they are taken") {
  Network network;
  std::promise<std::vector<HttpRequest>> taken;
  std::vector<HttpRequest> posts;  // on the server's thread
  auto callback = HttpServer::Start({}, [&](HttpRequest request, HttpServer::Respond respond) {
    if (request.method == "GET") {
      return std::move(respond)({.body = request.QueryOr("hub.challenge", "")});
    }
    posts.push_back(std::move(request));
    std::move(respond)({.status = posts.size() < 3 ? 500 : 200});
    if (posts.size() == 3) taken.set_value(posts);
  });
  REQUIRE(callback);
  network.Call(GraphSubscriptionCall(
      {network.fixture.sim->api_url(), "v23.0"}, "1010101010", Secret("simulated-app-secret"),
      Secret("verify"),
      {"page", "http://127.0.0.1:" + std::to_string((*callback)->port()), "messages"}));
  ConformancePhone ana(network.control, network.fixture, "ana");

  ana.SendText(kPage, "caf\xC3\xA9 / \xF0\x9F\x98\x80");
  const auto seen = taken.get_future().get();

  CHECK(seen[0].body == seen[2].body);
  CHECK(seen[2].body.find(R"(caf\u00e9 \/ \ud83d\ude00)") != std::string::npos);
  CHECK(HasWebhookSignature(Secret("simulated-app-secret"), seen[2]));
}

TEST_CASE("A phone's text above the limit, or to nobody, is refused") {
  Network network;
  const auto send = [&](const std::string& to, const std::string& text) {
    return network
        .Call({.method = "POST",
               .url = "http://127.0.0.1:" + std::to_string(network.fixture.control_port()) +
                      "/sim/send",
               .body = R"({"from":"ana","to":")" + to + R"(","text":")" + text + "\"}"})
        .status;
  };
  ConformancePhone ana(network.control, network.fixture, "ana");

  CHECK(send(kPage, std::string(2000, 'x')) == 200);
  CHECK(send(kPage, std::string(2001, 'x')) != 200);
  CHECK(send("100", "x") != 200);
}

}  // namespace
}  // namespace trestle::test
