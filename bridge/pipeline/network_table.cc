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

bool NetworkTable::IsEdge(const Network& network) const {
  const AdapterSlot* slot = Find(network);
  return slot != nullptr && slot->capabilities.opens_messages;
}

std::vector<Network> EdgesOf(const NetworkTable& networks) {
  std::vector<Network> out;
  for (const auto& slot : networks.slots()) {
    if (slot->capabilities.opens_messages) out.push_back(slot->network);
  }
  return out;
}

}  // namespace trestle
