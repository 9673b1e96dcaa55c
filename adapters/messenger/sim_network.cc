#include "adapters/messenger/sim_network.h"

#include <utility>

namespace trestle {
namespace {

// Messenger names no message: everything up to the instant was read.
std::string WriteRead(const std::string&, WallTime at) {
  return "{\"watermark\":" + std::to_string(at.ms) + "}";
}

}  // namespace

Result<std::unique_ptr<SendApiSim>> MessengerSim::Start(MessengerSimOptions options,
                                                        const Clock& clock, Random& random) {
  SendApiSim::Kind kind{.name = "messenger",
                        .object = "page",
                        .text_limit = {TextUnit::kCharacters, 2000},
                        .mid_prefix = "m_",
                        .window_subcode = 2018278,
                        .has_messaging_type = true,
                        .reports_delivered = true,
                        .write_read = &WriteRead};
  return SendApiSim::Start(std::move(kind), std::move(options), clock, random);
}

}  // namespace trestle
