#include "endpoint/state_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "bridge/base/digest.h"
#include "endpoint/crypto/aead.h"
#include "endpoint/crypto/kdf.h"
#include "endpoint/crypto/keys.h"

namespace trestle::endpoint {
namespace {

using crypto::SecretBytes;

constexpr std::string_view kKeyFile = "key";
constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kBlindNameBytes = 16;
constexpr crypto::AeadId kAead = crypto::AeadId::kAes256Gcm;

class File {
 public:
  File(const std::string& path, int flags, mode_t mode = 0600)
      : descriptor_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}
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

Result<void> WriteAll(int descriptor, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return Fail(Reason::kStorage, "the endpoint's state cannot be written");
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> SyncFolder(const std::string& folder) {
  const File handle(folder, O_RDONLY | O_DIRECTORY);
  if (handle.get() < 0 || ::fsync(handle.get()) != 0) {
    return Fail(Reason::kStorage, "the endpoint's folder cannot be synced");
  }
  return {};
}

Result<void> ReplaceFile(const std::string& folder, const std::string& path, ByteView bytes) {
  const std::string fresh = path + ".new";
  {
    const File file(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW);
    if (file.get() < 0) return Fail(Reason::kStorage, "the endpoint's state cannot be written");
    TRESTLE_TRY(WriteAll(file.get(), bytes));
    if (::fsync(file.get()) != 0)
      return Fail(Reason::kStorage, "the endpoint's state cannot be synced");
  }
  if (::rename(fresh.c_str(), path.c_str()) != 0) {
    return Fail(Reason::kStorage, "the endpoint's state cannot be replaced");
  }
  return SyncFolder(folder);
}

Result<std::optional<Bytes>> ReadFile(const std::string& path) {
  const File file(path, O_RDONLY | O_NOFOLLOW);
  if (file.get() < 0) {
    if (errno == ENOENT) return std::optional<Bytes>();
    return Fail(Reason::kStorage, "the endpoint's state cannot be opened");
  }
  struct stat about {};
  if (::fstat(file.get(), &about) != 0 || about.st_size < 0 ||
      static_cast<std::size_t>(about.st_size) > StateStore::kFileBytesMax) {
    return Fail(Reason::kStorage, "the endpoint's state has an impossible size");
  }
  Bytes out(static_cast<std::size_t>(about.st_size));
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t got = ::read(file.get(), out.data() + done, out.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return Fail(Reason::kStorage, "the endpoint's state cannot be read");
    done += static_cast<std::size_t>(got);
  }
  return std::optional(std::move(out));
}

}  // namespace

StateStore::StateStore(std::string folder, int lock, Random& random)
    : folder_(std::move(folder)), lock_(lock), random_(&random) {}

StateStore::StateStore(StateStore&& other) noexcept
    : folder_(std::move(other.folder_)),
      lock_(std::exchange(other.lock_, -1)),
      random_(other.random_),
      seal_key_(std::move(other.seal_key_)),
      name_key_(std::move(other.name_key_)) {}

StateStore::~StateStore() {
  if (lock_ >= 0) ::close(lock_);
}

std::string StateStore::PathOf(std::string_view name) const {
  return folder_ + "/" + std::string(name);
}

Result<void> StateStore::ReadOrMakeKey() {
  const std::string path = PathOf(kKeyFile);
  std::optional<Bytes> found = TRESTLE_TRY(ReadFile(path));
  const bool fresh = !found;
  SecretBytes key =
      fresh ? crypto::RandomSecret(*random_, kKeyBytes) : SecretBytes(*std::exchange(found, {}));
  if (key.size() != kKeyBytes) return Fail(Reason::kStorage, "the endpoint's key file is damaged");
  if (fresh) TRESTLE_TRY(ReplaceFile(folder_, path, key));
  seal_key_ = std::move(key);
  return {};
}

Result<StateStore> StateStore::Open(const std::string& folder, std::optional<SecretBytes> key,
                                    Random& random) {
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return Fail(Reason::kStorage, "the endpoint's folder cannot be made");
  }
  File lock(folder + "/lock", O_RDWR | O_CREAT | O_NOFOLLOW);
  if (lock.get() < 0) return Fail(Reason::kStorage, "the endpoint's folder cannot be used");
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    return Fail(Reason::kBusy, "another process has this endpoint open");
  }
  StateStore out(folder, lock.release(), random);
  if (key) {
    if (key->size() != kKeyBytes) return Fail(Reason::kInvalidArgument, "a state key is 32 octets");
    out.seal_key_ = *std::move(key);
  } else {
    TRESTLE_TRY(out.ReadOrMakeKey());
  }
  // Two purposes, two keys.
  out.name_key_ = TRESTLE_TRY(
      crypto::HkdfExpand(out.seal_key_, AsBytes("Trestle endpoint file names v1"), kKeyBytes));
  out.seal_key_ = TRESTLE_TRY(
      crypto::HkdfExpand(out.seal_key_, AsBytes("Trestle endpoint state v1"), kKeyBytes));
  return out;
}

Result<void> StateStore::Save(std::string_view name, ByteView plain) {
  Bytes sealed(crypto::kNonceBytes);
  random_->Fill(sealed);
  // The file's name is authenticated, so that files cannot change places.
  const Bytes body = TRESTLE_TRY(crypto::AeadSeal(kAead, seal_key_, sealed, AsBytes(name), plain));
  sealed.insert(sealed.end(), body.begin(), body.end());
  return ReplaceFile(folder_, PathOf(name), sealed);
}

Result<std::optional<SecretBytes>> StateStore::Load(std::string_view name) const {
  const std::optional<Bytes> sealed = TRESTLE_TRY(ReadFile(PathOf(name)));
  if (!sealed) return std::optional<SecretBytes>();
  if (sealed->size() < crypto::kNonceBytes) {
    return Fail(Reason::kStorage, "the endpoint's state is damaged");
  }
  const ByteView view(*sealed);
  return std::optional(
      TRESTLE_TRY(crypto::AeadOpen(kAead, seal_key_, view.first(crypto::kNonceBytes), AsBytes(name),
                                   view.subspan(crypto::kNonceBytes))));
}

Result<void> StateStore::Remove(std::string_view name) {
  if (::unlink(PathOf(name).c_str()) != 0 && errno != ENOENT) {
    return Fail(Reason::kStorage, "the endpoint's state cannot be removed");
  }
  return SyncFolder(folder_);
}

std::string StateStore::BlindName(std::string_view prefix, std::string_view name) const {
  const Bytes32 blind = HmacSha256(name_key_, AsBytes(name));
  return std::string(prefix) + ToHex(ByteView(blind).first(kBlindNameBytes));
}

}  // namespace trestle::endpoint
