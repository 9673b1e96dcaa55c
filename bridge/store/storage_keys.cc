#include "bridge/store/storage_keys.h"

#include <algorithm>
#include <array>

#include "bridge/base/aead.h"
#include "bridge/base/digest.h"
#include "bridge/base/event_log.h"
#include "bridge/base/private_file.h"

namespace trestle {
namespace {

constexpr std::string_view kMagic = "TRSKEYS1";
constexpr std::size_t kHeadBytes = 8 + 8;               // magic, generation
constexpr std::size_t kKeyEntryBytes = 8 + 1 + 8 + 32;  // id, class, made at, octets
constexpr std::size_t kPlainBytes =
    16 + 8 + 2 + StorageKeys::kKeysMax * kKeyEntryBytes;  // store, next id, count, keys
constexpr std::size_t kSlotBytes = 16384;  // whole pages: a torn write spoils one slot only
static_assert(kHeadBytes + kPlainBytes + kAeadOverheadBytes <= kSlotBytes);

constexpr std::array kClasses = {TtlClass::kHalfMinute, TtlClass::kFiveMinutes, TtlClass::kHour,
                                 TtlClass::kDay, TtlClass::kWeek};

TtlClass ClassFor(Millis life) {
  for (const TtlClass each : kClasses) {
    if (life <= TtlOf(each)) return each;
  }
  return TtlClass::kWeek;
}

void PutNumber(Bytes& out, std::uint64_t value, int octets) {
  for (int shift = 8 * (octets - 1); shift >= 0; shift -= 8) {
    out.push_back(static_cast<std::uint8_t>(value >> shift));
  }
}

std::uint64_t TakeNumber(ByteView& from, std::size_t octets) {
  std::uint64_t out = 0;
  for (const std::uint8_t each : from.first(octets)) out = out << 8 | each;
  from = from.subspan(octets);
  return out;
}

template <std::size_t size>
std::array<std::uint8_t, size> TakeOctets(ByteView& from) {
  std::array<std::uint8_t, size> out;
  std::copy_n(from.begin(), size, out.begin());
  from = from.subspan(size);
  return out;
}

std::uint64_t GenerationOf(ByteView slot) {
  ByteView at = slot.subspan(kMagic.size());
  return TakeNumber(at, 8);
}

bool IsWritten(ByteView slot) {
  return slot.size() == kSlotBytes && AsText(slot.first(kMagic.size())) == kMagic;
}

Result<Secret> MasterFor(const StorageKeys::Options& options, bool keys_exist, Random& random) {
  if (!options.master.empty()) {
    if (options.master.Reveal(Purpose::kSealForStore).size() < StorageKeys::kMasterBytesMin) {
      return Fail(Reason::kStorage, "the master key must have at least 32 octets");
    }
    return options.master.Duplicate(Purpose::kSealForStore);
  }
  Bytes made(StorageKeys::kMasterBytesMin);
  random.Fill(made);
  Secret fresh{AsText(made)};
  if (options.path.empty()) return fresh;
  const std::string path = options.path + ".master";
  if (!PrivateFileExists(path)) {
    if (keys_exist) return Fail(Reason::kStorage, "the master key is missing beside its keys");
    TRESTLE_TRY(WritePrivateFile(path, made));
  }
  Wipe(made);
  return ReadPrivateFile(path, StorageKeys::kMasterBytesMin);
}

}  // namespace

StorageKeys::StorageKeys(std::unique_ptr<KeyFile> file, Bytes32 wrap_key, Millis rotate_every,
                         Seams seams)
    : file_(std::move(file)), wrap_key_(wrap_key), rotate_every_(rotate_every), seams_(seams) {}

StorageKeys::~StorageKeys() {
  Wipe(wrap_key_);
  for (auto& [id, key] : keys_) Wipe(key.octets);
}

Result<std::unique_ptr<StorageKeys>> StorageKeys::Open(Options options, const StoreFacts& store,
                                                       Seams seams) {
  const bool exists = !options.path.empty() && PrivateFileExists(options.path);
  if (!exists && store.newest_used != 0 && !options.forget) {
    return Fail(Reason::kStorage,
                "the storage keys are missing: what waits cannot be opened; put them back, or give "
                "it up with --forget-waiting");
  }
  const Secret master = TRESTLE_TRY(MasterFor(options, exists, seams.random));
  std::unique_ptr<KeyFile> file =
      options.path.empty() ? KeyFile::InMemory() : TRESTLE_TRY(KeyFile::Open(options.path));
  if (options.wrap_file) file = options.wrap_file(std::move(file));
  const Bytes32 wrap_key =
      HmacSha256(AsBytes(master.Reveal(Purpose::kSealForStore)), AsBytes("trestle storage keys 1"));
  std::unique_ptr<StorageKeys> keys(
      new StorageKeys(std::move(file), wrap_key, options.rotate_every, seams));
  TRESTLE_TRY(keys->Load(options, store));
  return keys;
}

Result<void> StorageKeys::Load(const Options& options, const StoreFacts& store) {
  const Bytes octets = TRESTLE_TRY(file_->Read());
  const ByteView all = octets;
  std::vector<ByteView> written;
  for (std::size_t at = 0; at < 2 * kSlotBytes && at + kSlotBytes <= all.size(); at += kSlotBytes) {
    if (IsWritten(all.subspan(at, kSlotBytes))) written.push_back(all.subspan(at, kSlotBytes));
  }
  std::ranges::sort(written,
                    [](ByteView a, ByteView b) { return GenerationOf(a) > GenerationOf(b); });
  bool loaded = false;
  for (const ByteView slot : written) {
    if (!loaded) loaded = TRESTLE_TRY(LoadSlot(slot));
  }
  if (!loaded && !written.empty()) {
    return Fail(Reason::kStorage, "the storage keys do not open with this master key");
  }
  if (loaded && store_id_ != store.store_id) {
    return Fail(Reason::kStorage, "the storage keys belong to another store");
  }
  if (store.newest_used >= next_id_) {
    if (!options.forget) {
      return Fail(Reason::kStorage,
                  "the storage keys are older than the store: put the newest back, or give up what "
                  "waits with --forget-waiting");
    }
    next_id_ = store.newest_used + 1;
  }
  store_id_ = store.store_id;
  // Whatever a crash left in the other slot goes now.
  return Persist(Slots::kBoth);
}

Result<bool> StorageKeys::LoadSlot(ByteView slot) {
  const ByteView sealed = slot.subspan(kHeadBytes, kPlainBytes + kAeadOverheadBytes);
  Result<Bytes> plain = AeadOpen(wrap_key_, sealed, slot.first(kHeadBytes));
  if (!plain) return false;  // torn, or another master key
  ByteView at = *plain;
  store_id_ = TakeOctets<16>(at);
  next_id_ = static_cast<StorageKeyId>(TakeNumber(at, 8));
  const std::size_t count = TakeNumber(at, 2);
  TRESTLE_CHECK(count <= kKeysMax);
  for (std::size_t i = 0; i < count; ++i) {
    const auto id = static_cast<StorageKeyId>(TakeNumber(at, 8));
    Key& key = keys_[id];
    key.ttl = static_cast<TtlClass>(TakeNumber(at, 1));
    key.made_at = WallTime{static_cast<std::int64_t>(TakeNumber(at, 8))};
    key.octets = TakeOctets<32>(at);
  }
  generation_ = GenerationOf(slot);
  Wipe(*plain);
  return true;
}

Bytes StorageKeys::EncodedSlot(std::uint64_t generation) {
  Bytes slot = ToBytes(kMagic);
  PutNumber(slot, generation, 8);
  Bytes plain;
  plain.reserve(kPlainBytes);
  plain.insert(plain.end(), store_id_.begin(), store_id_.end());
  PutNumber(plain, static_cast<std::uint64_t>(next_id_), 8);
  PutNumber(plain, keys_.size(), 2);
  for (const auto& [id, key] : keys_) {
    PutNumber(plain, static_cast<std::uint64_t>(id), 8);
    PutNumber(plain, static_cast<std::uint64_t>(key.ttl), 1);
    PutNumber(plain, static_cast<std::uint64_t>(key.made_at.ms), 8);
    plain.insert(plain.end(), key.octets.begin(), key.octets.end());
  }
  plain.resize(kPlainBytes);
  const Bytes sealed = AeadSeal(wrap_key_, plain, slot, seams_.random);
  Wipe(plain);
  slot.insert(slot.end(), sealed.begin(), sealed.end());
  slot.resize(kSlotBytes);
  return slot;
}

// The newest whole slot is never the one being written: after a crash it is still there.
Result<void> StorageKeys::Persist(Slots slots) {
  const std::uint64_t generation = generation_ + 1;
  const Bytes slot = EncodedSlot(generation);
  const std::size_t first = generation % 2 * kSlotBytes;
  TRESTLE_TRY(file_->Write(first, slot));
  TRESTLE_TRY(file_->Sync());
  generation_ = generation;
  if (slots == Slots::kOne) return {};
  other_slot_stale_ = true;
  TRESTLE_TRY(file_->Write(kSlotBytes - first, slot));
  TRESTLE_TRY(file_->Sync());
  other_slot_stale_ = false;
  return {};
}

bool StorageKeys::IsFresh(const Key& key, WallTime now) const {
  // A clock that was set back must not keep a key for ever.
  return now >= key.made_at && now - key.made_at < std::min(rotate_every_, TtlOf(key.ttl));
}

Result<StorageKeyId> StorageKeys::KeyInUse(TtlClass ttl) {
  const WallTime now = seams_.clock.wall_now();
  const auto newest = std::find_if(keys_.rbegin(), keys_.rend(),
                                   [&](const auto& each) { return each.second.ttl == ttl; });
  if (newest != keys_.rend() && (IsFresh(newest->second, now) || keys_.size() >= kKeysMax)) {
    return newest->first;
  }
  if (keys_.size() >= kKeysMax) return Fail(Reason::kBusy, "there are as many storage keys as may");
  const StorageKeyId id = next_id_++;
  Key& key = keys_[id];
  key.ttl = ttl;
  key.made_at = now;
  seams_.random.Fill(key.octets);
  if (const Result<void> written = Persist(Slots::kOne); !written) {
    Wipe(key.octets);
    keys_.erase(id);
    return tl::unexpected(written.error());
  }
  return id;
}

Result<StorageKeys::Sealed> StorageKeys::Seal(Millis life, ByteView plain, ByteView context) {
  const StorageKeyId id = TRESTLE_TRY(KeyInUse(ClassFor(life)));
  return Sealed{id, AeadSeal(keys_.at(id).octets, plain, context, seams_.random)};
}

Result<StorageKeys::Sealed> StorageKeys::SealAgain(StorageKeyId was, ByteView plain,
                                                   ByteView context) {
  const auto key = keys_.find(was);
  TRESTLE_CHECK(key != keys_.end());  // it has just opened the text
  return Seal(TtlOf(key->second.ttl), plain, context);
}

Result<std::optional<Bytes>> StorageKeys::Open(StorageKeyId key, ByteView sealed,
                                               ByteView context) const {
  const auto found = keys_.find(key);
  if (found == keys_.end()) return std::optional<Bytes>();
  return std::optional(TRESTLE_TRY(AeadOpen(found->second.octets, sealed, context)));
}

std::vector<StorageKeyId> StorageKeys::ids() const {
  std::vector<StorageKeyId> out;
  for (const auto& [id, key] : keys_) out.push_back(id);
  return out;
}

std::vector<StorageKeyId> StorageKeys::retired() const {
  const WallTime now = seams_.clock.wall_now();
  std::vector<StorageKeyId> out;
  for (const auto& [id, key] : keys_) {
    if (!IsFresh(key, now)) out.push_back(id);
  }
  return out;
}

Result<void> StorageKeys::Destroy(const std::vector<StorageKeyId>& ids) {
  std::map<StorageKeyId, Key> taken;
  for (const StorageKeyId id : ids) {
    const auto found = keys_.find(id);
    if (found == keys_.end()) continue;
    taken.emplace(id, found->second);
    Wipe(found->second.octets);
    keys_.erase(found);
  }
  if (taken.empty() && !other_slot_stale_) return {};
  const std::uint64_t before = generation_;
  const Result<void> written = Persist(Slots::kBoth);
  // Nothing was written: the keys are still in both slots, and still open what they sealed.
  if (!written && generation_ == before) {
    for (auto& [id, key] : taken) keys_.emplace(id, key);
  }
  for (auto& [id, key] : taken) Wipe(key.octets);
  return written;
}

}  // namespace trestle
