// Takes in what an adapter offers: one inbound, one turn. Nothing here fails because of what
// somebody sent: a refusal is told to its sender and counts as success, so that networks stop
// telling again.
#pragma once

#include "bridge/pipeline/turn.h"

namespace trestle {

Result<void> TakeInbound(Turn& turn, const Network& from, const Inbound& inbound);

// The network's word on a delivery after the hand-over.
Result<void> TakeReport(Turn& turn, const Network& from, const DeliveryReport& report);

}  // namespace trestle
