// Every bound of the bridge that a caller can reach, as the rows of one table: what is counted, for
// whom, how much of it, and what the one who reaches it is told. The amounts stand in Limits (or
// beside the type they protect, for what is not configured). docs/limits.md shows the same table;
// tests compare the two, and look for a test that reaches each row ("[limit:NAME]").
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "bridge/policy/limits.h"

namespace trestle {

enum class LimitScope : std::uint8_t {
  kAccount,
  kAlias,
  kContact,
  kThread,
  kReceiver,
  kNetwork,
  kStream,
  kBridge,
};
std::string_view LimitScopeName(LimitScope scope);  // "account", …

enum class LimitUnit : std::uint8_t {
  kCount,
  kPerSecond,
  kPerMinute,
  kPerHour,
  kPerDay,
  kBytes,
};
std::string_view LimitUnitName(LimitUnit unit);  // "at once", "a second", "a minute", "octets"

// What happens at the bound.
enum class LimitAnswer : std::uint8_t {
  kExhausted,  // RESOURCE_EXHAUSTED with RetryInfo; a phone's frame: refused with over_limit
  kConflict,   // ABORTED: the caller has as many as it may; something of theirs must go first
  kRefusal,    // a refusal inside the answer, told to a phone as a receipt
  kSilent,     // the same answer as always: a stranger must not learn of it
  kWaits,      // the work waits in the outbox
  kCutOff,     // the stream ends with RESOURCE_EXHAUSTED and the reason
  kDropped,    // the oldest or newest is dropped and counted
};
std::string_view LimitAnswerName(LimitAnswer answer);

struct LimitRow {
  std::string_view name;
  LimitScope scope = LimitScope::kBridge;
  LimitUnit unit = LimitUnit::kCount;
  std::size_t (*amount)(const Limits&) = nullptr;
  std::size_t (*burst)(const Limits&) = nullptr;  // for rates: so many ahead
  LimitAnswer answer = LimitAnswer::kExhausted;
  std::string_view what;
};

std::span<const LimitRow> LimitTable();
const LimitRow& LimitRowOf(std::string_view name);  // aborts for a name that is no row

}  // namespace trestle
