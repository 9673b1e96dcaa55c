#include "bridge/envelope/trouble.h"

namespace trestle {

std::string_view TroubleName(Trouble trouble) {
  switch (trouble) {
    case Trouble::kNone:
      return "none";
    case Trouble::kPasses:
      return "passes";
    case Trouble::kThrottled:
      return "throttled";
    case Trouble::kThrottledPerson:
      return "throttled_person";
    case Trouble::kRestricted:
      return "restricted";
    case Trouble::kStopped:
      return "stopped";
    case Trouble::kNoLink:
      return "no_link";
    case Trouble::kNoAnswer:
      return "no_answer";
    case Trouble::kNobodyThere:
      return "nobody_there";
    case Trouble::kOwn:
      return "own";
  }
  return "unknown";
}

}  // namespace trestle
