// Checks a request against the limits that its proto states as options (proto/trestle/v1/
// options.proto), by reflection: the one place where sizes, ranges and presence are enforced, for
// every method, before any handler runs. Pure; any thread. The texts name fields and numbers and
// never repeat a value.
#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <vector>

namespace trestle {

struct Violation {
  std::string field;        // the path, such as "preferences.network_order[3]"
  std::string description;  // "at most 32 octets, got 40"
};

// At most this many are reported: the answer to a bad request stays small.
inline constexpr std::size_t kViolationsMax = 8;

// Empty when the message keeps all its limits.
std::vector<Violation> Validate(const google::protobuf::Message& message);

}  // namespace trestle
