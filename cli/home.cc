#include "cli/home.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace trestle::cli {
namespace {

constexpr std::string_view kTokenFile = "token";
constexpr std::string_view kLockFile = "lock";
constexpr std::string_view kEndpointFolder = "endpoint";

class File {
 public:
  File(const std::string& path, int flags)
      : descriptor_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  int get() const { return descriptor_; }
  int release() { return std::exchange(descriptor_, -1); }

 private:
  int descriptor_;
};

Result<void> WriteAll(int descriptor, ByteView octets) {
  while (!octets.empty()) {
    const ssize_t written = ::write(descriptor, octets.data(), octets.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return Fail(Reason::kStorage, "a file in the home cannot be written");
    octets = octets.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

Result<Bytes> ReadAll(int descriptor) {
  struct stat about {};
  if (::fstat(descriptor, &about) != 0 || !S_ISREG(about.st_mode) ||
      static_cast<std::size_t>(about.st_size) > Home::kFileBytesMax) {
    return Fail(Reason::kStorage, "a file in the home is not one of ours");
  }
  Bytes out(static_cast<std::size_t>(about.st_size));
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t got = ::read(descriptor, out.data() + done, out.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Fail(Reason::kStorage, "a file in the home cannot be read");
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  out.resize(done);
  return out;
}

Result<std::string> TokenIn(ByteView octets) {
  std::string_view text = AsText(octets);
  text = text.substr(0, text.find_first_of("\r\n"));
  const bool is_plain =
      std::all_of(text.begin(), text.end(), [](char sign) { return sign > ' ' && sign < 127; });
  if (text.empty() || text.size() > Home::kTokenBytesMax || !is_plain) {
    return Fail(Reason::kMalformed, "the token file does not hold a token");
  }
  return std::string(text);
}

}  // namespace

Home::Lease::Lease(Lease&& other) noexcept
    : lock_(std::exchange(other.lock_, -1)), device_(std::move(other.device_)) {}

Home::Lease::~Lease() {
  device_.reset();  // before the next one may open it
  if (lock_ >= 0) ::close(lock_);
}

Result<Home> Home::At(const std::string& folder) {
  if (!folder.empty()) return Home(folder);
  const char* person = std::getenv("HOME");  // NOLINT(concurrency-mt-unsafe): nobody sets it
  if (person == nullptr || *person == '\0') {
    return Fail(Reason::kInvalidArgument, "there is no HOME; say --home DIR");
  }
  return Home(std::string(person) + "/.trestle");
}

std::string Home::PathOf(std::string_view name) const { return folder_ + "/" + std::string(name); }

Result<void> Home::MakeFolder() const {
  std::error_code problem;
  const std::filesystem::path parent = std::filesystem::path(folder_).parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent, problem);
  if (::mkdir(folder_.c_str(), 0700) == 0) return {};
  if (errno == EEXIST && std::filesystem::is_directory(folder_, problem)) return {};
  return Fail(Reason::kStorage, "the home cannot be made");
}

Result<std::optional<std::string>> Home::Token() const {
  const std::optional<Bytes> octets = TRESTLE_TRY(Load(kTokenFile));
  if (!octets) return std::optional<std::string>();
  return std::optional(TRESTLE_TRY(TokenIn(*octets)));
}

Result<void> Home::SaveToken(std::string_view token) {
  return Save(kTokenFile, AsBytes(std::string(token) + "\n"));
}

Result<Home::Lease> Home::Endpoint(Random& random, const Clock& clock) const {
  TRESTLE_TRY(MakeFolder());
  File lock(PathOf(kLockFile), O_RDWR | O_CREAT | O_NOFOLLOW);
  if (lock.get() < 0) return Fail(Reason::kStorage, "the home cannot be written");
  while (::flock(lock.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return Fail(Reason::kStorage, "the home cannot be locked");
  }
  auto device = TRESTLE_TRY(endpoint::Endpoint::Open(PathOf(kEndpointFolder), random, clock));
  return Lease(lock.release(), std::move(device));
}

bool Home::has_endpoint() const {
  std::error_code problem;
  return std::filesystem::exists(PathOf(kEndpointFolder) + "/directory", problem);
}

Result<void> Home::Save(std::string_view name, ByteView octets) const {
  TRESTLE_TRY(MakeFolder());
  const std::string path = PathOf(name);
  const std::string fresh = path + ".new";
  {
    const File file(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW);
    if (file.get() < 0) return Fail(Reason::kStorage, "the home cannot be written");
    TRESTLE_TRY(WriteAll(file.get(), octets));
    if (::fsync(file.get()) != 0) return Fail(Reason::kStorage, "the home cannot be synced");
  }
  if (::rename(fresh.c_str(), path.c_str()) != 0) {
    return Fail(Reason::kStorage, "a file in the home cannot be replaced");
  }
  const File folder(folder_, O_RDONLY | O_DIRECTORY);
  if (folder.get() < 0 || ::fsync(folder.get()) != 0) {
    return Fail(Reason::kStorage, "the home cannot be synced");
  }
  return {};
}

Result<std::optional<Bytes>> Home::Load(std::string_view name) const {
  const File file(PathOf(name), O_RDONLY | O_NOFOLLOW);
  if (file.get() < 0) {
    if (errno == ENOENT) return std::optional<Bytes>();
    return Fail(Reason::kStorage, "a file in the home cannot be opened");
  }
  return std::optional(TRESTLE_TRY(ReadAll(file.get())));
}

Result<void> Home::Remove(std::string_view name) const {
  if (::unlink(PathOf(name).c_str()) == 0 || errno == ENOENT) return {};
  return Fail(Reason::kStorage, "a file in the home cannot be removed");
}

Result<std::vector<std::string>> Home::Names(std::string_view prefix) const {
  std::vector<std::string> names;
  std::error_code problem;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, problem)) {
    std::string name = entry.path().filename().string();
    if (name.starts_with(prefix) && !name.ends_with(".new")) names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::string> ReadTokenFile(const std::string& path) {
  const File file(path, O_RDONLY);
  if (file.get() < 0) return Fail(Reason::kNotFound, "the token file cannot be opened");
  const Bytes octets = TRESTLE_TRY(ReadAll(file.get()));
  return TokenIn(octets);
}

}  // namespace trestle::cli
