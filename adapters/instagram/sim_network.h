// SIMULATION. An Instagram of our own on loopback: professional accounts, people with phones, the
// Send API with its limit in octets, signed webhooks, read receipts that name one message and no
// delivery receipts at all. Made for tests and the demo; nothing here talks to Meta.
#pragma once

#include <memory>

#include "adapters/sdk/send_api_sim.h"

namespace trestle {

// Units and defaults are stated at SendApiSim::Options; `service` and `ghosts` are account ids.
using InstagramSimOptions = SendApiSim::Options;

class InstagramSim {
 public:
  static Result<std::unique_ptr<SendApiSim>> Start(InstagramSimOptions options, const Clock& clock,
                                                   Random& random);
};

}  // namespace trestle
