// The Messenger adapter: what Messenger can carry, put together with the parts it shares with
// Instagram (adapters/sdk/send_api_adapter.h).
#pragma once

#include <memory>

#include "adapters/messenger/factory.h"
#include "adapters/sdk/send_api_adapter.h"

namespace trestle {

Capabilities MessengerCapabilities(std::size_t units_max);

// As MakeMessengerAdapter, and keeps the type, so that tests can ask for the webhook's port.
Result<std::unique_ptr<SendApiAdapter>> MakeMessenger(MessengerOptions options,
                                                      AdapterContext context);

}  // namespace trestle
