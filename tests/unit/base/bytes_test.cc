#include "bridge/base/bytes.h"

#include <catch2/catch.hpp>

using namespace trestle;

TEST_CASE("Hex is read in either case and written in lower case") {
  CHECK(ToHex(FromHex("00fFA9").value()) == "00ffa9");
  CHECK(FromHex("").value().empty());
}

TEST_CASE("Hex of odd length or with another sign is refused") {
  CHECK(FromHex("abc").error().reason == Reason::kMalformed);
  CHECK(FromHex("zz").error().reason == Reason::kMalformed);
  CHECK(FromHex("0x").error().reason == Reason::kMalformed);
}

TEST_CASE("Both base64 forms follow RFC 4648's vectors") {
  CHECK(ToBase64(AsBytes("foobar")) == "Zm9vYmFy");
  CHECK(ToBase64(AsBytes("fooba")) == "Zm9vYmE=");
  CHECK(ToBase64(AsBytes("foob")) == "Zm9vYg==");
  CHECK(ToBase64Url(AsBytes("foob")) == "Zm9vYg");
  CHECK(ToBase64Url(Bytes{0xFB, 0xFF}) == "-_8");
  CHECK(ToBase64(Bytes{0xFB, 0xFF}) == "+/8=");
}

TEST_CASE("Base64 of every length comes back as it was") {
  Bytes octets;
  for (int i = 0; i < 70; ++i) {
    CHECK(FromBase64(ToBase64(octets)).value() == octets);
    CHECK(FromBase64Url(ToBase64Url(octets)).value() == octets);
    octets.push_back(static_cast<std::uint8_t>(i * 37));
  }
}

TEST_CASE("Base64 has one spelling for each value") {
  CHECK_FALSE(FromBase64("Zm9vYg"));     // padding is missing
  CHECK_FALSE(FromBase64("Zm9vYh=="));   // unused bits are set
  CHECK_FALSE(FromBase64("Z==="));       // an impossible length
  CHECK_FALSE(FromBase64("===="));       // nothing but padding
  CHECK_FALSE(FromBase64("Zm9v Zm9v"));  // a blank
  CHECK_FALSE(FromBase64("-_8="));       // the other alphabet
  CHECK_FALSE(FromBase64Url("Zm9vYg=="));
  CHECK_FALSE(FromBase64Url("Zm9vYh"));
  CHECK_FALSE(FromBase64Url("Z"));
  CHECK_FALSE(FromBase64Url("+/8"));
}

TEST_CASE("The comparison of secrets compares lengths and octets") {
  CHECK(ConstantTimeEqual(AsBytes("secret"), AsBytes("secret")));
  CHECK_FALSE(ConstantTimeEqual(AsBytes("secret"), AsBytes("secreT")));
  CHECK_FALSE(ConstantTimeEqual(AsBytes("secret"), AsBytes("secre")));
  CHECK(ConstantTimeEqual({}, {}));
}

TEST_CASE("Wiped memory holds zeros") {
  Bytes octets = ToBytes("secret");
  Wipe(octets);
  CHECK(octets == Bytes(6, 0));
}
