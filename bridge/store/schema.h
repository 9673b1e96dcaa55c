// The store's schema and its versions.
#pragma once

#include <absl/functional/function_ref.h>

#include "bridge/store/database.h"

namespace trestle {

inline constexpr std::int64_t kSchemaVersion = 10;

// Of a file's pages, what is held in memory; the system holds the others as far as it has room.
inline constexpr std::uint64_t kCacheBytes = 16 * 1024 * 1024;

// What every connection to a store's file begins with. kStorage when another process has it.
Result<void> SetStorePragmas(Database& database, std::uint64_t cache_bytes = kCacheBytes);

// Sets the pragmas, has what is there checked, creates what is missing and brings an older version
// up to this one. kStorage with a clear text for a file that is damaged, foreign, or written by a
// newer version.
using CheckFile = absl::FunctionRef<Result<void>()>;
Result<void> PrepareSchema(Database& database, std::uint64_t cache_bytes, CheckFile check);

}  // namespace trestle
