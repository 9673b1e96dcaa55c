#include "adapters/sdk/json.h"

#include <catch2/catch.hpp>

#include "adapters/sdk/utf8.h"

namespace trestle {
namespace {

std::string Nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST_CASE("Values are read with their types") {
  const auto json = Json::Parse(R"({"t":"x","i":-7,"r":1.5,"f":true,"n":null,"a":[1,"2"],"o":{}})");

  REQUIRE(json);
  CHECK((*json)["t"].text() == "x");
  CHECK((*json)["i"].integer() == -7);
  CHECK((*json)["r"].number() == 1.5);
  CHECK((*json)["f"].flag() == true);
  CHECK((*json)["n"].is_null());
  CHECK((*json)["a"].items().size() == 2);
  CHECK((*json)["o"].is_object());
}

TEST_CASE("What is absent or of another type reads as nothing") {
  const auto json = Json::Parse(R"({"id":12345678901234567,"list":[]})");

  REQUIRE(json);
  CHECK_FALSE((*json)["id"].text());
  CHECK_FALSE((*json)["no"]["such"]["path"].text());
  CHECK((*json)["id"]["inner"].is_null());
  CHECK((*json)["list"].First().is_null());
  CHECK((*json)["list"].members().empty());
}

TEST_CASE("Integers of 64 bits are exact and larger ones are no integers") {
  CHECK(Json::Parse("9223372036854775807")->integer() == INT64_MAX);
  CHECK(Json::Parse("-9223372036854775808")->integer() == INT64_MIN);
  CHECK_FALSE(Json::Parse("9223372036854775808")->integer());
  CHECK_FALSE(Json::Parse("18446744073709551616")->integer());
  CHECK_FALSE(Json::Parse("1e3")->integer());
}

TEST_CASE("Digits in a text are a number where Meta writes either") {
  CHECK(Json::Parse("\"1767225600\"")->integer_or_digits() == 1767225600);
  CHECK(Json::Parse("1767225600")->integer_or_digits() == 1767225600);
  CHECK_FALSE(Json::Parse("\"\"")->integer_or_digits());
  CHECK_FALSE(Json::Parse("\"-1\"")->integer_or_digits());
  CHECK_FALSE(Json::Parse("\"99999999999999999999\"")->integer_or_digits());
  CHECK_FALSE(Json::Parse("\"1 \"")->integer_or_digits());
}

TEST_CASE("Nesting up to the limit is read and one more is refused") {
  CHECK(Json::Parse(Nested(32)));
  REQUIRE_FALSE(Json::Parse(Nested(33)));
  CHECK(Json::Parse(Nested(33)).error().reason == Reason::kTooLarge);
  CHECK(Json::Parse(std::string(1'000'000, '[')).error().reason == Reason::kTooLarge);
}

TEST_CASE("A text above the limit is refused unread") {
  JsonLimits limits;
  limits.bytes_max = 4;

  CHECK(Json::Parse("[12]", limits));
  CHECK(Json::Parse("[123]", limits).error().reason == Reason::kTooLarge);
}

TEST_CASE("Too many values and too many members are refused") {
  JsonLimits limits;
  limits.values_max = 3;
  limits.members_max = 1;

  CHECK(Json::Parse("[1,2]", limits));
  CHECK(Json::Parse("[1,2,3]", limits).error().reason == Reason::kTooLarge);
  CHECK(Json::Parse(R"({"a":1,"b":2})", limits).error().reason == Reason::kTooLarge);
}

TEST_CASE("Equal names in an object are refused") {
  CHECK_FALSE(Json::Parse(R"({"a":1,"a":2})"));
  CHECK_FALSE(Json::Parse(R"({"a":1,"\u0061":2})"));
}

TEST_CASE("What is not one whole JSON text in UTF-8 is refused") {
  for (const std::string text :
       {"", " ", "{", "}", "[1,]", "{\"a\"}", "nul", "01", "1 2", "'a'", "\"\xFF\"",
        "\"\xED\xA0\x80\"", "\"\\ud800\"", "\"\\x\"", "NaN", "[1]]"}) {
    INFO(text);
    REQUIRE_FALSE(Json::Parse(text));
    CHECK(Json::Parse(text).error().reason == Reason::kMalformed);
  }
}

TEST_CASE("Escaped texts are read as what they mean") {
  CHECK(Json::Parse(R"("\u00e9\/\n\ud83d\ude00")")->text() == "\xC3\xA9/\n\xF0\x9F\x98\x80");
}

TEST_CASE("The writer sets commas and escapes what must be") {
  JsonWriter out;
  out.BeginObject().TextMember("a", "\"\\\n\x01/\xC3\xA9").NumberMember("b", -1);
  out.ArrayMember("c").Flag(true).Text("x").BeginObject().EndObject().EndArray().EndObject();

  CHECK(std::move(out).Take() ==
        "{\"a\":\"\\\"\\\\\\u000a\\u0001/\xC3\xA9\",\"b\":-1,\"c\":[true,\"x\",{}]}");
}

TEST_CASE("The writer escapes as Meta does in what it signs") {
  JsonWriter out(JsonEscape::kMeta);
  out.Text("\xC3\xA9/\xF0\x9F\x98\x80");

  CHECK(std::move(out).Take() == R"("\u00e9\/\ud83d\ude00")");
}

TEST_CASE("Octets that are no UTF-8 are written as the replacement character") {
  JsonWriter out;
  out.Text("a\xFF\xC3");

  CHECK(std::move(out).Take() == "\"a\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

TEST_CASE("What is written is read back") {
  const std::string odd = "q\"\\/\b\f\n\r\t\x1F \xE2\x82\xAC\xF0\x9F\x98\x80";
  for (const JsonEscape escape : {JsonEscape::kPlain, JsonEscape::kMeta}) {
    JsonWriter out(escape);
    out.Text(odd);
    CHECK(Json::Parse(std::move(out).Take())->text() == odd);
  }
}

TEST_CASE("Characters are code points, and broken UTF-8 has no count") {
  CHECK(CountCodePoints("a\xC3\xA9\xF0\x9F\x98\x80") == 3U);
  for (const std::string text : {"\x80", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80",
                                 "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80", "\xC3", "\xE2\x82"}) {
    CHECK_FALSE(CountCodePoints(text));
  }
}

}  // namespace
}  // namespace trestle
