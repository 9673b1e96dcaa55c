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

// The octets of an open file: 32, or a few more that are text. kStorage for more than `bytes_max`.
Result<Bytes> ReadAll(const FileDescriptor& file, std::size_t bytes_max) {
  Bytes octets(bytes_max + 1);
  const ssize_t taken = ::read(file.number(), octets.data(), octets.size());
  if (taken < 0 || static_cast<std::size_t>(taken) > bytes_max) {
    Wipe(octets);
    return Fail(Reason::kStorage, "a key file of an address book holds too much");
  }
  octets.resize(static_cast<std::size_t>(taken));
  return octets;
}

Result<Bytes> ReadKeyFile(const std::string& path) {
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
  Bytes octets = TRESTLE_TRY(ReadAll(file, kKeyBytes * AdapterKeys::kKeysMax));
  if (!octets.empty() && octets.size() % kKeyBytes == 0) return octets;
  Wipe(octets);
  return Fail(Reason::kStorage, "the adapter's key file must hold 32 octets for each key");
}

// One key after another, as text: 64 digits each, with commas or line breaks between.
Result<Bytes> KeysFromText(std::string_view text) {
  constexpr std::string_view kBetween = ", \r\n";
  Bytes out;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(kBetween), text.size()));
    if (text.empty()) break;
    const std::string_view word = text.substr(0, text.find_first_of(kBetween));
    text.remove_prefix(word.size());
    Result<Bytes> octets = FromHex(word);
    const bool fits =
        octets && octets->size() == kKeyBytes && out.size() < kKeyBytes * AdapterKeys::kKeysMax;
    if (!fits) {
      Wipe(out);
      return Fail(Reason::kStorage, "an address book key is not 64 hexadecimal digits");
    }
    out.insert(out.end(), octets->begin(), octets->end());
    Wipe(*octets);
  }
  if (out.empty())
    return Fail(Reason::kStorage, "an address book key is not 64 hexadecimal digits");
  return out;
}

// systemd shows credentials to the service alone, with mode 0400, in a folder that is its own.
Result<Bytes> ReadCredential(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  struct stat found {};
  if (file.number() < 0 || ::fstat(file.number(), &found) != 0 || !S_ISREG(found.st_mode)) {
    return Fail(Reason::kStorage, "the credential of the address book key cannot be read");
  }
  if ((found.st_mode & 0077) != 0) {
    return Fail(Reason::kStorage, "the credential of the address book key is open to others");
  }
  constexpr std::size_t kTextBytesMax = (2 * kKeyBytes + 2) * AdapterKeys::kKeysMax;
  Bytes octets = TRESTLE_TRY(ReadAll(file, kTextBytesMax));
  if (octets.size() == kKeyBytes) return octets;
  Result<Bytes> keys = KeysFromText(AsText(octets));
  Wipe(octets);
  return keys;
}

// Nothing when neither is there.
Result<std::optional<Bytes>> ReadOutside(const KeySource& source) {
  const char* text = source.variable.empty() ? nullptr : std::getenv(source.variable.c_str());
  if (text != nullptr) return std::optional(TRESTLE_TRY(KeysFromText(text)));
  struct stat found {};
  const bool there = !source.credential.empty() && ::lstat(source.credential.c_str(), &found) == 0;
  if (!there) return std::optional<Bytes>();
  return std::optional(TRESTLE_TRY(ReadCredential(source.credential)));
}

Secret Derive(ByteView root, std::string_view label) {
  Bytes32 derived = HmacSha256(root, AsBytes(label));
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

std::string OwnFile(const std::string& folder) { return folder + "/addresses.key"; }

Result<Bytes> ReadOwn(const std::string& folder, Random& random, MissingKey missing) {
  const std::string path = OwnFile(folder);
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) {
    if (missing == MissingKey::kRefuse) {
      return Fail(Reason::kStorage, "the adapter's key file is missing beside its database");
    }
    Bytes key(kKeyBytes);
    random.Fill(key);
    const Result<void> written = WritePrivateFile(path, key);
    Wipe(key);
    TRESTLE_TRY(written);
  }
  return ReadKeyFile(path);
}

// Each part carries its length, so that no two lists spell the same octets.
Bytes Spelled(StaticText label, std::initializer_list<std::string_view> parts) {
  Bytes spelled = ToBytes(label.view());
  spelled.push_back(0);
  for (const std::string_view part : parts) {
    for (const int shift : {24, 16, 8, 0}) {
      spelled.push_back(static_cast<std::uint8_t>(part.size() >> shift & 0xFF));
    }
    spelled.insert(spelled.end(), part.begin(), part.end());
  }
  return spelled;
}

}  // namespace

AdapterKeys::Key::Key(ByteView octets)
    : root(octets.begin(), octets.end()),
      seal(Derive(octets, "trestle adapter seal 1")),
      blind(Derive(octets, "trestle adapter blind 1")) {
  const Bytes32 name = HmacSha256(octets, AsBytes("trestle adapter key id 1"));
  id.assign(name.begin(), name.begin() + kIdBytes);
}

Result<AdapterKeys> AdapterKeys::Open(const std::string& folder, const KeySource& source,
                                      Random& random, MissingKey missing) {
  TRESTLE_TRY(MakeFolder(folder));
  auto outside = TRESTLE_TRY(ReadOutside(source));
  Bytes roots = outside ? *std::move(outside) : TRESTLE_TRY(ReadOwn(folder, random, missing));
  auto ring = std::make_shared<Ring>();
  for (std::size_t at = 0; at < roots.size(); at += kKeyBytes) {
    ring->keys.emplace_back(ByteView(roots).subspan(at, kKeyBytes));
    if (outside) Wipe(ring->keys.back().root);
  }
  Wipe(roots);
  if (!outside) ring->file = OwnFile(folder);
  return AdapterKeys(std::move(ring));
}

Result<void> AdapterKeys::Write(const std::vector<const Key*>& keys) const {
  TRESTLE_CHECK(is_own());
  Bytes octets;
  octets.reserve(kKeyBytes * keys.size());
  for (const Key* key : keys) octets.insert(octets.end(), key->root.begin(), key->root.end());
  const Result<void> written = WritePrivateFile(ring_->file, octets);
  Wipe(octets);
  return written;
}

Result<void> AdapterKeys::AddNewest(Random& random) {
  if (size() >= kKeysMax) return Fail(Reason::kBusy, "rows wait under too many old keys");
  Bytes root(kKeyBytes);
  random.Fill(root);
  Key newest{root};
  Wipe(root);
  std::vector<const Key*> keys = {&newest};
  for (const Key& key : ring_->keys) keys.push_back(&key);
  TRESTLE_TRY(Write(keys));
  ring_->keys.insert(ring_->keys.begin(), std::move(newest));
  return {};
}

Result<void> AdapterKeys::DropOld() {
  TRESTLE_TRY(Write({&ring_->keys.front()}));
  ring_->keys.erase(ring_->keys.begin() + 1, ring_->keys.end());
  return {};
}

Bytes AdapterKeys::Seal(std::string_view plain, ByteView context, Random& random) const {
  Bytes padded = Padded(plain);
  const Secret& key = ring_->keys.front().seal;
  Bytes sealed = AeadSeal(AsBytes(key.Reveal(Purpose::kSealForStore)), padded, context, random);
  Wipe(padded);
  return sealed;
}

Result<NativeAddress> AdapterKeys::Open(ByteView sealed, ByteView context) const {
  for (const Key& key : ring_->keys) {
    auto padded = AeadOpen(AsBytes(key.seal.Reveal(Purpose::kSealForStore)), sealed, context);
    if (!padded) continue;
    auto address = Unpadded(*padded);
    Wipe(*padded);
    return address;
  }
  return Fail(Reason::kCrypto, "a sealed address is damaged or under another key");
}

Bytes32 AdapterKeys::BlindUnder(const Key& key, ByteView spelled) {
  return HmacSha256(AsBytes(key.blind.Reveal(Purpose::kSealForStore)), spelled);
}

Bytes32 AdapterKeys::Blind(StaticText label, std::initializer_list<std::string_view> parts) const {
  Bytes spelled = Spelled(label, parts);
  const Bytes32 blind = BlindUnder(ring_->keys.front(), spelled);
  Wipe(spelled);
  return blind;
}

std::vector<Bytes32> AdapterKeys::Blinds(StaticText label,
                                         std::initializer_list<std::string_view> parts) const {
  Bytes spelled = Spelled(label, parts);
  std::vector<Bytes32> blinds;
  for (const Key& key : ring_->keys) blinds.push_back(BlindUnder(key, spelled));
  Wipe(spelled);
  return blinds;
}

}  // namespace trestle
