// Where a long text may be cut. A cluster is found by the rules of UAX #29 that matter to phones:
// marks, joiners, variation selectors, skin tones, tags, flags, Hangul syllables, CR LF.
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
  for (const Range& range : kExtenders) {
    if (character >= range.first && character <= range.last) return true;
  }
  return false;
}

bool IsRegionalIndicator(char32_t character) {
  return character >= 0x1F1E6 && character <= 0x1F1FF;
}

// The end of the cluster that begins at `at`.
std::size_t ClusterEnd(const std::u32string& text, std::size_t at) {
  std::size_t end = at + 1;
  if (IsRegionalIndicator(text[at]) && end < text.size() && IsRegionalIndicator(text[end])) ++end;
  while (end < text.size()) {
    const bool joins = IsExtender(text[end]) || text[end - 1] == 0x200D ||
                       (text[end - 1] == U'\r' && text[end] == U'\n');
    if (!joins) break;
    ++end;
  }
  return end;
}

Bytes EncodeAs(std::uint8_t data_coding, std::u32string_view piece) {
  const std::string text = EncodeUtf8(piece);
  return data_coding == kCodingUcs2 ? EncodeUcs2(text) : EncodeGsm(text).value_or(Bytes{});
}

}  // namespace

Result<TextParts> CutText(std::string_view text, std::size_t parts_max) {
  TextParts out;
  const std::optional<Bytes> septets = EncodeGsm(text);
  out.data_coding = septets ? kCodingDefault : kCodingUcs2;
  Bytes whole = septets ? *septets : EncodeUcs2(text);
  const std::size_t alone_max = septets ? kSeptetsAlone : 2 * kUnitsAlone;
  const std::size_t part_max = septets ? kSeptetsOfPart : 2 * kUnitsOfPart;
  if (whole.size() <= alone_max) {
    out.parts.push_back(std::move(whole));
    return out;
  }
  if (whole.size() > part_max * parts_max) return Fail(Reason::kTooLarge, "the text is too long");

  const std::u32string characters = DecodeUtf8(text);
  Bytes part;
  for (std::size_t at = 0; at < characters.size();) {
    std::size_t end = ClusterEnd(characters, at);
    Bytes piece = EncodeAs(out.data_coding, std::u32string_view(characters).substr(at, end - at));
    // A cluster that no part can hold is cut between its characters after all.
    if (piece.size() > part_max) {
      end = at + 1;
      piece = EncodeAs(out.data_coding, std::u32string_view(characters).substr(at, 1));
    }
    if (part.size() + piece.size() > part_max) {
      out.parts.push_back(std::move(part));
      part.clear();
    }
    part.insert(part.end(), piece.begin(), piece.end());
    at = end;
  }
  out.parts.push_back(std::move(part));
  if (out.parts.size() > parts_max) return Fail(Reason::kTooLarge, "the text is too long");
  return out;
}

}  // namespace trestle::sms
