// What one piece of the core's work has in hand while it runs inside the store's transaction, and
// what it wants to happen once that has committed. Nothing is sent, counted or shown before.
#pragma once

#include <memory>
#include <set>
#include <vector>

#include "bridge/base/metrics.h"
#include "bridge/pipeline/network_table.h"
#include "bridge/pipeline/rate_gate.h"
#include "bridge/pipeline/row_case.h"
#include "bridge/pipeline/watch.h"
#include "bridge/policy/limits.h"
#include "bridge/policy/residency.h"
#include "bridge/store/store.h"

namespace trestle {

// The core's surroundings; outlive every turn.
struct Surroundings {
  Surroundings(Store& the_store, const Clock& the_clock, Random& the_random, Metrics& the_metrics,
               const Limits& the_limits, ResidencyPolicy the_residency)
      : store(the_store),
        clock(the_clock),
        random(the_random),
        metrics(the_metrics),
        limits(the_limits),
        residency(std::move(the_residency)),
        watch(the_limits.watchers_max, the_limits.watch_events_max),
        submits("submits", limits, the_clock, the_metrics),
        calls("calls", limits, the_clock, the_metrics),
        enrolments("enrolments", limits, the_clock, the_metrics),
        inbound("inbound", limits, the_clock, the_metrics) {
    random.Fill(process);
  }

  Store& store;
  const Clock& clock;
  Random& random;
  Metrics& metrics;
  const Limits limits;
  const ResidencyPolicy residency;
  NetworkTable networks;
  WatchHub watch;
  // The rates of the limits table.
  RateGate submits;
  RateGate calls;
  RateGate enrolments;
  RateGate inbound;
  Bytes16 process{};                    // names this process in leases
  std::atomic<bool> erased{false};      // a payload was erased since the last checkpoint
  std::atomic<bool> hands_over{false};  // to adapters: between the start and the end of dispatch
};

// Filled during the transaction, taken up after it.
struct Effects {
  struct Count {
    StaticText metric;
    std::string label;
  };
  std::set<Network> ring;  // networks whose outbox got something to do
  std::vector<RouteEvent> events;
  std::vector<Count> counts;
  struct Withdrawal {
    Network network;
    DeliveryId delivery;
  };
  std::vector<Withdrawal> withdrawn;  // under way, and not to be handed over any more
  // Leased in this turn, to be given to their adapters.
  struct Lease {
    std::shared_ptr<const LeasedRow> row;
    Delivery delivery;
    Place place;
  };
  std::vector<Lease> leases;
  bool errands = false;  // something was noted for the next turn
  bool erased = false;   // a payload was erased: the write-ahead log is to be cut

  void Ring(const Network& network) { ring.insert(network); }
  void CountOne(StaticText metric, std::string_view label) {
    counts.push_back({metric, std::string(label)});
  }
};

struct Turn {
  Transaction& tx;
  Surroundings& core;
  WallTime now;
  Effects& effects;

  DirectoryScope directory() { return {tx, now, core.random, core.limits}; }
};

// Writes a step of an envelope's way, if the record names one, and remembers it for watchers. The
// record's time and lifetime are filled in: it lives as long as `envelope_expires_at` says, within
// the limits' bounds.
Result<void> AddTrace(Turn& turn, TraceRecord record, const ContactRecord* contact,
                      WallTime envelope_expires_at);
// The same for a step that stands in what was seen of the envelope, which the caller then writes.
void AddStep(Turn& turn, TraceRecord record, const ContactRecord* contact,
             SeenEnvelopeRecord& seen);

}  // namespace trestle
