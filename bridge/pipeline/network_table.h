// The configured networks with their adapters and what is known of each adapter now. Filled before
// the core starts and fixed afterwards; what changes is atomic or locks itself, so any thread may
// read and write it. This is the only thing that decisions read outside their transaction: health
// and draining change by themselves, and a stale value costs a wait, never safety.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "bridge/adapter_api/adapter.h"
#include "bridge/pipeline/places.h"

namespace trestle {

struct AdapterSlot {
  AdapterSlot(Network the_network, Adapter& the_adapter)
      : network(std::move(the_network)),
        adapter(the_adapter),
        capabilities(the_adapter.capabilities()) {}

  const Network network;
  Adapter& adapter;
  const Capabilities capabilities;
  Places places;
  std::atomic<Health> health{Health::kStarting};    // the worse of the next two: see flow_watch.h
  std::atomic<Health> reported{Health::kStarting};  // by the adapter itself
  std::atomic<Health> flow{Health::kHealthy};       // as messages show it
  std::atomic<std::int64_t> down_since_ms{0};       // MonoTime; -1 while it is usable
  std::atomic<bool> draining{false};
  std::atomic<std::int64_t> last_inbound_ms{-1};  // MonoTime; -1: none since the start
  std::atomic<std::int64_t> last_sent_ms{-1};     // likewise: an attempt was answered with "sent"
  std::atomic<int> unanswered{0};                 // attempts in a row that were never answered
  std::atomic<std::int64_t> fallback_cursor{0};   // outbox row; on the store's writer alone
  std::atomic<std::int64_t> canary_ms{-1};        // how long the last canary took; -1: none yet
  std::atomic<int> canary_misses{0};              // canaries in a row that did not come back
  std::atomic<int> restarts{0};                   // since the start
  std::atomic<bool> rung{false};                  // a look at the outbox has been asked for
};

// Whether deliveries are handed over. A deaf adapter is quarantined.
inline bool IsUsable(Health health) {
  return health == Health::kHealthy || health == Health::kDegraded;
}

// How long the network has carried nothing; zero while it does.
inline Millis DownFor(const AdapterSlot& slot, MonoTime now) {
  const std::int64_t since = slot.down_since_ms;
  return since < 0 ? Millis{0} : now - MonoTime{since};
}

class NetworkTable {
 public:
  void Add(const Network& network, Adapter& adapter);
  AdapterSlot* Find(const Network& network) const;  // nullptr when it was not added
  const std::vector<std::unique_ptr<AdapterSlot>>& slots() const { return slots_; }
  // Whether the network's adapter opens messages itself (capabilities.h).
  bool IsEdge(const Network& network) const;

 private:
  std::vector<std::unique_ptr<AdapterSlot>> slots_;
};

std::vector<Network> EdgesOf(const NetworkTable& networks);

}  // namespace trestle
