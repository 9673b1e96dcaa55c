// Sealed frames as data messages: each segment carries up to 128 octets of a frame behind a user
// data header of 12 octets that names a port, so that a phone hands it to the application and never
// shows it as text. Used by this adapter, by the simulated centre's phones and by the application
// on a phone alike. Pure.
//
//   0B | 05 04 DDDD SSSS | 00 03 RR TT SS | up to 128 octets of the frame
//
// DDDD says whether the sender waits for the receiver's word on the frame (segment_status.h). RR
// has 8 bits and comes round soon, so the source port carries ten more: parts of two frames get
// mixed only when both agree. Both follow from the frame's reference, so a retry, also one after a
// restart, names its segments as before; a segment that repeats an older one octet for octet is
// taken for the network's repetition of it.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "bridge/base/bytes.h"
#include "bridge/base/result.h"

namespace trestle::sms {

// In the application range, 16000 to 16999. Segments of frames whose sender waits for the
// receiver's word, segments of those whose sender does not, and that word itself.
inline constexpr std::uint16_t kTrestlePort = 16123;
inline constexpr std::uint16_t kTrestleQuietPort = 16124;
inline constexpr std::uint16_t kTrestleStatusPort = 16125;
inline constexpr std::uint16_t kSourcePortFirst = 16000;
inline constexpr std::uint16_t kSourcePortCount = 1000;
inline constexpr std::size_t kSegmentHeaderBytes = 12;
inline constexpr std::size_t kSegmentChunkBytesMax = 140 - kSegmentHeaderBytes;

struct Segment {
  std::uint16_t destination_port = kTrestlePort;
  std::uint16_t source_port = kSourcePortFirst;
  std::uint8_t reference = 0;
  std::uint8_t index = 0;  // from 0
  std::uint8_t count = 1;
  Bytes chunk;

  bool is_awaited() const { return destination_port == kTrestlePort; }
};

// A source port out of the application range, from whatever names the frame; the same for the same
// octets.
std::uint16_t SourcePortFor(ByteView frame_reference);
// And the 8-bit reference, from other octets of the same hash.
std::uint8_t ReferenceFor(ByteView frame_reference);

// The user data of one message. kInvalidArgument for a chunk above kSegmentChunkBytesMax or a place
// outside the count.
Result<Bytes> EncodeSegment(const Segment& segment);

// kMalformed when the user data has no such header, or its place is impossible; kUnsupported for
// another destination port, which is some other application's message.
Result<Segment> DecodeSegment(ByteView user_data);

// Names the set that a segment belongs to, together with sender and receiver.
struct SetName {
  std::uint16_t source_port = kSourcePortFirst;
  std::uint8_t reference = 0;
  auto operator<=>(const SetName&) const = default;
};
std::string SegmentSetName(const Segment& segment);
std::string TextOf(const SetName& name);  // "16123:7"
std::optional<SetName> SetNameOf(std::string_view text);

}  // namespace trestle::sms
