// The store's schema and its versions.
#pragma once

#include "bridge/store/database.h"

namespace trestle {

inline constexpr std::int64_t kSchemaVersion = 9;

// Sets the connection's pragmas, checks what is there, creates what is missing and brings an older
// version up to this one. kStorage with a clear text for a file that is damaged, foreign, or
// written by a newer version.
Result<void> PrepareSchema(Database& database);

}  // namespace trestle
