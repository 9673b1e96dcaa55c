// SIMULATION. A Messenger of our own on loopback: Pages, people with phones, the Send API, signed
// webhooks, receipts by watermark. Made for tests and the demo; nothing here talks to Meta.
#pragma once

#include <memory>

#include "adapters/sdk/send_api_sim.h"

namespace trestle {

// Units and defaults are stated at SendApiSim::Options; `service` and `ghosts` are Page ids.
using MessengerSimOptions = SendApiSim::Options;

class MessengerSim {
 public:
  static Result<std::unique_ptr<SendApiSim>> Start(MessengerSimOptions options, const Clock& clock,
                                                   Random& random);
};

}  // namespace trestle
