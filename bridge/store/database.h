// SQLite behind one file of ours: a connection, prepared statements that are kept, typed binding
// and reading. Errors become kStorage with a literal text, so no value of a row leaves in one. Used
// by one thread at a time.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "bridge/base/bytes.h"
#include "bridge/base/ids.h"
#include "bridge/base/result.h"
#include "bridge/envelope/network.h"

struct sqlite3;
struct sqlite3_stmt;

namespace trestle {

// The text of every error about a page that is broken.
inline constexpr StaticText kDamagedText = "the store's file is damaged: restore it from a backup";

class Database;

// A use of a prepared statement: bound once, stepped, and reset when it goes out of scope.
class Query {
 public:
  Query(Database& database, sqlite3_stmt* statement) : database_(database), statement_(statement) {}
  Query(Query&& other) noexcept;
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  ~Query();

  // Binds the parameters in order, from the first. They are copied.
  template <class... Values>
  Query& With(const Values&... values) {
    (Bind(values), ...);
    return *this;
  }
  // True when there is a row to read; afterwards the columns are read in order.
  Result<bool> Step();
  // Binds the parameters in order and runs a statement without rows. They are read where they are,
  // which saves a copy of each: the statement is over when this returns.
  template <class... Values>
  Result<void> Run(const Values&... values) {
    copies_ = false;
    (Bind(values), ...);
    return Finish();
  }
  std::int64_t changes() const;

  std::int64_t Number();
  bool Flag() { return Number() != 0; }
  std::uint64_t Count() { return static_cast<std::uint64_t>(Number()); }
  std::string Text();
  Bytes Blob();
  Bytes32 Hash() { return ArrayOf<Bytes32>(); }
  WallTime Time() { return WallTime{Number()}; }
  bool IsNull() const;  // the next column
  void Skip() { ++column_; }
  template <class IdType>
  IdType ReadId() {
    return IdType(ArrayOf<Bytes16>());
  }
  template <class Enum>
  Enum ReadEnum() {
    return static_cast<Enum>(Number());
  }
  // `read` reads the next column unless it is null.
  template <class Read>
  auto Maybe(Read read) -> std::optional<decltype(read(*this))> {
    if (IsNull()) {
      Skip();
      return std::nullopt;
    }
    return read(*this);
  }
  Network ReadNetwork();

 private:
  template <class Array>
  Array ArrayOf() {
    Array out{};
    const ByteView octets = Octets(out.size());
    std::copy(octets.begin(), octets.end(), out.begin());
    return out;
  }
  void Bind(std::int64_t value);
  void Bind(std::uint64_t value) { Bind(static_cast<std::int64_t>(value)); }
  void Bind(int value) { Bind(std::int64_t{value}); }
  void Bind(bool value) { Bind(std::int64_t{value ? 1 : 0}); }
  void Bind(WallTime value) { Bind(value.ms); }
  void Bind(std::string_view value);
  void Bind(const std::string& value) { Bind(std::string_view(value)); }
  void Bind(ByteView value);
  void Bind(const Bytes& value) { Bind(ByteView(value)); }
  void Bind(const Bytes32& value) { Bind(ByteView(value)); }
  void Bind(const Network& value) { Bind(std::string_view(value.name())); }
  template <class Tag>
  void Bind(const Id<Tag>& value) {
    Bind(value.bytes());
  }
  template <class Enum>
  requires std::is_enum_v<Enum>
  void Bind(Enum value) { Bind(static_cast<std::int64_t>(value)); }
  template <class T>
  void Bind(const std::optional<T>& value) {
    if (value) {
      Bind(*value);
    } else {
      BindNull();
    }
  }
  void BindNull();
  Result<void> Finish();
  // The next column's octets, until the next step; there must be as many.
  ByteView Octets(std::size_t count);

  Database& database_;
  sqlite3_stmt* statement_;
  int bound_ = 0;
  int column_ = 0;
  bool copies_ = true;  // what is bound
  bool bad_ = false;    // a binding failed; Step says so
};

// Whether a file that is not there is made.
enum class Creation : std::uint8_t { kAllowed, kRefused };

// Whether a commit is on the disk when it returns, with all that was committed before it, or with
// the next one that is. A process that dies loses neither; a power cut the latter.
enum class CommitSync : std::uint8_t { kNow, kLater };

class Database {
 public:
  // Opens or creates the file; ":memory:" holds everything in this object. kStorage when it cannot
  // be opened, or another process has it.
  static Result<std::unique_ptr<Database>> Open(const std::string& path,
                                                Creation creation = Creation::kAllowed);
  ~Database();

  // `sql` is a literal; its address is the key under which the prepared statement is kept.
  Query Use(StaticText sql);
  // One or more statements without parameters, not kept.
  Result<void> Execute(const char* sql);
  Result<std::int64_t> ReadNumber(StaticText sql);
  std::int64_t last_row() const;
  // Rows that were ever added, changed or erased here.
  std::uint64_t rows_written() const;
  bool in_transaction() const;
  Result<void> Begin(CommitSync sync);
  Result<void> Commit();
  Result<void> RollBack();  // also where SQLite did so by itself
  // To the savepoint that the statement names.
  Result<void> RollBackTo(StaticText statement);
  // A statement has met a broken page. Stays so.
  bool is_damaged() const { return is_damaged_; }
  // A sum over the statements begun since the last call and their order. What an answer costs must
  // not depend on what it hides: tests compare the paths.
  std::uint64_t TakeStatementPath();

 private:
  friend class Query;
  explicit Database(sqlite3* connection) : connection_(connection) {}
  Error ErrorOf(int code);

  Result<void> SetSync(CommitSync sync);
  Result<void> SyncLog();
  int PagesWritten() const;

  sqlite3* connection_;
  CommitSync sync_ = CommitSync::kNow;  // as set; that of SetStorePragmas at first
  int pages_before_ = 0;                // when it began, or was rolled back to a savepoint
  bool is_behind_ = false;              // something was committed and is not synced yet
  bool is_damaged_ = false;
  std::unordered_map<const char*, sqlite3_stmt*> statements_;
  std::uint64_t statement_path_ = 0;
};

}  // namespace trestle
