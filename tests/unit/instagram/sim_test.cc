#include <catch2/catch.hpp>
#include <future>

#include "adapters/sdk/graph.h"
#include "adapters/sdk/json.h"
#include "tests/contract/conformance_world.h"
#include "tests/unit/instagram/fixture.h"

namespace trestle::test {
namespace {

constexpr const char* kAccount = InstagramFixture::kService;

// The simulated network alone, with a caller in place of the adapter.
struct Network {
  Network() : control(fixture.control_port()) {}

  struct Answered {
    int status;
    GraphError error;
    Json body;
  };

  Answered Post(const std::string& body) {
    HttpCall call{.method = "POST",
                  .url = fixture.sim->api_url() + "/v23.0/" + kAccount + "/messages",
                  .headers = {{"Authorization", "Bearer simulated-token"}},
                  .body = body};
    std::promise<Result<HttpAnswer>> promise;
    client->Send(std::move(call), [&promise](Result<HttpAnswer> a) { promise.set_value(a); });
    const auto answer = promise.get_future().get();
    REQUIRE(answer);
    auto parsed = Json::Parse(answer->body);
    return {answer->status, ReadGraphError(answer->body).value_or(GraphError{}),
            parsed ? std::move(*parsed) : Json()};
  }
  std::string Writer() {
    ConformancePhone phone(control, fixture, "ana");
    phone.SendText(kAccount, "hello");
    return fixture.sim->PersonIdOf("ana", kAccount);
  }
  static std::string Text(const std::string& person, const std::string& text,
                          const std::string& more = "") {
    return "{" + more + R"("recipient":{"id":")" + person + R"("},"message":{"text":")" + text +
           "\"}}";
  }

  InstagramFixture fixture;
  ControlCaller control;
  std::unique_ptr<HttpClient> client = *HttpClient::Create();
};

TEST_CASE("A text of 1,000 octets goes through and one more octet does not") {
  Network network;
  const std::string ana = network.Writer();
  std::string longest;
  for (int i = 0; i < 250; ++i) longest += "\xF0\x9F\x98\x80";

  CHECK(network.Post(Network::Text(ana, longest)).status == 200);
  const auto answer = network.Post(Network::Text(ana, longest + "x"));

  CHECK(answer.error.code == 100);
  CHECK(answer.error.message.find("message[text]") != std::string::npos);
}

TEST_CASE("The only tag is HUMAN_AGENT") {
  Network network;
  const std::string ana = network.Writer();

  CHECK(network.Post(Network::Text(ana, "x", R"("tag":"HUMAN_AGENT",)")).status == 200);
  CHECK(network.Post(Network::Text(ana, "x", R"("tag":"ACCOUNT_UPDATE",)")).error.code == 100);
}

TEST_CASE("The closed window has Instagram's own subcode") {
  Network network;
  const std::string ana = network.Writer();
  network.fixture.clock.Shift(std::chrono::hours(25));

  const auto answer = network.Post(Network::Text(ana, "x"));

  CHECK(answer.error.code == 10);
  CHECK(answer.error.subcode == 2534022);
}

TEST_CASE("A message id has Instagram's shape") {
  Network network;
  const std::string ana = network.Writer();

  const auto answer = network.Post(Network::Text(ana, "x"));

  CHECK(answer.body["message_id"].TextOr("").starts_with("aWdf"));
  CHECK(answer.body["recipient_id"].TextOr("") == ana);
}

}  // namespace
}  // namespace trestle::test
