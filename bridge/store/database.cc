#include "bridge/store/database.h"

#include <sqlite3.h>

#include <cstring>
#include <utility>

namespace trestle {
namespace {

constexpr int kBusyTimeoutMs = 2000;  // another process looks at the file, such as a backup

sqlite3_destructor_type Ownership(bool copies) { return copies ? SQLITE_TRANSIENT : SQLITE_STATIC; }

}  // namespace

Query::Query(Query&& other) noexcept
    : database_(other.database_),
      statement_(std::exchange(other.statement_, nullptr)),
      bound_(other.bound_),
      column_(other.column_),
      copies_(other.copies_),
      bad_(other.bad_) {}

Query::~Query() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

Result<bool> Query::Step() {
  if (statement_ == nullptr && database_.is_damaged_) return Fail(Reason::kStorage, kDamagedText);
  if (statement_ == nullptr || bad_)
    return Fail(Reason::kStorage, "a statement cannot be prepared");
  column_ = 0;
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return tl::unexpected(database_.ErrorOf(code));
}

Result<void> Query::Finish() {
  TRESTLE_TRY(Step());
  return {};
}

std::int64_t Query::changes() const { return sqlite3_changes64(database_.connection_); }

std::int64_t Query::Number() { return sqlite3_column_int64(statement_, column_++); }

std::string Query::Text() {
  const int column = column_++;
  const auto* text = sqlite3_column_text(statement_, column);
  if (text == nullptr) return {};
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return {reinterpret_cast<const char*>(text), size};
}

Bytes Query::Blob() {
  const int column = column_++;
  const auto* octets = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
  const int size = sqlite3_column_bytes(statement_, column);
  return octets == nullptr ? Bytes{} : Bytes(octets, octets + size);
}

ByteView Query::Octets(std::size_t count) {
  const int column = column_++;
  const auto* octets = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
  TRESTLE_CHECK(static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)) == count);
  return {octets, count};
}

bool Query::IsNull() const { return sqlite3_column_type(statement_, column_) == SQLITE_NULL; }

Network Query::ReadNetwork() {
  const Result<Network> network = Network::Parse(Text());
  TRESTLE_CHECK(network.has_value());  // only parsed names are written
  return *network;
}

void Query::Bind(std::int64_t value) {
  bad_ |= statement_ == nullptr || sqlite3_bind_int64(statement_, ++bound_, value) != SQLITE_OK;
}

void Query::Bind(std::string_view value) {
  bad_ |= statement_ == nullptr ||
          sqlite3_bind_text64(statement_, ++bound_, value.data() == nullptr ? "" : value.data(),
                              value.size(), Ownership(copies_), SQLITE_UTF8) != SQLITE_OK;
}

void Query::Bind(ByteView value) {
  // A null pointer would bind NULL; an empty blob is not that.
  static constexpr std::uint8_t kNothing = 0;
  const void* data = value.empty() ? &kNothing : value.data();
  bad_ |= statement_ == nullptr || sqlite3_bind_blob64(statement_, ++bound_, data, value.size(),
                                                       Ownership(copies_)) != SQLITE_OK;
}

void Query::BindNull() {
  bad_ |= statement_ == nullptr || sqlite3_bind_null(statement_, ++bound_) != SQLITE_OK;
}

namespace {

// Once for the process, before SQLite is used: its own count of memory costs a lock for every
// allocation, and nothing reads it. Refused when somebody was earlier, and then it only costs.
bool CountNoMemory() { return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) == SQLITE_OK; }

}  // namespace

Result<std::unique_ptr<Database>> Database::Open(const std::string& path, Creation creation) {
  static const bool counts_none = CountNoMemory();
  static_cast<void>(counts_none);
  sqlite3* connection = nullptr;
  const int create = creation == Creation::kAllowed ? SQLITE_OPEN_CREATE : 0;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | create;
  const int code = sqlite3_open_v2(path.c_str(), &connection, flags, nullptr);
  std::unique_ptr<Database> database(new Database(connection));
  if (code != SQLITE_OK && creation == Creation::kRefused) {
    return Fail(Reason::kStorage,
                "the store's file is missing: put it back, or restore it from a backup");
  }
  if (code != SQLITE_OK) return Fail(Reason::kStorage, "the store's file cannot be opened");
  sqlite3_extended_result_codes(connection, 0);
  sqlite3_busy_timeout(connection, kBusyTimeoutMs);
  return database;
}

Database::~Database() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close_v2(connection_);
}

std::uint64_t Database::TakeStatementPath() { return std::exchange(statement_path_, 0); }

Query Database::Use(StaticText sql) {
  constexpr std::uint64_t kFnvPrime = 1099511628211U;
  statement_path_ = statement_path_ * kFnvPrime + reinterpret_cast<std::uintptr_t>(sql.c_str());
  sqlite3_stmt*& statement = statements_[sql.c_str()];
  if (statement == nullptr) {
    const int code = sqlite3_prepare_v3(connection_, sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT,
                                        &statement, nullptr);
    if (code != SQLITE_OK) static_cast<void>(ErrorOf(code));
  }
  return {*this, statement};
}

Error Database::ErrorOf(int code) {
  if (code == SQLITE_FULL) return {Reason::kStorage, "the disk is full"};
  if (code == SQLITE_READONLY) return {Reason::kStorage, "the disk is read-only"};
  if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) {
    is_damaged_ = true;
    return {Reason::kStorage, kDamagedText};
  }
  return {Reason::kStorage, "a statement failed"};
}

Result<void> Database::Execute(const char* sql) {
  const int code = sqlite3_exec(connection_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return tl::unexpected(ErrorOf(code));
  return {};
}

Result<std::int64_t> Database::ReadNumber(StaticText sql) {
  Query query = Use(sql);
  if (!TRESTLE_TRY(query.Step())) return Fail(Reason::kStorage, "a number is missing");
  return query.Number();
}

std::int64_t Database::last_row() const { return sqlite3_last_insert_rowid(connection_); }

std::uint64_t Database::rows_written() const {
  return static_cast<std::uint64_t>(sqlite3_total_changes64(connection_));
}

bool Database::in_transaction() const { return sqlite3_get_autocommit(connection_) == 0; }

Result<void> Database::Begin(CommitSync sync) {
  TRESTLE_TRY(SetSync(sync));
  pages_before_ = PagesWritten();
  return Use("BEGIN IMMEDIATE").Run();
}

Result<void> Database::Commit() {
  TRESTLE_TRY(Use("COMMIT").Run());
  const bool wrote = PagesWritten() != pages_before_;
  if (sync_ == CommitSync::kLater) {
    is_behind_ |= wrote;
    return SetSync(CommitSync::kNow);
  }
  // SQLite syncs the log with what a commit writes there, and not for a commit of nothing.
  if (is_behind_ && !wrote) TRESTLE_TRY(SyncLog());
  is_behind_ = false;
  return {};
}

Result<void> Database::RollBack() {
  if (in_transaction()) TRESTLE_TRY(Execute("ROLLBACK"));
  return SetSync(CommitSync::kNow);
}

// What is outside of a transaction that may be synced later is synced as ever.
Result<void> Database::SetSync(CommitSync sync) {
  if (sync == sync_) return {};
  TRESTLE_TRY(Execute(sync == CommitSync::kNow ? "PRAGMA synchronous = FULL"
                                               : "PRAGMA synchronous = NORMAL"));
  sync_ = sync;
  return {};
}

Result<void> Database::RollBackTo(StaticText statement) {
  TRESTLE_TRY(Use(statement).Run());
  // What the cache wrote before it was full counts for nothing any more.
  pages_before_ = PagesWritten();
  return {};
}

Result<void> Database::SyncLog() {
  sqlite3_file* log = nullptr;
  const int code = sqlite3_file_control(connection_, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
  if (code != SQLITE_OK) return tl::unexpected(ErrorOf(code));
  if (log == nullptr || log->pMethods == nullptr) return {};  // in memory
  if (log->pMethods->xSync(log, SQLITE_SYNC_NORMAL) == SQLITE_OK) return {};
  return Fail(Reason::kStorage, "the disk cannot be synced");
}

// SQLite's own count of pages that left its cache for the log.
int Database::PagesWritten() const {
  int pages = 0;
  int highest = 0;
  sqlite3_db_status(connection_, SQLITE_DBSTATUS_CACHE_WRITE, &pages, &highest, 0);
  return pages;
}

}  // namespace trestle
