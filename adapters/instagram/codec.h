// What Instagram says on the wire and Messenger does not: its profile of the Send API, the limit in
// octets, read receipts that name one message, and its table of error codes. Bodies are read and
// written by adapters/sdk/send_api.h with this profile. Pure.
#pragma once

#include <array>

#include "adapters/sdk/send_api.h"

namespace trestle {

inline constexpr std::size_t kInstagramTextBytesMax = 1000;
inline constexpr int kInstagramWindowSubcode = 2534022;

// In order: the first row that fits decides. Instagram has the codes of Messenger and a subcode of
// its own for the closed window; the table stands here whole, so that each network's can be read.
inline constexpr std::array kInstagramErrors = {
    GraphErrorRow{1, 2, kAnySubcode, GraphClass::kRetry, Rule::kAdapterDown},
    GraphErrorRow{1200, 1200, kAnySubcode, GraphClass::kRetry, Rule::kAdapterDown},
    GraphErrorRow{4, 4, kAnySubcode, GraphClass::kBackOff, Rule::kAdapterDown},
    GraphErrorRow{613, 613, kAnySubcode, GraphClass::kBackOff, Rule::kAdapterDown},
    // The 24-hour window is closed: the person has to write first.
    GraphErrorRow{10, 10, kInstagramWindowSubcode, GraphClass::kRefuse, Rule::kThreadNotOpen},
    GraphErrorRow{10, 10, 2018108, GraphClass::kRefusePerson, Rule::kNetworkRefused},
    // Code 10 without a subcode: the app lacks a permission.
    GraphErrorRow{10, 10, kAnySubcode, GraphClass::kStop, Rule::kAdapterDown},
    GraphErrorRow{100, 100, 2018001, GraphClass::kRefusePerson, Rule::kNetworkRefused},
    GraphErrorRow{100, 100, kAnySubcode, GraphClass::kRefuse, Rule::kNetworkRefused},
    // This person isn't available: has blocked us, or is gone.
    GraphErrorRow{551, 551, kAnySubcode, GraphClass::kRefusePerson, Rule::kPersonClosed},
    GraphErrorRow{102, 104, kAnySubcode, GraphClass::kStop, Rule::kAdapterDown},
    GraphErrorRow{190, 190, kAnySubcode, GraphClass::kStop, Rule::kAdapterDown},
    GraphErrorRow{200, 299, kAnySubcode, GraphClass::kStop, Rule::kAdapterDown},
    GraphErrorRow{368, 368, kAnySubcode, GraphClass::kStop, Rule::kAdapterDown},
};

const SendApiProfile& InstagramProfile();

}  // namespace trestle
