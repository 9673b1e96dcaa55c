// The configuration of trestle-edge: parsed once, checked, and then only read. config/edge.yaml is
// the annotated reference.
#pragma once

#include "bridge/config/config.h"

namespace trestle::edge {

struct EdgeConfig {
  ListenAt metrics{"127.0.0.1", 9465};  // beside the daemon's
  std::string data_dir;
  LogConfig log;
  ListenAt server{"127.0.0.1", 7443};  // the bridge; elsewhere only with TLS
  std::string ca_file;                 // PEM: TLS, and whom to trust; empty: plain text
  Network network = Network::Sms();    // as the bridge's configuration names this edge
  Secret token;
  SmsConfig sms;
};

tl::expected<EdgeConfig, ConfigError> LoadEdgeConfig(const std::string& path);
tl::expected<EdgeConfig, ConfigError> ParseEdgeConfig(const std::string& text,
                                                      const std::string& folder,
                                                      const std::string& name);

}  // namespace trestle::edge
