#include "bridge/base/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

namespace trestle {
namespace {

class FileDescriptor {
 public:
  explicit FileDescriptor(int number) : number_(number) {}
  ~FileDescriptor() {
    if (number_ >= 0) ::close(number_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

}  // namespace

Result<void> MakePrivateFolder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error || ::chmod(path.c_str(), 0700) != 0) {
    return Fail(Reason::kStorage, "the folder cannot be made private to this user");
  }
  return {};
}

bool PrivateFileExists(const std::string& path) {
  struct stat found {};
  return ::lstat(path.c_str(), &found) == 0;
}

Result<void> WritePrivateFile(const std::string& path, ByteView octets) {
  const std::string beside = path + ".new";
  ::unlink(beside.c_str());
  const FileDescriptor file(
      ::open(beside.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600));
  const bool written =
      file.number() >= 0 && ::fchmod(file.number(), 0600) == 0 &&
      ::write(file.number(), octets.data(), octets.size()) == static_cast<ssize_t>(octets.size()) &&
      ::fsync(file.number()) == 0;
  if (!written || ::rename(beside.c_str(), path.c_str()) != 0) {
    return Fail(Reason::kStorage, "a key file cannot be written");
  }
  const std::string parent = std::filesystem::path(path).parent_path().string();
  const FileDescriptor folder(
      ::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.number() < 0 || ::fsync(folder.number()) != 0) {
    return Fail(Reason::kStorage, "a key file cannot be made durable");
  }
  return {};
}

Result<Secret> ReadPrivateFile(const std::string& path, std::size_t bytes) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  struct stat found {};
  if (file.number() < 0 || ::fstat(file.number(), &found) != 0 || !S_ISREG(found.st_mode)) {
    return Fail(Reason::kStorage, "a key file is missing or cannot be read");
  }
  if (found.st_uid != ::geteuid()) {
    return Fail(Reason::kStorage, "a key file belongs to another user");
  }
  if ((found.st_mode & 077) != 0) {
    return Fail(Reason::kStorage, "a key file must not be readable by others (mode 0600)");
  }
  Bytes octets(bytes + 1);
  const ssize_t taken = ::read(file.number(), octets.data(), octets.size());
  if (taken != static_cast<ssize_t>(bytes)) {
    Wipe(octets);
    return Fail(Reason::kStorage, "a key file has another size than a key");
  }
  octets.resize(bytes);
  Secret secret{AsText(octets)};
  Wipe(octets);
  return secret;
}

}  // namespace trestle
