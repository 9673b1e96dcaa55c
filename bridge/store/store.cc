#include "bridge/store/store.h"

#include <algorithm>
#include <utility>

#include "bridge/base/event_log.h"
#include "bridge/base/system_seams.h"

namespace trestle {
namespace {

constexpr Millis kBusyRetryAfter{200};

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
  TRESTLE_CHECK(options.placed.size() <= kPlacedMax);
  if (options.clock == nullptr) options.clock = &TheClock();
  if (options.random == nullptr) options.random = &TheRandom();
  std::unique_ptr<Store> store(new Store(std::move(options)));
  TRESTLE_TRY(store->OpenFiles());
  TRESTLE_TRY(store->SealOldRows());
  TRESTLE_TRY(store->BeginCount());
  // An earlier process may have died between an erasure and the cut that takes it out of the log.
  store->CutLogs();
  return store;
}

Store::~Store() {
  std::deque<Item> left;
  {
    const std::lock_guard lock(mutex_);
    alive_.reset();
    left.swap(reserved_);
    left.insert(left.end(), std::make_move_iterator(queue_.begin()),
                std::make_move_iterator(queue_.end()));
    queue_.clear();
  }
  for (Item& item : left) {
    std::move(item.committed)(Fail(Reason::kCancelled, "the store is closed"));
  }
}

// Whether there is more to count. What cannot be read now is read with the next group.
bool Store::CountSome() {
  if (damaged_) return false;
  for (StoreIndex store = 0; store < files_.size(); ++store) {
    if (tally_.is_counted(store)) continue;
    const Result<void> counted =
        tally_.CountSome(store, files_[store]->database(), options_.count_rows_max);
    if (counted && tally_.is_counted()) {
      LogEvent(Severity::kInfo, "outbox_counted",
               {{"rows", static_cast<std::uint64_t>(tally_.rows_total())}});
    }
    return counted && !tally_.is_counted();
  }
  return false;
}

Result<void> Store::Submit(Work&& work, Done<void>&& committed, Admission admission,
                           std::size_t bytes) {
  if (damaged_) return Fail(Reason::kStorage, kDamagedText);
  const std::lock_guard lock(mutex_);
  if (admission == Admission::kBounded) TRESTLE_TRY(HasRoom(bytes));
  const bool can_wait = admission == Admission::kRepeatable;
  if (!scheduled_) TRESTLE_TRY(can_wait ? ScheduleLater() : Schedule());
  queue_bytes_ += bytes;
  urgent_ += can_wait ? 0 : 1;
  std::deque<Item>& queue = admission == Admission::kBounded ? queue_ : reserved_;
  queue.push_back({std::move(work), std::move(committed), bytes, admission});
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

Result<void> Store::ScheduleLater() {
  if (options_.repeatable_pause == Millis{0}) return Schedule();
  if (is_pausing_) return {};
  const MonoTime at = options_.clock->mono_now() + options_.repeatable_pause;
  TRESTLE_TRY(options_.writer.PostAt(at, [this, alive = std::weak_ptr<int>(alive_)] {
    if (alive.expired()) return;
    {
      const std::lock_guard lock(mutex_);
      is_pausing_ = false;
      if (scheduled_ || reserved_.empty()) return;
      scheduled_ = true;
    }
    RunGroups();
  }));
  is_pausing_ = true;
  return {};
}

// After a group.
Result<void> Store::ScheduleRest(bool is_counting) {
  if (urgent_ > 0 || is_counting) return Schedule();
  return reserved_.empty() ? Result<void>() : ScheduleLater();
}

// One group for each posted task, so that the executor stays fair; all of them when it is stopping
// and takes no more tasks.
void Store::RunGroups() {
  while (true) {
    std::vector<Item> group = TakeGroup();
    group.empty() ? Tidy() : RunGroup(group);
    Complete(std::move(group));
    const bool is_counting = CountSome();
    IsDamaged();
    const std::lock_guard lock(mutex_);
    scheduled_ = false;
    const bool has_more = !reserved_.empty() || !queue_.empty();
    if (ScheduleRest(is_counting) || !has_more) return;
    scheduled_ = true;
  }
}

// In the order of the group. An executor that is stopped takes nothing more: then here.
void Store::Complete(std::vector<Item> group) {
  const auto held = std::make_shared<std::vector<Item>>(std::move(group));
  const auto answer = [held] {
    for (Item& item : *held) std::move(item.committed)(std::move(item.result));
  };
  if (options_.completions != nullptr && options_.completions->Post(answer)) return;
  answer();
}

std::vector<Store::Item> Store::TakeGroup() {
  const std::lock_guard lock(mutex_);
  std::vector<Item> group;
  const auto take = [&](std::deque<Item>& queue, std::size_t items_max) {
    const std::size_t taken =
        std::min({queue.size(), items_max, options_.group_items_max - group.size()});
    for (std::size_t i = 0; i < taken; ++i) {
      queue_bytes_ -= queue.front().bytes;
      urgent_ -= queue.front().admission == Admission::kRepeatable ? 0 : 1;
      group.push_back(std::move(queue.front()));
      queue.pop_front();
    }
  };
  take(reserved_, kGroupItemsMax);
  take(queue_, QueuedMaxBeside(group.size()));
  return group;
}

std::size_t Store::QueuedMaxBeside(std::size_t reserved) const {
  if (reserved == 0 || tally_.rows_total() < kBacklogRows) return kGroupQueuedMax;
  return std::clamp(reserved / 2, kGroupQueuedMin, kGroupQueuedMax);
}

void Store::RunGroup(std::vector<Item>& group) {
  const CommitSync sync = SyncOf(group);
  Result<bool> done = RunItems(group, sync, Undo::kGroup);
  if (done && !*done) {
    options_.metrics.Add("trestle_groups_run_again_total");
    Revert();
    done = RunItems(group, sync, Undo::kItem);
  }
  const Result<void> all = done ? Commit() : tl::unexpected(done.error());
  if (all) {
    Measure(group.size(), sync);
    Tidy();
    return;
  }
  Revert();
  LogEvent(Severity::kError, "store_commit_failed",
           {{"items", static_cast<std::uint64_t>(group.size())}});
  for (Item& item : group) item.result = all;
  // What was written and not committed is to leave the log too.
  const std::lock_guard lock(mutex_);
  checkpoint_asked_ = true;
}

Result<bool> Store::RunItems(std::vector<Item>& group, CommitSync sync, Undo undo) {
  if (IsDamaged()) return Fail(Reason::kStorage, kDamagedText);
  TRESTLE_TRY(Begin(sync));
  Transaction transaction(files_, tally_, cache_);
  for (Item& item : group) {
    const std::uint64_t writes = Writes();
    item.result = undo == Undo::kGroup ? item.work(transaction) : RunItem(item, transaction);
    // SQLite gives up the whole transaction when the disk is full or fails.
    if (!in_transaction()) return Fail(Reason::kStorage, "the transaction was lost");
    if (IsDamaged()) return Fail(Reason::kStorage, kDamagedText);
    if (undo == Undo::kGroup && !item.result && Writes() != writes) return false;
  }
  return true;
}

// What has been written by now, to be compared with earlier: rows, and leaves of the logs.
std::uint64_t Store::Writes() const {
  std::uint64_t writes = 0;
  for (const auto& file : files_) writes += file->database().rows_written() + file->log().size();
  return writes;
}

Result<void> Store::RunItem(Item& item, Transaction& transaction) {
  const std::size_t mark = tally_.mark();
  const std::size_t cache_mark = cache_.mark();
  std::vector<std::uint64_t> log_sizes;
  for (const auto& file : files_) log_sizes.push_back(file->log().size());
  TRESTLE_TRY(OnAll("SAVEPOINT item"));
  const Result<void> result = item.work(transaction);
  if (!in_transaction()) return result;
  if (!result) {
    tally_.RollBackTo(mark);
    cache_.RollBackTo(cache_mark);
    for (StoreIndex i = 0; i < files_.size(); ++i) files_[i]->log().RollBackTo(log_sizes[i]);
    for (const auto& file : files_) TRESTLE_TRY(file->database().RollBackTo("ROLLBACK TO item"));
  }
  TRESTLE_TRY(OnAll("RELEASE item"));
  return result;
}

CommitSync Store::SyncOf(const std::vector<Item>& group) {
  const bool can_wait = std::ranges::all_of(
      group, [](const Item& item) { return item.admission == Admission::kRepeatable; });
  return can_wait ? CommitSync::kLater : CommitSync::kNow;
}

Result<void> Store::Begin(CommitSync sync) {
  for (const auto& file : files_) TRESTLE_TRY(file->database().Begin(sync));
  return {};
}

Result<void> Store::OnAll(StaticText statement) {
  for (const auto& file : files_) TRESTLE_TRY(file->database().Use(statement).Run());
  return {};
}

bool Store::in_transaction() const {
  return std::ranges::all_of(files_,
                             [](const auto& file) { return file->database().in_transaction(); });
}

// Home last: it says that a network's word was taken, so a crash before that brings the word again,
// and what it did in a placed store is then found there.
Result<void> Store::Commit() {
  for (const auto& file : files_) TRESTLE_TRY(file->log().Flush());
  for (StoreIndex store = files_.size(); store-- > 0;) {
    if (options_.commit_fails && options_.commit_fails()) {
      return Fail(Reason::kStorage, "the commit failed");
    }
    TRESTLE_TRY(files_[store]->database().Commit());
    tally_.Settle(store);
    files_[store]->log().Settle();
  }
  cache_.Settle();
  return {};
}

// Nothing more is served from a file with a broken page, not even what is whole in it: what was
// read by way of that page cannot be trusted. The next start reads the file from end to end.
bool Store::IsDamaged() {
  if (damaged_) return true;
  for (StoreIndex store = 0; store < files_.size(); ++store) {
    if (!files_[store]->database().is_damaged()) continue;
    files_[store]->MarkForCheck();
    LogEvent(Severity::kError, "store_damaged", {{"store", std::uint64_t{store}}});
    options_.metrics.Set("trestle_store_damaged", "", 1);
    if (!damaged_.exchange(true) && options_.damaged) options_.damaged();
  }
  return damaged_;
}

// Of files that were committed nothing is left to be taken back.
void Store::Revert() {
  tally_.RollBackTo(0);
  cache_.RollBackTo(0);
  for (const auto& file : files_) {
    file->log().Forget();
    static_cast<void>(file->database().RollBack());
  }
  failed_ = true;
}

// What was committed is durable already; what fails here comes again with the next checkpoint.
void Store::Tidy() {
  {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(checkpoint_asked_, false)) return;
  }
  std::size_t keys = 0;
  for (const auto& file : files_) {
    file->Tidy();
    keys += file->keys().ids().size();
  }
  CutLogs();
  options_.metrics.Set("trestle_storage_keys", "", static_cast<std::int64_t>(keys));
}

// What was committed is durable already; a cut that fails comes again with the next group.
void Store::CutLogs() {
  for (const auto& file : files_) {
    if (file->CutLog()) continue;
    const std::lock_guard lock(mutex_);
    checkpoint_asked_ = true;
  }
}

void Store::Measure(std::size_t items, CommitSync sync) {
  options_.metrics.Add("trestle_commits_total");
  if (sync == CommitSync::kLater) options_.metrics.Add("trestle_commits_unsynced_total");
  options_.metrics.Add("trestle_commit_items_total", "", static_cast<std::int64_t>(items));
  const DirectoryCache::Use use = cache_.TakeUse();
  options_.metrics.Add("trestle_directory_reads_total", "cache",
                       static_cast<std::int64_t>(use.hits));
  options_.metrics.Add("trestle_directory_reads_total", "file",
                       static_cast<std::int64_t>(use.misses));
  for (const auto& [network, rows] : tally_.rows()) {
    options_.metrics.Set("trestle_outbox_rows", network.name(), rows);
  }
  const std::lock_guard lock(mutex_);
  options_.metrics.Set("trestle_store_queue", "",
                       static_cast<std::int64_t>(reserved_.size() + queue_.size()));
}

}  // namespace trestle
