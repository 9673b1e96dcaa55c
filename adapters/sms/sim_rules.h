// What the simulated SMS centre checks of a submitted message before it takes it, and the times it
// reads and writes. Pure. Part of the simulation.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "adapters/sms/user_data.h"
#include "bridge/base/seams.h"

namespace trestle::sms {

// The command_status to refuse a submit_sm or data_sm with, or kOk. `numbers` are those that the
// customer may send from.
CommandStatus CheckSubmit(const Pdu& pdu, const std::vector<std::string>& numbers, WallTime now);

// Digits without a plus; empty when the text is no number of 3 to 20 digits.
std::string DigitsOf(std::string_view text);

// When a validity period in either form ends; none when it is malformed.
std::optional<WallTime> EndOfValidity(std::string_view period, WallTime now);

std::string ReceiptTime(WallTime at);   // YYMMDDhhmm, UTC
std::string AbsoluteTime(WallTime at);  // YYMMDDhhmmsstnnp, UTC

}  // namespace trestle::sms
