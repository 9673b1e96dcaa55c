#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <vector>

#include "adapters/sdk/http_client.h"
#include "adapters/sdk/http_server.h"
#include "tests/unit/http/raw_peer.h"

namespace trestle {
namespace {

using Answered = Result<HttpAnswer>;

std::string UrlOf(std::uint16_t port, const std::string& path = "/") {
  return "http://127.0.0.1:" + std::to_string(port) + path;
}

std::future<Answered> Ask(HttpClient& client, HttpCall call) {
  auto promise = std::make_shared<std::promise<Answered>>();
  auto future = promise->get_future();
  client.Send(std::move(call),
              [promise](Answered answer) { promise->set_value(std::move(answer)); });
  return future;
}

std::unique_ptr<HttpClient> NewClient() {
  auto client = HttpClient::Create();
  REQUIRE(client);
  return *std::move(client);
}

HttpCall PostTo(std::uint16_t port, std::string body) {
  return {.method = "POST", .url = UrlOf(port), .body = std::move(body)};
}

TEST_CASE("A call brings its method, headers and body there and status, headers and body back") {
  auto server = HttpServer::Start({}, [](HttpRequest request, HttpServer::Respond respond) {
    std::move(respond)({.status = 418,
                        .body = request.method + request.path + request.body +
                                request.HeaderOr("authorization", "") +
                                request.HeaderOr("content-type", ""),
                        .headers = {{"X-App-Usage", "{}"}}});
  });
  REQUIRE(server);
  const auto client = NewClient();

  const auto answer = Ask(*client, {.method = "POST",
                                    .url = UrlOf((*server)->port(), "/v23.0/me"),
                                    .headers = {{"Authorization", "Bearer t"}},
                                    .body = "{}"})
                          .get();

  REQUIRE(answer);
  CHECK(answer->status == 418);
  CHECK(answer->certainty == Certainty::kSent);
  CHECK(answer->body == "POST/v23.0/me{}Bearer tapplication/json");
  CHECK(answer->headers.at("x-app-usage") == "{}");
}

TEST_CASE("GET, DELETE and an empty POST arrive as what they are") {
  auto server = HttpServer::Start({}, [](HttpRequest request, HttpServer::Respond respond) {
    std::move(respond)({.body = request.method + request.body});
  });
  REQUIRE(server);
  const auto client = NewClient();
  const std::string url = UrlOf((*server)->port());

  CHECK(Ask(*client, {.method = "GET", .url = url}).get()->body == "GET");
  CHECK(Ask(*client, {.method = "DELETE", .url = url}).get()->body == "DELETE");
  CHECK(Ask(*client, {.method = "POST", .url = url}).get()->body == "POST");
}

TEST_CASE("A body of a megabyte arrives whole") {
  auto server = HttpServer::Start({}, [](HttpRequest request, HttpServer::Respond respond) {
    std::move(respond)({.body = std::to_string(request.body.size())});
  });
  REQUIRE(server);
  const auto client = NewClient();

  CHECK(Ask(*client, PostTo((*server)->port(), std::string(2'000'000, 'x'))).get()->body ==
        "2000000");
}

TEST_CASE("Plain http beyond this machine is refused") {
  const auto client = NewClient();

  for (const std::string url :
       {"http://example.org/", "http://127.evil.example/", "ftp://127.0.0.1/", "file:///etc/passwd",
        "", "http://127.0.0.1@example.org/"}) {
    const auto answer = Ask(*client, {.url = url}).get();
    REQUIRE_FALSE(answer);
    CHECK(answer.error().reason == Reason::kInvalidArgument);
  }
}

TEST_CASE("A header with line breaks is refused") {
  const auto client = NewClient();

  const auto answer =
      Ask(*client, {.url = UrlOf(1), .headers = {{"Authorization", "a\r\nHost: b"}}}).get();

  REQUIRE_FALSE(answer);
  CHECK(answer.error().reason == Reason::kInvalidArgument);
}

TEST_CASE("When nobody listens the request is certainly not sent") {
  const DeadPort dead;
  const auto client = NewClient();

  const auto answer = Ask(*client, PostTo(dead.port(), "x")).get();

  REQUIRE(answer);
  CHECK(answer->status == 0);
  CHECK(answer->certainty == Certainty::kNotSent);
}

TEST_CASE("A server that hangs up without an answer leaves it open whether it was sent") {
  RawServer server(1, [](const std::string&) { return std::string(); });
  const auto client = NewClient();

  const auto answer = Ask(*client, PostTo(server.port(), "x")).get();

  REQUIRE(answer);
  CHECK(answer->status == 0);
  CHECK(answer->certainty == Certainty::kMaybeSent);
}

TEST_CASE("A kept connection that dies without an answer is never used for a silent repeat") {
  std::atomic<int> seen = 0;
  auto server = HttpServer::Start({}, [&seen](HttpRequest request, HttpServer::Respond respond) {
    ++seen;
    std::move(respond)({.status = request.body == "lose" ? 0 : 200});
  });
  REQUIRE(server);
  const auto client = NewClient();
  REQUIRE(Ask(*client, PostTo((*server)->port(), "keep")).get()->status == 200);

  const auto lost = Ask(*client, PostTo((*server)->port(), "lose")).get();

  REQUIRE(lost);
  CHECK(lost->certainty == Certainty::kMaybeSent);
  CHECK(seen == 2);
}

TEST_CASE("A bodyless request is not repeated silently either") {
  std::atomic<int> seen = 0;
  auto server = HttpServer::Start({}, [&seen](HttpRequest request, HttpServer::Respond respond) {
    ++seen;
    std::move(respond)({.status = request.path == "/lose" ? 0 : 200});
  });
  REQUIRE(server);
  const auto client = NewClient();
  REQUIRE(Ask(*client, PostTo((*server)->port(), "keep")).get()->status == 200);

  const auto lost =
      Ask(*client, {.method = "POST", .url = UrlOf((*server)->port(), "/lose")}).get();

  REQUIRE(lost);
  CHECK(lost->certainty == Certainty::kMaybeSent);
  CHECK(seen == 2);
}

TEST_CASE("A server that does not answer in time leaves it open whether it was sent") {
  std::promise<HttpServer::Respond> held;
  auto server = HttpServer::Start({}, [&held](HttpRequest, HttpServer::Respond respond) {
    held.set_value(std::move(respond));
  });
  REQUIRE(server);
  const auto client = NewClient();
  HttpCall call = PostTo((*server)->port(), "x");
  call.timeout = Millis{150};

  const auto answer = Ask(*client, std::move(call)).get();

  REQUIRE(answer);
  CHECK(answer->status == 0);
  CHECK(answer->certainty == Certainty::kMaybeSent);
}

TEST_CASE("An answer above its limit is not taken") {
  auto server = HttpServer::Start({}, [](HttpRequest, HttpServer::Respond respond) {
    std::move(respond)({.body = std::string(1001, 'x')});
  });
  REQUIRE(server);
  const auto client = NewClient();
  HttpCall call = PostTo((*server)->port(), "x");
  call.answer_bytes_max = 1000;

  const auto answer = Ask(*client, std::move(call)).get();

  REQUIRE(answer);
  CHECK(answer->status == 0);
  CHECK(answer->certainty == Certainty::kMaybeSent);
  CHECK(answer->body.empty());
}

TEST_CASE("Endless answer headers are not taken") {
  RawServer server(1, [](const std::string&) {
    std::string endless = "HTTP/1.1 200 OK\r\n";
    for (int i = 0; i < 100; ++i) endless += "X: " + std::string(1000, 'a') + "\r\n";
    return endless + "\r\n";
  });
  const auto client = NewClient();

  CHECK(Ask(*client, PostTo(server.port(), "x")).get()->status == 0);
}

TEST_CASE("A redirect is an answer and is not followed") {
  auto server = HttpServer::Start({}, [](HttpRequest, HttpServer::Respond respond) {
    std::move(respond)({.status = 302, .headers = {{"Location", "http://127.0.0.1:1/"}}});
  });
  REQUIRE(server);
  const auto client = NewClient();

  CHECK(Ask(*client, {.url = UrlOf((*server)->port())}).get()->status == 302);
}

TEST_CASE("Calls run side by side: the later may be answered first") {
  std::promise<HttpServer::Respond> held;
  auto server = HttpServer::Start({}, [&held](HttpRequest request, HttpServer::Respond respond) {
    if (request.body == "slow") return held.set_value(std::move(respond));
    std::move(respond)({.body = "quick"});
  });
  REQUIRE(server);
  const auto client = NewClient();

  auto slow = Ask(*client, PostTo((*server)->port(), "slow"));
  HttpServer::Respond respond = held.get_future().get();
  CHECK(Ask(*client, PostTo((*server)->port(), "x")).get()->body == "quick");
  std::move(respond)({.body = "at last"});

  CHECK(slow.get()->body == "at last");
}

TEST_CASE("Hundreds of calls at once are all answered, each with its own answer") {
  auto server = HttpServer::Start({}, [](HttpRequest request, HttpServer::Respond respond) {
    std::move(respond)({.body = request.body});
  });
  REQUIRE(server);
  const auto client = NewClient();
  std::vector<std::future<Answered>> answers;
  answers.reserve(600);

  for (int i = 0; i < 600; ++i) {
    answers.push_back(Ask(*client, PostTo((*server)->port(), std::to_string(i))));
  }

  int right = 0;
  for (int i = 0; i < 600; ++i) {
    const auto answer = answers[static_cast<std::size_t>(i)].get();
    if (answer && answer->body == std::to_string(i)) ++right;
  }
  CHECK(right == 600);
}

TEST_CASE("Stop answers what is under way and what waits with cancelled") {
  std::promise<HttpServer::Respond> held;
  auto server = HttpServer::Start({}, [&held](HttpRequest, HttpServer::Respond respond) {
    held.set_value(std::move(respond));
  });
  REQUIRE(server);
  const auto client = NewClient();
  auto busy = Ask(*client, PostTo((*server)->port(), "x"));
  HttpServer::Respond respond = held.get_future().get();

  client->Stop();
  const auto answer = busy.get();
  const auto after = Ask(*client, PostTo((*server)->port(), "y")).get();

  REQUIRE_FALSE(answer);
  CHECK(answer.error().reason == Reason::kCancelled);
  REQUIRE_FALSE(after);
  CHECK(after.error().reason == Reason::kCancelled);
}

TEST_CASE("A completion may send the next call") {
  auto server = HttpServer::Start({}, [](HttpRequest request, HttpServer::Respond respond) {
    std::move(respond)({.body = request.body});
  });
  REQUIRE(server);
  const auto client = NewClient();
  std::promise<std::string> second;

  client->Send(PostTo((*server)->port(), "a"), [&](Answered first) {
    client->Send(PostTo((*server)->port(), first->body + "b"),
                 [&](Answered next) { second.set_value(next->body); });
  });

  CHECK(second.get_future().get() == "ab");
}

}  // namespace
}  // namespace trestle
