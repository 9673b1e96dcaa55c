#include "tests/sim/chaos.h"

namespace trestle::world {

std::string_view FaultName(Fault fault) {
  switch (fault) {
    case Fault::kRequestLost:
      return "request_lost";
    case Fault::kAnswerLost:
      return "answer_lost";
    case Fault::kDuplicate:
      return "duplicate";
    case Fault::kReorder:
      return "reorder";
    case Fault::kDelay:
      return "delay";
    case Fault::kClog:
      return "clog";
    case Fault::kThrottle:
      return "throttle";
    case Fault::kPartialPage:
      return "partial_page";
    case Fault::kHalfOpen:
      return "half_open";
    case Fault::kNetworkDown:
      return "network_down";
    case Fault::kClockJump:
      return "clock_jump";
    case Fault::kFullQueue:
      return "full_queue";
    case Fault::kDiskFull:
      return "disk_full";
    case Fault::kCommitFails:
      return "commit_fails";
    case Fault::kCommitAnswerLost:
      return "commit_answer_lost";
    case Fault::kCrash:
      return "crash";
    case Fault::kPowerCut:
      return "power_cut";
    case Fault::kAdapterKilled:
      return "adapter_killed";
    case Fault::kConsentWithdrawn:
      return "consent_withdrawn";
    case Fault::kAliasRevoked:
      return "alias_revoked";
    case Fault::kMoved:
      return "moved";
    case Fault::kCount:
      return "";
  }
  return "";
}

Chaos::Chaos(SeededRandom& random) : random_(random) {
  constexpr std::array<unsigned, 4> kRates = {2, 5, 15, 35};
  for (unsigned& rate : rates_) {
    const bool off = random.Percent(50);
    const unsigned drawn = kRates.at(random.Below(kRates.size()));
    rate = off ? 0 : drawn;
  }
}

bool Chaos::Hit(Fault fault) {
  return is_active() && rate(fault) > 0 && random_.Percent(rate(fault));
}

std::string Chaos::Describe() const {
  std::string out;
  for (std::size_t i = 0; i < rates_.size(); ++i) {
    if (rates_.at(i) == 0) continue;
    out.append(out.empty() ? "" : " ").append(FaultName(static_cast<Fault>(i)));
    out.append("=").append(std::to_string(rates_.at(i)));
  }
  return out;
}

}  // namespace trestle::world
