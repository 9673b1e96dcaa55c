// The machine under an adapter, as far as one touches it: loops, and HTTP both ways. In the daemon
// that is threads, libcurl and sockets; in tests/sim it is one queue on seeded time and a network
// in memory, so that the same adapter runs in both. Simulated networks stand on one as well.
#pragma once

#include <memory>
#include <string>

#include "adapters/sdk/http_client.h"
#include "adapters/sdk/http_server.h"
#include "bridge/base/seams.h"

namespace trestle {

// An executor that its owner ends.
class Loop : public Executor {
 public:
  // Nothing is running when it returns, and nothing will. From outside of its tasks; twice is
  // harmless.
  virtual void Stop() = 0;
};

// Any thread may call.
class Machine {
 public:
  virtual ~Machine() = default;
  // Shared, because the core may hold on to the loop of an adapter that is gone.
  virtual std::shared_ptr<Loop> NewLoop(const std::string& name, const Clock& clock) = 0;
  virtual Result<std::unique_ptr<HttpClient>> NewHttpClient() = 0;
  virtual Result<std::unique_ptr<HttpServer>> NewHttpServer(HttpServer::Options options,
                                                            HttpServer::Handler handler) = 0;
};

// The real one: SerialExecutor, HttpClient::Create, HttpServer::Start.
const std::shared_ptr<Machine>& ThisMachine();

}  // namespace trestle
