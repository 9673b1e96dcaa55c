#include "adapters/sdk/fragment_store.h"

#include <algorithm>

#include "adapters/sdk/adapter_keys.h"
#include "adapters/sdk/sqlite_file.h"

namespace trestle {
namespace {

constexpr int kSchemaVersion = 1;
constexpr Millis kBusyRetryAfter{1000};

// Both tables live ten minutes at most and are erased when the core has the frame. They reveal how
// many frames are under way and how large their sealed parts are; names are blind.
constexpr const char* kSchema = R"sql(
  CREATE TABLE IF NOT EXISTS open_set (
    id BLOB PRIMARY KEY, sender BLOB NOT NULL, units INTEGER NOT NULL, octets INTEGER NOT NULL,
    begun_at_ms INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS open_set_sender ON open_set (sender, begun_at_ms);
  CREATE INDEX IF NOT EXISTS open_set_age ON open_set (begun_at_ms);
  CREATE TABLE IF NOT EXISTS fragment (
    owner BLOB NOT NULL REFERENCES open_set (id) ON DELETE CASCADE, unit INTEGER NOT NULL,
    message BLOB NOT NULL, chunk BLOB NOT NULL, PRIMARY KEY (owner, unit)) WITHOUT ROWID;
)sql";

class SqliteFragmentStore final : public FragmentStore {
 public:
  SqliteFragmentStore(std::unique_ptr<SqliteFile> file, AdapterKeys keys, Limits limits)
      : file_(std::move(file)), keys_(std::move(keys)), limits_(limits) {}

  Result<std::optional<Whole>> Add(const Arrival& arrival, WallTime now) override;
  Bytes32 KeyOf(const std::string& identity, std::string_view native_id) const override {
    return KeyOfAll(AsText(MessageOf(identity, native_id)));
  }
  Result<void> Erase(const Bytes32& set) override;
  Result<std::size_t> EraseOld(WallTime now) override;
  Result<std::size_t> sets_held() override;

 private:
  Bytes32 MessageOf(const std::string& identity, std::string_view native_id) const {
    return keys_.Blind("message", {identity, native_id});
  }
  Bytes32 KeyOfAll(std::string_view messages) const { return keys_.Blind("inbound", {messages}); }
  Result<std::optional<Whole>> AddOne(const Arrival& arrival, WallTime now);
  Result<Bytes32> SetOf(const Arrival& arrival);
  Result<void> DropContradicted(const Bytes32& set, const Arrival& arrival);
  Result<void> BeginSet(const Bytes32& set, const Arrival& arrival, WallTime now);
  Result<void> Put(const Bytes32& set, const Arrival& arrival);
  Result<void> DropSet(ByteView set);
  Result<void> DropOldestWhile(const char* over_bound, ByteView sender, std::size_t bound,
                               const Bytes32& kept);
  Result<void> KeepBounds(const Bytes32& sender, const Bytes32& kept);
  Result<void> KeepBytesBound(const Bytes32& kept);
  Result<std::optional<Whole>> WholeOf(const Bytes32& set);
  Result<void> CutLog();

  const std::unique_ptr<SqliteFile> file_;
  const AdapterKeys keys_;
  const Limits limits_;
  bool log_holds_erased_ = true;  // an earlier process may have died before it cut the log
};

Result<std::optional<FragmentStore::Whole>> SqliteFragmentStore::Add(const Arrival& arrival,
                                                                     WallTime now) {
  if (arrival.count == 0 || arrival.index >= arrival.count) {
    return Fail(Reason::kMalformed, "a fragment beyond its count");
  }
  auto whole = AddOne(arrival, now);
  // A write that failed may have left its octets in the log.
  if (!whole) log_holds_erased_ = true;
  return whole;
}

Result<std::optional<FragmentStore::Whole>> SqliteFragmentStore::AddOne(const Arrival& arrival,
                                                                        WallTime now) {
  const Bytes32 set = TRESTLE_TRY(SetOf(arrival));
  auto write = TRESTLE_TRY(SqliteFile::Write::Begin(*file_));
  TRESTLE_TRY(DropContradicted(set, arrival));
  TRESTLE_TRY(BeginSet(set, arrival, now));
  const auto put = Put(set, arrival);
  if (!put && put.error().reason == Reason::kTooLarge) {
    TRESTLE_TRY(DropSet(set));
    TRESTLE_TRY(write.Commit());
  }
  TRESTLE_TRY(put);
  auto whole = TRESTLE_TRY(WholeOf(set));
  TRESTLE_TRY(write.Commit());
  return whole;
}

// One that was begun under an older key goes on under its name.
Result<Bytes32> SqliteFragmentStore::SetOf(const Arrival& arrival) {
  const std::vector<Bytes32> names = keys_.Blinds(
      "set", {arrival.identity, arrival.from.Reveal(Purpose::kSealForStore), arrival.ref});
  if (names.size() == 1) return names.front();
  for (const Bytes32& name : names) {
    auto query = file_->Prepare("SELECT 1 FROM open_set WHERE id = ?");
    if (TRESTLE_TRY(query.Bind(name).Step())) return name;
  }
  return names.front();
}

Result<void> SqliteFragmentStore::DropContradicted(const Bytes32& set, const Arrival& arrival) {
  bool contradicts = false;
  {
    auto units = file_->Prepare("SELECT units FROM open_set WHERE id = ?");
    if (!TRESTLE_TRY(units.Bind(set).Step())) return {};
    contradicts = units.Integer(0) != arrival.count;
    auto held = file_->Prepare("SELECT chunk FROM fragment WHERE owner = ? AND unit = ?");
    if (TRESTLE_TRY(held.Bind(set).Bind(std::int64_t{arrival.index}).Step())) {
      contradicts = contradicts || !std::ranges::equal(held.Octets(0), arrival.chunk);
    }
  }
  return contradicts ? DropSet(set) : Result<void>();
}

Result<void> SqliteFragmentStore::BeginSet(const Bytes32& set, const Arrival& arrival,
                                           WallTime now) {
  const Bytes32 sender =
      keys_.Blind("sender", {arrival.identity, arrival.from.Reveal(Purpose::kSealForStore)});
  TRESTLE_TRY(file_
                  ->Prepare("INSERT OR IGNORE INTO open_set (id, sender, units, octets, "
                            "begun_at_ms) VALUES (?, ?, ?, 0, ?)")
                  .Bind(set)
                  .Bind(sender)
                  .Bind(std::int64_t{arrival.count})
                  .Bind(now.ms)
                  .Run());
  return file_->changed_rows() > 0 ? KeepBounds(sender, set) : Result<void>();
}

Result<void> SqliteFragmentStore::Put(const Bytes32& set, const Arrival& arrival) {
  TRESTLE_TRY(file_
                  ->Prepare("INSERT OR IGNORE INTO fragment (owner, unit, message, chunk) "
                            "VALUES (?, ?, ?, ?)")
                  .Bind(set)
                  .Bind(std::int64_t{arrival.index})
                  .Bind(MessageOf(arrival.identity, arrival.native_id))
                  .Bind(arrival.chunk)
                  .Run());
  if (file_->changed_rows() == 0) return {};
  TRESTLE_TRY(file_->Prepare("UPDATE open_set SET octets = octets + ? WHERE id = ?")
                  .Bind(static_cast<std::int64_t>(arrival.chunk.size()))
                  .Bind(set)
                  .Run());
  auto query = file_->Prepare("SELECT octets FROM open_set WHERE id = ?");
  const bool there = TRESTLE_TRY(query.Bind(set).Step());
  if (!there || query.Integer(0) > static_cast<std::int64_t>(limits_.frame_bytes_max)) {
    return Fail(Reason::kTooLarge, "the frame is too large");
  }
  return KeepBytesBound(set);
}

Result<void> SqliteFragmentStore::DropSet(ByteView set) {
  return file_->Prepare("DELETE FROM open_set WHERE id = ?").Bind(set).Run();
}

// The set that just got something is the newest, also where the clock says that others are as new.
Result<void> SqliteFragmentStore::KeepBounds(const Bytes32& sender, const Bytes32& kept) {
  // What is held was acknowledged, so it is the newcomer that must come again.
  auto own = file_->Prepare("SELECT COUNT(*) FROM open_set WHERE sender = ?");
  if (!TRESTLE_TRY(own.Bind(sender).Step())) return Fail(Reason::kStorage, "a count is missing");
  if (own.Integer(0) > static_cast<std::int64_t>(limits_.sets_per_sender_max)) {
    return Fail(Reason::kBusy, "this sender has too many unfinished frames", kBusyRetryAfter);
  }
  TRESTLE_TRY(
      DropOldestWhile("SELECT id FROM open_set WHERE ?1 IS NOT NULL AND id <> ?3 AND "
                      "(SELECT COUNT(*) FROM open_set) > ?2 ORDER BY begun_at_ms LIMIT 1",
                      sender, limits_.sets_max, kept));
  return {};
}

Result<void> SqliteFragmentStore::KeepBytesBound(const Bytes32& kept) {
  return DropOldestWhile(
      "SELECT id FROM open_set WHERE ?1 IS NOT NULL AND id <> ?3 AND "
      "(SELECT SUM(octets) FROM open_set) > ?2 ORDER BY begun_at_ms LIMIT 1",
      Bytes32{}, limits_.bytes_max, kept);
}

// Ends because each round deletes a row.
Result<void> SqliteFragmentStore::DropOldestWhile(const char* over_bound, ByteView sender,
                                                  std::size_t bound, const Bytes32& kept) {
  while (true) {
    Bytes oldest;
    {
      auto query = file_->Prepare(over_bound);
      query.Bind(sender).Bind(static_cast<std::int64_t>(bound)).Bind(kept);
      if (!TRESTLE_TRY(query.Step())) return {};
      oldest = query.Octets(0);
    }
    TRESTLE_TRY(DropSet(oldest));
  }
}

Result<std::optional<FragmentStore::Whole>> SqliteFragmentStore::WholeOf(const Bytes32& set) {
  auto count = file_->Prepare(
      "SELECT units, (SELECT COUNT(*) FROM fragment WHERE owner = id) FROM open_set WHERE id = ?");
  if (!TRESTLE_TRY(count.Bind(set).Step()) || count.Integer(0) != count.Integer(1)) {
    return std::nullopt;
  }
  Whole whole;
  whole.set = set;
  Bytes messages;
  auto query = file_->Prepare("SELECT message, chunk FROM fragment WHERE owner = ? ORDER BY unit");
  query.Bind(set);
  while (TRESTLE_TRY(query.Step())) {
    const Bytes message = query.Octets(0);
    const Bytes chunk = query.Octets(1);
    messages.insert(messages.end(), message.begin(), message.end());
    whole.frame.insert(whole.frame.end(), chunk.begin(), chunk.end());
  }
  whole.key = KeyOfAll(AsText(messages));
  return whole;
}

Result<void> SqliteFragmentStore::Erase(const Bytes32& set) {
  TRESTLE_TRY(DropSet(set));
  // The log keeps erased octets until it is cut; that costs a little, so it waits for a lull, and
  // for EraseOld at the latest.
  log_holds_erased_ = true;
  return TRESTLE_TRY(sets_held()) == 0 ? CutLog() : Result<void>();
}

Result<std::size_t> SqliteFragmentStore::EraseOld(WallTime now) {
  TRESTLE_TRY(file_->Prepare("DELETE FROM open_set WHERE begun_at_ms < ?")
                  .Bind(now.ms - limits_.age_max.count())
                  .Run());
  const auto dropped = static_cast<std::size_t>(file_->changed_rows());
  if (dropped > 0 || log_holds_erased_) TRESTLE_TRY(CutLog());
  return dropped;
}

Result<void> SqliteFragmentStore::CutLog() {
  TRESTLE_TRY(file_->TruncateLog());
  log_holds_erased_ = false;
  return {};
}

Result<std::size_t> SqliteFragmentStore::sets_held() {
  auto query = file_->Prepare("SELECT COUNT(*) FROM open_set");
  TRESTLE_TRY(query.Step());
  return static_cast<std::size_t>(query.Integer(0));
}

}  // namespace

Result<std::unique_ptr<FragmentStore>> FragmentStore::Open(const std::string& folder,
                                                           AdapterKeys keys, Limits limits,
                                                           GroupCommit* groups) {
  auto file = TRESTLE_TRY(SqliteFile::Open(folder + "/fragments.db", kSchema, kSchemaVersion));
  if (groups != nullptr) file->CommitWith(*groups);
  return std::make_unique<SqliteFragmentStore>(std::move(file), std::move(keys), limits);
}

}  // namespace trestle
