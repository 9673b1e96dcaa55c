// The keys of one adapter, all derived from 32 random octets: a key that seals native addresses and
// one that makes blind indexes. The octets come from the environment, from a credential of systemd,
// or from a file of our own with mode 0600, made at first use; a file that others can read, or that
// belongs to somebody else, is refused. Immutable: any thread may use it.
#pragma once

#include <initializer_list>
#include <string>

#include "bridge/base/bytes.h"
#include "bridge/base/result.h"
#include "bridge/base/seams.h"
#include "bridge/base/sensitive.h"

namespace trestle {

// Whether a missing key file may be made: not where sealed rows wait for the lost one.
enum class MissingKey : std::uint8_t { kMake, kRefuse };

// Where the key is looked for before our own file: the first that is there is used, and with it
// nothing is written.
struct KeySource {
  std::string variable = {};    // of the environment: 64 hexadecimal digits
  std::string credential = {};  // a file: 32 octets, or 64 hexadecimal digits
};

class AdapterKeys {
 public:
  // Makes the folder (mode 0700) where it is missing. kStorage with a text that says what is wrong.
  static Result<AdapterKeys> Open(const std::string& folder, const KeySource& source,
                                  Random& random, MissingKey missing);
  AdapterKeys(AdapterKeys&& other) noexcept = default;
  AdapterKeys& operator=(AdapterKeys&&) noexcept = default;

  // AES-256-GCM with a random nonce in front and `context` as associated data. The plain text is
  // padded, so that the length of an address does not show.
  Bytes Seal(std::string_view plain, ByteView context, Random& random) const;
  // kCrypto when the octets, the context or the key are not those of Seal.
  Result<NativeAddress> Open(ByteView sealed, ByteView context) const;

  // A keyed name for the parts under a label; equal exactly when label and parts are equal.
  Bytes32 Blind(StaticText label, std::initializer_list<std::string_view> parts) const;

 private:
  AdapterKeys(Secret seal_key, Secret blind_key)
      : seal_key_(std::move(seal_key)), blind_key_(std::move(blind_key)) {}

  Secret seal_key_;
  Secret blind_key_;
};

}  // namespace trestle
