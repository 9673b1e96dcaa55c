// SMS text: the GSM 03.38 default alphabet with its extension and national tables, UCS-2 (in fact
// UTF-16 in big-endian order), packing of septets, and the cutting of long texts. Pure. Text on our
// side is UTF-8; octets that are no UTF-8 become U+FFFD rather than failing, because a wrong sign
// in a chat line is no reason to lose it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/sms/national.h"
#include "bridge/base/bytes.h"
#include "bridge/base/result.h"

namespace trestle::sms {

// 3GPP TS 23.040, Section 9.2.3.24: one message has 140 octets of user data, its header included.
inline constexpr std::size_t kUserDataBytesMax = 140;
inline constexpr std::size_t kConcatenationHeaderBytes = 6;  // UDHL, 00 03, RR TT SS
inline constexpr std::size_t kTextPartsMax = 20;             // of one text this adapter sends

// How much one message holds behind a user data header of so many octets, UDHL included.
constexpr std::size_t OctetsBehind(std::size_t header_octets) {
  return header_octets >= kUserDataBytesMax ? 0 : kUserDataBytesMax - header_octets;
}
constexpr std::size_t SeptetsBehind(std::size_t header_octets) {
  return OctetsBehind(header_octets) * 8 / 7;
}
constexpr std::size_t UnitsBehind(std::size_t header_octets) {  // UTF-16 code units
  return OctetsBehind(header_octets) / 2;
}

inline constexpr std::size_t kSeptetsAlone = SeptetsBehind(0);                           // 160
inline constexpr std::size_t kSeptetsOfPart = SeptetsBehind(kConcatenationHeaderBytes);  // 153
inline constexpr std::size_t kUnitsAlone = UnitsBehind(0);                               // 70
inline constexpr std::size_t kUnitsOfPart = UnitsBehind(kConcatenationHeaderBytes);      // 67

std::u32string DecodeUtf8(std::string_view text);
std::string EncodeUtf8(std::u32string_view text);

// Septets that a character takes: 1, or 2 with its escape; 0 when it is in neither table.
std::size_t SeptetsOf(char32_t character);

// Septets, one an octet. None when a character is in neither table.
std::optional<Bytes> EncodeGsm(std::string_view text);
std::string DecodeGsm(ByteView septets, GsmTables tables = {});

Bytes EncodeUcs2(std::string_view text);
// Lone surrogates and an odd last octet become U+FFFD.
std::string DecodeUcs2(ByteView octets);

// 3GPP TS 23.038, Section 6.1.2.1. `fill_bits` (0 to 6) stand before the first septet and bring it
// to a septet boundary after a user data header of `n` octets: FillBits(n).
std::size_t FillBits(std::size_t header_octets);
Bytes PackSeptets(ByteView septets, std::size_t fill_bits = 0);
// kMalformed when `octets` do not hold `count` septets.
Result<Bytes> UnpackSeptets(ByteView octets, std::size_t count, std::size_t fill_bits = 0);

// What a centre means by data_coding 0 ("SMSC default"): nearly always GSM 03.38, one septet an
// octet; some take Latin-1 there and convert it.
enum class DefaultAlphabet : std::uint8_t { kGsm, kLatin1 };

// What a data_coding says of the octets: SMPP 3.4, Section 5.2.19 up to 0x0F, and above it the
// groups of 3GPP TS 23.038, Section 4, which centres hand on as the phone set them.
enum class TextForm : std::uint8_t { kDefault, kLatin1, kUcs2, kCyrillic, kHebrew, kBinary, kNone };
TextForm FormOf(std::uint8_t data_coding);  // kNone: reserved, compressed, or without a table here

// Which of the codings is opaque octets.
inline bool IsBinaryCoding(std::uint8_t data_coding) {
  return FormOf(data_coding) == TextForm::kBinary;
}

// A message's text by its data_coding. kUnsupported for codings that are binary or belong to
// scripts this adapter has no table for; also for national tables it does not have.
Result<std::string> DecodeText(std::uint8_t data_coding, ByteView octets, GsmTables tables = {},
                               DefaultAlphabet alphabet = DefaultAlphabet::kGsm);

// How one text is sent.
struct TextRules {
  std::size_t parts_max = kTextPartsMax;
  DefaultAlphabet alphabet = DefaultAlphabet::kGsm;
};

// What a text will take, known before anything is sent: CutText makes exactly so many parts.
struct TextPlan {
  std::uint8_t data_coding = 0;
  std::size_t units = 0;     // septets, or UTF-16 code units
  std::size_t segments = 1;  // short messages
  bool operator==(const TextPlan&) const = default;
};
// kTooLarge above `parts_max` segments.
Result<TextPlan> PlanText(std::string_view text, const TextRules& rules = {});

// One text as short messages: the default alphabet (one septet an octet) when it has all of the
// text, UCS-2 otherwise. Parts leave room for a concatenation header of 6 octets when there are
// several. No cut falls between ESC and its septet, inside a surrogate pair, or inside a grapheme
// cluster that fits into a part.
struct TextParts {
  std::uint8_t data_coding = 0;
  std::vector<Bytes> parts;
};
// kTooLarge above `parts_max` parts.
Result<TextParts> CutText(std::string_view text, const TextRules& rules = {});
inline Result<TextParts> CutText(std::string_view text, std::size_t parts_max) {
  return CutText(text, TextRules{parts_max});
}

}  // namespace trestle::sms
