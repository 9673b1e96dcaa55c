// Makes the WhatsApp adapter from an operator's options.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "adapters/sdk/adapter_context.h"
#include "bridge/adapter_api/adapter.h"

namespace trestle {

struct WhatsappOptions {
  std::string api_url = "https://graph.facebook.com";  // without a slash at the end
  std::string api_version = "v23.0";
  std::string app_id;               // decimal; of the Meta app that holds the webhook
  std::string app_secret;           // the file's content; signs webhooks and proofs
  std::string verify_token;         // the file's content; any text, answered at verification
  std::string token;                // the file's content; a system user's, for all identities
  std::string service_identity;     // phone_number_id for JOIN and the other words
  std::vector<std::string> ghosts;  // phone_number_ids that stand for contacts
  std::uint16_t webhook_port = 0;   // on 127.0.0.1; 0: the system chooses
  std::string callback_url = "";    // where the network reaches the webhook; "": the port above
  bool subscribes = true;           // false: the operator subscribed the webhook by hand
  std::size_t messages_per_second = 80;  // of each identity; 1,000 after Meta's upgrade
};

// kInvalidArgument with a text that names the wrong option, or kStorage when the adapter's store
// does not open. Nothing is connected before Start.
Result<std::unique_ptr<Adapter>> MakeWhatsappAdapter(WhatsappOptions options,
                                                     AdapterContext context);

}  // namespace trestle
