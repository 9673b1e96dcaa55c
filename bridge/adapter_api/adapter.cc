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
