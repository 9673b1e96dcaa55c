// The one writer of the stores' files. Work comes as closures from any thread; the writer executor
// takes what waits, runs it inside one transaction, commits, and then has the completions run, a
// whole group's in one go. Work that fails leaves nothing behind, and the others' stands: when it
// had written something by then, the group is taken back and run again, each closure in a savepoint
// of its own, which is what most groups are spared (docs/decisions/0023). Decisions are made inside
// that transaction, so nothing that a closure read can have changed before its writes are durable
// (docs/decisions/0002). The store makes no thread: production gives it an executor with a thread,
// tests one that is turned by hand.
//
// A group's transaction spans all files and is committed file by file: placed stores first, home
// last. What a crash in between leaves stands in placed stores without its other half at home, and
// is harmless or comes right when the same work is done again (docs/decisions/0018 has the list).
#pragma once

#include <absl/functional/any_invocable.h>

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "bridge/base/metrics.h"
#include "bridge/base/seams.h"
#include "bridge/store/transaction.h"

namespace trestle {

// Runs on the writer executor: once, or again from the start when its first run was taken back, so
// it keeps what it was given. An error rolls back this piece of work and no other.
using Work = absl::AnyInvocable<Result<void>(Transaction&) const>;

// Whether the queue's bound holds for a piece of work. Reserved is for work whose number is bounded
// by itself, such as settling attempts that are under way. It goes before what waits in the queue:
// a bridge that is offered more than it can carry hands over and erases what it has before it
// accepts more. Repeatable is reserved work that would be done again if a power cut took it back:
// it waits a little for company, and a group of nothing else is committed without a sync of its
// own. Whoever needs a sync has the earlier ones synced with it, so that no answer rests on what
// could be lost.
enum class Admission : std::uint8_t { kBounded, kReserved, kRepeatable };

class Store {
 public:
  static constexpr std::size_t kQueueItemsMax = 8192;
  static constexpr std::size_t kQueueBytesMax = 64 * 1024 * 1024;
  static constexpr std::size_t kGroupItemsMax = 512;
  // Of them from the queue. A delivery keeps its contact's next one waiting until it is settled:
  // long groups of new work would starve what is under way. While more waits in the outbox than
  // kBacklogRows, no more is taken beside reserved work than half as much: an envelope brings two
  // pieces of reserved work with it, its own end and its receipt's. So what comes in faster than it
  // can go out waits in the queue, and is refused when that is full.
  static constexpr std::size_t kGroupQueuedMax = 64;
  static constexpr std::size_t kGroupQueuedMin = 16;
  static constexpr std::size_t kBacklogRows = 2048;
  static constexpr std::size_t kDirectoryCacheMax = 16'384;
  // Long enough for the next envelope of a bridge that has something to do, and nobody sees that
  // their receipt took it.
  static constexpr Millis kRepeatablePause{2};
  // Rows of the outbox that are counted at a time after the opening: some ten milliseconds.
  static constexpr std::size_t kCountRowsMax = 8192;

  static constexpr std::size_t kPlacedMax = 7;  // a look-up by an id asks each of them

  struct Options {
    std::string path;  // home's; ":memory:" for tests
    Executor& writer;  // stopped before the store is destroyed
    Metrics& metrics;
    // Runs completions, so that the writer goes on with the next group; stopped before the writer
    // is. None: the writer runs them too.
    Executor* completions = nullptr;
    std::size_t queue_items_max = kQueueItemsMax;
    std::size_t group_items_max = kGroupItemsMax;
    std::size_t queue_bytes_max = kQueueBytesMax;
    Millis repeatable_pause{0};  // how long repeatable work waits for other work; 0: not at all
    std::size_t count_rows_max = kCountRowsMax;
    std::uint64_t cache_bytes = kCacheBytes;                  // home's
    std::uint64_t whole_file_bytes_max = kWholeFileBytesMax;  // likewise
    // Tests only: asked before each file's COMMIT; true makes it fail.
    absl::AnyInvocable<bool()> commit_fails = nullptr;
    StorageKeys::Options keys = {};  // home's, as in store_file.h
    std::string log_key_path = {};   // likewise
    std::vector<StoreFileOptions> placed = {};
    // Told which file is opened next: an error's text cannot name it.
    absl::AnyInvocable<void(StoreIndex)> opens = nullptr;
    // Once, on the writer: a file has a broken page, and nothing is taken any more.
    absl::AnyInvocable<void()> damaged = nullptr;
    std::size_t directory_cache_max = kDirectoryCacheMax;  // records of each kind
    const Clock* clock = nullptr;                          // none: the system's
    Random* random = nullptr;                              // none: the system's
  };
  // kStorage, with a text that says what to do, when the file cannot be used.
  static Result<std::unique_ptr<Store>> Open(Options options);
  // Work that has not run is answered with kCancelled.
  ~Store();

  // `committed` runs on the completions' executor after the transaction: with the work's own error,
  // or kStorage when the commit failed. It must not block; it may submit. When the call itself
  // fails (kBusy with retry_after, kCancelled, kStorage once a file is damaged) both arguments are
  // left untouched. `bytes`: what the work holds while it waits.
  Result<void> Submit(Work&& work, Done<void>&& committed,
                      Admission admission = Admission::kBounded, std::size_t bytes = 0);

  // After the next group, which is made if none waits: destroys the storage keys under which
  // nothing is left, moves the write-ahead log into the file and cuts it to nothing, so that what
  // was erased is gone from all three.
  void AskForCheckpoint();

  // As StoreFile's, of home or of a placed store. Any thread.
  Bytes SignHead(StoreIndex store, const ErasureHead& head) const {
    return files_.at(store)->SignHead(head);
  }
  const Bytes32& log_public_key(StoreIndex store) const {
    return files_.at(store)->log_public_key();
  }
  // Whether a group was taken back since the last call: some of its files may have been committed.
  bool TakeFailed() { return failed_.exchange(false); }

 private:
  struct Item {
    Work work;
    Done<void> committed;
    std::size_t bytes = 0;
    Admission admission = Admission::kBounded;
    Result<void> result = {};
  };

  explicit Store(Options options)
      : options_(std::move(options)), cache_(options_.directory_cache_max) {}
  Result<void> OpenFiles();
  Result<void> OpenPlaced(StoreFileOptions options);
  Result<void> CheckNoneIsLeftOut();
  Result<void> SealOldRows();
  Result<void> BeginCount();
  bool CountSome();
  Result<void> HasRoom(std::size_t bytes) const;  // mutex_ is held
  Result<void> Schedule();                        // mutex_ is held
  Result<void> ScheduleLater();                   // likewise
  Result<void> ScheduleRest(bool is_counting);    // likewise
  void RunGroups();
  std::vector<Item> TakeGroup();
  std::size_t QueuedMaxBeside(std::size_t reserved) const;
  void RunGroup(std::vector<Item>& group);
  void Complete(std::vector<Item> group);
  // What is taken back when a piece of work fails that has written something.
  enum class Undo : std::uint8_t { kGroup, kItem };
  // False: the group is to be taken back and run again.
  Result<bool> RunItems(std::vector<Item>& group, CommitSync sync, Undo undo);
  std::uint64_t Writes() const;
  Result<void> RunItem(Item& item, Transaction& transaction);
  static CommitSync SyncOf(const std::vector<Item>& group);
  Result<void> Begin(CommitSync sync);
  Result<void> OnAll(StaticText statement);
  Result<void> Commit();
  bool IsDamaged();
  void Revert();
  bool in_transaction() const;
  void Tidy();
  void CutLogs();
  void Measure(std::size_t items, CommitSync sync);

  Options options_;
  StoreFiles files_;
  OutboxTally tally_;
  DirectoryCache cache_;
  std::atomic<bool> failed_{false};
  std::atomic<bool> damaged_{false};
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);  // a posted task may outlive the store

  std::mutex mutex_;
  std::deque<Item> reserved_;
  std::deque<Item> queue_;
  std::size_t queue_bytes_ = 0;
  std::size_t urgent_ = 0;  // of what waits, all that is not repeatable
  bool scheduled_ = false;
  bool is_pausing_ = false;
  bool checkpoint_asked_ = false;
};

}  // namespace trestle
