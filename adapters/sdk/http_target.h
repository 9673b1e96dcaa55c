// The request line's target taken apart: "/v23.0/me?a=b%20c" into a path and named fields, both
// percent-decoded. Pure; strict about what follows a percent sign, because two readers that guess
// differently are how a check is walked around.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "bridge/base/result.h"

namespace trestle {

struct HttpTarget {
  std::string path;
  std::map<std::string, std::string> query;  // the last of two equal names wins
};

// kMalformed for a target that does not begin with a slash, a percent sign without two hex digits,
// or a decoded NUL.
Result<HttpTarget> ParseHttpTarget(std::string_view target);

// Escapes everything but letters, digits and "-._~" (RFC 3986, Section 2.3).
std::string PercentEncode(std::string_view text);

}  // namespace trestle
