// A text as the short messages that carry it: cut, encoded and, when there are several, each with
// its place in a user data header. The same on the way out, in the simulated centre and in tests.
// Pure.
#pragma once

#include "adapters/sms/text.h"

namespace trestle::sms {

struct TextSegments {
  std::uint8_t data_coding = 0;
  std::uint8_t esm_class = 0;    // of each message
  std::vector<Bytes> user_data;  // of each message, header included
};

// As many as PlanText says. `reference` names the set at its receiver. kTooLarge above
// rules.parts_max, which is at most 255.
Result<TextSegments> MakeTextSegments(std::string_view text, std::uint8_t reference,
                                      const TextRules& rules = {});

}  // namespace trestle::sms
