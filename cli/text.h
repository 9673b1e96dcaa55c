// How things look on a terminal: ids, times, sizes and words that came from elsewhere. What a peer
// or a server wrote is made harmless here before it is shown: no control signs, no changes of
// writing direction, no broken UTF-8. Pure.
#pragma once

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bridge/base/result.h"
#include "bridge/base/seams.h"
#include "trestle/v1/types.pb.h"

namespace trestle::cli {

bool IsUtf8(std::string_view text);
// One line that a terminal shows as it is; every sign that could do something else becomes "?".
std::string Printable(std::string_view text);
// The same, with line breaks kept: lines after the first are moved in by `indent` columns, so that
// none of them can pass for a line of ours.
std::string PrintableLines(std::string_view text, std::size_t indent);
// Columns that a printable text takes: one for each code point.
std::size_t ColumnsOf(std::string_view text);

std::string HexOf(std::string_view octets);
std::string ShortHexOf(std::string_view octets);  // the first 8 digits; "-" for none

// The local time of day with milliseconds, and with the date. "-" for an absent timestamp.
std::string TimeOfDay(const google::protobuf::Timestamp& at);
std::string DateAndTime(const google::protobuf::Timestamp& at);
std::string TimeOfDay(WallTime at);
std::string SpanText(std::int64_t ms);  // "350 ms", "12 s", "3 min", "2 h", "4 d"
std::int64_t MillisOf(const google::protobuf::Duration& span);

// "90", "90s", "5m", "1h", "24h", "7d" in seconds; kInvalidArgument for all else.
Result<std::uint32_t> ParseSpan(std::string_view text);
// A decimal number within the bounds, both included; kInvalidArgument otherwise.
Result<std::uint64_t> ParseNumber(std::string_view text, std::uint64_t least, std::uint64_t most);

std::string RuleWord(v1::Rule rule);  // "no_consent"; "-" for none
std::string ReceiptWord(v1::ReceiptLevel level);
// "HEALTH_DOWN" without "HEALTH_", in lower case.
std::string EnumWord(std::string_view name, std::string_view prefix);

}  // namespace trestle::cli
