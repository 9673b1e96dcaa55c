// A store turned by hand.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "bridge/store/store.h"
#include "tests/unit/sdk/manual_seams.h"

namespace trestle::test {

// Tests know ids, where the daemon's answers know numbers as well.
inline Result<std::optional<OutboxRow>> RowWith(Transaction& tx, const DeliveryId& id,
                                                std::size_t stores = 1) {
  constexpr std::int64_t kNumbersMax = 100;
  for (StoreIndex store = 0; store < stores; ++store) {
    for (std::int64_t number = 1; number <= kNumbersMax; ++number) {
      auto row = TRESTLE_TRY(tx.FindOutboxRow({RowNumber(store, number), id}));
      if (row) return row;
    }
  }
  return std::optional<OutboxRow>();
}

struct StoreScene {
  explicit StoreScene(std::string path = ":memory:", std::size_t queue_items_max = 100,
                      std::size_t group_items_max = 10, std::vector<StoreFileOptions> placed = {}) {
    Store::Options options{std::move(path), executor, metrics};
    options.queue_items_max = queue_items_max;
    options.group_items_max = group_items_max;
    options.clock = &clock;
    options.random = &random;
    options.placed = std::move(placed);
    options.commit_fails = [this] { return commit_fails || commits_left-- == 0; };
    auto opened = Store::Open(std::move(options));
    TRESTLE_CHECK(opened.has_value());
    store = *std::move(opened);
  }

  // Runs the work in a transaction of its own and answers what its completion got.
  template <class Run>
  Result<void> Do(Run run) {
    std::optional<Result<void>> out;
    Work work = [&run](Transaction& tx) -> Result<void> { return run(tx); };
    Done<void> done = [&out](Result<void> result) { out = result; };
    TRESTLE_TRY(store->Submit(std::move(work), std::move(done)));
    executor.RunAll();
    TRESTLE_CHECK(out.has_value());
    return *out;
  }

  OutboxRow Row(const ThreadKey& thread, const Network& network = Network::Sms()) {
    OutboxRow row;
    row.delivery_id = DeliveryId::Mint(random);
    row.thread = thread;
    row.network = network;
    row.body = ToBytes("body");
    row.due_at = clock.wall_now();
    row.created_at = clock.wall_now();
    row.expires_at = clock.wall_now() + std::chrono::hours(1);
    return row;
  }
  std::vector<DeliveryId> LeaseIds(const Network& network = Network::Sms(),
                                   std::size_t rows_max = 10) {
    std::vector<DeliveryId> out;
    TRESTLE_CHECK(Do([&](Transaction& tx) -> Result<void> {
                    const LeaseRequest request{
                        network,
                        clock.wall_now(),
                        {Bytes16{1}, clock.wall_now() + std::chrono::minutes(1)},
                        rows_max};
                    for (const OutboxRow& row : TRESTLE_TRY(tx.Lease(request))) {
                      out.push_back(row.delivery_id);
                    }
                    return {};
                  }).has_value());
    return out;
  }

  ManualClock clock;
  CountingRandom random;
  ManualExecutor executor{clock};
  Metrics metrics;
  bool commit_fails = false;
  int commits_left = -1;  // of single files, before one fails
  std::unique_ptr<Store> store;
};

inline AccountRecord NewAccount(Random& random) {
  AccountRecord account;
  account.id = AccountId::Mint(random);
  return account;
}

inline bool Exists(StoreScene& scene, const AccountId& id) {
  bool found = false;
  TRESTLE_CHECK(scene
                    .Do([&](Transaction& tx) -> Result<void> {
                      found = TRESTLE_TRY(tx.FindAccount(id)).has_value();
                      return {};
                    })
                    .has_value());
  return found;
}

}  // namespace trestle::test
