// What the edge's desk says to the bridge, whoever carries it: the gRPC stream in the program, a
// list in tests. Called on the edge's loop; answers come back to the desk on the same loop.
#pragma once

#include "edge/journal.h"

namespace trestle::edge {

class BridgePort {
 public:
  virtual ~BridgePort() = default;
  // The answer is Desk::Offered with the offer's number. Dropped while nobody is connected.
  virtual void Offer(const KeptOffer& offer) = 0;
  virtual void Answer(const DeliveryId& delivery, const Attempt& attempt) = 0;
  virtual void Report(const DeliveryReport& report) = 0;
};

}  // namespace trestle::edge
