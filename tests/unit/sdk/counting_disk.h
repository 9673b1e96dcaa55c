// A disk in memory that counts its syncs, and of which the next ones can be made to fail. One at a
// time: it is under every SQLite file that is opened while it lives.
#pragma once

#include "tests/sim/memory_disk.h"

namespace trestle::test {

class CountingDisk {
 public:
  CountingDisk() : disk_([](std::uint64_t) { return std::uint64_t{0}; }) {
    disk_.OnSync([this](const std::string&) {
      ++syncs;
      return fails ? world::MemoryDisk::Sync::kFails : world::MemoryDisk::Sync::kWorks;
    });
  }

  std::size_t SizeOf(const std::string& path) const {
    const auto found = disk_.files().find(path);
    return found == disk_.files().end() ? 0 : found->second->octets.size();
  }

  std::size_t syncs = 0;
  bool fails = false;

 private:
  world::MemoryDisk disk_;
};

}  // namespace trestle::test
