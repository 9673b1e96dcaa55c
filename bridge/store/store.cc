#include "bridge/store/store.h"

#include <algorithm>
#include <utility>

#include "bridge/base/event_log.h"
#include "bridge/base/private_file.h"
#include "bridge/base/signing.h"
#include "bridge/base/system_seams.h"
#include "bridge/store/schema.h"

namespace trestle {
namespace {

constexpr Millis kBusyRetryAfter{200};
constexpr std::string_view kInMemory = ":memory:";
constexpr std::size_t kOldRowsAtOnce = 1000;

SystemClock& TheClock() {
  static SystemClock clock;
  return clock;
}

SystemRandom& TheRandom() {
  static SystemRandom random;
  return random;
}

}  // namespace

Result<std::unique_ptr<Store>> Store::Open(Options options) {
  if (options.clock == nullptr) options.clock = &TheClock();
  if (options.random == nullptr) options.random = &TheRandom();
  const bool on_disk = options.path != kInMemory;
  if (on_disk && options.keys.path.empty()) options.keys.path = options.path + ".keys";
  if (on_disk && options.log_key_path.empty()) options.log_key_path = options.path + ".log_key";
  std::unique_ptr<Database> database = TRESTLE_TRY(Database::Open(options.path));
  TRESTLE_TRY(PrepareSchema(*database));
  std::unique_ptr<Store> store(new Store(std::move(options), std::move(database)));
  TRESTLE_TRY(store->OpenKeys());
  TRESTLE_TRY(store->OpenLog());
  TRESTLE_TRY(store->SealOldRows());
  TRESTLE_TRY(store->CountRows());
  // An earlier process may have died between an erasure and the cut that takes it out of the log.
  store->CutLog();
  return store;
}

Result<void> Store::OpenKeys() {
  StorageKeys::StoreFacts facts;
  {
    Query query = database_->Use("SELECT value FROM about WHERE name = 'store_id'");
    if (!TRESTLE_TRY(query.Step())) return Fail(Reason::kStorage, "the store has no id");
    const Bytes id = query.Blob();
    TRESTLE_CHECK(id.size() == facts.store_id.size());
    std::copy(id.begin(), id.end(), facts.store_id.begin());
  }
  facts.newest_used = TRESTLE_TRY(database_->ReadNumber(
      "SELECT max(coalesce((SELECT max(key) FROM envelope), 0), coalesce((SELECT max(key) FROM "
      "outbox WHERE key IS NOT NULL), 0), coalesce((SELECT max(key) FROM dead_letter WHERE key IS "
      "NOT NULL), 0))"));
  keys_ = TRESTLE_TRY(
      StorageKeys::Open(std::move(options_.keys), facts, {*options_.clock, *options_.random}));
  return {};
}

Result<void> Store::OpenLog() {
  Bytes seed(kSigningSeedBytes);
  options_.random->Fill(seed);
  if (options_.log_key_path.empty()) {
    log_key_ = Secret(AsText(seed));
  } else {
    if (!PrivateFileExists(options_.log_key_path)) {
      TRESTLE_TRY(WritePrivateFile(options_.log_key_path, seed));
    }
    log_key_ = TRESTLE_TRY(ReadPrivateFile(options_.log_key_path, kSigningSeedBytes));
  }
  Wipe(seed);
  log_public_key_ = SigningPublicKey(log_key_);
  log_ = std::make_unique<ErasureLog>(*database_);
  return log_->Load(clock().wall_now());
}

// Once, after an upgrade from version 1.
Result<void> Store::SealOldRows() {
  for (std::size_t rows = kOldRowsAtOnce; rows == kOldRowsAtOnce;) {
    TRESTLE_TRY(database_->Execute("BEGIN IMMEDIATE"));
    Transaction transaction(*database_, tally_, *keys_, *log_);
    rows = TRESTLE_TRY(transaction.SealUnsealed(kOldRowsAtOnce));
    TRESTLE_TRY(database_->Execute("COMMIT"));
  }
  return {};
}

Bytes Store::SignHead(const ErasureHead& head) const {
  return SignMessage(log_key_, EncodeErasureHead(head));
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
  Query query =
      database_->Use("SELECT network, sender, count(*) FROM outbox GROUP BY network, sender");
  while (TRESTLE_TRY(query.Step())) {
    const Network network = query.ReadNetwork();
    const auto sender = query.Maybe([](Query& each) { return each.ReadId<AccountId>(); });
    tally_.Add(network, sender, query.Number());
  }
  tally_.Settle();
  return {};
}

Result<void> Store::Submit(Work&& work, Done<void>&& committed, Admission admission,
                           std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  if (admission == Admission::kBounded) TRESTLE_TRY(HasRoom(bytes));
  if (!scheduled_) TRESTLE_TRY(Schedule());
  queue_bytes_ += bytes;
  queue_.push_back({std::move(work), std::move(committed), bytes});
  return {};
}

Result<void> Store::HasRoom(std::size_t bytes) const {
  if (queue_.size() >= options_.queue_items_max) {
    options_.metrics.Add("trestle_over_limit_total", "store_items_max");
    return Fail(Reason::kBusy, "the store's queue is full", kBusyRetryAfter);
  }
  // One piece of work always fits, however large it is.
  if (!queue_.empty() && queue_bytes_ + bytes > options_.queue_bytes_max) {
    options_.metrics.Add("trestle_over_limit_total", "store_bytes_max");
    return Fail(Reason::kBusy, "the store's queue holds as many octets as it may", kBusyRetryAfter);
  }
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
    queue_bytes_ -= queue_.front().bytes;
    group.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return group;
}

void Store::RunGroup(std::vector<Item>& group) {
  Result<void> all = database_->Execute("BEGIN IMMEDIATE");
  Transaction transaction(*database_, tally_, *keys_, *log_);
  for (Item& item : group) {
    if (!all) break;
    item.result = RunItem(item, transaction);
    // SQLite gives up the whole transaction when the disk is full or fails.
    if (!database_->in_transaction()) all = Fail(Reason::kStorage, "the transaction was lost");
  }
  if (all) all = log_->Flush();
  if (all) all = Commit();
  if (all) {
    tally_.Settle();
    log_->Settle();
    Measure(group.size());
    Tidy();
    return;
  }
  tally_.RollBackTo(0);
  log_->Forget();
  if (database_->in_transaction()) static_cast<void>(database_->Execute("ROLLBACK"));
  LogEvent(Severity::kError, "store_commit_failed",
           {{"items", static_cast<std::uint64_t>(group.size())}});
  for (Item& item : group) item.result = all;
  // What was written and not committed is to leave the log too.
  const std::lock_guard lock(mutex_);
  checkpoint_asked_ = true;
}

Result<void> Store::RunItem(Item& item, Transaction& transaction) {
  const std::size_t mark = tally_.mark();
  const std::uint64_t log_size = log_->size();
  TRESTLE_TRY(database_->Use("SAVEPOINT item").Run());
  const Result<void> result = item.work(transaction);
  if (!result && database_->in_transaction()) {
    tally_.RollBackTo(mark);
    log_->RollBackTo(log_size);
    TRESTLE_TRY(database_->Use("ROLLBACK TO item").Run());
  }
  if (database_->in_transaction()) TRESTLE_TRY(database_->Use("RELEASE item").Run());
  return result;
}

Result<void> Store::Commit() {
  if (options_.commit_fails && options_.commit_fails()) {
    return Fail(Reason::kStorage, "the commit failed");
  }
  return database_->Execute("COMMIT");
}

// What was committed is durable already; what fails here comes again with the next checkpoint.
void Store::Tidy() {
  {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(checkpoint_asked_, false)) return;
  }
  const Result<std::vector<StorageKeyId>> left_over = KeysLeftOver();
  if (left_over && (!left_over->empty() || keys_->unsettled()) && !keys_->Destroy(*left_over)) {
    LogEvent(Severity::kError, "storage_keys_not_destroyed",
             {{"keys", static_cast<std::uint64_t>(left_over->size())}});
  }
  if (!log_->Turn(clock().wall_now())) LogEvent(Severity::kError, "erasure_log_not_turned");
  CutLog();
  options_.metrics.Set("trestle_storage_keys", "", static_cast<std::int64_t>(keys_->ids().size()));
}

// Those under which nothing is left, or nothing that may live on. Between two groups, so what is
// seen here is what is committed.
Result<std::vector<StorageKeyId>> Store::KeysLeftOver() {
  std::vector<StorageKeyId> out;
  for (const StorageKeyId id : keys_->ids()) {
    Query query = database_->Use(
        "SELECT max(coalesce((SELECT max(expires_at) FROM envelope WHERE key = ?1), 0), "
        "coalesce((SELECT max(expires_at) FROM outbox WHERE key = ?1), 0), "
        "coalesce((SELECT max(expires_at) FROM dead_letter WHERE key = ?1), 0))");
    if (!TRESTLE_TRY(query.With(id).Step())) return Fail(Reason::kStorage, "a time is missing");
    if (query.Time() <= clock().wall_now()) out.push_back(id);
  }
  return out;
}

// What was committed is durable already; a cut that fails comes again with the next group.
void Store::CutLog() {
  if (database_->Execute("PRAGMA wal_checkpoint(TRUNCATE)")) return;
  const std::lock_guard lock(mutex_);
  checkpoint_asked_ = true;
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
