#include "adapters/instagram/session.h"

#include <utility>

namespace trestle {

Result<GraphLink::Options> InstagramLink(InstagramOptions options) {
  if (!IsGraphId(options.app_id)) {
    return Fail(Reason::kInvalidArgument, "instagram: app_id is not a decimal id");
  }
  if (options.sends_per_second < 1 || options.sends_per_second > 10'000) {
    return Fail(Reason::kInvalidArgument, "instagram: sends_per_second is not 1 to 10000");
  }
  if (options.send_timeout_ms < 1 || options.send_timeout_ms > 120'000) {
    return Fail(Reason::kInvalidArgument, "instagram: send_timeout_ms is not 1 to 120000");
  }
  GraphLink::Options out;
  out.base = {std::move(options.graph_url), std::move(options.graph_version)};
  out.app_id = std::move(options.app_id);
  out.app_secret = std::move(options.app_secret);
  out.verify_token = std::move(options.verify_token);
  out.token = std::move(options.token);
  out.tokens = std::move(options.account_tokens);
  out.subscriptions_url = std::move(options.subscriptions_url);
  out.subscribes = options.subscribes;
  out.subscription.callback_url = std::move(options.callback_url);
  out.webhook_port = options.webhook_port;
  out.webhook_path = std::move(options.webhook_path);
  out.webhook_bytes_max = 1024 * 1024;  // Instagram states no figure; its bodies are small
  out.identity_rate = {options.sends_per_second * 60, options.sends_per_second};
  out.send_timeout = Millis{options.send_timeout_ms};
  return out;
}

}  // namespace trestle
