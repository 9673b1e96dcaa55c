// How near two numbers are: whether they have the same country calling code (ITU-T E.164), and how
// many digits of the region behind it. Numbers are digits without a plus. Pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace trestle::sms {

enum class NumberMatch : std::uint8_t { kAny, kCountry, kRegion };

// 1 to 3 digits; 0 for a number too short to have one.
std::size_t CountryCodeDigits(std::string_view number);

// 0: other countries, or kAny; 1: the same; with kRegion one more for each equal digit behind the
// country code, at most three (an area code of North America, most others' first digits).
int AffinityOf(std::string_view person, std::string_view number, NumberMatch match);

}  // namespace trestle::sms
