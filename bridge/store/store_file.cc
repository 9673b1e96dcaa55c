#include "bridge/store/store_file.h"

#include <algorithm>

#include "bridge/base/event_log.h"
#include "bridge/base/private_file.h"
#include "bridge/base/signing.h"
#include "bridge/store/schema.h"

namespace trestle {
namespace {

constexpr std::string_view kInMemory = ":memory:";

Result<std::optional<Bytes16>> ReadAbout(Database& database, std::string_view name) {
  Query query = database.Use("SELECT value FROM about WHERE name = ?");
  if (!TRESTLE_TRY(query.With(name).Step())) return std::optional<Bytes16>();
  const Bytes octets = query.Blob();
  Bytes16 out{};
  TRESTLE_CHECK(octets.size() == out.size());
  std::copy(octets.begin(), octets.end(), out.begin());
  return std::optional(out);
}

}  // namespace

Result<void> CheckStoreFile(const std::string& path) {
  const std::unique_ptr<Database> database = TRESTLE_TRY(Database::Open(path, Creation::kRefused));
  TRESTLE_TRY(SetStorePragmas(*database));
  return CheckThoroughly(*database, path);
}

Result<std::unique_ptr<StoreFile>> StoreFile::Open(StoreFileOptions options, Creation creation,
                                                   Seams seams) {
  const bool on_disk = options.path != kInMemory;
  if (on_disk && options.keys.path.empty()) options.keys.path = options.path + ".keys";
  if (on_disk && options.log_key_path.empty()) options.log_key_path = options.path + ".log_key";
  std::unique_ptr<Database> database = TRESTLE_TRY(Database::Open(options.path, creation));
  TRESTLE_TRY(PrepareSchema(*database, options.cache_bytes, [&] {
    return CheckAtOpening(*database, options.path, options.whole_file_bytes_max);
  }));
  std::unique_ptr<StoreFile> file(new StoreFile(options, std::move(database), seams));
  TRESTLE_TRY(file->OpenKeys(std::move(options.keys)));
  TRESTLE_TRY(file->OpenLog(options.log_key_path));
  return file;
}

Result<void> StoreFile::OpenKeys(StorageKeys::Options options) {
  const auto id = TRESTLE_TRY(ReadAbout(*database_, "store_id"));
  if (!id) return Fail(Reason::kStorage, "the store has no id");
  id_ = *id;
  StorageKeys::StoreFacts facts;
  facts.store_id = id_;
  facts.newest_used = TRESTLE_TRY(database_->ReadNumber(
      "SELECT max(coalesce((SELECT max(key) FROM envelope), 0), coalesce((SELECT max(key) FROM "
      "outbox WHERE key IS NOT NULL), 0), coalesce((SELECT max(key) FROM dead_letter WHERE key IS "
      "NOT NULL), 0))"));
  keys_ = TRESTLE_TRY(StorageKeys::Open(std::move(options), facts, {seams_.clock, seams_.random}));
  return {};
}

Result<void> StoreFile::OpenLog(const std::string& key_path) {
  Bytes seed(kSigningSeedBytes);
  seams_.random.Fill(seed);
  if (key_path.empty()) {
    log_key_ = Secret(AsText(seed));
  } else {
    if (!PrivateFileExists(key_path)) TRESTLE_TRY(WritePrivateFile(key_path, seed));
    log_key_ = TRESTLE_TRY(ReadPrivateFile(key_path, kSigningSeedBytes));
  }
  Wipe(seed);
  log_public_key_ = SigningPublicKey(log_key_);
  log_ = std::make_unique<ErasureLog>(*database_);
  return log_->Load(seams_.clock.wall_now());
}

Result<void> StoreFile::BelongTo(const Bytes16& home) {
  const auto known = TRESTLE_TRY(ReadAbout(*database_, "home"));
  if (known && *known != home) {
    return Fail(Reason::kStorage,
                "the store belongs to another home: stores must name the one with the directory "
                "first, and its own after it");
  }
  if (known) return {};
  Query query = database_->Use("INSERT INTO about (name, value) VALUES ('home', ?)");
  return query.Run(ByteView(home));
}

Result<bool> StoreFile::IsAllSealed() {
  return database_->Use("SELECT 1 FROM about WHERE name = 'all_sealed'").Step();
}

Result<void> StoreFile::NoteAllSealed() {
  return database_->Use("INSERT INTO about VALUES ('all_sealed', x'') ON CONFLICT DO NOTHING")
      .Run();
}

Bytes StoreFile::SignHead(const ErasureHead& head) const {
  return SignMessage(log_key_, EncodeErasureHead(head));
}

void StoreFile::Tidy() {
  const Result<std::vector<StorageKeyId>> left_over = KeysLeftOver();
  if (left_over && (!left_over->empty() || keys_->unsettled()) && !keys_->Destroy(*left_over)) {
    LogEvent(Severity::kError, "storage_keys_not_destroyed",
             {{"keys", static_cast<std::uint64_t>(left_over->size())}});
  }
  if (!log_->Turn(seams_.clock.wall_now())) LogEvent(Severity::kError, "erasure_log_not_turned");
}

// Those under which nothing is left, or nothing that may live on. Between two groups, so what is
// seen here is what is committed.
Result<std::vector<StorageKeyId>> StoreFile::KeysLeftOver() {
  std::vector<StorageKeyId> out;
  for (const StorageKeyId id : keys_->ids()) {
    Query query = database_->Use(
        "SELECT max(coalesce((SELECT max(expires_at) FROM envelope WHERE key = ?1), 0), "
        "coalesce((SELECT max(expires_at) FROM outbox WHERE key = ?1), 0), "
        "coalesce((SELECT max(expires_at) FROM dead_letter WHERE key = ?1), 0))");
    if (!TRESTLE_TRY(query.With(id).Step())) return Fail(Reason::kStorage, "a time is missing");
    if (query.Time() <= seams_.clock.wall_now()) out.push_back(id);
  }
  return out;
}

}  // namespace trestle
