#include "adapters/sdk/utf8.h"

#include <array>
#include <cstdint>

namespace trestle {
namespace {

// One row for each length: how the first octet looks, and the least code point that needs it.
struct Form {
  std::uint8_t mask;
  std::uint8_t mark;
  std::size_t octets;
  char32_t least;
};
constexpr std::array kForms = {Form{0x80, 0x00, 1, 0}, Form{0xE0, 0xC0, 2, 0x80},
                               Form{0xF0, 0xE0, 3, 0x800}, Form{0xF8, 0xF0, 4, 0x10000}};

std::uint8_t OctetAt(std::string_view text, std::size_t at) {
  return static_cast<std::uint8_t>(text[at]);
}

}  // namespace

std::optional<char32_t> TakeCodePoint(std::string_view& text) {
  if (text.empty()) return std::nullopt;
  for (const Form& form : kForms) {
    if ((OctetAt(text, 0) & form.mask) != form.mark) continue;
    if (text.size() < form.octets) return std::nullopt;
    auto point = static_cast<char32_t>(OctetAt(text, 0) & static_cast<std::uint8_t>(~form.mask));
    for (std::size_t at = 1; at < form.octets; ++at) {
      if ((OctetAt(text, at) & 0xC0U) != 0x80U) return std::nullopt;
      point = (point << 6U) | (OctetAt(text, at) & 0x3FU);
    }
    const bool is_surrogate = point >= 0xD800 && point <= 0xDFFF;
    if (point < form.least || point > 0x10FFFF || is_surrogate) return std::nullopt;
    text.remove_prefix(form.octets);
    return point;
  }
  return std::nullopt;
}

std::optional<std::size_t> CountCodePoints(std::string_view text) {
  std::size_t count = 0;
  while (!text.empty()) {
    if (!TakeCodePoint(text)) return std::nullopt;
    ++count;
  }
  return count;
}

void AppendUtf8(std::string& out, char32_t code_point) {
  const auto tail = [&out, code_point](unsigned shift) {
    out.push_back(static_cast<char>(0x80U | ((code_point >> shift) & 0x3FU)));
  };
  if (code_point < 0x80) return out.push_back(static_cast<char>(code_point));
  if (code_point < 0x800) {
    out.push_back(static_cast<char>(0xC0U | (code_point >> 6U)));
    return tail(0);
  }
  if (code_point < 0x10000) {
    out.push_back(static_cast<char>(0xE0U | (code_point >> 12U)));
    tail(6);
    return tail(0);
  }
  out.push_back(static_cast<char>(0xF0U | (code_point >> 18U)));
  tail(12);
  tail(6);
  tail(0);
}

}  // namespace trestle
