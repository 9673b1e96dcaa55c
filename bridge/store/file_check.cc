#include "bridge/store/file_check.h"

#include <unistd.h>

#include <algorithm>
#include <vector>

#include "bridge/base/private_file.h"

namespace trestle {
namespace {

constexpr std::string_view kInMemory = ":memory:";

std::string MarkOf(const std::string& path) { return path + ".check"; }

Result<void> Check(Database& database, const std::string& path, StaticText pragma) {
  Query query = database.Use(pragma);
  const bool answered = TRESTLE_TRY(query.Step());
  if (!answered || query.Text() != "ok") return Fail(Reason::kStorage, kDamagedText);
  unlink(MarkOf(path).c_str());
  return {};
}

bool IsPlainName(const std::string& name) {
  return std::ranges::all_of(name, [](char each) {
    return each == '_' || (each >= 'a' && each <= 'z') || (each >= '0' && each <= '9');
  });
}

// The first rows of a table, and the last where rows have numbers, whole.
Result<void> LookAtEnds(Database& database) {
  struct Table {
    std::string name;
    bool is_numbered = false;
  };
  std::vector<Table> tables;
  {
    Query query = database.Use(
        "SELECT name, sql NOT LIKE '%WITHOUT ROWID%' FROM sqlite_schema WHERE type = 'table' AND "
        "rootpage > 0");
    while (TRESTLE_TRY(query.Step())) {
      Table& table = tables.emplace_back();
      table.name = query.Text();
      table.is_numbered = query.Flag();
    }
  }
  for (const Table& table : tables) {
    if (!IsPlainName(table.name)) return Fail(Reason::kStorage, kDamagedText);
    const std::string select = "SELECT * FROM " + table.name;
    TRESTLE_TRY(database.Execute((select + " LIMIT 100").c_str()));
    if (!table.is_numbered) continue;
    TRESTLE_TRY(database.Execute((select + " ORDER BY rowid DESC LIMIT 100").c_str()));
  }
  return {};
}

}  // namespace

Result<void> CheckAtOpening(Database& database, const std::string& path,
                            std::uint64_t whole_file_bytes_max) {
  const auto pages =
      static_cast<std::uint64_t>(TRESTLE_TRY(database.ReadNumber("PRAGMA page_count")));
  const auto page_bytes =
      static_cast<std::uint64_t>(TRESTLE_TRY(database.ReadNumber("PRAGMA page_size")));
  const bool is_marked = path != kInMemory && PrivateFileExists(MarkOf(path));
  if (is_marked || pages * page_bytes <= whole_file_bytes_max) {
    return Check(database, path, "PRAGMA quick_check(1)");
  }
  return LookAtEnds(database);
}

Result<void> CheckThoroughly(Database& database, const std::string& path) {
  return Check(database, path, "PRAGMA integrity_check(1)");
}

void MarkForCheck(const std::string& path) {
  if (path == kInMemory) return;
  static_cast<void>(WritePrivateFile(MarkOf(path), {}));
}

}  // namespace trestle
