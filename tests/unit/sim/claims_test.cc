#include "sim/claims.h"

#include <catch2/catch.hpp>

#include "bridge/base/bytes.h"

namespace trestle::sim {

TEST_CASE("A number is found as it is, in hex, in base64 at any alignment, in BCD and in UTF-16") {
  const std::string number = "447700900123";
  const auto base64_after = [&](const std::string& before) {
    return ToBase64(AsBytes(before + number + "tail"));
  };
  CHECK(Holds({"", "x" + number + "y"}, number));
  CHECK(Holds({"", ToHex(AsBytes(number))}, number));
  CHECK(Holds({"", base64_after("")}, number));
  CHECK(Holds({"", base64_after("a")}, number));
  CHECK(Holds({"", base64_after("ab")}, number));
  CHECK(Holds({"", "\x44\x77\x00\x09\x10\x32"}, "447700900123") == false);
  CHECK(Holds({"", std::string("\x44\x77\x00\x09\x10\x32", 6)}, number));
  CHECK(Holds({"", std::string("4\0"
                               "4\0"
                               "7\0"
                               "7\0"
                               "0\0"
                               "0\0"
                               "9\0"
                               "0\0"
                               "0\0"
                               "1\0"
                               "2\0"
                               "3\0",
                               24)},
              number));
}

TEST_CASE("A leading plus does not hide a number") {
  CHECK(Holds({"", "447700900123"}, "+447700900123"));
}

TEST_CASE("Another number is not found") {
  CHECK_FALSE(Holds({"", "447700900124 " + ToHex(AsBytes("447700900124"))}, "447700900123"));
}

TEST_CASE("A text is found in the escaped form that JSON gives it") {
  CHECK(Holds({"", R"({"text":"\u81ea\u884c\u8f66"})"}, "自行车"));
}

TEST_CASE("An absent secret whose control fails is a broken claim") {
  const Pile empty{"nothing", ""};
  Claims claims;
  claims.CheckAbsent("a number", "447700900123", {&empty}, empty);
  CHECK(claims.broken() == std::vector<std::string>{"(control) a number is found in nothing"});
}

TEST_CASE("A secret that is present is a broken claim") {
  const Pile pile{"a wire", "447700900123"};
  Claims claims;
  claims.CheckAbsent("a number", "447700900123", {&pile}, pile);
  CHECK(claims.broken() == std::vector<std::string>{"a number is not in a wire"});
}

}  // namespace trestle::sim
