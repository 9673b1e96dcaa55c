// The store below a daemon's data_dir, which must not run, for programs of the benchmark that write
// or read it in their own process, through the store's own code. Every failure ends the program
// with one line.
#pragma once

#include <filesystem>
#include <memory>

#include "bridge/base/metrics.h"
#include "bridge/base/system_seams.h"
#include "bridge/store/store.h"

namespace trestle::bench {

class OpenedStore {
 public:
  OpenedStore(const std::filesystem::path& data_dir, std::string program,
              std::uint64_t cache_bytes = kCacheBytes);
  ~OpenedStore();

  Store& store() { return *store_; }
  const SystemClock& clock() const { return clock_; }
  SystemRandom& random() { return random_; }
  Metrics& metrics() { return metrics_; }

  // In a transaction of its own; returns when that is durable.
  void Do(Work work);

 private:
  [[noreturn]] void Die(const Error& error) const;

  const std::string program_;
  SystemClock clock_;
  SystemRandom random_;
  Metrics metrics_;
  SerialExecutor writer_{"writer", clock_};
  std::unique_ptr<Store> store_;
};

}  // namespace trestle::bench
