// The edge's connection to the bridge: AdapterHost.Connect (proto/trestle/v1/adapters.proto), made
// again whenever it ends. What comes is handed to the listener on the edge's loop; what the desk
// says is queued and written by gRPC's threads.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "bridge/base/metrics.h"
#include "bridge/base/sensitive.h"
#include "edge/bridge_port.h"

namespace trestle::edge {

class BridgeStream : public BridgePort {
 public:
  static constexpr Millis kReconnectMin = std::chrono::milliseconds(200);  // doubles
  static constexpr Millis kReconnectMax = std::chrono::seconds(30);

  struct Options {
    std::string server = "127.0.0.1:7443";
    Network network = Network::Sms();
    Capabilities capabilities;
    Secret token;
    std::string ca_file = {};  // PEM: TLS, and whom to trust; empty: plain text
  };
  struct Seams {
    Executor& loop;
    const Clock& clock;
    Metrics& metrics;
  };
  struct Listener {
    std::function<void()> on_connected;
    std::function<void()> on_disconnected;
    std::function<void(Delivery)> on_delivery;
    std::function<void(std::int64_t number, bool is_durable, std::optional<Millis> retry_after)>
        on_offered;
  };
  // The listener and the seams outlive the stream's Stop. The token is kept for reconnections.
  static std::unique_ptr<BridgeStream> Create(Options options, Seams seams, Listener listener);

  virtual void Start() = 0;                      // on the loop
  virtual void ReportHealth(Health health) = 0;  // on the loop; said again after each connection
  // From outside the loop: cuts the connection and waits until gRPC is done with it.
  virtual void Stop() = 0;
};

}  // namespace trestle::edge
