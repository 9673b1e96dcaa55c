#include "bridge/pipeline/network_table.h"

#include <algorithm>

namespace trestle {

void NetworkTable::Add(const Network& network, Adapter& adapter) {
  TRESTLE_CHECK(Find(network) == nullptr);
  slots_.push_back(std::make_unique<AdapterSlot>(network, adapter));
  TRESTLE_CHECK(slots_.back()->capabilities.chunk_bytes > 0);
  TRESTLE_CHECK(slots_.back()->capabilities.units_max > 0);
}

AdapterSlot* NetworkTable::Find(const Network& network) const {
  const auto found = std::ranges::find_if(
      slots_, [&](const std::unique_ptr<AdapterSlot>& each) { return each->network == network; });
  return found == slots_.end() ? nullptr : found->get();
}

}  // namespace trestle
