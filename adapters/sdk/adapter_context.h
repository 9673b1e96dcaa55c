// What the daemon gives every adapter when it makes one.
#pragma once

#include <memory>
#include <string>

#include "adapters/sdk/adapter_keys.h"
#include "adapters/sdk/machine.h"
#include "bridge/adapter_api/service_words.h"
#include "bridge/base/metrics.h"
#include "bridge/base/seams.h"

namespace trestle {

struct AdapterContext {
  std::string data_folder;  // of this adapter alone; the adapter creates it with mode 0700
  const Clock& clock;       // these outlive the adapter
  Random& random;
  Metrics& metrics;
  ServiceWords service_words = ServiceWords::Standard();  // what people may text to the bridge
  KeySource keys = {};  // of the address book; empty: a file of its own in the data folder
  // The address, at the service identity, of a peer that sends back what it gets; empty: none. It
  // must have written there once, where the network wants that.
  std::string loopback = {};
  std::shared_ptr<Machine> machine = ThisMachine();
};

}  // namespace trestle
