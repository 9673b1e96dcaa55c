// Ctrl-C and SIGTERM. While a stream runs they cancel it, so that its command ends in order;
// otherwise they end the process at once, which is safe: every file is replaced as a whole. Made
// first in main, before gRPC starts threads, because the signals are blocked in all of them.
#pragma once

#include <grpcpp/client_context.h>
#include <pthread.h>

#include <mutex>
#include <thread>

namespace trestle::cli {

class StopSignals {
 public:
  // While it lives, a signal cancels `context`, which outlives it.
  class Scope {
   public:
    Scope(StopSignals& signals, grpc::ClientContext& context);
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
    ~Scope();

   private:
    StopSignals& signals_;
  };

  StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  ~StopSignals();

  bool stopped() const;  // a signal came while a stream ran

 private:
  void Listen();
  void OnSignal(int signal);

  mutable std::mutex mutex_;
  grpc::ClientContext* context_ = nullptr;
  bool stopped_ = false;
  bool ending_ = false;
  sigset_t signals_{};
  std::thread listener_;
};

}  // namespace trestle::cli
