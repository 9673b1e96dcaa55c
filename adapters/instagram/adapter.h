// The Instagram adapter: what Instagram can carry, put together with the parts it shares with
// Messenger (adapters/sdk/send_api_adapter.h).
#pragma once

#include <memory>

#include "adapters/instagram/factory.h"
#include "adapters/sdk/send_api_adapter.h"

namespace trestle {

Capabilities InstagramCapabilities(std::size_t units_max);

// As MakeInstagramAdapter, and keeps the type, so that tests can ask for the webhook's port.
Result<std::unique_ptr<SendApiAdapter>> MakeInstagram(InstagramOptions options,
                                                      AdapterContext context);

}  // namespace trestle
