// What the bridge says by itself, before the core is asked. Plain ASCII of one SMS at most, made of
// literals: nothing that anybody wrote can come back in them.
#pragma once

#include <string_view>

namespace trestle {

inline constexpr std::string_view kHelpText =
    "This is Trestle, a bridge between messaging networks. Send JOIN to begin or HELP for the "
    "words "
    "it knows.";
inline constexpr std::string_view kSealedOnlyText =
    "This thread carries sealed messages only. Please write with your Trestle app, or send STOP to "
    "end this contact.";
inline constexpr std::string_view kNotOpenText =
    "This thread is not open for you. Open it with your Trestle app from an invitation.";

static_assert(kHelpText.size() <= 160 && kSealedOnlyText.size() <= 160 &&
              kNotOpenText.size() <= 160);

}  // namespace trestle
