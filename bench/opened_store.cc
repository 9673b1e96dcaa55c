#include "bench/opened_store.h"

#include <cstdio>
#include <cstdlib>
#include <future>

namespace trestle::bench {

OpenedStore::OpenedStore(const std::filesystem::path& data_dir, std::string program,
                         std::uint64_t cache_bytes)
    : program_(std::move(program)) {
  std::filesystem::create_directories(data_dir / "core");
  std::filesystem::create_directories(data_dir / "keys");
  Store::Options options{
      .path = (data_dir / "core/store.db").string(), .writer = writer_, .metrics = metrics_};
  options.keys.path = (data_dir / "keys/core.keys").string();
  options.cache_bytes = cache_bytes;
  options.log_key_path = (data_dir / "core/erasure_log.key").string();
  Result<std::unique_ptr<Store>> store = Store::Open(std::move(options));
  if (!store) Die(store.error());
  store_ = *std::move(store);
}

OpenedStore::~OpenedStore() {
  writer_.Stop();
  store_.reset();
}

void OpenedStore::Do(Work work) {
  std::promise<Result<void>> committed;
  const Result<void> taken =
      store_->Submit(std::move(work), [&](Result<void> result) { committed.set_value(result); });
  const Result<void> result = taken ? committed.get_future().get() : taken;
  if (!result) Die(result.error());
}

void OpenedStore::Die(const Error& error) const {
  std::fprintf(stderr, "%s: %s\n", program_.c_str(), error.what.c_str());
  std::exit(1);
}

}  // namespace trestle::bench
