#include "bridge/store/store.h"

#include <algorithm>
#include <utility>

#include "bridge/base/event_log.h"
#include "bridge/store/schema.h"

namespace trestle {
namespace {

constexpr Millis kBusyRetryAfter{200};

}  // namespace

Result<std::unique_ptr<Store>> Store::Open(Options options) {
  std::unique_ptr<Database> database = TRESTLE_TRY(Database::Open(options.path));
  TRESTLE_TRY(PrepareSchema(*database));
  std::unique_ptr<Store> store(new Store(std::move(options), std::move(database)));
  TRESTLE_TRY(store->CountRows());
  return store;
}

Store::Store(Options options, std::unique_ptr<Database> database)
    : options_(std::move(options)), database_(std::move(database)) {}

Store::~Store() {
  std::deque<Item> left;
  {
    const std::lock_guard lock(mutex_);
    alive_.reset();
    left.swap(queue_);
  }
  for (Item& item : left) {
    std::move(item.committed)(Fail(Reason::kCancelled, "the store is closed"));
  }
}

Result<void> Store::CountRows() {
  Query query = database_->Use("SELECT network, count(*) FROM outbox GROUP BY network");
  while (TRESTLE_TRY(query.Step())) {
    const Network network = query.ReadNetwork();
    tally_.Add(network, query.Number());
  }
  tally_.Settle();
  return {};
}

Result<void> Store::Submit(Work&& work, Done<void>&& committed, Admission admission) {
  const std::lock_guard lock(mutex_);
  if (admission == Admission::kBounded && queue_.size() >= options_.queue_items_max) {
    return Fail(Reason::kBusy, "the store's queue is full", kBusyRetryAfter);
  }
  if (!scheduled_) TRESTLE_TRY(Schedule());
  queue_.push_back({std::move(work), std::move(committed)});
  return {};
}

void Store::AskForCheckpoint() {
  const std::lock_guard lock(mutex_);
  checkpoint_asked_ = true;
  if (!scheduled_) static_cast<void>(Schedule());  // not while the executor stops
}

Result<void> Store::Schedule() {
  TRESTLE_TRY(options_.writer.Post([this, alive = std::weak_ptr<int>(alive_)] {
    if (!alive.expired()) RunGroups();
  }));
  scheduled_ = true;
  return {};
}

// One group for each posted task, so that the executor stays fair; all of them when it is stopping
// and takes no more tasks.
void Store::RunGroups() {
  while (true) {
    std::vector<Item> group = TakeGroup();
    RunGroup(group);
    for (Item& item : group) std::move(item.committed)(std::move(item.result));
    const std::lock_guard lock(mutex_);
    scheduled_ = false;
    if (queue_.empty() || Schedule()) return;
    scheduled_ = true;
  }
}

std::vector<Store::Item> Store::TakeGroup() {
  const std::lock_guard lock(mutex_);
  const std::size_t taken = std::min(queue_.size(), options_.group_items_max);
  std::vector<Item> group;
  group.reserve(taken);
  for (std::size_t i = 0; i < taken; ++i) {
    group.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return group;
}

void Store::RunGroup(std::vector<Item>& group) {
  Result<void> all = database_->Execute("BEGIN IMMEDIATE");
  Transaction transaction(*database_, tally_);
  for (Item& item : group) {
    if (!all) break;
    item.result = RunItem(item, transaction);
    // SQLite gives up the whole transaction when the disk is full or fails.
    if (!database_->in_transaction()) all = Fail(Reason::kStorage, "the transaction was lost");
  }
  if (all) all = Commit();
  if (all) {
    tally_.Settle();
    Measure(group.size());
    return;
  }
  tally_.RollBackTo(0);
  if (database_->in_transaction()) static_cast<void>(database_->Execute("ROLLBACK"));
  LogEvent(Severity::kError, "store_commit_failed",
           {{"items", static_cast<std::uint64_t>(group.size())}});
  for (Item& item : group) item.result = all;
}

Result<void> Store::RunItem(Item& item, Transaction& transaction) {
  const std::size_t mark = tally_.mark();
  TRESTLE_TRY(database_->Use("SAVEPOINT item").Run());
  const Result<void> result = item.work(transaction);
  if (!result && database_->in_transaction()) {
    tally_.RollBackTo(mark);
    TRESTLE_TRY(database_->Use("ROLLBACK TO item").Run());
  }
  if (database_->in_transaction()) TRESTLE_TRY(database_->Use("RELEASE item").Run());
  return result;
}

Result<void> Store::Commit() {
  if (options_.commit_fails && options_.commit_fails()) {
    return Fail(Reason::kStorage, "the commit failed");
  }
  TRESTLE_TRY(database_->Execute("COMMIT"));
  const bool checkpoint = [this] {
    const std::lock_guard lock(mutex_);
    return std::exchange(checkpoint_asked_, false);
  }();
  // What was committed is durable already; a checkpoint that fails comes again with the next.
  if (checkpoint) static_cast<void>(database_->Execute("PRAGMA wal_checkpoint(TRUNCATE)"));
  return {};
}

void Store::Measure(std::size_t items) {
  options_.metrics.Add("trestle_commits_total");
  options_.metrics.Add("trestle_commit_items_total", "", static_cast<std::int64_t>(items));
  for (const auto& [network, rows] : tally_.rows()) {
    options_.metrics.Set("trestle_outbox_rows", network.name(), rows);
  }
  const std::lock_guard lock(mutex_);
  options_.metrics.Set("trestle_store_queue", "", static_cast<std::int64_t>(queue_.size()));
}

}  // namespace trestle
