#include "cli/text.h"

#include <charconv>
#include <cstdio>
#include <ctime>

#include "bridge/base/bytes.h"
#include "bridge/envelope/refusal.h"

namespace trestle::cli {
namespace {

constexpr char32_t kBroken = 0xFFFFFFFF;

struct Rune {
  char32_t code = kBroken;
  std::size_t octets = 1;
};

// RFC 3629, Section 4: no overlong forms, no surrogates, nothing above U+10FFFF.
Rune FirstRune(std::string_view text) {
  const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = octet(0);
  if (first < 0x80) return {first, 1};
  const std::size_t octets = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < octets) return {};
  char32_t code = first & (0x7FU >> octets);
  for (std::size_t i = 1; i < octets; ++i) {
    if ((octet(i) & 0xC0U) != 0x80) return {};
    code = (code << 6) | (octet(i) & 0x3FU);
  }
  constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kLeast[octets] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return {};
  return {code, octets};
}

// Control signs, and those that change the direction in which a terminal writes.
bool IsHarmless(char32_t code) {
  if (code == kBroken || code < 0x20 || (code >= 0x7F && code < 0xA0)) return false;
  if (code == 0x200E || code == 0x200F || code == 0x061C || code == 0xFEFF) return false;
  return !(code >= 0x202A && code <= 0x202E) && !(code >= 0x2066 && code <= 0x2069) &&
         code != 0x2028 && code != 0x2029;
}

std::tm LocalTime(std::int64_t seconds) {
  const auto at = static_cast<std::time_t>(seconds);
  std::tm parts{};
  ::localtime_r(&at, &parts);
  return parts;
}

std::string WithMillis(std::int64_t seconds, std::int64_t ms) {
  const std::tm parts = LocalTime(seconds);
  char out[48];
  std::snprintf(out, sizeof out, "%02d:%02d:%02d.%03d", parts.tm_hour, parts.tm_min, parts.tm_sec,
                static_cast<int>(ms % 1000));
  return out;
}

}  // namespace

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const Rune rune = FirstRune(text);
    if (rune.code == kBroken) return false;
    text.remove_prefix(rune.octets);
  }
  return true;
}

std::string Printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const Rune rune = FirstRune(text);
    IsHarmless(rune.code) ? out.append(text.substr(0, rune.octets)) : out.append("?");
    text.remove_prefix(rune.octets);
  }
  return out;
}

std::string PrintableLines(std::string_view text, std::size_t indent) {
  std::string out;
  while (true) {
    const std::size_t end = text.find('\n');
    out += Printable(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 1);
    out += "\n" + std::string(indent, ' ');
  }
}

std::size_t ColumnsOf(std::string_view text) {
  std::size_t columns = 0;
  for (; !text.empty(); ++columns) text.remove_prefix(FirstRune(text).octets);
  return columns;
}

std::string HexOf(std::string_view octets) { return ToHex(AsBytes(octets)); }

std::string ShortHexOf(std::string_view octets) {
  return octets.empty() ? "-" : HexOf(octets.substr(0, 4));
}

std::string TimeOfDay(const google::protobuf::Timestamp& at) {
  if (at.seconds() == 0) return "-";
  return WithMillis(at.seconds(), at.nanos() / 1'000'000);
}

std::string TimeOfDay(WallTime at) { return WithMillis(at.ms / 1000, at.ms % 1000); }

std::string DateAndTime(const google::protobuf::Timestamp& at) {
  if (at.seconds() == 0) return "-";
  const std::tm parts = LocalTime(at.seconds());
  char out[32];
  return std::string(out, std::strftime(out, sizeof out, "%Y-%m-%d %H:%M:%S", &parts));
}

std::string SpanText(std::int64_t ms) {
  if (ms < 1000) return std::to_string(ms) + " ms";
  const std::int64_t seconds = ms / 1000;
  if (seconds < 120) return std::to_string(seconds) + " s";
  if (seconds < 2 * 3600) return std::to_string(seconds / 60) + " min";
  if (seconds < 48 * 3600) return std::to_string(seconds / 3600) + " h";
  return std::to_string(seconds / 86400) + " d";
}

std::int64_t MillisOf(const google::protobuf::Duration& span) {
  return span.seconds() * 1000 + span.nanos() / 1'000'000;
}

Result<std::uint32_t> ParseSpan(std::string_view text) {
  std::uint64_t unit_s = 1;
  if (!text.empty()) {
    switch (text.back()) {
      case 's':
        break;
      case 'm':
        unit_s = 60;
        break;
      case 'h':
        unit_s = 3600;
        break;
      case 'd':
        unit_s = 86400;
        break;
      default:
        unit_s = 0;
        break;
    }
  }
  const std::string_view digits = unit_s == 0 ? text : text.substr(0, text.size() - 1);
  const std::uint64_t count = TRESTLE_TRY(ParseNumber(digits, 0, 0xFFFFFFFF));
  const std::uint64_t seconds = count * (unit_s == 0 ? 1 : unit_s);
  if (seconds > 0xFFFFFFFF) return Fail(Reason::kInvalidArgument, "the time is too long");
  return static_cast<std::uint32_t>(seconds);
}

Result<std::uint64_t> ParseNumber(std::string_view text, std::uint64_t least, std::uint64_t most) {
  std::uint64_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc() || end != text.data() + text.size() || number < least ||
      number > most) {
    return Fail(Reason::kInvalidArgument, "not a number in its range");
  }
  return number;
}

std::string RuleWord(v1::Rule rule) {
  if (rule == v1::RULE_UNSPECIFIED) return "-";
  return v1::Rule_IsValid(rule) ? std::string(RuleName(static_cast<Rule>(rule)))
                                : "rule " + std::to_string(rule);
}

std::string ReceiptWord(v1::ReceiptLevel level) {
  return v1::ReceiptLevel_IsValid(level) ? EnumWord(v1::ReceiptLevel_Name(level), "RECEIPT_LEVEL_")
                                         : "level " + std::to_string(level);
}

std::string EnumWord(std::string_view name, std::string_view prefix) {
  if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  std::string out(name);
  for (char& sign : out) sign = sign >= 'A' && sign <= 'Z' ? static_cast<char>(sign + 32) : sign;
  return out;
}

}  // namespace trestle::cli
