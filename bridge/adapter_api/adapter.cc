#include "bridge/adapter_api/adapter.h"

namespace trestle {

std::string_view CertaintyName(Certainty certainty) {
  switch (certainty) {
    case Certainty::kNotSent:
      return "not_sent";
    case Certainty::kMaybeSent:
      return "maybe_sent";
    case Certainty::kSent:
      return "sent";
  }
  return "unknown";
}

Trouble TroubleOf(const Attempt& attempt) {
  if (attempt.trouble != Trouble::kNone) return attempt.trouble;
  if (attempt.certainty == Certainty::kMaybeSent) return Trouble::kNoAnswer;
  if (attempt.rule == Rule::kThreadNotOpen) return Trouble::kNobodyThere;
  if (attempt.rule == Rule::kQueueFull) return Trouble::kOwn;
  return Trouble::kPasses;
}

std::string_view HealthName(Health health) {
  switch (health) {
    case Health::kStarting:
      return "starting";
    case Health::kHealthy:
      return "healthy";
    case Health::kDegraded:
      return "degraded";
    case Health::kDeaf:
      return "deaf";
    case Health::kDown:
      return "down";
  }
  return "unknown";
}

}  // namespace trestle
