// Fragments of frames that are not complete yet, durable before the network is told that we have
// them. Each set belongs to one thread (a sender at one of our identities); what names people and
// messages is blind, and the chunks are sealed envelopes. Bounds: age, octets, sets, and sets per
// sender, so that nobody pushes out others' fragments. Owned by one adapter and used on its loop
// only; a write is durable with its group (group_commit.h), or, without groups, when the call
// returns.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "adapters/sdk/adapter_keys.h"
#include "adapters/sdk/group_commit.h"
#include "bridge/base/bytes.h"
#include "bridge/base/seams.h"
#include "bridge/base/sensitive.h"

namespace trestle {

class FragmentStore {
 public:
  struct Limits {
    std::size_t sets_max = 4096;
    std::size_t sets_per_sender_max = 32;
    std::size_t bytes_max = 64 * 1024 * 1024;
    std::size_t frame_bytes_max = 1024 * 1024 + 64;
    Millis age_max = std::chrono::minutes(10);
  };
  // One fragment as it came. All views are borrowed for the call.
  struct Arrival {
    const NativeAddress& from;
    const std::string& identity;
    std::string_view ref;
    std::string_view native_id;
    std::uint8_t index = 0;
    std::uint8_t count = 1;
    ByteView chunk;
  };
  // A frame with nothing missing. It stays stored until Erase, so that a crash before the core has
  // it loses nothing.
  struct Whole {
    Bytes frame;
    Bytes32 set{};
    Bytes32 key{};  // made of the native ids of all its fragments: the same when they come again
  };

  // Opens or creates `folder`/fragments.db; `keys` are the address book's.
  static Result<std::unique_ptr<FragmentStore>> Open(const std::string& folder, AdapterKeys keys,
                                                     Limits limits, GroupCommit* groups = nullptr);
  virtual ~FragmentStore() = default;

  // Keeps the fragment and answers the frame when nothing of it is missing. A fragment that is
  // there already changes nothing; one that contradicts its set (another count, other octets)
  // starts a new set. kMalformed, kTooLarge when the frame would pass the limit, kBusy when the
  // sender has as many open sets as one may: nothing of those is given up for a new one.
  virtual Result<std::optional<Whole>> Add(const Arrival& arrival, WallTime now) = 0;
  // The key of a frame that came in one message: equal to what Add would answer. It changes with
  // the adapter's newest key: what a network repeats across that moment passes as new.
  virtual Bytes32 KeyOf(const std::string& identity, std::string_view native_id) const = 0;
  virtual Result<void> Erase(const Bytes32& set) = 0;
  // To be called every minute or so: gives up what is too old, and answers how many sets were.
  virtual Result<std::size_t> EraseOld(WallTime now) = 0;
  virtual Result<std::size_t> sets_held() = 0;
};

}  // namespace trestle
