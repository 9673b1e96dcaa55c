// Where a long text may be cut. A cluster is found by the rules of UAX #29 that matter to phones:
// marks, joiners, variation selectors, skin tones, tags, flags, Hangul syllables, conjuncts, CR LF.
#include <algorithm>
#include <array>

#include "adapters/sms/text.h"
#include "adapters/sms/values.h"

namespace trestle::sms {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// Characters that belong to the one before them: marks of the scripts in wide use, joiners,
// selectors, skin tones and tags.
constexpr std::array kExtenders = {
    Range{0x0300, 0x036F},   Range{0x0483, 0x0489},   Range{0x0591, 0x05BD},
    Range{0x05BF, 0x05C7},   Range{0x0610, 0x061A},   Range{0x064B, 0x065F},
    Range{0x0670, 0x0670},   Range{0x06D6, 0x06DC},   Range{0x06DF, 0x06E8},
    Range{0x06EA, 0x06ED},   Range{0x0900, 0x0903},   Range{0x093A, 0x093C},
    Range{0x093E, 0x094F},   Range{0x0951, 0x0957},   Range{0x0962, 0x0963},
    Range{0x0981, 0x0983},   Range{0x09BC, 0x09BC},   Range{0x09BE, 0x09CD},
    Range{0x0A01, 0x0A03},   Range{0x0A3C, 0x0A51},   Range{0x0A81, 0x0A83},
    Range{0x0ABC, 0x0ABC},   Range{0x0ABE, 0x0ACD},   Range{0x0B01, 0x0B03},
    Range{0x0B3C, 0x0B3C},   Range{0x0B3E, 0x0B57},   Range{0x0B82, 0x0B82},
    Range{0x0BBE, 0x0BCD},   Range{0x0C00, 0x0C04},   Range{0x0C3E, 0x0C56},
    Range{0x0C81, 0x0C83},   Range{0x0CBC, 0x0CBC},   Range{0x0CBE, 0x0CD6},
    Range{0x0D00, 0x0D03},   Range{0x0D3B, 0x0D3C},   Range{0x0D3E, 0x0D4D},
    Range{0x0DCA, 0x0DDF},   Range{0x0E31, 0x0E31},   Range{0x0E33, 0x0E3A},
    Range{0x0E47, 0x0E4E},   Range{0x0EB1, 0x0EB1},   Range{0x0EB3, 0x0EBC},
    Range{0x0EC8, 0x0ECD},   Range{0x102B, 0x103E},   Range{0x1160, 0x11FF},
    Range{0x17B4, 0x17D3},   Range{0x1AB0, 0x1AFF},   Range{0x1DC0, 0x1DFF},
    Range{0x200C, 0x200D},   Range{0x20D0, 0x20FF},   Range{0x302A, 0x302F},
    Range{0x3099, 0x309A},   Range{0xFE00, 0xFE0F},   Range{0xFE20, 0xFE2F},
    Range{0x1F3FB, 0x1F3FF}, Range{0xE0020, 0xE007F}, Range{0xE0100, 0xE01EF},
};

bool IsExtender(char32_t character) {
  if (character < kExtenders.front().first) return false;
  const auto after = std::ranges::upper_bound(kExtenders, character, {}, &Range::first);
  return character <= std::prev(after)->last;
}

bool IsRegionalIndicator(char32_t character) {
  return character >= 0x1F1E6 && character <= 0x1F1FF;
}

// A virama makes one sign of the consonants around it: Devanagari, Bengali, Gujarati, Oriya, Telugu
// and Malayalam, whose blocks are laid out alike (UAX #29, rule GB9c).
bool JoinsConsonants(const std::u32string& text, std::size_t at) {
  constexpr std::array<char32_t, 6> kViramas = {0x094D, 0x09CD, 0x0ACD, 0x0B4D, 0x0C4D, 0x0D4D};
  const std::size_t before = text[at - 1] == 0x200D && at > 1 ? at - 2 : at - 1;
  const char32_t virama = text[before];
  if (std::ranges::find(kViramas, virama) == kViramas.end()) return false;
  const char32_t block = virama & ~char32_t{0x7F};
  const char32_t place = text[at] - block;
  return text[at] > block && ((place >= 0x15 && place <= 0x39) || (place >= 0x58 && place <= 0x5F));
}

// The end of the cluster that begins at `at`.
std::size_t ClusterEnd(const std::u32string& text, std::size_t at) {
  std::size_t end = at + 1;
  if (IsRegionalIndicator(text[at]) && end < text.size() && IsRegionalIndicator(text[end])) ++end;
  while (end < text.size()) {
    const bool joins = IsExtender(text[end]) || text[end - 1] == 0x200D ||
                       JoinsConsonants(text, end) || (text[end - 1] == U'\r' && text[end] == U'\n');
    if (!joins) break;
    ++end;
  }
  return end;
}

// Of a character, as the coding counts: septets or UTF-16 code units.
std::size_t UnitsOf(char32_t character, std::uint8_t data_coding) {
  if (data_coding == kCodingDefault) return SeptetsOf(character);
  return character > 0xFFFF ? 2 : 1;
}

// A text with all that the rules ask of it worked out; `starts` are where its parts begin.
struct Cut {
  std::u32string characters;
  TextPlan plan;
  std::vector<std::size_t> starts;
};

// The default alphabet when it has every character; in Latin-1's clothes, only what both have.
std::uint8_t CodingFor(std::u32string_view characters, DefaultAlphabet alphabet) {
  const bool is_default = std::ranges::all_of(characters, [alphabet](char32_t each) {
    return SeptetsOf(each) > 0 && (alphabet == DefaultAlphabet::kGsm || each <= 0xFF);
  });
  return is_default ? kCodingDefault : kCodingUcs2;
}

std::vector<std::size_t> PartStarts(const std::u32string& text, std::uint8_t coding,
                                    std::size_t room) {
  std::vector<std::size_t> starts = {0};
  std::size_t used = 0;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = ClusterEnd(text, at);
    std::size_t units = 0;
    for (std::size_t i = at; i < end; ++i) units += UnitsOf(text[i], coding);
    // A cluster that no part can hold is cut between its characters after all.
    if (units > room) {
      end = at + 1;
      units = UnitsOf(text[at], coding);
    }
    if (used + units > room) {
      starts.push_back(at);
      used = 0;
    }
    used += units;
    at = end;
  }
  return starts;
}

Result<Cut> MakeCut(std::string_view text, const TextRules& rules) {
  Cut out;
  out.characters = DecodeUtf8(text);
  out.plan.data_coding = CodingFor(out.characters, rules.alphabet);
  for (const char32_t each : out.characters) {
    out.plan.units += UnitsOf(each, out.plan.data_coding);
  }
  const bool is_septets = out.plan.data_coding == kCodingDefault;
  const std::size_t room = is_septets ? kSeptetsOfPart : kUnitsOfPart;
  if (out.plan.units <= (is_septets ? kSeptetsAlone : kUnitsAlone)) {
    out.starts = {0};
    return out;
  }
  if (out.plan.units > room * rules.parts_max) {
    return Fail(Reason::kTooLarge, "the text is too long");
  }
  out.starts = PartStarts(out.characters, out.plan.data_coding, room);
  out.plan.segments = out.starts.size();
  if (out.plan.segments > rules.parts_max) return Fail(Reason::kTooLarge, "the text is too long");
  return out;
}

Bytes EncodePart(std::u32string_view part, std::uint8_t data_coding, DefaultAlphabet alphabet) {
  const bool is_default = data_coding == kCodingDefault;
  if (is_default && alphabet == DefaultAlphabet::kLatin1) return Bytes(part.begin(), part.end());
  const std::string text = EncodeUtf8(part);
  return is_default ? EncodeGsm(text).value_or(Bytes{}) : EncodeUcs2(text);
}

}  // namespace

Result<TextPlan> PlanText(std::string_view text, const TextRules& rules) {
  return TRESTLE_TRY(MakeCut(text, rules)).plan;
}

Result<TextParts> CutText(std::string_view text, const TextRules& rules) {
  const Cut cut = TRESTLE_TRY(MakeCut(text, rules));
  TextParts out;
  out.data_coding = cut.plan.data_coding;
  const std::u32string_view all(cut.characters);
  for (std::size_t i = 0; i < cut.starts.size(); ++i) {
    const std::size_t end = i + 1 < cut.starts.size() ? cut.starts[i + 1] : all.size();
    const std::u32string_view part = all.substr(cut.starts[i], end - cut.starts[i]);
    out.parts.push_back(EncodePart(part, out.data_coding, rules.alphabet));
  }
  return out;
}

}  // namespace trestle::sms
