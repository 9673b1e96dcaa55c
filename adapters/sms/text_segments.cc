#include "adapters/sms/text_segments.h"

#include "adapters/sms/user_data.h"

namespace trestle::sms {

Result<TextSegments> MakeTextSegments(std::string_view text, std::uint8_t reference,
                                      const TextRules& rules) {
  TextParts cut = TRESTLE_TRY(CutText(text, rules));
  TextSegments out{cut.data_coding, 0, std::move(cut.parts)};
  if (out.user_data.size() == 1) return out;
  out.esm_class = kEsmUserDataHeader;
  UserDataHeader header;
  header.concatenation =
      Concatenation{reference, false, static_cast<std::uint8_t>(out.user_data.size()), 1};
  for (Bytes& part : out.user_data) {
    const Bytes octets = EncodeUserDataHeader(header);
    part.insert(part.begin(), octets.begin(), octets.end());
    ++header.concatenation->part;
  }
  return out;
}

}  // namespace trestle::sms
