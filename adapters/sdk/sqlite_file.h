// One SQLite file of an adapter, and its prepared statements. Write-ahead log, synchronous=FULL and
// secure_delete: a committed write survives a power cut, and a deleted row's octets are
// overwritten. A write is durable when it returns, or, from CommitWith on, when its group is
// (group_commit.h). Owned by one adapter and used on its loop only; calls block on the disk.
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

class GroupCommit;

class SqliteFile {
 public:
  // One execution of a statement: bind from left to right, then Run or Step. Resets itself.
  class Query {
   public:
    Query(SqliteFile& file, sqlite3_stmt* statement) : file_(file), statement_(statement) {}
    Query(Query&& other) noexcept
        : file_(other.file_), statement_(std::exchange(other.statement_, nullptr)) {}
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
    SqliteFile& file_;
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

  // What is written from now on belongs to groups, which outlive the file.
  void CommitWith(GroupCommit& groups) { groups_ = &groups; }
  // What was written is durable when it returns; an error: nothing of the group is kept. For what
  // cannot wait for the group's end.
  Result<void> Commit();

  // `sql` is a literal: its address is the key of the statement cache. One query of a text at a
  // time.
  Query Prepare(const char* sql);
  std::int64_t changed_rows() const { return sqlite3_changes64(database_); }
  // Moves the log into the file and cuts it to nothing, so that erased octets leave the log too. At
  // once, or right after the commit of the group under way; then again after each one until it
  // works.
  Result<void> TruncateLog();

  // Several statements, all or none of which enter the group. Rolls back unless committed.
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
  friend class GroupCommit;

  explicit SqliteFile(sqlite3* database) : database_(database) {}

  Result<void> EndGroup();
  Result<void> BeginWrite();
  void StepFailed(bool was_write);
  void RollBack();

  sqlite3* database_;
  GroupCommit* groups_ = nullptr;
  enum class Group : std::uint8_t { kNone, kOpen, kFailed };
  Group group_ = Group::kNone;  // our part of it; failed until its end
  bool log_is_to_be_cut_ = false;
  std::unordered_map<const char*, sqlite3_stmt*> statements_;
};

}  // namespace trestle
