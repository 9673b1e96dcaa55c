// How many outbox rows each network and each sender has. The store keeps the sums in memory,
// because counting a million rows for each message would not be free. Changes are journalled until
// their file commits, so that work that is rolled back does not count.
//
// What lay there when the store was opened is counted in slices, beside the daemon's work, in the
// order of the rows' numbers; until that has ended the sums are too low. Rows that are written
// meanwhile have higher numbers and count at once; a row that was not reached yet does not count
// when it goes either. On the store's writer executor.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "bridge/envelope/network.h"
#include "bridge/store/database.h"
#include "bridge/store/ledger_records.h"

namespace trestle {

class OutboxTally {
 public:
  // `row` with its store, as OutboxRow has it; `rows` is 1 or -1.
  void Add(std::int64_t row, const Network& network, const std::optional<AccountId>& sender,
           std::int64_t rows);
  std::size_t mark() const { return journal_.size(); }
  void RollBackTo(std::size_t mark);
  // The changes in this store stand.
  void Settle(StoreIndex store);

  // What lies in the store's file is to be counted.
  Result<void> BeginCount(StoreIndex store, Database& file);
  // The next `rows_max` of it, between two transactions.
  Result<void> CountSome(StoreIndex store, Database& file, std::size_t rows_max);
  bool is_counted(StoreIndex store) const { return !backlogs_.contains(store); }
  bool is_counted() const { return backlogs_.empty(); }

  std::size_t rows_of(const Network& network) const;
  std::size_t rows_total() const { return static_cast<std::size_t>(total_); }
  const std::map<Network, std::int64_t>& rows() const { return rows_; }
  std::size_t rows_for(const AccountId& sender) const;

 private:
  struct Change {
    StoreIndex store = kHomeStore;
    Network network;
    std::optional<AccountId> sender;
    std::int64_t rows = 0;
  };
  // Rows with a number above `counted`, up to `last`, are still to be counted.
  struct Backlog {
    std::int64_t counted = 0;
    std::int64_t last = 0;
  };
  bool IsInBacklog(std::int64_t row) const;
  void Apply(const Change& change);

  std::map<Network, std::int64_t> rows_;
  std::unordered_map<AccountId, std::int64_t, IdHash> by_sender_;  // those that have any
  std::int64_t total_ = 0;
  std::vector<Change> journal_;
  std::map<StoreIndex, Backlog> backlogs_;  // of stores that are not counted yet
};

}  // namespace trestle
