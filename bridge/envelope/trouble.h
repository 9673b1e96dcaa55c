// Why an attempt at a network did not succeed, as far as it decides when to try again. Adapters
// name the class of what their network answered; bridge/policy/retry_table.h has one row for each.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace trestle {

enum class Trouble : std::uint8_t {
  kNone = 0,             // sent or refused for good; or the adapter does not say
  kPasses = 1,           // the network's own trouble, which passes
  kThrottled = 2,        // a rate of the identity, the number or the app
  kThrottledPerson = 3,  // a rate of this conversation alone
  kRestricted = 4,       // the identity is restricted for a while
  kStopped = 5,          // token, permission, account: nothing works until an operator acts
  kNoLink = 6,           // the connection to the network is away
  kNoAnswer = 7,         // it went out and nobody knows what became of it
  kNobodyThere = 8,      // the thread is not open, or its person's client is away
  kOwn = 9,              // the adapter's own store or queue
};

inline constexpr std::array kTroubles = {
    Trouble::kPasses,     Trouble::kThrottled,   Trouble::kThrottledPerson,
    Trouble::kRestricted, Trouble::kStopped,     Trouble::kNoLink,
    Trouble::kNoAnswer,   Trouble::kNobodyThere, Trouble::kOwn,
};

std::string_view TroubleName(Trouble trouble);  // "passes", "throttled", …

}  // namespace trestle
