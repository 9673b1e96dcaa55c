#include "adapters/sdk/http_target.h"

#include <optional>

namespace trestle {
namespace {

constexpr int kNoDigit = -1;

int HexDigit(char sign) {
  if (sign >= '0' && sign <= '9') return sign - '0';
  if (sign >= 'a' && sign <= 'f') return sign - 'a' + 10;
  if (sign >= 'A' && sign <= 'F') return sign - 'A' + 10;
  return kNoDigit;
}

enum class Plus { kIsPlus, kIsBlank };

Result<std::string> PercentDecode(std::string_view text, Plus plus) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    char sign = text[at];
    if (sign == '+' && plus == Plus::kIsBlank) sign = ' ';
    if (sign == '%') {
      const int high = at + 2 < text.size() ? HexDigit(text[at + 1]) : kNoDigit;
      const int low = at + 2 < text.size() ? HexDigit(text[at + 2]) : kNoDigit;
      if (high == kNoDigit || low == kNoDigit) {
        return Fail(Reason::kMalformed, "a percent sign without two hex digits");
      }
      sign = static_cast<char>(high * 16 + low);
      at += 2;
    }
    if (sign == '\0') return Fail(Reason::kMalformed, "a NUL in a request target");
    out.push_back(sign);
  }
  return out;
}

}  // namespace

Result<HttpTarget> ParseHttpTarget(std::string_view target) {
  if (target.empty() || target.front() != '/') {
    return Fail(Reason::kMalformed, "a request target begins with a slash");
  }
  target = target.substr(0, target.find('#'));
  const std::size_t mark = target.find('?');
  HttpTarget out;
  out.path = TRESTLE_TRY(PercentDecode(target.substr(0, mark), Plus::kIsPlus));
  std::string_view rest = mark == target.npos ? std::string_view() : target.substr(mark + 1);
  while (!rest.empty()) {
    const std::string_view field = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), field.size() + 1));
    const std::size_t equals = field.find('=');
    std::string name = TRESTLE_TRY(PercentDecode(field.substr(0, equals), Plus::kIsBlank));
    std::string value;
    if (equals != field.npos) {
      value = TRESTLE_TRY(PercentDecode(field.substr(equals + 1), Plus::kIsBlank));
    }
    if (!name.empty()) out.query.insert_or_assign(std::move(name), std::move(value));
  }
  return out;
}

std::string PercentEncode(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char sign : text) {
    const bool is_plain = (sign >= 'a' && sign <= 'z') || (sign >= 'A' && sign <= 'Z') ||
                          (sign >= '0' && sign <= '9') || sign == '-' || sign == '.' ||
                          sign == '_' || sign == '~';
    if (is_plain) {
      out.push_back(sign);
      continue;
    }
    const auto octet = static_cast<unsigned char>(sign);
    out.push_back('%');
    out.push_back(kHex[octet >> 4U]);
    out.push_back(kHex[octet & 0x0FU]);
  }
  return out;
}

}  // namespace trestle
