#include "adapters/sdk/sqlite_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapters/sdk/group_commit.h"
#include "bridge/base/event_log.h"

namespace trestle {
namespace {

constexpr int kBusyWaitMs = 5000;

Result<void> Execute(sqlite3* database, const char* sql) {
  if (sqlite3_exec(database, sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
    return Fail(Reason::kStorage, "the adapter's database refuses a statement");
  }
  return {};
}

// SQLite would create the file with the process's mask; ours is private from its first octet.
Result<void> TouchPrivate(const std::string& path) {
  const int file = ::open(path.c_str(), O_CREAT | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0) return Fail(Reason::kStorage, "the adapter's database cannot be opened");
  const bool tightened = ::fchmod(file, 0600) == 0;
  ::close(file);
  if (!tightened) return Fail(Reason::kStorage, "the adapter's database belongs to another user");
  return {};
}

Result<int> SchemaVersion(SqliteFile& file) {
  auto query = file.Prepare("PRAGMA user_version");
  TRESTLE_TRY(query.Step());
  return static_cast<int>(query.Integer(0));
}

}  // namespace

Result<std::unique_ptr<SqliteFile>> SqliteFile::Open(const std::string& path, const char* schema,
                                                     int version,
                                                     std::initializer_list<Upgrade> upgrades) {
  TRESTLE_TRY(TouchPrivate(path));
  sqlite3* database = nullptr;
  const int opened = sqlite3_open_v2(path.c_str(), &database,
                                     SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  std::unique_ptr<SqliteFile> file(new SqliteFile(database));
  if (opened != SQLITE_OK) return Fail(Reason::kStorage, "the adapter's database cannot be opened");
  sqlite3_busy_timeout(database, kBusyWaitMs);
  TRESTLE_TRY(Execute(database,
                      "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;"
                      "PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY;"));
  const int found = TRESTLE_TRY(SchemaVersion(*file));
  if (found > version) {
    return Fail(Reason::kStorage, "the adapter's database was written by a newer version");
  }
  TRESTLE_TRY(Execute(database, schema));
  auto write = TRESTLE_TRY(Write::Begin(*file));
  for (const Upgrade& upgrade : upgrades) {
    if (found > 0 && found < upgrade.to_version) TRESTLE_TRY(Execute(database, upgrade.sql));
  }
  const std::string stamp = "PRAGMA user_version=" + std::to_string(version);
  TRESTLE_TRY(Execute(database, stamp.c_str()));
  TRESTLE_TRY(write.Commit());
  return file;
}

SqliteFile::~SqliteFile() {
  if (groups_ != nullptr) groups_->Leave(*this);  // an open group is rolled back with the closing
  for (auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(database_);
}

SqliteFile::Query SqliteFile::Prepare(const char* sql) {
  auto found = statements_.find(sql);
  if (found == statements_.end()) {
    sqlite3_stmt* statement = nullptr;
    // A statement of ours that does not compile is a defect, and a null one answers kStorage.
    sqlite3_prepare_v3(database_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    found = statements_.emplace(sql, statement).first;
  }
  return Query(*this, found->second);
}

// Comes before every write. A group that has failed stays so until its end: what was written before
// is gone, and those who wait for it must hear of that.
Result<void> SqliteFile::BeginWrite() {
  if (group_ == Group::kFailed) return Fail(Reason::kStorage, "the group of this write has failed");
  if (group_ == Group::kOpen || groups_ == nullptr || !groups_->Join(*this)) return {};
  const auto begun = Execute(database_, "BEGIN IMMEDIATE");
  group_ = Group::kOpen;
  if (!begun) RollBack();
  return begun;
}

// SQLite ends a transaction by itself after some failures, of reads too.
void SqliteFile::StepFailed(bool was_write) {
  const bool is_lost = was_write || sqlite3_get_autocommit(database_) != 0;
  if (group_ == Group::kOpen && is_lost) RollBack();
}

void SqliteFile::RollBack() {
  sqlite3_exec(database_, "ROLLBACK", nullptr, nullptr, nullptr);
  group_ = Group::kFailed;
  log_is_to_be_cut_ = true;  // it may hold what was not kept
}

Result<void> SqliteFile::Commit() {
  if (group_ == Group::kOpen && !Execute(database_, "COMMIT")) RollBack();
  if (group_ == Group::kFailed)
    return Fail(Reason::kStorage, "the adapter's database keeps nothing");
  group_ = Group::kNone;
  if (!log_is_to_be_cut_) return {};
  const auto cut = TruncateLog();
  if (!cut) LogEvent(Severity::kError, "adapter_log_not_cut");
  return {};
}

Result<void> SqliteFile::EndGroup() {
  const auto committed = Commit();
  group_ = Group::kNone;
  return committed;
}

Result<void> SqliteFile::TruncateLog() {
  log_is_to_be_cut_ = true;
  if (group_ != Group::kNone) return {};
  TRESTLE_TRY(Execute(database_, "PRAGMA wal_checkpoint(TRUNCATE)"));
  log_is_to_be_cut_ = false;
  return {};
}

SqliteFile::Query::~Query() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);  // no address stays behind in the statement
}

SqliteFile::Query& SqliteFile::Query::Bind(ByteView octets) {
  static constexpr std::uint8_t kNothing = 0;  // a null pointer would bind NULL
  const void* data = octets.empty() ? &kNothing : octets.data();
  sqlite3_bind_blob64(statement_, ++bound_, data, octets.size(), SQLITE_TRANSIENT);
  return *this;
}

SqliteFile::Query& SqliteFile::Query::Bind(std::int64_t value) {
  sqlite3_bind_int64(statement_, ++bound_, value);
  return *this;
}

SqliteFile::Query& SqliteFile::Query::Bind(std::string_view text) {
  sqlite3_bind_text64(statement_, ++bound_, text.empty() ? "" : text.data(), text.size(),
                      SQLITE_TRANSIENT, SQLITE_UTF8);
  return *this;
}

SqliteFile::Query& SqliteFile::Query::BindNull() {
  sqlite3_bind_null(statement_, ++bound_);
  return *this;
}

Result<bool> SqliteFile::Query::Step() {
  const bool is_write = sqlite3_stmt_readonly(statement_) == 0;
  if (is_write) TRESTLE_TRY(file_.BeginWrite());
  switch (sqlite3_step(statement_)) {
    case SQLITE_ROW:
      return true;
    case SQLITE_DONE:
      return false;
    case SQLITE_CONSTRAINT:
      return Fail(Reason::kAlreadyExists, "the row contradicts another one");
    default:  // SQLite's codes are an open list
      file_.StepFailed(is_write);
      return Fail(Reason::kStorage, "the adapter's database failed");
  }
}

Result<void> SqliteFile::Query::Run() {
  TRESTLE_TRY(Step());
  return {};
}

std::int64_t SqliteFile::Query::Integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

Bytes SqliteFile::Query::Octets(int column) const {
  const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return data == nullptr ? Bytes() : Bytes(data, data + size);
}

std::string SqliteFile::Query::Text(int column) const {
  const Bytes octets = Octets(column);
  return std::string(AsText(octets));
}

bool SqliteFile::Query::IsNull(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

Result<SqliteFile::Write> SqliteFile::Write::Begin(SqliteFile& file) {
  TRESTLE_TRY(file.BeginWrite());
  TRESTLE_TRY(Execute(file.database_, "SAVEPOINT write"));
  return Write(&file);
}

SqliteFile::Write::~Write() {
  if (file_ == nullptr) return;
  if (!Execute(file_->database_, "ROLLBACK TO write; RELEASE write")) file_->StepFailed(true);
}

// Outside of a group this is the commit.
Result<void> SqliteFile::Write::Commit() {
  TRESTLE_TRY(Execute(file_->database_, "RELEASE write"));
  file_ = nullptr;
  return {};
}

}  // namespace trestle
