// Whether a store's file is whole. SQLite reports a broken page when it reads it; what is read
// seldom is looked at here, as far as the file's size allows at a start (docs/decisions/0019):
//
//   up to kWholeFileBytesMax, or marked, or asked for      every page
//   above                                                  the ends of every table
//
// A file is marked when its daemon has met a broken page: the next start reads all of it, and what
// is broken still is not served from again. Blocking; before a file is used.
#pragma once

#include <string>

#include "bridge/store/database.h"

namespace trestle {

// Some 100 ms, even from a disk.
inline constexpr std::uint64_t kWholeFileBytesMax = 64 * 1024 * 1024;

// kStorage with kDamagedText when something is found. A mark is taken away when nothing is.
Result<void> CheckAtOpening(Database& database, const std::string& path,
                            std::uint64_t whole_file_bytes_max);
// Every page, and every index against its table: minutes for a large file.
Result<void> CheckThoroughly(Database& database, const std::string& path);

// For the next start. Fails in silence: the disk is no good.
void MarkForCheck(const std::string& path);

}  // namespace trestle
