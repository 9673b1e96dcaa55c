// The faults of one run: options drawn from the seed, each fully off in half of the runs so that
// rare pairs meet, and otherwise with a rate of its own. After End none happens any more.
#pragma once

#include <array>
#include <string>

#include "tests/sim/time_queue.h"

namespace trestle::world {

enum class Fault : std::uint8_t {
  kRequestLost,  // a send never reaches the network
  kAnswerLost,   // it does, and its answer does not come back
  kDuplicate,    // the network tells of one message twice
  kReorder,      // two messages of the network overtake each other
  kDelay,        // anything takes seconds
  kClog,         // everything stands still for a while, then goes in random order
  kThrottle,     // "not now", with a time
  kPartialPage,  // an answer or a batch that is cut
  kHalfOpen,     // a session that is open and carries nothing
  kNetworkDown,  // no connection at all
  kClockJump,    // the wall clock moves, forwards or backwards
  kFullQueue,    // the store's queue and each thread's rows are few
  kDiskFull,
  kCommitFails,       // a sync answers with an error
  kCommitAnswerLost,  // the process dies between the commit and what follows from it
  kCrash,             // it dies at any other time
  kPowerCut,          // and what was not synced is lost
  kAdapterKilled,     // an adapter alone dies and comes again
  kConsentWithdrawn,  // while messages are on their way
  kAliasRevoked,
  kMoved,  // a person joins on another network in mid-flight
  kCount,
};
std::string_view FaultName(Fault fault);

class Chaos {
 public:
  explicit Chaos(SeededRandom& random);

  // The network's kind of faults: one draw each time something could go wrong.
  bool Hit(Fault fault);
  // Whether it is an option of this run at all; never after End.
  bool on(Fault fault) const { return !ended_ && rate(fault) > 0; }
  bool was_on(Fault fault) const { return rate(fault) > 0; }
  void Begin() { begun_ = true; }  // before, nothing goes wrong
  void End() { ended_ = true; }
  bool is_active() const { return begun_ && !ended_; }
  std::string Describe() const;

 private:
  unsigned rate(Fault fault) const { return rates_.at(static_cast<std::size_t>(fault)); }

  SeededRandom& random_;
  std::array<unsigned, static_cast<std::size_t>(Fault::kCount)> rates_{};  // in percent
  bool begun_ = false;
  bool ended_ = false;
};

}  // namespace trestle::world
