// A delivery as the message that a native client receives. Pure.
#pragma once

#include <optional>

#include "bridge/adapter_api/adapter.h"
#include "trestle/v1/messages.pb.h"

namespace trestle {

// nullopt for frames that never travel towards an endpoint.
std::optional<v1::Inbound> InboundOf(const Delivery& delivery);

}  // namespace trestle
