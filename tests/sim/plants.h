// Bugs on purpose, each of which the checkers must find. Five stand around the core's seams as
// decorators; five are lines of the core, the carrier and an adapter that only changed copies of
// the sources can have, which plants/ makes for the planted test alone and Planted() switches.
#pragma once

#include <memory>
#include <set>
#include <string_view>

#include "tests/sim/seat.h"

namespace trestle::world {

enum class Plant : std::uint8_t {
  kNone,
  kAckBeforeDurable,    // the network is told before the commit
  kNewKeyPerRetry,      // a second attempt has another delivery id
  kRetryOvertaken,      // a failed attempt lets the next message of its thread pass
  kDedupeInMemory,      // what was seen is forgotten by a restart
  kSettleBeforeAnswer,  // the row is erased before the network has answered
  kExpiryOnEntryOnly,   // in copies of the sources:
  kConsentOnEntryOnly,
  kReceiptMapAfterSending,
  kWebhookBeforeKept,       // the network is told before anything is kept
  kToldBeforeGroupDurable,  // an adapter tells the outside before it commits
  kCount,
};
std::string_view PlantName(Plant plant);
// The one that is planted now; asked by the changed copies too.
Plant& PlantedNow();

// The core's adapter, with the planted bug between it and the real one.
class PlantedAdapter final : public Adapter {
 public:
  PlantedAdapter(Adapter& real, TimeQueue& queue, Random& random, std::shared_ptr<Life> life);
  ~PlantedAdapter() override;

  const Capabilities& capabilities() const override { return real_.capabilities(); }
  void Start(AdapterHost& host, Done<void> started) override;
  void Deliver(Delivery delivery, Done<Attempt> done) override;
  void Withdraw(const DeliveryId& delivery) override;
  void Stop(Done<void> stopped) override { real_.Stop(std::move(stopped)); }

 private:
  class Host;
  void TryAlone(Delivery delivery, int tries);

  Adapter& real_;
  TimeQueue& queue_;
  Random& random_;
  const std::shared_ptr<Life> life_;
  std::unique_ptr<Host> host_;
  std::set<DeliveryId> tried_;
};

// Before the store of a new process opens.
void PlantBeforeOpening(const std::string& store_path);

}  // namespace trestle::world
