#include <catch2/catch.hpp>

#include "adapters/sdk/http_target.h"

namespace trestle {
namespace {

TEST_CASE("A target is taken apart into a decoded path and decoded fields") {
  const auto target = ParseHttpTarget("/a%20b/c?x=1%2B2&hub.mode=subscribe&blank=a+b&bare#end");

  REQUIRE(target);
  CHECK(target->path == "/a b/c");
  CHECK(target->query.at("x") == "1+2");
  CHECK(target->query.at("hub.mode") == "subscribe");
  CHECK(target->query.at("blank") == "a b");
  CHECK(target->query.at("bare").empty());
}

TEST_CASE("The last of two equal fields wins") {
  CHECK(ParseHttpTarget("/?a=1&a=2")->query.at("a") == "2");
}

TEST_CASE("A plus sign in a path is a plus sign") {
  CHECK(ParseHttpTarget("/a+b")->path == "/a+b");
}

TEST_CASE("A percent sign without two hex digits is refused wherever it stands") {
  CHECK_FALSE(ParseHttpTarget("/%"));
  CHECK_FALSE(ParseHttpTarget("/%4"));
  CHECK_FALSE(ParseHttpTarget("/%4x"));
  CHECK_FALSE(ParseHttpTarget("/a?b=%g0"));
  CHECK_FALSE(ParseHttpTarget("/a?%=1"));
}

TEST_CASE("A decoded NUL is refused") { CHECK_FALSE(ParseHttpTarget("/a%00b")); }

TEST_CASE("A target that is no path is refused") {
  CHECK_FALSE(ParseHttpTarget(""));
  CHECK_FALSE(ParseHttpTarget("http://elsewhere/"));
  CHECK_FALSE(ParseHttpTarget("*"));
}

TEST_CASE("What was percent-encoded is read back") {
  const std::string odd = "a b&c=d/e%f+\xC3\xA9";

  const auto target = ParseHttpTarget("/?v=" + PercentEncode(odd));

  REQUIRE(target);
  CHECK(target->query.at("v") == odd);
}

}  // namespace
}  // namespace trestle
