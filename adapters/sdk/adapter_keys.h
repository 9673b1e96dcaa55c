// The keys of one adapter, all derived from 32 random octets: a key that seals native addresses and
// one that makes blind indexes. The octets come from the environment, from a credential of systemd,
// or from a file of our own with mode 0600, made at first use; a file that others can read, or that
// belongs to somebody else, is refused.
//
// There may be several, the newest first: what is written is under the newest, what was written
// under an older one opens until that is dropped. Copies share the ring. Not thread-safe: the
// adapter's loop owns it.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "bridge/base/bytes.h"
#include "bridge/base/result.h"
#include "bridge/base/seams.h"
#include "bridge/base/sensitive.h"

namespace trestle {

// Whether a missing key file may be made: not where sealed rows wait for the lost one.
enum class MissingKey : std::uint8_t { kMake, kRefuse };

// Where the keys are looked for before our own file: the first place that is there is used, and
// with it nothing is written.
struct KeySource {
  // Of the environment: 64 hexadecimal digits; more keys after commas, the newest first.
  std::string variable = {};
  std::string credential = {};  // a file: 32 octets, or the same text
  // A key of our own file that is older than this is replaced; 0: never.
  Millis rotate_every{0};
};

class AdapterKeys {
 public:
  static constexpr std::size_t kKeysMax = 4;
  static constexpr std::size_t kIdBytes = 8;

  // Makes the folder (mode 0700) where it is missing. kStorage with a text that says what is wrong.
  static Result<AdapterKeys> Open(const std::string& folder, const KeySource& source,
                                  Random& random, MissingKey missing);

  // AES-256-GCM with a random nonce in front and `context` as associated data. The plain text is
  // padded, so that the length of an address does not show.
  Bytes Seal(std::string_view plain, ByteView context, Random& random) const;
  // kCrypto when the octets, the context or all keys are not those of Seal.
  Result<NativeAddress> Open(ByteView sealed, ByteView context) const;

  // A keyed name for the parts under a label; equal exactly when label and parts are equal.
  Bytes32 Blind(StaticText label, std::initializer_list<std::string_view> parts) const;
  // The same under each key, the newest first: where to look for what may be older.
  std::vector<Bytes32> Blinds(StaticText label,
                              std::initializer_list<std::string_view> parts) const;

  std::size_t size() const { return ring_->keys.size(); }
  // Names the newest key and tells nothing of it.
  Bytes id() const { return ring_->keys.front().id; }
  // Whether the ring is kept in our own file: only then can the next two be called.
  bool is_own() const { return !ring_->file.empty(); }
  // A new key in front, durable when it returns. kBusy while kKeysMax are held.
  Result<void> AddNewest(Random& random);
  // Only the newest is left.
  Result<void> DropOld();

 private:
  struct Key {
    Bytes root;  // kept for our own file alone, else empty
    Secret seal;
    Secret blind;
    Bytes id;

    explicit Key(ByteView octets);
    ~Key() { Wipe(root); }
    Key(Key&&) noexcept = default;
    Key& operator=(Key&&) noexcept = default;
  };
  struct Ring {
    std::vector<Key> keys;
    std::string file;  // empty when the keys came from outside
  };

  explicit AdapterKeys(std::shared_ptr<Ring> ring) : ring_(std::move(ring)) {}
  static Bytes32 BlindUnder(const Key& key, ByteView spelled);
  Result<void> Write(const std::vector<const Key*>& keys) const;

  std::shared_ptr<Ring> ring_;
};

}  // namespace trestle
