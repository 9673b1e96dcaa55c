// The session of Instagram: which way to the Graph API its settings describe. The session itself is
// adapters/sdk/send_api_session.h.
#pragma once

#include "adapters/instagram/factory.h"
#include "adapters/sdk/graph_link.h"

namespace trestle {

Result<GraphLink::Options> InstagramLink(InstagramOptions options);

}  // namespace trestle
