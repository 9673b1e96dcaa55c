// Makes the Messenger adapter from plain settings. The only header of this folder that the daemon
// needs.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "adapters/sdk/adapter_context.h"
#include "bridge/adapter_api/adapter.h"
#include "bridge/base/sensitive.h"

namespace trestle {

struct MessengerOptions {
  std::string service_page;                   // Page id, decimal: where people write JOIN
  std::vector<std::string> ghost_pages;       // Page ids: the pool that contacts appear under
  std::string app_id;                         // Meta app id, decimal
  Secret app_secret;                          // signs webhooks, proves tokens
  Secret verify_token;                        // chosen by the operator, for the webhook's challenge
  Secret token;                               // Page or system-user token that opens every Page
  std::map<std::string, Secret> page_tokens;  // by Page id, for Pages with a token of their own
  std::string graph_url = "https://graph.facebook.com";  // or http://127.0.0.1:… of a simulation
  std::string graph_version = "v23.0";
  bool subscribes = true;    // false: the webhook is subscribed by hand in Meta's dashboard
  std::string callback_url;  // the public https address of the webhook; empty: the loopback one,
                             // which only a simulated network can reach
  std::uint16_t webhook_port = 0;                   // on 127.0.0.1; 0: the system chooses
  std::string webhook_path = "/webhook/messenger";  // behind the operator's TLS proxy
  std::int64_t sends_per_second = 250;              // per Page; Meta allows 300
  std::size_t units_max = 255;  // native messages that one frame may take, 1 to 255
  std::int64_t send_timeout_ms = 10'000;
};

// kInvalidArgument with a text that names the wrong field; kStorage when the adapter's own folder
// cannot be used.
Result<std::unique_ptr<Adapter>> MakeMessengerAdapter(MessengerOptions options,
                                                      AdapterContext context);

}  // namespace trestle
