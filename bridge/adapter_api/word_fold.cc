#include "bridge/adapter_api/word_fold.h"

#include <array>
#include <cstdint>

namespace trestle {
namespace {

// Letters of Latin-1 from U+00C0 on without their marks; the small ones follow 32 later.
constexpr std::string_view kBaseLetters = "AAAAAAACEEEEIIIIDNOOOOO OUUUUYTS";
static_assert(kBaseLetters.size() == 32);

struct Range {
  char32_t first;
  char32_t last;
};
// What parts words beyond ASCII: Latin-1 signs, general punctuation to arrows and pictures, CJK
// and full-width punctuation, selectors, tags.
constexpr std::array kParting = {
    Range{0x0080, 0x00BF},   Range{0x2000, 0x2BFF},   Range{0x3000, 0x303F}, Range{0xE000, 0xF8FF},
    Range{0xFE00, 0xFE0F},   Range{0xFE30, 0xFE6F},   Range{0xFEFF, 0xFEFF}, Range{0xFF01, 0xFF0F},
    Range{0xFF1A, 0xFF20},   Range{0xFF3B, 0xFF40},   Range{0xFF5B, 0xFF65}, Range{0xFFF0, 0xFFFF},
    Range{0x1F000, 0x1FAFF}, Range{0xE0000, 0xE01EF},
};

// A character and how many octets it took; U+FFFD and one octet for what is no UTF-8.
struct Taken {
  char32_t character;
  std::size_t octets;
};

Taken Take(std::string_view text) {
  const auto octet = [&](std::size_t at) { return static_cast<std::uint8_t>(text[at]); };
  const std::uint8_t lead = octet(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
  if (lead < 0xC2 || lead > 0xF4 || text.size() <= more) return {0xFFFD, 1};
  char32_t value = lead & (0x3Fu >> more);
  for (std::size_t i = 1; i <= more; ++i) {
    if ((octet(i) & 0xC0) != 0x80) return {0xFFFD, 1};
    value = (value << 6) | (octet(i) & 0x3F);
  }
  return {value, more + 1};
}

bool IsMark(char32_t character) { return character >= 0x0300 && character <= 0x036F; }

bool PartsWords(char32_t character) {
  if (character < 0x80) {
    const bool is_letter = (character >= 'A' && character <= 'Z') ||
                           (character >= 'a' && character <= 'z') ||
                           (character >= '0' && character <= '9');
    return !is_letter;
  }
  if (character == 0xD7 || character == 0xF7) return true;
  for (const Range& range : kParting) {
    if (character >= range.first && character <= range.last) return true;
  }
  return false;
}

char32_t Folded(char32_t character) {
  if (character >= 'a' && character <= 'z') return character - 'a' + 'A';
  if (character >= 0xC0 && character <= 0xFF) {
    return static_cast<char32_t>(kBaseLetters[(character - 0xC0) % 32]);
  }
  if (character == 0x0130 || character == 0x0131) return 'I';             // Turkish
  if (character >= 0x0430 && character <= 0x044F) return character - 32;  // Cyrillic
  if (character == 0x0451 || character == 0x0401) return 0x0415;
  if (character >= 0xFF10 && character <= 0xFF19) return character - 0xFF10 + '0';
  if (character >= 0xFF21 && character <= 0xFF3A) return character - 0xFF21 + 'A';
  if (character >= 0xFF41 && character <= 0xFF5A) return character - 0xFF41 + 'A';
  return character;
}

void Append(std::string& out, char32_t character, std::string_view as_it_came) {
  const char32_t folded = Folded(character);
  if (folded < 0x80) {
    out.push_back(static_cast<char>(folded));
  } else if (folded == character) {
    out.append(as_it_came);
  } else {  // only Cyrillic folds beyond ASCII: two octets
    out.push_back(static_cast<char>(0xC0 | (folded >> 6)));
    out.push_back(static_cast<char>(0x80 | (folded & 0x3F)));
  }
}

}  // namespace

std::string FoldWords(std::string_view text) {
  std::string out;
  bool is_parted = false;
  while (!text.empty()) {
    const Taken next = Take(text);
    const std::string_view octets = text.substr(0, next.octets);
    text.remove_prefix(next.octets);
    if (IsMark(next.character)) continue;
    if (PartsWords(next.character)) {
      is_parted = !out.empty();
      continue;
    }
    if (is_parted) out.push_back(' ');
    is_parted = false;
    Append(out, next.character, octets);
  }
  return out;
}

}  // namespace trestle
