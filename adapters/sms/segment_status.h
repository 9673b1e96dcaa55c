// The receiver's word on a frame that came in segments: all of it is there and safe, or these
// segments are missing. It goes back as one data message of its own, so it is an end-to-end
// acknowledgement and says more than the carrier's receipt, which stops at the handset. Used by the
// bridge and by the application on a phone alike. Pure.
//
//   06 | 05 04 DDDD SSSS | one or more of: KK PPPP RR TT [bitmap of TT bits] proof[8]
//
// DDDD is the status port. KK is 1 (whole) or 2 (missing); PPPP, RR and TT are the frame's source
// port, reference and count; the bitmap, of KK 2 alone, has a bit for each missing segment, the
// first one the lowest of the first octet. The proof is a hash over the segments that are there:
// whoever has not received them cannot make a sender believe that they arrived, or make it send.
#pragma once

#include <array>
#include <bitset>
#include <vector>

#include "adapters/sms/segments.h"

namespace trestle::sms {

inline constexpr std::size_t kStatusesPerMessageMax = 10;  // of 13 octets each, in 133

// Eight octets of a chunk's SHA-256.
using ChunkDigest = std::array<std::uint8_t, 8>;
using MissingSegments = std::bitset<256>;  // by index; those at and above the count are zero

struct SegmentStatus {
  SetName set;
  std::uint8_t count = 1;
  MissingSegments missing;
  ChunkDigest proof{};

  bool is_whole() const { return missing.none(); }
  bool operator==(const SegmentStatus&) const = default;
};

ChunkDigest DigestOfChunk(ByteView chunk);
// `digests` has one for each segment of the frame; those of missing ones do not count.
ChunkDigest ProofOf(const SetName& set, const MissingSegments& missing,
                    const std::vector<ChunkDigest>& digests);

// The user data of one message, header included, and how many of the statuses it holds: as many as
// fit. kInvalidArgument for none.
struct EncodedStatuses {
  Bytes user_data;
  std::size_t taken = 0;
};
Result<EncodedStatuses> EncodeStatuses(const std::vector<SegmentStatus>& statuses);

// What stands behind the header. kMalformed unless every octet belongs to a status that could be
// encoded so: something is there, and what is missing is below the count.
Result<std::vector<SegmentStatus>> DecodeStatuses(ByteView content);
// The same from user data with its header; kUnsupported for another port.
Result<std::vector<SegmentStatus>> DecodeStatusMessage(ByteView user_data);

}  // namespace trestle::sms
