// Where data may be kept, as far as one side is concerned.
#include "bridge/policy/residency.h"

#include <catch2/catch.hpp>

using namespace trestle;

namespace {
const StorePlace kBerlin{"home", "eu", "DE"};
const StorePlace kNowhere{"home", "", ""};
const StorePlace kSomewhereInEurope{"home", "eu", ""};
}  // namespace

TEST_CASE("Who wishes nothing accepts any place, stated or not") {
  CHECK(MayKeep({}, kBerlin));
  CHECK(MayKeep({}, kNowhere));
}

TEST_CASE("A place is accepted by its region or by its country") {
  CHECK(MayKeep({{"eu"}, {}}, kBerlin));
  CHECK(MayKeep({{"FR", "DE"}, {}}, kBerlin));
  CHECK_FALSE(MayKeep({{"us", "FR"}, {}}, kBerlin));
}

TEST_CASE("A refusal outweighs an acceptance") {
  CHECK_FALSE(MayKeep({{"eu"}, {"DE"}}, kBerlin));
  CHECK_FALSE(MayKeep({{"DE"}, {"eu"}}, kBerlin));
  CHECK(MayKeep({{"eu"}, {"FR"}}, kBerlin));
}

TEST_CASE("What a store does not state satisfies no wish") {
  CHECK_FALSE(MayKeep({{"eu"}, {}}, kNowhere));
  CHECK_FALSE(MayKeep({{}, {"us"}}, kNowhere));
  CHECK_FALSE(MayKeep({{}, {"US"}}, kSomewhereInEurope));
  CHECK(MayKeep({{}, {"us"}}, kSomewhereInEurope));
}

TEST_CASE("A region is lower case, a country is two capitals, and nothing else is a place") {
  for (const char* name : {"eu", "eu-west-1", "a", "DE"}) CHECK(IsPlace(name));
  for (const char* name : {"", "Eu", "D", "DEU", "1eu", "-eu", "eu_west", "eu,us", "de\n"}) {
    CHECK_FALSE(IsPlace(name));
  }
  CHECK_FALSE(IsPlace(std::string(33, 'a')));
  CHECK(IsPlace(std::string(32, 'a')));
}
