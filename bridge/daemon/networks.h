// The configured networks as adapters: the one place that knows every concrete adapter. Owned by
// the wiring; adapters live as long as it does.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bridge/base/metrics.h"
#include "bridge/config/config.h"
#include "bridge/rpc/native_adapter.h"
#include "bridge/rpc/remote_adapter.h"

namespace trestle {

class Networks {
 public:
  struct Seams {
    Executor& loop;  // of the native and the remote networks
    const Clock& clock;
    Random& random;
    Metrics& metrics;
  };

  // Makes the adapters of `config`, whose secrets are moved out of it. Nothing is connected yet. An
  // error comes with the network's name in `failed`.
  static Result<std::unique_ptr<Networks>> Make(Config& config, Seams seams, std::string& failed);

  const std::vector<std::pair<Network, Adapter*>>& all() const { return all_; }
  NativeAdapter& native() { return native_; }
  RemoteAdapters& remote() { return remote_; }
  // The loopback ports on which webhooks are taken, by network; after Start.
  std::map<std::string, std::uint16_t> webhook_ports() const;

 private:
  explicit Networks(const Seams& seams) : native_(seams.loop, seams.clock) {}
  void Add(const Network& network, std::unique_ptr<Adapter> adapter);

  NativeAdapter native_;
  std::vector<std::unique_ptr<Adapter>> owned_;
  std::vector<std::pair<Network, Adapter*>> all_;
  RemoteAdapters remote_;
};

}  // namespace trestle
