// Frames cut to what a network carries, and put together again. On networks that carry text, a
// fragment is "tr1." and base64url of {ref[8], index u8, count u8, chunk}; SMS has a header of its
// own (adapters/sms) and shares the Reassembler. Reassembly is all or nothing, with bounded memory
// and age. Not thread-safe: each adapter owns one.
#pragma once

#include <array>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "bridge/base/bytes.h"
#include "bridge/base/seams.h"

namespace trestle {

inline constexpr std::size_t kFragmentsMax = 255;
inline constexpr std::size_t kFragmentHeaderBytes = 8 + 1 + 1;
inline constexpr std::string_view kFragmentPrefix = "tr1.";

// Names all fragments of one frame. A retry uses the reference again, so that fragments which
// already arrived count.
using FragmentRef = std::array<std::uint8_t, 8>;

struct Fragment {
  FragmentRef ref{};
  std::uint8_t index = 0;  // from 0
  std::uint8_t count = 1;  // 1 to 255
  Bytes chunk;
};

// How many units a frame of `frame_bytes` takes when each carries `chunk_bytes`.
std::size_t UnitsFor(std::size_t frame_bytes, std::size_t chunk_bytes);

// kTooLarge above 255 fragments. `chunk_bytes` is what one unit carries beside its header; > 0.
Result<std::vector<Bytes>> CutChunks(ByteView frame, std::size_t chunk_bytes);

// Text units of at most `text_bytes_max` octets each (all ASCII: octets, characters and UTF-16
// units are the same number).
Result<std::vector<std::string>> CutToText(ByteView frame, std::size_t text_bytes_max,
                                           const FragmentRef& ref);

// Octets of frame that one text unit of `text_bytes_max` carries.
std::size_t ChunkBytesOfText(std::size_t text_bytes_max);

bool LooksLikeFragment(std::string_view text);
Result<Fragment> ParseTextFragment(std::string_view text);

class Reassembler {
 public:
  struct Limits {
    std::size_t open_sets_max = 4096;
    std::size_t bytes_max = 64 * 1024 * 1024;  // of all open sets
    std::size_t frame_bytes_max = 1024 * 1024 + 64;
    Millis age_max = std::chrono::minutes(10);
  };
  explicit Reassembler(Limits limits) : limits_(limits) {}

  // `key` names the set: it holds the source, the destination and the reference. Answers the whole
  // frame with the last missing fragment, nothing before. A fragment that is there already changes
  // nothing; one that contradicts its set (another count, other octets) starts a new set. kTooLarge
  // when the frame would pass the limit. Over the other bounds the oldest sets are dropped and
  // counted.
  Result<std::optional<Bytes>> Add(const std::string& key, std::uint8_t index, std::uint8_t count,
                                   ByteView chunk, MonoTime now);

  std::size_t open_sets() const { return sets_.size(); }
  std::size_t bytes_used() const { return bytes_used_; }
  std::uint64_t dropped_sets() const { return dropped_sets_; }

 private:
  struct Set {
    std::vector<std::optional<Bytes>> chunks;
    std::size_t held = 0;
    std::size_t bytes = 0;
    MonoTime begun{};
    std::list<std::string>::iterator age;
  };

  Set& Begin(const std::string& key, std::uint8_t count, MonoTime now);
  void Drop(const std::string& key);
  void DropOld(MonoTime now);

  const Limits limits_;
  std::unordered_map<std::string, Set> sets_;
  std::list<std::string> by_age_;  // oldest first
  std::size_t bytes_used_ = 0;
  std::uint64_t dropped_sets_ = 0;
};

}  // namespace trestle
