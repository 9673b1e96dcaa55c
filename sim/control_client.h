// Talks to a simulated network's control server (adapters/sdk/sim_control.h) and waits for the
// answer. For phones, the story and the command line: threads that may block.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "adapters/sdk/http_client.h"
#include "bridge/base/result.h"

namespace trestle::sim {

class ControlClient {
 public:
  // `base_url` such as http://127.0.0.1:41003; the HTTP client outlives this.
  ControlClient(HttpClient& http, std::string base_url)
      : http_(http), base_url_(std::move(base_url)) {}

  // kUnavailable when nothing answers, kInvalidArgument when the network refuses (its words go to
  // `last_refusal`), kMalformed when the answer is no JSON object.
  Result<nlohmann::json> Get(const std::string& path_and_query);
  Result<nlohmann::json> Post(const std::string& path, const nlohmann::json& body);

  const std::string& last_refusal() const { return last_refusal_; }
  const std::string& base_url() const { return base_url_; }

 private:
  Result<nlohmann::json> Call(HttpCall call);

  HttpClient& http_;
  const std::string base_url_;
  std::string last_refusal_;
};

// For a query string: everything but letters, digits and "-._~" in percent form.
std::string PercentEncoded(std::string_view text);

}  // namespace trestle::sim
