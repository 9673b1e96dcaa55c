#include "adapters/sdk/adapter_keys.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "bridge/base/aead.h"
#include "bridge/base/digest.h"
#include "bridge/base/private_file.h"

namespace trestle {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kPadBytes = 32;
constexpr std::size_t kAddressBytesMax = 1024;

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

Result<void> MakeFolder(const std::string& folder) {
  std::error_code failed;
  const bool made = std::filesystem::create_directories(folder, failed);
  struct stat found {};
  if (::stat(folder.c_str(), &found) != 0 || !S_ISDIR(found.st_mode)) {
    return Fail(Reason::kStorage, "the adapter's folder cannot be made");
  }
  if (!made && found.st_uid != ::geteuid()) {
    return Fail(Reason::kStorage, "the adapter's folder belongs to another user");
  }
  if (::chmod(folder.c_str(), 0700) != 0) {
    return Fail(Reason::kStorage, "the adapter's folder cannot be made private");
  }
  return {};
}

Result<void> MakeKeyFile(const std::string& path, Random& random) {
  Bytes key(kKeyBytes);
  random.Fill(key);
  const Result<void> written = WritePrivateFile(path, key);
  Wipe(key);
  return written;
}

Result<Secret> ReadKeyFile(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  struct stat found {};
  if (file.number() < 0 || ::fstat(file.number(), &found) != 0 || !S_ISREG(found.st_mode)) {
    return Fail(Reason::kStorage, "the adapter's key file cannot be read");
  }
  if (found.st_uid != ::geteuid()) {
    return Fail(Reason::kStorage, "the adapter's key file belongs to another user");
  }
  if ((found.st_mode & 07777) != 0600) {
    return Fail(Reason::kStorage, "the adapter's key file must have mode 0600");
  }
  Bytes key(kKeyBytes + 1);
  const ssize_t taken = ::read(file.number(), key.data(), key.size());
  if (taken != static_cast<ssize_t>(kKeyBytes)) {
    Wipe(key);
    return Fail(Reason::kStorage, "the adapter's key file must hold 32 octets");
  }
  key.resize(kKeyBytes);
  Secret secret{AsText(key)};
  Wipe(key);
  return secret;
}

Result<Secret> KeyFromText(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  Result<Bytes> octets = FromHex(text);
  if (!octets || octets->size() != kKeyBytes) {
    return Fail(Reason::kStorage, "an address book key is not 64 hexadecimal digits");
  }
  Secret out{AsText(*octets)};
  Wipe(*octets);
  return out;
}

// systemd shows credentials to the service alone, with mode 0400, in a folder that is its own.
Result<Secret> ReadCredential(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  struct stat found {};
  if (file.number() < 0 || ::fstat(file.number(), &found) != 0 || !S_ISREG(found.st_mode)) {
    return Fail(Reason::kStorage, "the credential of the address book key cannot be read");
  }
  if ((found.st_mode & 0077) != 0) {
    return Fail(Reason::kStorage, "the credential of the address book key is open to others");
  }
  Bytes octets(4 * kKeyBytes);
  const ssize_t taken = ::read(file.number(), octets.data(), octets.size());
  octets.resize(taken > 0 ? static_cast<std::size_t>(taken) : 0);
  Result<Secret> key = octets.size() == kKeyBytes ? Result<Secret>(Secret(AsText(octets)))
                                                  : KeyFromText(AsText(octets));
  Wipe(octets);
  return key;
}

// Nothing when neither is there.
Result<std::optional<Secret>> ReadOutside(const KeySource& source) {
  const char* text = source.variable.empty() ? nullptr : std::getenv(source.variable.c_str());
  if (text != nullptr) return std::optional(TRESTLE_TRY(KeyFromText(text)));
  struct stat found {};
  const bool there = !source.credential.empty() && ::lstat(source.credential.c_str(), &found) == 0;
  if (!there) return std::optional<Secret>();
  return std::optional(TRESTLE_TRY(ReadCredential(source.credential)));
}

Secret Derive(const Secret& root, std::string_view label) {
  Bytes32 derived = HmacSha256(AsBytes(root.Reveal(Purpose::kSealForStore)), AsBytes(label));
  Secret out{AsText(derived)};
  Wipe(derived);
  return out;
}

// Two octets of length, the text, zeros to the next multiple of kPadBytes.
Bytes Padded(std::string_view plain) {
  TRESTLE_CHECK(plain.size() <= kAddressBytesMax);
  Bytes out((plain.size() + 2 + kPadBytes - 1) / kPadBytes * kPadBytes);
  out[0] = static_cast<std::uint8_t>(plain.size() >> 8);
  out[1] = static_cast<std::uint8_t>(plain.size() & 0xFF);
  std::copy(plain.begin(), plain.end(), out.begin() + 2);
  return out;
}

Result<NativeAddress> Unpadded(ByteView padded) {
  if (padded.size() < 2) return Fail(Reason::kCrypto, "a sealed address is cut");
  const std::size_t size = static_cast<std::size_t>(padded[0] << 8 | padded[1]);
  if (size > padded.size() - 2) return Fail(Reason::kCrypto, "a sealed address is cut");
  return NativeAddress(AsText(padded.subspan(2, size)));
}

}  // namespace

namespace {

Result<Secret> ReadOwn(const std::string& folder, Random& random, MissingKey missing) {
  const std::string path = folder + "/addresses.key";
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) {
    if (missing == MissingKey::kRefuse) {
      return Fail(Reason::kStorage, "the adapter's key file is missing beside its database");
    }
    TRESTLE_TRY(MakeKeyFile(path, random));
  }
  return ReadKeyFile(path);
}

}  // namespace

Result<AdapterKeys> AdapterKeys::Open(const std::string& folder, const KeySource& source,
                                      Random& random, MissingKey missing) {
  TRESTLE_TRY(MakeFolder(folder));
  auto outside = TRESTLE_TRY(ReadOutside(source));
  const Secret root = outside ? *std::move(outside) : TRESTLE_TRY(ReadOwn(folder, random, missing));
  return AdapterKeys(Derive(root, "trestle adapter seal 1"),
                     Derive(root, "trestle adapter blind 1"));
}

Bytes AdapterKeys::Seal(std::string_view plain, ByteView context, Random& random) const {
  Bytes padded = Padded(plain);
  Bytes sealed =
      AeadSeal(AsBytes(seal_key_.Reveal(Purpose::kSealForStore)), padded, context, random);
  Wipe(padded);
  return sealed;
}

Result<NativeAddress> AdapterKeys::Open(ByteView sealed, ByteView context) const {
  Bytes padded =
      TRESTLE_TRY(AeadOpen(AsBytes(seal_key_.Reveal(Purpose::kSealForStore)), sealed, context));
  auto address = Unpadded(padded);
  Wipe(padded);
  return address;
}

Bytes32 AdapterKeys::Blind(StaticText label, std::initializer_list<std::string_view> parts) const {
  // Each part carries its length, so that no two lists spell the same octets.
  Bytes spelled = ToBytes(label.view());
  spelled.push_back(0);
  for (const std::string_view part : parts) {
    for (const int shift : {24, 16, 8, 0}) {
      spelled.push_back(static_cast<std::uint8_t>(part.size() >> shift & 0xFF));
    }
    spelled.insert(spelled.end(), part.begin(), part.end());
  }
  const Bytes32 blind = HmacSha256(AsBytes(blind_key_.Reveal(Purpose::kSealForStore)), spelled);
  Wipe(spelled);
  return blind;
}

}  // namespace trestle
