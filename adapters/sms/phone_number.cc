#include "adapters/sms/phone_number.h"

#include <phonenumbers/phonenumberutil.h>

#include <algorithm>
#include <set>

namespace trestle::sms {
namespace {

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

constexpr std::size_t kNumberDigitsMax = 20;
constexpr std::size_t kShortNumberDigitsMax = 8;
// The shortest number of a person with its country code: Niue and Saint Helena have four digits
// behind three.
constexpr std::size_t kPersonDigitsMin = 7;

// Types of number, SMPP 3.4, Section 5.2.5.
constexpr std::uint8_t kTonUnknown = 0;
constexpr std::uint8_t kTonInternational = 1;
constexpr std::uint8_t kTonNational = 2;
constexpr std::uint8_t kTonNetworkSpecific = 3;
constexpr std::uint8_t kTonSubscriber = 4;
constexpr std::uint8_t kTonAlphanumeric = 5;
constexpr std::uint8_t kTonAbbreviated = 6;
constexpr std::uint8_t kNpiIsdn = 1;

bool AreDigits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

enum class Trust { kIfValid, kIfPossible };

// E.164 digits of a number as a person of `region` would dial it; none when the library has no such
// number. The country's own rules apply: +52 1 loses its 1.
std::optional<std::string> Canonical(const std::string& text, const std::string& region,
                                     Trust trust) {
  const PhoneNumberUtil& library = *PhoneNumberUtil::GetInstance();
  PhoneNumber number;
  if (library.Parse(text, region.empty() ? "ZZ" : region, &number) !=
      PhoneNumberUtil::NO_PARSING_ERROR) {
    return std::nullopt;
  }
  const bool fits =
      trust == Trust::kIfValid ? library.IsValidNumber(number) : library.IsPossibleNumber(number);
  if (!fits) return std::nullopt;
  std::string out;
  library.Format(number, PhoneNumberUtil::E164, &out);
  return out.starts_with('+') ? std::optional(out.substr(1)) : std::nullopt;
}

// What the digits are by their type; what is not known stays as it is.
std::string CanonicalOf(const Address& address, const std::string& digits,
                        const std::string& region) {
  const bool has_plus = address.text.starts_with('+');
  const bool is_national = address.ton == kTonNational || address.ton == kTonSubscriber;
  if (is_national && !has_plus) {
    return Canonical(digits, region, Trust::kIfPossible).value_or(digits);
  }
  if (has_plus || address.ton == kTonInternational) {
    return Canonical("+" + digits, "", Trust::kIfPossible).value_or(digits);
  }
  // Of unknown type: no country code begins with 0; else international is the usual meaning.
  if (!digits.starts_with('0')) {
    if (const auto found = Canonical("+" + digits, "", Trust::kIfValid)) return *found;
  }
  if (region.empty()) return digits;
  const Trust trust = digits.starts_with('0') ? Trust::kIfPossible : Trust::kIfValid;
  return Canonical(digits, region, trust).value_or(digits);
}

bool IsShort(const Address& address, const std::string& digits) {
  if (address.ton == kTonNetworkSpecific || address.ton == kTonAbbreviated) return true;
  return digits.size() < kPersonDigitsMin;
}

// "t2n8:07700900123"; plain digits stand for TON 1, NPI 1.
std::string SpellingOf(const Address& address, const std::string& digits,
                       const std::string& canonical) {
  const bool is_usual = address.ton == kTonUnknown && canonical == digits && digits[0] != '0';
  const bool is_plain =
      address.ton == kTonInternational || address.text.starts_with('+') || is_usual;
  if (is_plain && digits.size() > kShortNumberDigitsMax) return digits;
  return "t" + std::to_string(address.ton) + "n" + std::to_string(address.npi) + ":" + digits;
}

std::optional<std::uint8_t> Figure(std::string_view text) {
  if (text.size() > 3 || !AreDigits(text)) return std::nullopt;
  const int value = std::stoi(std::string(text));
  return value <= 255 ? std::optional(static_cast<std::uint8_t>(value)) : std::nullopt;
}

}  // namespace

std::string NumberOf(const Address& address) {
  std::string_view text = address.text;
  if (text.starts_with('+')) text.remove_prefix(1);
  const bool is_number = address.ton != kTonAlphanumeric && text.size() <= kNumberDigitsMax;
  return is_number && AreDigits(text) ? std::string(text) : "";
}

Sender SenderOf(const Address& address, std::string_view region) {
  if (address.text.empty()) return {};
  const std::string digits = NumberOf(address);
  if (digits.empty()) return {SenderKind::kAlphanumeric, address.text, address.text};
  if (IsShort(address, digits)) return {SenderKind::kShortCode, digits, digits};
  const std::string canonical = CanonicalOf(address, digits, std::string(region));
  return {SenderKind::kPerson, SpellingOf(address, digits, canonical), canonical};
}

Address AddressOf(std::string_view spelling, std::uint8_t short_number_ton) {
  const std::size_t n = spelling.find('n');
  const std::size_t colon = spelling.find(':');
  if (spelling.starts_with('t') && n != std::string_view::npos && colon != std::string_view::npos &&
      n < colon) {
    const auto ton = Figure(spelling.substr(1, n - 1));
    const auto npi = Figure(spelling.substr(n + 1, colon - n - 1));
    if (ton && npi) return {*ton, *npi, std::string(spelling.substr(colon + 1))};
  }
  if (spelling.size() > kShortNumberDigitsMax) {
    return {kTonInternational, kNpiIsdn, std::string(spelling)};
  }
  return {short_number_ton, 0, std::string(spelling)};
}

std::string OwnNumber(const Address& address, std::string_view region,
                      const std::vector<std::string>& numbers) {
  const std::string digits = NumberOf(address);
  if (std::ranges::find(numbers, digits) != numbers.end() || digits.empty()) return digits;
  const std::string canonical = CanonicalOf(address, digits, std::string(region));
  return std::ranges::find(numbers, canonical) != numbers.end() ? canonical : digits;
}

bool IsRegion(std::string_view region) {
  std::set<std::string> regions;
  PhoneNumberUtil::GetInstance()->GetSupportedRegions(&regions);
  return regions.contains(std::string(region));
}

}  // namespace trestle::sms
