#include "bridge/store/key_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

namespace trestle {
namespace {

constexpr std::size_t kFileBytesMax = 1024 * 1024;

class FileOnDisk final : public KeyFile {
 public:
  explicit FileOnDisk(int file) : file_(file) {}
  ~FileOnDisk() override { ::close(file_); }
  FileOnDisk(const FileOnDisk&) = delete;
  FileOnDisk& operator=(const FileOnDisk&) = delete;

  Result<Bytes> Read() override {
    struct stat found {};
    if (::fstat(file_, &found) != 0 || static_cast<std::size_t>(found.st_size) > kFileBytesMax) {
      return Fail(Reason::kStorage, "the storage keys are not a file of ours");
    }
    Bytes out(static_cast<std::size_t>(found.st_size));
    if (::pread(file_, out.data(), out.size(), 0) != static_cast<ssize_t>(out.size())) {
      return Fail(Reason::kStorage, "the storage keys cannot be read");
    }
    return out;
  }

  Result<void> Write(std::size_t offset, ByteView octets) override {
    if (::pwrite(file_, octets.data(), octets.size(), static_cast<off_t>(offset)) !=
        static_cast<ssize_t>(octets.size())) {
      return Fail(Reason::kStorage, "the storage keys cannot be written");
    }
    return {};
  }

  Result<void> Sync() override {
    if (::fdatasync(file_) != 0) return Fail(Reason::kStorage, "the storage keys cannot be synced");
    return {};
  }

 private:
  const int file_;
};

class FileInMemory final : public KeyFile {
 public:
  ~FileInMemory() override { Wipe(octets_); }

  Result<Bytes> Read() override { return octets_; }
  Result<void> Write(std::size_t offset, ByteView octets) override {
    octets_.resize(std::max(octets_.size(), offset + octets.size()));
    std::copy(octets.begin(), octets.end(), octets_.begin() + static_cast<std::ptrdiff_t>(offset));
    return {};
  }
  Result<void> Sync() override { return {}; }

 private:
  Bytes octets_;
};

}  // namespace

Result<std::unique_ptr<KeyFile>> KeyFile::Open(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0) return Fail(Reason::kStorage, "the storage keys cannot be opened");
  auto out = std::make_unique<FileOnDisk>(file);
  struct stat found {};
  const bool ours = ::fstat(file, &found) == 0 && S_ISREG(found.st_mode) &&
                    found.st_uid == ::geteuid() && (found.st_mode & 077) == 0;
  if (!ours) {
    return Fail(Reason::kStorage, "the storage keys must be a file of this user with mode 0600");
  }
  // A new name is durable with its folder.
  const std::string parent = std::filesystem::path(path).parent_path().string();
  const int folder = ::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool durable = folder >= 0 && ::fsync(folder) == 0;
  if (folder >= 0) ::close(folder);
  if (!durable) return Fail(Reason::kStorage, "the storage keys' folder cannot be synced");
  return out;
}

std::unique_ptr<KeyFile> KeyFile::InMemory() { return std::make_unique<FileInMemory>(); }

}  // namespace trestle
