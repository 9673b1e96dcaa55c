// One SQLite file of an adapter, and its prepared statements. Write-ahead log, synchronous=FULL and
// secure_delete: a committed write survives a power cut, and a deleted row's octets are
// overwritten. Owned by one adapter and used on its loop only; calls block on the disk.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "bridge/base/bytes.h"
#include "bridge/base/result.h"

namespace trestle {

class SqliteFile {
 public:
  // One execution of a statement: bind from left to right, then Run or Step. Resets itself.
  class Query {
   public:
    explicit Query(sqlite3_stmt* statement) : statement_(statement) {}
    Query(Query&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)) {}
    Query& operator=(Query&&) = delete;
    Query(const Query&) = delete;
    ~Query();

    Query& Bind(ByteView octets);
    Query& Bind(std::int64_t value);
    Query& Bind(std::string_view text);
    Query& BindNull();

    // True when there is a row. kAlreadyExists for a broken uniqueness rule, else kStorage.
    Result<bool> Step();
    // For statements without rows.
    Result<void> Run();

    std::int64_t Integer(int column) const;
    Bytes Octets(int column) const;
    std::string Text(int column) const;
    bool IsNull(int column) const;

   private:
    sqlite3_stmt* statement_;
    int bound_ = 0;
  };

  // What brings a file of an older version up to this one; not run on a new file.
  struct Upgrade {
    int to_version;
    const char* sql;
  };

  // Opens or creates the file with mode 0600 and runs `schema` (statements that may be repeated),
  // then, all or nothing, the upgrades beyond the version found. kStorage for a file that is no
  // database, or one whose schema is newer than `version`.
  static Result<std::unique_ptr<SqliteFile>> Open(const std::string& path, const char* schema,
                                                  int version,
                                                  std::initializer_list<Upgrade> upgrades = {});
  ~SqliteFile();
  SqliteFile(const SqliteFile&) = delete;
  SqliteFile& operator=(const SqliteFile&) = delete;

  // `sql` is a literal: its address is the key of the statement cache. One query of a text at a
  // time.
  Query Prepare(const char* sql);
  std::int64_t changed_rows() const { return sqlite3_changes64(database_); }
  // Moves the log into the file and cuts it to nothing, so that erased octets leave the log too.
  Result<void> TruncateLog();

  // Rolls back unless committed.
  class Write {
   public:
    static Result<Write> Begin(SqliteFile& file);
    Write(Write&& other) noexcept : file_(std::exchange(other.file_, nullptr)) {}
    Write& operator=(Write&&) = delete;
    Write(const Write&) = delete;
    ~Write();
    Result<void> Commit();

   private:
    explicit Write(SqliteFile* file) : file_(file) {}
    SqliteFile* file_;
  };

 private:
  explicit SqliteFile(sqlite3* database) : database_(database) {}

  sqlite3* database_;
  std::unordered_map<const char*, sqlite3_stmt*> statements_;
};

}  // namespace trestle
