// The configured networks with their adapters and what is known of each adapter now. Filled before
// the core starts and fixed afterwards; what changes is atomic, so any thread may read and write
// it. This is the only thing that decisions read outside their transaction: health and draining
// change by themselves, and a stale value costs a wait, never safety.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "bridge/adapter_api/adapter.h"

namespace trestle {

struct AdapterSlot {
  AdapterSlot(Network the_network, Adapter& the_adapter)
      : network(std::move(the_network)),
        adapter(the_adapter),
        capabilities(the_adapter.capabilities()) {}

  const Network network;
  Adapter& adapter;
  const Capabilities capabilities;
  std::atomic<Health> health{Health::kStarting};
  std::atomic<bool> draining{false};
  std::atomic<std::size_t> in_flight{0};
  std::atomic<std::int64_t> last_inbound_ms{-1};  // MonoTime; -1: none since the start
  std::atomic<bool> rung{false};                  // a look at the outbox has been asked for
};

inline bool IsUsable(Health health) {
  return health == Health::kHealthy || health == Health::kDegraded || health == Health::kDeaf;
}

class NetworkTable {
 public:
  void Add(const Network& network, Adapter& adapter);
  AdapterSlot* Find(const Network& network) const;  // nullptr when it was not added
  const std::vector<std::unique_ptr<AdapterSlot>>& slots() const { return slots_; }

 private:
  std::vector<std::unique_ptr<AdapterSlot>> slots_;
};

}  // namespace trestle
