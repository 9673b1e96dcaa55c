#include "cli/stop_signals.h"

#include <unistd.h>

#include <csignal>

#include "bridge/base/result.h"

namespace trestle::cli {

StopSignals::Scope::Scope(StopSignals& signals, grpc::ClientContext& context) : signals_(signals) {
  const std::lock_guard lock(signals_.mutex_);
  signals_.context_ = &context;
}

StopSignals::Scope::~Scope() {
  const std::lock_guard lock(signals_.mutex_);
  signals_.context_ = nullptr;
}

StopSignals::StopSignals() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGINT);
  sigaddset(&signals_, SIGTERM);
  TRESTLE_CHECK(::pthread_sigmask(SIG_BLOCK, &signals_, nullptr) == 0);
  listener_ = std::thread([this] { Listen(); });
}

StopSignals::~StopSignals() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  ::pthread_kill(listener_.native_handle(), SIGTERM);
  listener_.join();
}

bool StopSignals::stopped() const {
  const std::lock_guard lock(mutex_);
  return stopped_;
}

void StopSignals::Listen() {
  while (true) {
    int signal = 0;
    if (::sigwait(&signals_, &signal) != 0) continue;
    {
      const std::lock_guard lock(mutex_);
      if (ending_) return;
    }
    OnSignal(signal);
  }
}

void StopSignals::OnSignal(int signal) {
  const std::lock_guard lock(mutex_);
  // Who asks twice does not want to wait.
  if (context_ == nullptr || stopped_) ::_exit(128 + signal);
  stopped_ = true;
  context_->TryCancel();
}

}  // namespace trestle::cli
