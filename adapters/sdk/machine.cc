#include "adapters/sdk/machine.h"

#include <utility>

#include "bridge/base/system_seams.h"

namespace trestle {
namespace {

class ThreadLoop final : public Loop {
 public:
  ThreadLoop(const std::string& name, const Clock& clock) : executor_(name, clock) {}

  Result<void> Post(Task task) override { return executor_.Post(std::move(task)); }
  Result<void> PostAt(MonoTime at, Task task) override {
    return executor_.PostAt(at, std::move(task));
  }
  bool is_current() const override { return executor_.is_current(); }
  void Stop() override { executor_.Stop(); }

 private:
  SerialExecutor executor_;
};

class RealMachine final : public Machine {
 public:
  std::shared_ptr<Loop> NewLoop(const std::string& name, const Clock& clock) override {
    return std::make_shared<ThreadLoop>(name, clock);
  }
  Result<std::unique_ptr<HttpClient>> NewHttpClient() override { return HttpClient::Create(); }
  Result<std::unique_ptr<HttpServer>> NewHttpServer(HttpServer::Options options,
                                                    HttpServer::Handler handler) override {
    return HttpServer::Start(std::move(options), std::move(handler));
  }
};

}  // namespace

const std::shared_ptr<Machine>& ThisMachine() {
  static const std::shared_ptr<Machine> kThis = std::make_shared<RealMachine>();
  return kThis;
}

}  // namespace trestle
