#include "cli/text.h"

#include <catch2/catch.hpp>
#include <cstdlib>

#include "cli/table.h"

using namespace trestle;
using namespace trestle::cli;

TEST_CASE("Control signs of others never reach the terminal") {
  CHECK(Printable("a\x1b[31mb\rc\x7f") == "a?[31mb?c?");
}

TEST_CASE("Signs that turn the writing direction never reach the terminal") {
  CHECK(Printable("a\u202Eb\u2066c\u200Fd") == "a?b?c?d");
}

TEST_CASE("Broken UTF-8 is shown octet by octet as question marks") {
  CHECK(Printable("a\xC3(\xED\xA0\x80z") == "a?(???z");
}

TEST_CASE("Text of any writing stays as it is") {
  CHECK(Printable("Größe 日本 🚲") == "Größe 日本 🚲");
}

TEST_CASE("Overlong forms and surrogates are not UTF-8") {
  CHECK(IsUtf8("日本"));
  CHECK_FALSE(IsUtf8("\xC0\xAF"));
  CHECK_FALSE(IsUtf8("\xED\xA0\x80"));
  CHECK_FALSE(IsUtf8("\xF4\x90\x80\x80"));
  CHECK_FALSE(IsUtf8("\xE6\x97"));
}

TEST_CASE("No line of a text begins where ours begin") {
  CHECK(PrintableLines("one\n12:00:00  message", 4) == "one\n    12:00:00  message");
}

TEST_CASE("Columns are code points") { CHECK(ColumnsOf("a日🚲") == 3); }

TEST_CASE("A short id is its first eight digits") {
  CHECK(ShortHexOf(std::string(16, '\xAB')) == "abababab");
  CHECK(ShortHexOf("") == "-");
}

TEST_CASE("Spans are read in seconds, minutes, hours and days") {
  CHECK(ParseSpan("90") == 90U);
  CHECK(ParseSpan("90s") == 90U);
  CHECK(ParseSpan("5m") == 300U);
  CHECK(ParseSpan("1h") == 3600U);
  CHECK(ParseSpan("7d") == 604800U);
}

TEST_CASE("What is no span is refused") {
  for (const char* text : {"", "s", "-1s", "1w", "1.5h", "1 h", "99999999999", "60000d"}) {
    CAPTURE(text);
    CHECK_FALSE(ParseSpan(text).has_value());
  }
}

TEST_CASE("Numbers outside of their range are refused") {
  CHECK(ParseNumber("32", 1, 32) == 32U);
  CHECK_FALSE(ParseNumber("33", 1, 32).has_value());
  CHECK_FALSE(ParseNumber("0", 1, 32).has_value());
  CHECK_FALSE(ParseNumber("4x", 1, 32).has_value());
}

TEST_CASE("Spans are written in the unit that people would use") {
  CHECK(SpanText(350) == "350 ms");
  CHECK(SpanText(12'000) == "12 s");
  CHECK(SpanText(180'000) == "3 min");
  CHECK(SpanText(7'200'000) == "2 h");
  CHECK(SpanText(345'600'000) == "4 d");
}

TEST_CASE("Times are local, with milliseconds") {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  google::protobuf::Timestamp at;
  at.set_seconds(1'700'000'000);
  at.set_nanos(7'000'000);

  CHECK(TimeOfDay(at) == "22:13:20.007");
  CHECK(DateAndTime(at) == "2023-11-14 22:13:20");
  CHECK(TimeOfDay(google::protobuf::Timestamp()) == "-");
}

TEST_CASE("Rules are shown by their names, unknown ones by their numbers") {
  CHECK(RuleWord(v1::RULE_NO_CONSENT) == "no_consent");
  CHECK(RuleWord(v1::RULE_UNSPECIFIED) == "-");
  CHECK(RuleWord(static_cast<v1::Rule>(99)) == "rule 99");
}

TEST_CASE("Columns of a table are as wide as their widest cell") {
  Table table({"A", "LONG", "LAST"});
  table.Add({"größer", "x", "y"});
  table.Add({"b", "", "z"});

  CHECK(table.Text() == "A       LONG  LAST\ngrößer  x     y\nb       -     z\n");
}

TEST_CASE("Cells cannot break out of their table") {
  Table table({"A", "B"});
  table.Add({"x\ny", "\x1b[2J"});

  CHECK(table.Text() == "A    B\nx?y  ?[2J\n");
}
