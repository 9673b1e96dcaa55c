#include <catch2/catch.hpp>
#include <future>
#include <vector>

#include "adapters/sdk/http_server.h"
#include "tests/unit/http/raw_peer.h"

namespace trestle {
namespace {

std::unique_ptr<HttpServer> StartEcho(HttpServer::Options options = {}) {
  auto server =
      HttpServer::Start(std::move(options), [](HttpRequest request, HttpServer::Respond respond) {
        std::move(respond)({.body = request.method + " " + request.path + " " + request.body});
      });
  REQUIRE(server);
  return *std::move(server);
}

std::string Post(std::string_view body, std::string_view more = "Connection: close\r\n") {
  return "POST /p HTTP/1.1\r\nHost: h\r\n" + std::string(more) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

TEST_CASE("The server listens on loopback addresses only") {
  HttpServer::Options options;
  options.address = "0.0.0.0";

  const auto server = HttpServer::Start(options, [](HttpRequest, HttpServer::Respond) {});

  REQUIRE_FALSE(server);
  CHECK(server.error().reason == Reason::kInvalidArgument);
}

TEST_CASE("A port that is taken is an error, not a second listener") {
  const auto first = StartEcho();
  HttpServer::Options options;
  options.port = first->port();

  const auto second = HttpServer::Start(options, [](HttpRequest, HttpServer::Respond) {});

  REQUIRE_FALSE(second);
  CHECK(second.error().reason == Reason::kUnavailable);
}

TEST_CASE("A request reaches the handler and its answer the peer") {
  const auto server = StartEcho();

  const std::string answer = ExchangeRaw(server->port(), Post("hello"));

  CHECK(answer.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(answer.ends_with("POST /p hello"));
}

TEST_CASE("Header names come in lower case and fields decoded") {
  auto server = HttpServer::Start({}, [](HttpRequest request, HttpServer::Respond respond) {
    std::move(respond)({.body = request.HeaderOr("x-hub-signature-256", "none") + "," +
                                request.QueryOr("hub.challenge", "none") + "," +
                                request.QueryOr("absent", "none")});
  });
  REQUIRE(server);

  const std::string answer =
      ExchangeRaw((*server)->port(),
                  "GET /?hub.challenge=4%2B2 HTTP/1.1\r\nHost: h\r\n"
                  "X-Hub-Signature-256: sha256=ab\r\nConnection: close\r\n\r\n");

  CHECK(answer.ends_with("sha256=ab,4+2,none"));
}

TEST_CASE("A kept connection carries one request after another, also two at once") {
  const auto server = StartEcho();
  RawConnection connection(server->port());

  connection.Write(Post("one", ""));
  const std::string first = connection.ReadUntil("one");
  connection.Write(Post("two", "") + Post("three"));
  const std::string rest = connection.ReadAll();

  CHECK(first.ends_with("POST /p one"));
  CHECK(rest.find("POST /p two") < rest.find("POST /p three"));
  CHECK(rest.ends_with("POST /p three"));
}

TEST_CASE("A body above the limit is answered 413 before it is read") {
  HttpServer::Options options;
  options.body_bytes_max = 10;
  const auto server = StartEcho(options);

  const std::string answer =
      ExchangeRaw(server->port(), "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n");

  CHECK(answer.starts_with("HTTP/1.1 413 "));
}

TEST_CASE("A chunked body above the limit is answered 413") {
  HttpServer::Options options;
  options.body_bytes_max = 10;
  const auto server = StartEcho(options);

  const std::string answer =
      ExchangeRaw(server->port(),
                  "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "b\r\n01234567890\r\n");

  CHECK(answer.starts_with("HTTP/1.1 413 "));
}

TEST_CASE("The peer that still sends a refused body can read the answer") {
  HttpServer::Options options;
  options.body_bytes_max = 10;
  const auto server = StartEcho(options);

  const std::string answer = ExchangeRaw(server->port(), Post(std::string(200'000, 'x')));

  CHECK(answer.starts_with("HTTP/1.1 413 "));
}

TEST_CASE("A header above 16 KiB is answered 431") {
  const auto server = StartEcho();

  const std::string answer = ExchangeRaw(
      server->port(), "GET / HTTP/1.1\r\nX: " + std::string(17 * 1024, 'a') + "\r\n\r\n");

  CHECK(answer.starts_with("HTTP/1.1 431 "));
}

TEST_CASE("What is not HTTP is answered 400") {
  const auto server = StartEcho();

  CHECK(ExchangeRaw(server->port(), "\x01\x02\x03 what\r\n\r\n").starts_with("HTTP/1.1 400 "));
}

TEST_CASE("A target that does not decode is answered 400") {
  const auto server = StartEcho();

  CHECK(ExchangeRaw(server->port(), "GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n")
            .starts_with("HTTP/1.1 400 "));
}

TEST_CASE("Above the limit of connections the answer is 503") {
  HttpServer::Options options;
  options.connections_max = 1;
  const auto server = StartEcho(options);
  RawConnection holder(server->port());
  holder.Write(Post("x", ""));
  holder.ReadUntil("POST /p x");

  const std::string refused = ExchangeRaw(server->port(), "");

  CHECK(refused.starts_with("HTTP/1.1 503 "));
}

TEST_CASE("A peer that waits for 100 Continue gets it") {
  const auto server = StartEcho();
  RawConnection connection(server->port());

  connection.Write(
      "POST /p HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nConnection: close\r\n"
      "Content-Length: 2\r\n\r\n");
  const std::string interim = connection.ReadUntil("\r\n\r\n");
  connection.Write("ok");

  CHECK(interim == "HTTP/1.1 100 Continue\r\n\r\n");
  CHECK(connection.ReadAll().ends_with("POST /p ok"));
}

TEST_CASE("An answer may come later and from another thread") {
  std::promise<HttpServer::Respond> taken;
  auto server = HttpServer::Start({}, [&taken](HttpRequest, HttpServer::Respond respond) {
    taken.set_value(std::move(respond));
  });
  REQUIRE(server);
  RawConnection connection((*server)->port());
  connection.Write(Post("x"));

  std::thread other(
      [&taken] { std::move(taken.get_future().get())({.status = 202, .body = "late"}); });
  const std::string answer = connection.ReadAll();
  other.join();

  CHECK(answer.starts_with("HTTP/1.1 202 "));
  CHECK(answer.ends_with("late"));
}

TEST_CASE("A request that waits for its answer does not hold up others") {
  std::promise<HttpServer::Respond> held;
  auto server = HttpServer::Start({}, [&held](HttpRequest request, HttpServer::Respond respond) {
    if (request.body == "slow") return held.set_value(std::move(respond));
    std::move(respond)({.body = "quick"});
  });
  REQUIRE(server);
  RawConnection slow((*server)->port());
  slow.Write(Post("slow"));
  HttpServer::Respond respond = held.get_future().get();

  CHECK(ExchangeRaw((*server)->port(), Post("x")).ends_with("quick"));

  std::move(respond)({.body = "at last"});
  CHECK(slow.ReadAll().ends_with("at last"));
}

TEST_CASE("An answer that is dropped unused is 500") {
  auto server = HttpServer::Start({}, [](HttpRequest, HttpServer::Respond) {});
  REQUIRE(server);

  CHECK(ExchangeRaw((*server)->port(), Post("x")).starts_with("HTTP/1.1 500 "));
}

TEST_CASE("Status 0 closes the connection without an answer") {
  auto server = HttpServer::Start(
      {}, [](HttpRequest, HttpServer::Respond respond) { std::move(respond)({.status = 0}); });
  REQUIRE(server);

  CHECK(ExchangeRaw((*server)->port(), Post("x", "")).empty());
}

TEST_CASE("A header value with line breaks is left out of the answer") {
  auto server = HttpServer::Start({}, [](HttpRequest, HttpServer::Respond respond) {
    std::move(respond)({.headers = {{"X-Good", "1"}, {"X-Bad", "1\r\nSet-Cookie: a"}}});
  });
  REQUIRE(server);

  const std::string answer = ExchangeRaw((*server)->port(), Post("x"));

  CHECK(answer.find("X-Good: 1\r\n") != answer.npos);
  CHECK(answer.find("Set-Cookie") == answer.npos);
}

TEST_CASE("HEAD is answered with the length and without the body") {
  const auto server = StartEcho();

  const std::string answer =
      ExchangeRaw(server->port(), "HEAD /p HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");

  CHECK(answer.find("Content-Length: 8\r\n") != answer.npos);
  CHECK(answer.ends_with("\r\n\r\n"));
}

TEST_CASE("Stop closes connections that wait for an answer, and a late answer does nothing") {
  std::promise<HttpServer::Respond> taken;
  auto server = HttpServer::Start({}, [&taken](HttpRequest, HttpServer::Respond respond) {
    taken.set_value(std::move(respond));
  });
  REQUIRE(server);
  RawConnection connection((*server)->port());
  connection.Write(Post("x"));
  HttpServer::Respond late = taken.get_future().get();

  (*server)->Stop();
  server->reset();
  std::move(late)({.body = "too late"});

  CHECK(connection.ReadAll().empty());
}

TEST_CASE("Many connections are served at once") {
  const auto server = StartEcho();
  std::vector<std::future<std::string>> answers;
  answers.reserve(32);

  for (int i = 0; i < 32; ++i) {
    answers.push_back(std::async(std::launch::async, [port = server->port(), i] {
      return ExchangeRaw(port, Post(std::to_string(i)));
    }));
  }

  for (int i = 0; i < 32; ++i) {
    CHECK(answers[static_cast<std::size_t>(i)].get().ends_with("POST /p " + std::to_string(i)));
  }
}

}  // namespace
}  // namespace trestle
