// trestle-edge as one object: the SMS session, the desk and the connection to the bridge on one
// loop, started in order and taken down in reverse. Main thread.
#pragma once

#include <memory>
#include <string>

#include "adapters/sdk/http_server.h"
#include "adapters/sms/asio_loop.h"
#include "adapters/sms/session.h"
#include "bridge/base/system_seams.h"
#include "edge/bridge_stream.h"
#include "edge/config.h"
#include "edge/desk.h"

namespace trestle::edge {

// What the bridge's configuration must say of this network, beside its name.
Capabilities CapabilitiesOf(const Network& network);

class Program {
 public:
  // `failed` names the part that could not be started.
  static Result<std::unique_ptr<Program>> Start(EdgeConfig config, std::string& failed);
  ~Program();

  std::uint16_t metrics_port() const { return metrics_server_->port(); }

 private:
  Program(EdgeConfig config, SmsOptions sms);
  Result<void> StartParts(std::string& failed);

  SystemClock clock_;
  SystemRandom random_;
  Metrics metrics_;
  EdgeConfig config_;
  SmsOptions sms_;
  sms::AsioLoop loop_;
  std::unique_ptr<sms::SmsSession> session_;
  std::unique_ptr<BridgeStream> bridge_;
  std::unique_ptr<Desk> desk_;
  std::unique_ptr<HttpServer> metrics_server_;
};

}  // namespace trestle::edge
