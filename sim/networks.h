// The four simulated networks of the demo, in one process: their servers, their identities for the
// bridge, and the ready file in which `trestle-sim networks` tells others where they are. All of it
// is simulation on loopback.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "adapters/instagram/sim_network.h"
#include "adapters/messenger/sim_network.h"
#include "adapters/sms/sim_network.h"
#include "adapters/whatsapp/sim_network.h"
#include "bridge/base/seams.h"
#include "sim/story.h"

namespace trestle::sim {

class Networks {
 public:
  // Every network gets one service identity and `ghosts` more.
  static Result<std::unique_ptr<Networks>> Start(std::size_t ghosts, const Clock& clock,
                                                 Random& random);

  // A JSON object by network: control_url, service, ghosts, and what an adapter needs to connect
  // (graph_url, app_id, app_secret, token, verify_token; host, port, system_id, password). The
  // secrets were made at random for this run.
  const std::string& ready_json() const { return ready_json_; }

 private:
  Networks() = default;

  std::string ready_json_;
  std::unique_ptr<SendApiSim> messenger_;
  std::unique_ptr<SendApiSim> instagram_;
  std::unique_ptr<WhatsappSim> whatsapp_;
  std::unique_ptr<SmsSim> sms_;
};

// What phones need of a ready file. kMalformed when a network is missing.
Result<std::vector<NetworkAccess>> ReadAccess(const std::string& ready_json);

// The daemon's configuration for these networks: YAML for `trestled --config`, all ports chosen by
// the system. Secrets are written to files below `folder`, mode 0600, and named in the YAML.
Result<std::string> WriteDaemonConfig(const std::string& ready_json, const std::string& folder,
                                      Random& random);

}  // namespace trestle::sim
