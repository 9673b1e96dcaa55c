#include "adapters/sms/text.h"

#include <algorithm>
#include <array>

#include "adapters/sms/values.h"

namespace trestle::sms {
namespace {

constexpr char32_t kReplacement = 0xFFFD;
constexpr std::uint8_t kEscape = 0x1B;

// 3GPP TS 23.038, Section 6.2.1: the default alphabet by septet. 0x1B is the escape.
constexpr std::u32string_view kAlphabet =
    U"@£$¥èéùìòÇ\nØø\rÅå"
    U"Δ_ΦΓΛΩΠΨΣΘΞ\u001BÆæßÉ"
    U" !\"#¤%&'()*+,-./"
    U"0123456789:;<=>?"
    U"¡ABCDEFGHIJKLMNO"
    U"PQRSTUVWXYZÄÖÑÜ§"
    U"¿abcdefghijklmno"
    U"pqrstuvwxyzäöñüà";
static_assert(kAlphabet.size() == 128);

struct ExtensionRow {
  std::uint8_t septet;
  char32_t character;
};
// Section 6.2.1.1.
constexpr std::array kExtension = {
    ExtensionRow{0x0A, U'\f'}, ExtensionRow{0x14, U'^'},  ExtensionRow{0x28, U'{'},
    ExtensionRow{0x29, U'}'},  ExtensionRow{0x2F, U'\\'}, ExtensionRow{0x3C, U'['},
    ExtensionRow{0x3D, U'~'},  ExtensionRow{0x3E, U']'},  ExtensionRow{0x40, U'|'},
    ExtensionRow{0x65, U'€'},
};

// The way back by code point: 0 to 127 the septet, 128 and more the septet behind an escape,
// kInNeither what has none. All but the euro stand below 0x400.
constexpr std::uint8_t kInNeither = kEscape;  // the escape itself is no character
constexpr std::size_t kReverseSize = 0x400;
constexpr std::array<std::uint8_t, kReverseSize> kReverse = [] {
  std::array<std::uint8_t, kReverseSize> out{};
  out.fill(kInNeither);
  for (std::size_t at = 0; at < kAlphabet.size(); ++at) {
    if (at != kEscape) out[kAlphabet[at]] = static_cast<std::uint8_t>(at);
  }
  for (const ExtensionRow& row : kExtension) {
    if (row.character < kReverseSize) {
      out[row.character] = static_cast<std::uint8_t>(row.septet | 0x80);
    }
  }
  return out;
}();

std::uint8_t CodeOf(char32_t character) {
  if (character < kReverseSize) return kReverse[character];
  return character == U'€' ? std::uint8_t{0x65 | 0x80} : kInNeither;
}

// Appends the one or two septets of a character; false when it has none.
bool AppendGsm(char32_t character, Bytes& out) {
  const std::uint8_t code = CodeOf(character);
  if (code == kInNeither) return false;
  if ((code & 0x80) != 0) out.push_back(kEscape);
  out.push_back(code & 0x7F);
  return true;
}

char32_t CharacterOf(std::uint8_t septet, const GsmTables& tables) {
  return LockingCharacter(tables.locking, septet).value_or(kAlphabet[septet]);
}

char32_t AfterEscape(std::uint8_t septet, const GsmTables& tables) {
  if (septet == kEscape) return U' ';
  if (const auto national = SingleCharacter(tables.single, septet)) return *national;
  for (const ExtensionRow& row : kExtension) {
    if (row.septet == septet) return row.character;
  }
  return CharacterOf(septet, tables);
}

void AppendUtf16(char32_t character, Bytes& out) {
  const auto unit = [&](std::uint32_t value) {
    out.push_back(static_cast<std::uint8_t>(value >> 8));
    out.push_back(static_cast<std::uint8_t>(value));
  };
  const auto value = static_cast<std::uint32_t>(character);
  if (value < 0x10000) return unit(value);
  unit(0xD800 + ((value - 0x10000) >> 10));
  unit(0xDC00 + ((value - 0x10000) & 0x3FF));
}

template <class CharacterOfOctet>
std::string DecodeOctets(ByteView octets, CharacterOfOctet character_of) {
  std::u32string out;
  out.reserve(octets.size());
  for (const std::uint8_t octet : octets) out.push_back(character_of(octet));
  return EncodeUtf8(out);
}

std::string DecodeLatin1(ByteView octets) {
  return DecodeOctets(octets, [](std::uint8_t octet) { return char32_t{octet}; });
}

// ISO/IEC 8859-5: the Cyrillic block in order, three signs excepted.
char32_t CyrillicOf(std::uint8_t octet) {
  if (octet <= 0xA0 || octet == 0xAD) return octet;
  if (octet == 0xF0) return U'№';
  if (octet == 0xFD) return U'§';
  return char32_t{0x0401} + octet - 0xA1;
}

// ISO/IEC 8859-8: the Hebrew letters at 0xE0, Latin-1 before them but for three signs.
char32_t HebrewOf(std::uint8_t octet) {
  if (octet >= 0xE0 && octet <= 0xFA) return char32_t{0x05D0} + octet - 0xE0;
  switch (octet) {
    case 0xAA:
      return U'×';
    case 0xBA:
      return U'÷';
    case 0xDF:
      return U'‗';
    case 0xFD:
      return 0x200E;
    case 0xFE:
      return 0x200F;
    default:
      break;
  }
  const bool is_empty = octet == 0xA1 || (octet >= 0xBF && octet <= 0xDE) || octet >= 0xFB;
  return is_empty ? kReplacement : char32_t{octet};
}

// TS 23.038, Section 4: bits 3 and 2 of the general groups name the alphabet.
TextForm FormOfAlphabetBits(std::uint8_t data_coding) {
  switch ((data_coding >> 2) & 0x03) {
    case 0:
      return TextForm::kDefault;
    case 1:
      return TextForm::kBinary;
    case 2:
      return TextForm::kUcs2;
    default:
      return TextForm::kNone;
  }
}

}  // namespace

std::u32string DecodeUtf8(std::string_view text) {
  std::u32string out;
  const ByteView in = AsBytes(text);
  for (std::size_t at = 0; at < in.size();) {
    const std::uint8_t lead = in[at];
    const std::size_t more = lead < 0x80 ? 0 : lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
    char32_t value = more == 0 ? lead : lead & (0x3Fu >> more);
    bool is_whole = lead < 0x80 || (lead >= 0xC2 && lead <= 0xF4);
    std::size_t used = 1;
    for (; is_whole && used <= more; ++used) {
      if (at + used >= in.size() || (in[at + used] & 0xC0) != 0x80) {
        is_whole = false;
        break;
      }
      value = (value << 6) | (in[at + used] & 0x3F);
    }
    constexpr std::array<char32_t, 4> kLeast = {0, 0x80, 0x800, 0x10000};
    const bool is_surrogate = value >= 0xD800 && value < 0xE000;
    if (!is_whole || value < kLeast[more] || value > 0x10FFFF || is_surrogate) {
      value = kReplacement;
      used = 1;
    }
    out.push_back(value);
    at += used;
  }
  return out;
}

std::string EncodeUtf8(std::u32string_view text) {
  std::string out;
  const auto put = [&](std::uint32_t octet) { out.push_back(static_cast<char>(octet)); };
  for (const char32_t character : text) {
    const auto value = static_cast<std::uint32_t>(character);
    if (value < 0x80) {
      put(value);
    } else if (value < 0x800) {
      put(0xC0 | (value >> 6));
      put(0x80 | (value & 0x3F));
    } else if (value < 0x10000) {
      put(0xE0 | (value >> 12));
      put(0x80 | ((value >> 6) & 0x3F));
      put(0x80 | (value & 0x3F));
    } else {
      put(0xF0 | (value >> 18));
      put(0x80 | ((value >> 12) & 0x3F));
      put(0x80 | ((value >> 6) & 0x3F));
      put(0x80 | (value & 0x3F));
    }
  }
  return out;
}

std::size_t SeptetsOf(char32_t character) {
  const std::uint8_t code = CodeOf(character);
  if (code == kInNeither) return 0;
  return (code & 0x80) != 0 ? 2 : 1;
}

std::optional<Bytes> EncodeGsm(std::string_view text) {
  Bytes out;
  for (const char32_t character : DecodeUtf8(text)) {
    if (!AppendGsm(character, out)) return std::nullopt;
  }
  return out;
}

std::string DecodeGsm(ByteView septets, GsmTables tables) {
  std::u32string out;
  out.reserve(septets.size());
  for (std::size_t at = 0; at < septets.size(); ++at) {
    // Some centres leave the eighth bit set; a septet has seven.
    const std::uint8_t septet = septets[at] & 0x7F;
    if (septet != kEscape) {
      out.push_back(CharacterOf(septet, tables));
    } else if (++at < septets.size()) {
      out.push_back(AfterEscape(septets[at] & 0x7F, tables));
    }
  }
  return EncodeUtf8(out);
}

Bytes EncodeUcs2(std::string_view text) {
  Bytes out;
  for (const char32_t character : DecodeUtf8(text)) AppendUtf16(character, out);
  return out;
}

std::string DecodeUcs2(ByteView octets) {
  std::u32string out;
  const auto unit = [&](std::size_t at) -> std::uint32_t {
    return (std::uint32_t{octets[at]} << 8) | octets[at + 1];
  };
  std::size_t at = 0;
  for (; at + 1 < octets.size(); at += 2) {
    const std::uint32_t high = unit(at);
    if (high < 0xD800 || high > 0xDFFF) {
      out.push_back(high);
      continue;
    }
    const std::uint32_t low = high < 0xDC00 && at + 3 < octets.size() ? unit(at + 2) : 0;
    if (low >= 0xDC00 && low <= 0xDFFF) {
      out.push_back(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00));
      at += 2;
    } else {
      out.push_back(kReplacement);
    }
  }
  if (at < octets.size()) out.push_back(kReplacement);
  return EncodeUtf8(out);
}

std::size_t FillBits(std::size_t header_octets) { return (7 - header_octets * 8 % 7) % 7; }

Bytes PackSeptets(ByteView septets, std::size_t fill_bits) {
  Bytes out((septets.size() * 7 + fill_bits + 7) / 8);
  for (std::size_t i = 0; i < septets.size(); ++i) {
    const std::size_t bit = fill_bits + i * 7;
    const auto wide = static_cast<std::uint32_t>(septets[i] & 0x7F) << (bit % 8);
    out[bit / 8] = static_cast<std::uint8_t>(out[bit / 8] | wide);
    if (wide > 0xFF) out[bit / 8 + 1] = static_cast<std::uint8_t>(wide >> 8);
  }
  // Seven spare bits of zero would read as one more "@": TS 23.038, Section 6.1.2.3.1 puts CR
  // there.
  if ((septets.size() * 7 + fill_bits) % 8 == 1) {
    out.back() = static_cast<std::uint8_t>(out.back() | (0x0D << 1));
  }
  return out;
}

Result<Bytes> UnpackSeptets(ByteView octets, std::size_t count, std::size_t fill_bits) {
  if (count > octets.size() * 8 / 7 || count * 7 + fill_bits > octets.size() * 8) {
    return Fail(Reason::kMalformed, "packed text is shorter than its septet count");
  }
  Bytes out(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t bit = fill_bits + i * 7;
    std::uint32_t wide = octets[bit / 8];
    if (bit / 8 + 1 < octets.size()) wide |= std::uint32_t{octets[bit / 8 + 1]} << 8;
    out[i] = static_cast<std::uint8_t>((wide >> (bit % 8)) & 0x7F);
  }
  return out;
}

TextForm FormOf(std::uint8_t data_coding) {
  switch (data_coding) {
    case 0x00:
      return TextForm::kDefault;
    case 0x01:  // IA5, of which Latin-1 is a superset
    case 0x03:
      return TextForm::kLatin1;
    case 0x02:
    case kCodingBinary:
      return TextForm::kBinary;
    case 0x06:
      return TextForm::kCyrillic;
    case 0x07:
      return TextForm::kHebrew;
    case kCodingUcs2:
      return TextForm::kUcs2;
    default:
      break;
  }
  if (data_coding <= 0x0F) return TextForm::kNone;
  if (data_coding <= 0x7F) {
    const bool is_compressed = (data_coding & 0x20) != 0;
    return is_compressed ? TextForm::kNone : FormOfAlphabetBits(data_coding);
  }
  if (data_coding <= 0xBF) return TextForm::kNone;                            // reserved
  if (data_coding <= 0xDF) return TextForm::kDefault;                         // message waiting
  if (data_coding <= 0xEF) return TextForm::kUcs2;                            // message waiting
  return (data_coding & 0x04) != 0 ? TextForm::kBinary : TextForm::kDefault;  // message class
}

Result<std::string> DecodeText(std::uint8_t data_coding, ByteView octets, GsmTables tables,
                               DefaultAlphabet alphabet) {
  switch (FormOf(data_coding)) {
    case TextForm::kDefault:
      if (data_coding == 0 && alphabet == DefaultAlphabet::kLatin1) return DecodeLatin1(octets);
      if (HasTables(tables)) return DecodeGsm(octets, tables);
      return Fail(Reason::kUnsupported, "the message's language has no table here");
    case TextForm::kLatin1:
      return DecodeLatin1(octets);
    case TextForm::kUcs2:
      return DecodeUcs2(octets);
    case TextForm::kCyrillic:
      return DecodeOctets(octets, CyrillicOf);
    case TextForm::kHebrew:
      return DecodeOctets(octets, HebrewOf);
    case TextForm::kBinary:
      return Fail(Reason::kUnsupported, "the message holds data, not text");
    case TextForm::kNone:
      break;
  }
  return Fail(Reason::kUnsupported, "the message's script has no table here");
}

}  // namespace trestle::sms
