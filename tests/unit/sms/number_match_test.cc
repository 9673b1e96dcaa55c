// How near two numbers are.
#include <catch2/catch.hpp>

#include "adapters/sms/number_match.h"

namespace trestle::sms {

TEST_CASE("A country code has one, two or three digits") {
  CHECK(CountryCodeDigits("12025550100") == 1);
  CHECK(CountryCodeDigits("74951234567") == 1);
  CHECK(CountryCodeDigits("447700900001") == 2);
  CHECK(CountryCodeDigits("4915112345678") == 2);
  CHECK(CountryCodeDigits("351912345678") == 3);
  CHECK(CountryCodeDigits("852123456789") == 3);
  CHECK(CountryCodeDigits("12345") == 0);
}

TEST_CASE("Numbers of one country are nearer than others, of one region nearer still") {
  const auto region = [](const char* person, const char* number) {
    return AffinityOf(person, number, NumberMatch::kRegion);
  };
  CHECK(region("12025550143", "12025550101") == 4);
  CHECK(region("12025550143", "12075550101") == 3);
  CHECK(region("12025550143", "14155550101") == 1);
  CHECK(region("12025550143", "447700900900") == 0);
  CHECK(region("351912345678", "352912345678") == 0);
  CHECK(region("447700900001", "12345") == 0);
}

TEST_CASE("The match is as coarse as the operator wants") {
  CHECK(AffinityOf("12025550143", "12025550101", NumberMatch::kCountry) == 1);
  CHECK(AffinityOf("12025550143", "447700900900", NumberMatch::kCountry) == 0);
  CHECK(AffinityOf("12025550143", "12025550101", NumberMatch::kAny) == 0);
}

}  // namespace trestle::sms
