// The files of an endpoint, sealed at rest: each is replaced as a whole, so that a crash leaves the
// old state or the new one and nothing between. One process at a time: the folder is locked, since
// two copies of one state would spend the same keys. A folder restored from a backup is an old
// state; the store cannot see that (README).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "bridge/base/seams.h"
#include "endpoint/crypto/secret_bytes.h"

namespace trestle::endpoint {

class StateStore {
 public:
  static constexpr std::size_t kFileBytesMax = 64U << 20;

  // Makes the folder (mode 0700) when it is absent. Without a key given, one is read from the file
  // `key` in the folder, or drawn and written there (mode 0600). kBusy when another process has it
  // open.
  static Result<StateStore> Open(const std::string& folder, std::optional<crypto::SecretBytes> key,
                                 Random& random);
  StateStore(StateStore&& other) noexcept;
  StateStore& operator=(StateStore&&) = delete;
  ~StateStore();

  // Durable when it returns: written, synced, renamed, folder synced.
  Result<void> Save(std::string_view name, ByteView plain);
  Result<std::optional<crypto::SecretBytes>> Load(
      std::string_view name) const;            // none: no such file
  Result<void> Remove(std::string_view name);  // absent is fine

  // A file name for a name of the caller's, which it does not reveal.
  std::string BlindName(std::string_view prefix, std::string_view name) const;

 private:
  StateStore(std::string folder, int lock, Random& random);
  Result<void> ReadOrMakeKey();
  std::string PathOf(std::string_view name) const;

  std::string folder_;
  int lock_;  // file descriptor that holds the lock; -1 when moved from
  Random* random_;
  crypto::SecretBytes seal_key_;
  crypto::SecretBytes name_key_;
};

}  // namespace trestle::endpoint
