#include "bridge/base/result.h"

#include <cstdio>
#include <cstdlib>

namespace trestle {

std::string_view ReasonName(Reason reason) {
  switch (reason) {
    case Reason::kInvalidArgument:
      return "invalid_argument";
    case Reason::kMalformed:
      return "malformed";
    case Reason::kTooLarge:
      return "too_large";
    case Reason::kUnauthenticated:
      return "unauthenticated";
    case Reason::kPermissionDenied:
      return "permission_denied";
    case Reason::kNotFound:
      return "not_found";
    case Reason::kAlreadyExists:
      return "already_exists";
    case Reason::kConflict:
      return "conflict";
    case Reason::kExpired:
      return "expired";
    case Reason::kBusy:
      return "busy";
    case Reason::kUnavailable:
      return "unavailable";
    case Reason::kStorage:
      return "storage";
    case Reason::kCrypto:
      return "crypto";
    case Reason::kUnsupported:
      return "unsupported";
    case Reason::kCancelled:
      return "cancelled";
    case Reason::kInternal:
      return "internal";
  }
  return "unknown";
}

void CheckFailed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "CHECK failed: %s at %s:%d\n", condition, file, line);
  std::abort();
}

}  // namespace trestle
