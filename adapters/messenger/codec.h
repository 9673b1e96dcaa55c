// What Messenger says on the wire and Instagram does not: its profile of the Send API, receipts by
// watermark, and its table of error codes. Bodies are read and written by adapters/sdk/send_api.h
// with this profile. Pure.
#pragma once

#include <array>

#include "adapters/sdk/send_api.h"

namespace trestle {

inline constexpr std::size_t kMessengerTextCharactersMax = 2000;
inline constexpr int kMessengerWindowSubcode = 2018278;

// In order: the first row that fits decides.
inline constexpr std::array kMessengerErrors = {
    // The service is in trouble, or the person blocked the Page: code 2 means either.
    GraphErrorRow{1, 2, kAnySubcode, GraphClass::kRetry, Rule::kAdapterDown},
    GraphErrorRow{1200, 1200, kAnySubcode, GraphClass::kRetry, Rule::kAdapterDown},
    GraphErrorRow{4, 4, kAnySubcode, GraphClass::kBackOff, Rule::kAdapterDown},
    GraphErrorRow{613, 613, kAnySubcode, GraphClass::kBackOff, Rule::kAdapterDown},
    // The 24-hour window is closed: the person has to write first.
    GraphErrorRow{10, 10, kMessengerWindowSubcode, GraphClass::kRefuse, Rule::kThreadNotOpen},
    GraphErrorRow{10, 10, 2018065, GraphClass::kRefuse, Rule::kThreadNotOpen},
    GraphErrorRow{10, 10, 2018108, GraphClass::kRefusePerson, Rule::kNetworkRefused},
    // Code 10 without a subcode: the app lacks a permission.
    GraphErrorRow{10, 10, kAnySubcode, GraphClass::kStop, Rule::kAdapterDown},
    GraphErrorRow{100, 100, 2018001, GraphClass::kRefusePerson, Rule::kNetworkRefused},
    GraphErrorRow{100, 100, kAnySubcode, GraphClass::kRefuse, Rule::kNetworkRefused},
    // This person isn't available: has blocked us, or is gone.
    GraphErrorRow{551, 551, kAnySubcode, GraphClass::kRefusePerson, Rule::kPersonClosed},
    GraphErrorRow{102, 104, kAnySubcode, GraphClass::kStop, Rule::kAdapterDown},
    GraphErrorRow{190, 190, kAnySubcode, GraphClass::kStop, Rule::kAdapterDown},
    // 200 with these subcodes is about one person: no tester of an app that is not public yet.
    GraphErrorRow{200, 200, 2018027, GraphClass::kRefusePerson, Rule::kNetworkRefused},
    GraphErrorRow{200, 200, 2018028, GraphClass::kRefusePerson, Rule::kNetworkRefused},
    GraphErrorRow{200, 299, kAnySubcode, GraphClass::kStop, Rule::kAdapterDown},
    GraphErrorRow{368, 368, kAnySubcode, GraphClass::kStop, Rule::kAdapterDown},
};

const SendApiProfile& MessengerProfile();

}  // namespace trestle
