// How a store's files are opened.
#include <algorithm>
#include <utility>

#include "bridge/store/store.h"

namespace trestle {
namespace {

constexpr std::size_t kOldRowsAtOnce = 1000;

}  // namespace

Result<void> Store::OpenFiles() {
  if (options_.opens) options_.opens(kHomeStore);
  files_.push_back(TRESTLE_TRY(
      StoreFile::Open({"home", options_.path, std::move(options_.keys), options_.log_key_path,
                       options_.cache_bytes, options_.whole_file_bytes_max},
                      Creation::kAllowed, {*options_.clock, *options_.random})));
  TRESTLE_TRY(files_[kHomeStore]->BelongTo(files_[kHomeStore]->id()));
  TRESTLE_TRY(CheckNoneIsLeftOut());
  for (StoreFileOptions& each : options_.placed) {
    if (options_.opens) options_.opens(files_.size());
    TRESTLE_TRY(OpenPlaced(std::move(each)));
  }
  return {};
}

// What a placed store held is not to be found anywhere else, so that going on without it would be
// to lose it.
Result<void> Store::CheckNoneIsLeftOut() {
  Query query = files_[kHomeStore]->database().Use("SELECT name FROM placed_store");
  while (TRESTLE_TRY(query.Step())) {
    const std::string name = query.Text();
    const auto is_it = [&](const StoreFileOptions& each) { return each.name == name; };
    if (std::ranges::any_of(options_.placed, is_it)) continue;
    return Fail(Reason::kStorage,
                "a store that messages were placed in is not configured any more");
  }
  return {};
}

// The file belongs to home before home knows it: a crash in between leaves nothing to repair.
Result<void> Store::OpenPlaced(StoreFileOptions options) {
  StoreFile& home = *files_[kHomeStore];
  std::optional<Bytes> known;
  {
    Query query = home.database().Use("SELECT store_id FROM placed_store WHERE name = ?");
    if (TRESTLE_TRY(query.With(options.name).Step())) known = query.Blob();
  }
  std::unique_ptr<StoreFile> file = TRESTLE_TRY(
      StoreFile::Open(std::move(options), known ? Creation::kRefused : Creation::kAllowed,
                      {*options_.clock, *options_.random}));
  TRESTLE_TRY(file->BelongTo(home.id()));
  if (known && *known != ToBytes(ByteView(file->id()))) {
    return Fail(Reason::kStorage, "the store's file is not the one that messages were placed in");
  }
  if (!known) {
    Query query = home.database().Use("INSERT INTO placed_store (name, store_id) VALUES (?, ?)");
    TRESTLE_TRY(query.Run(file->name(), ByteView(file->id())));
  }
  files_.push_back(std::move(file));
  return {};
}

// Once, after an upgrade from version 1: to look for such rows is to read the whole outbox.
Result<void> Store::SealOldRows() {
  bool is_done = true;
  for (const auto& file : files_) is_done = TRESTLE_TRY(file->IsAllSealed()) && is_done;
  for (std::size_t rows = kOldRowsAtOnce; !is_done && rows == kOldRowsAtOnce;) {
    TRESTLE_TRY(Begin(CommitSync::kNow));
    Transaction transaction(files_, tally_, cache_);
    rows = TRESTLE_TRY(transaction.SealUnsealed(kOldRowsAtOnce));
    TRESTLE_TRY(Commit());
  }
  for (const auto& file : files_) TRESTLE_TRY(file->NoteAllSealed());
  return {};
}

// A store in which little waits is counted before it is used; the rest goes on between groups, so
// that a backlog of millions does not keep the daemon from starting.
Result<void> Store::BeginCount() {
  for (StoreIndex store = 0; store < files_.size(); ++store) {
    Database& file = files_[store]->database();
    TRESTLE_TRY(tally_.BeginCount(store, file));
    TRESTLE_TRY(tally_.CountSome(store, file, options_.count_rows_max));
  }
  const std::lock_guard lock(mutex_);
  return tally_.is_counted() ? Result<void>() : Schedule();
}

}  // namespace trestle
