#include "tests/sim/memory_disk.h"

#include <algorithm>
#include <cstring>

#include "bridge/base/result.h"

namespace trestle::world {
namespace {

constexpr int kPathBytesMax = 512;
constexpr int kSectorBytes = 4096;
constexpr sqlite3_int64 kJulianMs = 211'000'000'000'000;  // a time; nothing of ours asks for it

using File = MemoryDisk::File;

// SQLite allocates it and calls neither constructor nor destructor.
struct Handle {
  sqlite3_file base;
  MemoryDisk* disk;
  std::shared_ptr<File>* file;
  std::string* path;
  std::uint64_t epoch;
};

Handle& Of(sqlite3_file* file) { return *reinterpret_cast<Handle*>(file); }
MemoryDisk& DiskOf(sqlite3_vfs* vfs) { return *static_cast<MemoryDisk*>(vfs->pAppData); }

int Close(sqlite3_file* file) {
  Handle& handle = Of(file);
  delete handle.file;
  delete handle.path;
  return SQLITE_OK;
}

int Read(sqlite3_file* file, void* out, int count, sqlite3_int64 offset) {
  Handle& handle = Of(file);
  if (!handle.disk->MayWrite(handle.epoch)) return SQLITE_IOERR_READ;
  const Bytes& octets = (*handle.file)->octets;
  const auto start = static_cast<std::size_t>(offset);
  const auto wanted = static_cast<std::size_t>(count);
  const std::size_t there = start < octets.size() ? std::min(wanted, octets.size() - start) : 0;
  if (there > 0) std::memcpy(out, octets.data() + start, there);
  if (there == wanted) return SQLITE_OK;
  std::memset(static_cast<char*>(out) + there, 0, wanted - there);
  return SQLITE_IOERR_SHORT_READ;
}

void Remember(File& file, std::size_t offset, std::size_t count) {
  MemoryDisk::Undo undo{offset, {}, file.octets.size()};
  if (offset < file.octets.size()) {
    const auto from = file.octets.begin() + static_cast<std::ptrdiff_t>(offset);
    const std::size_t there = std::min(count, file.octets.size() - offset);
    undo.before.assign(from, from + static_cast<std::ptrdiff_t>(there));
  }
  file.unsynced.push_back(std::move(undo));
}

int Write(sqlite3_file* raw, const void* data, int count, sqlite3_int64 offset) {
  Handle& handle = Of(raw);
  if (!handle.disk->MayWrite(handle.epoch)) return SQLITE_IOERR_WRITE;
  File& file = **handle.file;
  const auto start = static_cast<std::size_t>(offset);
  const auto size = static_cast<std::size_t>(count);
  if (handle.disk->is_full() && start + size > file.octets.size()) return SQLITE_FULL;
  Remember(file, start, size);
  if (start + size > file.octets.size()) file.octets.resize(start + size);
  std::memcpy(file.octets.data() + start, data, size);
  return SQLITE_OK;
}

int Truncate(sqlite3_file* raw, sqlite3_int64 size) {
  Handle& handle = Of(raw);
  if (!handle.disk->MayWrite(handle.epoch)) return SQLITE_IOERR_TRUNCATE;
  File& file = **handle.file;
  const auto wanted = static_cast<std::size_t>(size);
  if (wanted >= file.octets.size()) return SQLITE_OK;
  Remember(file, wanted, file.octets.size() - wanted);
  file.octets.resize(wanted);
  return SQLITE_OK;
}

int SyncFile(sqlite3_file* raw, int) {
  Handle& handle = Of(raw);
  if (!handle.disk->MayWrite(handle.epoch)) return SQLITE_IOERR_FSYNC;
  switch (handle.disk->AskSync(*handle.path)) {
    case MemoryDisk::Sync::kWorks:
      break;
    case MemoryDisk::Sync::kFails:
      return SQLITE_IOERR_FSYNC;
    case MemoryDisk::Sync::kDiesBefore:
      handle.disk->Freeze();
      return SQLITE_IOERR_FSYNC;
    case MemoryDisk::Sync::kDiesAfter:
      (*handle.file)->unsynced.clear();
      handle.disk->Freeze();
      return SQLITE_OK;
  }
  (*handle.file)->unsynced.clear();
  return SQLITE_OK;
}

int FileSize(sqlite3_file* raw, sqlite3_int64* out) {
  *out = static_cast<sqlite3_int64>((*Of(raw).file)->octets.size());
  return SQLITE_OK;
}

// One connection a file: nobody to lock out.
int Lock(sqlite3_file*, int) { return SQLITE_OK; }
int CheckReserved(sqlite3_file*, int* out) {
  *out = 0;
  return SQLITE_OK;
}
int Control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
int Sector(sqlite3_file*) { return kSectorBytes; }
int Characteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

int SharedMap(sqlite3_file* raw, int region, int size, int, void volatile** out) {
  auto& shared = (*Of(raw).file)->shared;
  while (shared.size() <= static_cast<std::size_t>(region)) {
    shared.push_back(std::make_unique<Bytes>(static_cast<std::size_t>(size)));
  }
  *out = shared[static_cast<std::size_t>(region)]->data();
  return SQLITE_OK;
}
int SharedLock(sqlite3_file*, int, int, int) { return SQLITE_OK; }
void SharedBarrier(sqlite3_file*) {}
int SharedUnmap(sqlite3_file* raw, int) {
  (*Of(raw).file)->shared.clear();
  return SQLITE_OK;
}

constexpr sqlite3_io_methods kMethods = {
    2,           &Close,         &Read,          &Write,   &Truncate, &SyncFile,        &FileSize,
    &Lock,       &Lock,          &CheckReserved, &Control, &Sector,   &Characteristics, &SharedMap,
    &SharedLock, &SharedBarrier, &SharedUnmap,   nullptr,  nullptr};

int Open(sqlite3_vfs* vfs, const char* path, sqlite3_file* raw, int flags, int* out_flags) {
  Handle& handle = Of(raw);
  MemoryDisk& disk = DiskOf(vfs);
  handle.base.pMethods = nullptr;
  const bool makes = (flags & (SQLITE_OPEN_CREATE | SQLITE_OPEN_MAIN_DB)) != 0;
  if (disk.is_frozen()) return SQLITE_CANTOPEN;
  if (path != nullptr && !makes && !disk.files().contains(path)) return SQLITE_CANTOPEN;
  handle.disk = &disk;
  handle.file = new std::shared_ptr<File>(disk.OpenFile(path));
  handle.path = new std::string(path == nullptr ? "" : path);
  handle.epoch = disk.epoch();
  handle.base.pMethods = &kMethods;
  if (out_flags != nullptr) *out_flags = flags;
  return SQLITE_OK;
}

int DeletePath(sqlite3_vfs* vfs, const char* path, int) {
  if (!DiskOf(vfs).is_frozen()) DiskOf(vfs).Delete(path);
  return SQLITE_OK;
}

int Access(sqlite3_vfs* vfs, const char* path, int, int* out) {
  *out = DiskOf(vfs).files().contains(path) ? 1 : 0;
  return SQLITE_OK;
}

int FullPath(sqlite3_vfs*, const char* path, int count, char* out) {
  sqlite3_snprintf(count, out, "%s", path);
  return SQLITE_OK;
}

int Randomness(sqlite3_vfs* vfs, int count, char* out) {
  for (int i = 0; i < count; ++i) out[i] = static_cast<char>(DiskOf(vfs).Draw(256));
  return count;
}

int Sleep(sqlite3_vfs*, int micros) { return micros; }
int Now(sqlite3_vfs*, double* out) {
  *out = static_cast<double>(kJulianMs) / 86'400'000.0;
  return SQLITE_OK;
}
int NowMs(sqlite3_vfs*, sqlite3_int64* out) {
  *out = kJulianMs;
  return SQLITE_OK;
}
int LastError(sqlite3_vfs*, int, char*) { return 0; }

class MemoryKeyFile final : public KeyFile {
 public:
  MemoryKeyFile(MemoryDisk& disk, std::shared_ptr<File> file, std::string path)
      : disk_(disk), file_(std::move(file)), path_(std::move(path)), epoch_(disk.epoch()) {}

  Result<Bytes> Read() override { return file_->octets; }
  Result<void> Write(std::size_t offset, ByteView octets) override {
    if (!disk_.MayWrite(epoch_)) return Fail(Reason::kStorage, "the process is dead");
    const bool grows = offset + octets.size() > file_->octets.size();
    if (grows && disk_.is_full()) return Fail(Reason::kStorage, "the disk is full");
    Remember(*file_, offset, octets.size());
    if (grows) file_->octets.resize(offset + octets.size());
    std::ranges::copy(octets, file_->octets.begin() + static_cast<std::ptrdiff_t>(offset));
    return {};
  }
  Result<void> Sync() override {
    if (!disk_.MayWrite(epoch_)) return Fail(Reason::kStorage, "the process is dead");
    const MemoryDisk::Sync fate = disk_.AskSync(path_);
    if (fate == MemoryDisk::Sync::kFails || fate == MemoryDisk::Sync::kDiesBefore) {
      if (fate == MemoryDisk::Sync::kDiesBefore) disk_.Freeze();
      return Fail(Reason::kStorage, "a sync failed");
    }
    file_->unsynced.clear();
    if (fate == MemoryDisk::Sync::kDiesAfter) disk_.Freeze();
    return {};
  }

 private:
  MemoryDisk& disk_;
  const std::shared_ptr<File> file_;
  const std::string path_;
  const std::uint64_t epoch_;
};

void TakeBack(File& file, std::size_t writes) {
  for (; writes > 0; --writes) {
    const MemoryDisk::Undo& undo = file.unsynced.back();
    file.octets.resize(std::max(undo.size_before, undo.offset + undo.before.size()));
    std::ranges::copy(undo.before, file.octets.begin() + static_cast<std::ptrdiff_t>(undo.offset));
    file.octets.resize(undo.size_before);
    file.unsynced.pop_back();
  }
}

}  // namespace

MemoryDisk::MemoryDisk(std::function<std::uint64_t(std::uint64_t)> draw) : draw_(std::move(draw)) {
  vfs_.iVersion = 2;
  vfs_.szOsFile = sizeof(Handle);
  vfs_.mxPathname = kPathBytesMax;
  vfs_.zName = "trestle-memory";
  vfs_.pAppData = this;
  vfs_.xOpen = &Open;
  vfs_.xDelete = &DeletePath;
  vfs_.xAccess = &Access;
  vfs_.xFullPathname = &FullPath;
  vfs_.xRandomness = &Randomness;
  vfs_.xSleep = &Sleep;
  vfs_.xCurrentTime = &Now;
  vfs_.xGetLastError = &LastError;
  vfs_.xCurrentTimeInt64 = &NowMs;
  TRESTLE_CHECK(sqlite3_vfs_register(&vfs_, 1) == SQLITE_OK);
  sqlite3_randomness(0, nullptr);  // drawn anew, from this disk
}

MemoryDisk::~MemoryDisk() { sqlite3_vfs_unregister(&vfs_); }

void MemoryDisk::Thaw(Power power, std::uint64_t drawn) {
  frozen_ = false;
  ++epoch_;
  for (auto& [path, file] : files_) {
    if (power == Power::kCut && !file->unsynced.empty()) {
      TakeBack(*file, drawn % (file->unsynced.size() + 1));
      drawn = drawn >> 7 | drawn << 57;
    }
    file->unsynced.clear();
    file->shared.clear();
  }
}

std::shared_ptr<MemoryDisk::File> MemoryDisk::OpenFile(const char* path) {
  if (path == nullptr) return std::make_shared<File>();
  auto& file = files_[path];
  if (file == nullptr) file = std::make_shared<File>();
  return file;
}

std::unique_ptr<KeyFile> MemoryDisk::OpenKeyFile(const std::string& path) {
  return std::make_unique<MemoryKeyFile>(*this, OpenFile(path.c_str()), path);
}

void MemoryDisk::Delete(const std::string& path) { files_.erase(path); }

MemoryDisk::Sync MemoryDisk::AskSync(const std::string& path) {
  return decide_ ? decide_(path) : Sync::kWorks;
}

}  // namespace trestle::world
