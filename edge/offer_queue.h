// What the bridge has still to be told, in the order of each thread: kept in the journal until the
// bridge says that it is durable there, offered again after a failure, a reconnection or a death.
// On the edge's loop alone.
#pragma once

#include <set>

#include "bridge/base/metrics.h"
#include "edge/bridge_port.h"

namespace trestle::edge {

class OfferQueue {
 public:
  static constexpr std::size_t kUnderWayMax = 64;
  static constexpr Millis kRetry = std::chrono::seconds(1);

  struct Seams {
    Executor& loop;
    const Clock& clock;
    Metrics& metrics;
  };
  OfferQueue(Journal& journal, BridgePort& bridge, Seams seams)
      : journal_(journal), bridge_(bridge), seams_(seams) {}

  // `said`: what a phone said, noted as kept along with it (Journal::AddOffer).
  Result<void> Add(const ThreadRef& from, const Frame& frame,
                   const std::optional<Bytes32>& said = std::nullopt);
  Result<void> Add(const ThreadRef& from, const std::string& word);
  // Somebody is connected: all that waits is offered, from the beginning.
  void Connected();
  void Disconnected();
  // The bridge's answer. Not durable with `retry_after`: again then; without: it never will be.
  void Offered(std::int64_t number, bool is_durable, std::optional<Millis> retry_after);

 private:
  Result<void> Keep(const ThreadRef& from, const std::variant<Bytes, std::string>& body,
                    const std::optional<Bytes32>& said);
  void Pump();
  void PumpLater(Millis wait);

  Journal& journal_;
  BridgePort& bridge_;
  const Seams seams_;
  bool is_connected_ = false;
  std::set<std::int64_t> under_way_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace trestle::edge
