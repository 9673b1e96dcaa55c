// A disk in memory under every SQLite file of a simulated process: the default VFS while it lives,
// one at a time. It knows which writes were synced, so a power cut can take back a suffix of those
// that were not; it can be full; and it can be frozen, which is what the death of the process looks
// like from below: nothing that is written afterwards reaches it. One thread.
#pragma once

#include <sqlite3.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bridge/base/bytes.h"
#include "bridge/store/key_file.h"

namespace trestle::world {

class MemoryDisk {
 public:
  // Everything a file of the disk is; public to the VFS's functions alone.
  struct Undo {
    std::size_t offset = 0;
    Bytes before;
    std::size_t size_before = 0;
  };
  struct File {
    Bytes octets;
    std::vector<Undo> unsynced;  // oldest first
    std::vector<std::unique_ptr<Bytes>> shared;
  };

  // `draw` answers a number below its argument: SQLite's own randomness.
  explicit MemoryDisk(std::function<std::uint64_t(std::uint64_t)> draw);
  ~MemoryDisk();
  MemoryDisk(const MemoryDisk&) = delete;
  MemoryDisk& operator=(const MemoryDisk&) = delete;

  // Asked before each sync of a file: what becomes of it, and of the process.
  enum class Sync : std::uint8_t { kWorks, kFails, kDiesBefore, kDiesAfter };
  void OnSync(std::function<Sync(const std::string& path)> decide) { decide_ = std::move(decide); }

  void SetFull(bool full) { full_ = full; }
  // The process is dead: its handles write nothing any more.
  void Freeze() { frozen_ = true; }
  bool is_frozen() const { return frozen_; }
  // Whether what was written and not synced is lost from some point on.
  enum class Power : std::uint8_t { kStays, kCut };
  // After the dead process is gone: its handles are void, and a new one may open the files. `drawn`
  // decides how much a cut takes.
  void Thaw(Power power, std::uint64_t drawn);

  // A file that is no database, on the same terms.
  std::unique_ptr<KeyFile> OpenKeyFile(const std::string& path);

  // What lies on the disk, by path.
  const std::map<std::string, std::shared_ptr<File>>& files() const { return files_; }

  // For the VFS.
  std::shared_ptr<File> OpenFile(const char* path);
  void Delete(const std::string& path);
  bool MayWrite(std::uint64_t epoch) const { return !frozen_ && epoch == epoch_; }
  bool is_full() const { return full_; }
  std::uint64_t epoch() const { return epoch_; }
  Sync AskSync(const std::string& path);
  std::uint64_t Draw(std::uint64_t below) { return draw_(below); }

 private:
  std::function<std::uint64_t(std::uint64_t)> draw_;
  std::function<Sync(const std::string&)> decide_;
  std::map<std::string, std::shared_ptr<File>> files_;
  std::uint64_t epoch_ = 1;
  bool frozen_ = false;
  bool full_ = false;
  sqlite3_vfs vfs_{};
};

}  // namespace trestle::world
