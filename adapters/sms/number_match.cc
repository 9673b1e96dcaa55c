#include "adapters/sms/number_match.h"

#include <algorithm>
#include <array>

namespace trestle::sms {
namespace {

constexpr std::size_t kShortestNumber = 7;  // shorter ones are short codes, of no country
constexpr int kRegionDigitsMax = 3;

// The country codes of two digits; those of one are 1 and 7, all others have three (ITU-T E.164,
// list of assigned country codes).
constexpr std::array<std::string_view, 44> kTwoDigits = {
    "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46",
    "47", "48", "49", "51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63",
    "64", "65", "66", "81", "82", "84", "86", "90", "91", "92", "93", "94", "95", "98"};

}  // namespace

std::size_t CountryCodeDigits(std::string_view number) {
  if (number.size() < kShortestNumber) return 0;
  if (number[0] == '1' || number[0] == '7') return 1;
  const std::string_view two = number.substr(0, 2);
  const bool has_two = std::ranges::find(kTwoDigits, two) != kTwoDigits.end();
  return has_two ? 2 : 3;
}

int AffinityOf(std::string_view person, std::string_view number, NumberMatch match) {
  const std::size_t digits = CountryCodeDigits(person);
  const bool is_same_country = digits != 0 && CountryCodeDigits(number) == digits &&
                               person.substr(0, digits) == number.substr(0, digits);
  if (match == NumberMatch::kAny || !is_same_country) return 0;
  if (match == NumberMatch::kCountry) return 1;
  const auto [end, ignored] = std::ranges::mismatch(person.substr(digits), number.substr(digits));
  const auto same = end - person.substr(digits).begin();
  return 1 + std::min(static_cast<int>(same), kRegionDigitsMax);
}

}  // namespace trestle::sms
