// What the two halves of a Carrier (outbound.h and intake.h) share: its options and seams, its
// stores, and the host. Private to adapters/sdk; all of it is used on the adapter's loop.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "adapters/sdk/address_book.h"
#include "adapters/sdk/carrier.h"
#include "adapters/sdk/fragment_store.h"

namespace trestle {

struct CarrierParts {
  Carrier::Options options;
  Carrier::Seams seams;
  NativeSender& sender;
  std::unique_ptr<AddressBook> book;
  std::unique_ptr<FragmentStore> fragments;
  AdapterHost* host = nullptr;
  std::vector<std::string> former_ghosts = {};
  // Tasks hold a weak pointer to it, so that those which outlive the carrier do nothing.
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);

  // As GroupCommit::WhenDurable, unless the carrier is gone by then.
  void WhenDurable(Done<void> done) const {
    seams.groups.WhenDurable(
        [weak = std::weak_ptr(alive), done = std::move(done)](Result<void> kept) mutable {
          if (weak.lock()) std::move(done)(kept);
        });
  }
  void Count(std::string_view event) const {
    const std::string& network = options.capabilities.network.name();
    seams.metrics.Add("trestle_adapter_events_total", network + "." + std::string(event));
  }
  // Also one that has left the pool and behind which somebody may still write.
  bool IsGhost(const std::string& identity) const {
    return options.ghosts.Contains(identity) ||
           std::ranges::find(former_ghosts, identity) != former_ghosts.end();
  }
};

}  // namespace trestle
