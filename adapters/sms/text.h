// SMS text: the GSM 03.38 default alphabet with its extension table, UCS-2 (in fact UTF-16 in
// big-endian order), packing of septets, and the cutting of long texts. Pure. Text on our side is
// UTF-8; octets that are no UTF-8 become U+FFFD rather than failing, because a wrong sign in a chat
// line is no reason to lose it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/base/bytes.h"
#include "bridge/base/result.h"

namespace trestle::sms {

// 3GPP TS 23.040, Section 9.2.3.24: one message has 140 octets of user data.
inline constexpr std::size_t kUserDataBytesMax = 140;
inline constexpr std::size_t kSeptetsAlone = 160;
inline constexpr std::size_t kSeptetsOfPart = 153;  // beside a header of 6 octets
inline constexpr std::size_t kUnitsAlone = 70;      // UTF-16 code units
inline constexpr std::size_t kUnitsOfPart = 67;
inline constexpr std::size_t kTextPartsMax = 20;  // of one text this adapter sends

std::u32string DecodeUtf8(std::string_view text);
std::string EncodeUtf8(std::u32string_view text);

// Septets, one an octet. None when a character is in neither table.
std::optional<Bytes> EncodeGsm(std::string_view text);
std::string DecodeGsm(ByteView septets);

Bytes EncodeUcs2(std::string_view text);
// Lone surrogates and an odd last octet become U+FFFD.
std::string DecodeUcs2(ByteView octets);

// 3GPP TS 23.038, Section 6.1.2.1. `fill_bits` (0 to 6) stand before the first septet and bring it
// to a septet boundary after a user data header of `n` octets: FillBits(n).
std::size_t FillBits(std::size_t header_octets);
Bytes PackSeptets(ByteView septets, std::size_t fill_bits = 0);
// kMalformed when `octets` do not hold `count` septets.
Result<Bytes> UnpackSeptets(ByteView octets, std::size_t count, std::size_t fill_bits = 0);

// A message's text by its data_coding (SMPP 3.4, Section 5.2.19). kUnsupported for codings that are
// binary or belong to scripts this adapter has no table for.
Result<std::string> DecodeText(std::uint8_t data_coding, ByteView octets);

// Which of the codings is opaque octets.
bool IsBinaryCoding(std::uint8_t data_coding);

// One text as short messages: GSM septets (one an octet) when the alphabet has all of it, UCS-2
// otherwise. Parts leave room for a concatenation header of 6 octets when there are several. No cut
// falls between ESC and its septet, inside a surrogate pair, or inside a grapheme cluster that fits
// into a part.
struct TextParts {
  std::uint8_t data_coding = 0;
  std::vector<Bytes> parts;
};
// kTooLarge above `parts_max` parts.
Result<TextParts> CutText(std::string_view text, std::size_t parts_max = kTextPartsMax);

}  // namespace trestle::sms
