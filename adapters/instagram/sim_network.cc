#include "adapters/instagram/sim_network.h"

#include <utility>

namespace trestle {
namespace {

// Instagram names the one message that was read, and no instant. Message ids need no escaping.
std::string WriteRead(const std::string& mid, WallTime) { return "{\"mid\":\"" + mid + "\"}"; }

}  // namespace

Result<std::unique_ptr<SendApiSim>> InstagramSim::Start(InstagramSimOptions options,
                                                        const Clock& clock, Random& random) {
  SendApiSim::Kind kind{.name = "instagram",
                        .object = "instagram",
                        .text_limit = {TextUnit::kUtf8Bytes, 1000},
                        .mid_prefix = "aWdfZAG1faXRlbTox",
                        .window_subcode = 2534022,
                        .has_messaging_type = false,
                        .reports_delivered = false,
                        .write_read = &WriteRead};
  return SendApiSim::Start(std::move(kind), std::move(options), clock, random);
}

}  // namespace trestle
