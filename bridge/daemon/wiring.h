// The whole daemon as one object: makes every part in order, starts them, and takes them down in
// reverse. The only place beside networks.cc that knows two rooms' concrete classes. Main thread.
//
//   store ── core ── adapters (native, remote, the configured networks) ── gRPC ── metrics
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "adapters/sdk/http_server.h"
#include "bridge/base/system_seams.h"
#include "bridge/config/config.h"
#include "bridge/daemon/networks.h"
#include "bridge/daemon/reloader.h"
#include "bridge/rpc/server.h"
#include "bridge/store/store.h"

namespace trestle {

class Wiring {
 public:
  // How long a part may take to come up or go down before the daemon gives up on it.
  static constexpr Millis kPatience = std::chrono::seconds(30);
  // What calls that are under way get at the end.
  static constexpr Millis kGrace = std::chrono::seconds(3);

  // Starts everything. On an error `failed` names the part, such as "listen" or "adapters.sms".
  static Result<std::unique_ptr<Wiring>> Start(Config config, std::string config_path,
                                               std::string& failed);
  ~Wiring();

  // Reads the stores' files from end to end and starts nothing; `failed` names the setting.
  static Result<void> CheckStores(const Config& config, std::string& failed);

  void Reload();  // as Admin.Reload; the log tells what came of it
  // What the ready file holds: one JSON object with every port and the process id.
  std::string ready_json() const;

 private:
  Wiring() = default;
  Result<void> StartParts(Config config, std::string config_path, std::string& failed);
  Result<void> StartCore(const Config& config, std::string& failed);
  Result<void> OpenStore(const Config& config, std::string& failed);
  Result<void> StartAdapters(std::string& failed);
  Result<void> StartServers(const Config& config, std::string& failed);
  void ShowHealth(const Network& network, Health health);  // any thread
  void SetServing(const Network& network, Health health);  // health_mutex_ is held
  void Quiesce();
  void StopAdapters();

  SystemClock clock_;
  SystemRandom random_;
  Metrics metrics_;
  // Stopped in Wiring's destructor, in the order in which nobody posts to them any more.
  SerialExecutor control_{"control", clock_};
  SerialExecutor loop_{"native", clock_};
  SerialExecutor lane_{"core", clock_};
  SerialExecutor writer_{"store", clock_};
  Millis drain_patience_{0};
  std::mutex health_mutex_;
  std::map<Network, Health> health_;  // of each adapter, as last told
  bool shows_health_ = false;         // the gRPC server is there to show it
  bool is_damaged_ = false;           // a store's file; under health_mutex_
  std::unique_ptr<Store> store_;
  std::unique_ptr<Core> core_;
  std::unique_ptr<Networks> networks_;
  std::vector<Adapter*> started_;
  std::unique_ptr<Reloader> reloader_;
  std::unique_ptr<RpcServer> rpc_;
  std::unique_ptr<HttpServer> metrics_server_;
};

}  // namespace trestle
