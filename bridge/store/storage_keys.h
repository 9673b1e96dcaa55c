// The short-lived keys that seal what waits in the store. Each class of time to live has one key in
// use, for at most `rotate_every`; older ones only open, until nothing is left under them, and are
// then overwritten where they lie. So what was erased is unreadable in the write-ahead log, in free
// pages and in any backup of the database, as long as the key file itself is in no backup.
//
//   in use ──rotate_every──▶ retired ──rows moved or erased──▶ destroyed (both slots overwritten)
//      └────────────── nothing left under it ────────────────────▲
//
// The file has two slots of one page run each, sealed with the master key and written alternately,
// so that a crash at any write leaves one whole slot. A key is on the medium before a row sealed
// with it can be committed, and is destroyed only when no committed row needs it. Owned by Store,
// on its writer executor.
#pragma once

#include <absl/functional/any_invocable.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bridge/base/bytes.h"
#include "bridge/base/seams.h"
#include "bridge/base/sensitive.h"
#include "bridge/envelope/aad_header.h"
#include "bridge/store/key_file.h"

namespace trestle {

using StorageKeyId = std::int64_t;  // ascending, never used twice

class StorageKeys {
 public:
  static constexpr std::size_t kKeysMax = 256;  // at the bound the keys in use go on longer
  static constexpr std::size_t kMasterBytesMin = 32;

  struct Options {
    std::string path;  // empty: in memory
    Secret master;     // empty: in a file beside, path + ".master", made together with the keys
    Millis rotate_every = std::chrono::minutes(10);
    // Rows whose keys are not there are given up: for a restored database without its keys.
    bool forget = false;
    // Tests only: puts something between this object and its file.
    absl::AnyInvocable<std::unique_ptr<KeyFile>(std::unique_ptr<KeyFile>)> wrap_file = nullptr;
  };
  // What the store knows of the keys it was written with.
  struct StoreFacts {
    Bytes16 store_id{};
    StorageKeyId newest_used = 0;  // 0: nothing is sealed
  };
  struct Seams {
    const Clock& clock;
    Random& random;
  };
  // kStorage, with a text that says what to do, when master key, file and store do not belong
  // together.
  static Result<std::unique_ptr<StorageKeys>> Open(Options options, const StoreFacts& store,
                                                   Seams seams);
  ~StorageKeys();

  struct Sealed {
    StorageKeyId key = 0;
    Bytes octets;
  };
  // With the key in use for what may live that long. kStorage when a new key cannot be written.
  Result<Sealed> Seal(Millis life, ByteView plain, ByteView context);
  // Again, under the key now in use of the same class.
  Result<Sealed> SealAgain(StorageKeyId was, ByteView plain, ByteView context);
  // None when the key has been destroyed. kCrypto when the octets are not what was sealed.
  Result<std::optional<Bytes>> Open(StorageKeyId key, ByteView sealed, ByteView context) const;

  std::vector<StorageKeyId> ids() const;
  std::vector<StorageKeyId> retired() const;
  // Afterwards none of them opens anything, here or from the file. With an error some may be left:
  // call again.
  Result<void> Destroy(const std::vector<StorageKeyId>& ids);
  bool unsettled() const { return other_slot_stale_; }

 private:
  struct Key {
    TtlClass ttl = TtlClass::kDay;
    WallTime made_at{};
    Bytes32 octets{};
  };
  enum class Slots : std::uint8_t { kOne, kBoth };

  StorageKeys(std::unique_ptr<KeyFile> file, Bytes32 wrap_key, Millis rotate_every, Seams seams);
  Result<void> Load(const Options& options, const StoreFacts& store);
  Result<bool> LoadSlot(ByteView slot);
  Result<StorageKeyId> KeyInUse(TtlClass ttl);
  Result<void> Persist(Slots slots);
  Bytes EncodedSlot(std::uint64_t generation);
  bool IsFresh(const Key& key, WallTime now) const;

  const std::unique_ptr<KeyFile> file_;
  Bytes32 wrap_key_;
  const Millis rotate_every_;
  const Seams seams_;
  Bytes16 store_id_{};
  StorageKeyId next_id_ = 1;
  std::uint64_t generation_ = 0;
  bool other_slot_stale_ = false;  // it still holds keys that were to be destroyed
  std::map<StorageKeyId, Key> keys_;
};

}  // namespace trestle
