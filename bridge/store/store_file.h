// One store's file: its connection, the storage keys that seal what waits in it, and its log of
// erasures with the key that signs it. The first is home, which holds the directory too; the others
// hold what waits of the contacts placed in them. All have the same schema, and no secret of one
// opens anything of another. Owned by Store, on its writer executor.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bridge/base/seams.h"
#include "bridge/base/sensitive.h"
#include "bridge/store/database.h"
#include "bridge/store/erasure_log.h"
#include "bridge/store/file_check.h"
#include "bridge/store/schema.h"
#include "bridge/store/storage_keys.h"

namespace trestle {

struct StoreFileOptions {
  std::string name;  // in the configuration; home remembers its placed stores by it
  std::string path;  // ":memory:" for tests
  // Where the storage keys lie and what they are wrapped with. Without a path they lie beside the
  // file, or in memory when it does; the daemon keeps them apart, for backups' sake.
  StorageKeys::Options keys = {};
  // What signs the erasure log's heads: a file of 32 octets, made when it is missing. Empty:
  // beside the file.
  std::string log_key_path = {};
  std::uint64_t cache_bytes = kCacheBytes;
  // A larger file is not read whole at the opening, unless it is marked; see file_check.h.
  std::uint64_t whole_file_bytes_max = kWholeFileBytesMax;
};

// Reads a file that no daemon has open, from one end to the other. kStorage with a text that says
// what is wrong.
Result<void> CheckStoreFile(const std::string& path);

class StoreFile {
 public:
  struct Seams {
    const Clock& clock;
    Random& random;
  };
  // kStorage, with a text that says what to do, when the file cannot be used.
  static Result<std::unique_ptr<StoreFile>> Open(StoreFileOptions options, Creation creation,
                                                 Seams seams);

  // Whose file this is: the id of its home, itself for home. Claims a fresh one; kStorage for one
  // that belongs to another.
  Result<void> BelongTo(const Bytes16& home);

  // Whether nothing of version 1 is left in the open; noted once that is so.
  Result<bool> IsAllSealed();
  Result<void> NoteAllSealed();

  // After a commit: destroys the keys under which nothing is left, begins another week of the log.
  // Never fails a caller: what fails comes again with the next call.
  void Tidy();
  // Moves the write-ahead log into the file and cuts it to nothing.
  Result<void> CutLog() { return database_->Execute("PRAGMA wal_checkpoint(TRUNCATE)"); }

  // Signs the erasure log's heads; the public key never changes. Any thread.
  Bytes SignHead(const ErasureHead& head) const;
  const Bytes32& log_public_key() const { return log_public_key_; }

  // For the next start: this one has met a broken page.
  void MarkForCheck() const { trestle::MarkForCheck(path_); }

  const std::string& name() const { return name_; }
  const Bytes16& id() const { return id_; }
  Database& database() { return *database_; }
  StorageKeys& keys() { return *keys_; }
  ErasureLog& log() { return *log_; }

 private:
  StoreFile(const StoreFileOptions& options, std::unique_ptr<Database> database, Seams seams)
      : name_(options.name), path_(options.path), seams_(seams), database_(std::move(database)) {}
  Result<void> OpenKeys(StorageKeys::Options options);
  Result<void> OpenLog(const std::string& key_path);
  Result<std::vector<StorageKeyId>> KeysLeftOver();

  const std::string name_;
  const std::string path_;
  const Seams seams_;
  std::unique_ptr<Database> database_;
  Bytes16 id_{};
  std::unique_ptr<StorageKeys> keys_;
  std::unique_ptr<ErasureLog> log_;
  Secret log_key_;
  Bytes32 log_public_key_{};
};

// Home first, then the placed ones in the configuration's order.
using StoreFiles = std::vector<std::unique_ptr<StoreFile>>;

}  // namespace trestle
