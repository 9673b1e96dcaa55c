#include "adapters/sms/segment_status.h"

#include <algorithm>

#include "adapters/sms/user_data.h"
#include "bridge/base/digest.h"

namespace trestle::sms {
namespace {

constexpr std::uint8_t kWhole = 1;
constexpr std::uint8_t kMissing = 2;
constexpr std::size_t kUserDataOctetsMax = 140;  // 3GPP TS 23.040, Section 9.2.3.16
constexpr std::size_t kFixedOctets = 5;          // kind, port, reference, count

std::size_t BitmapOctets(std::size_t count) { return (count + 7) / 8; }

std::size_t OctetsOf(const SegmentStatus& status) {
  const std::size_t bitmap = status.is_whole() ? 0 : BitmapOctets(status.count);
  return kFixedOctets + bitmap + status.proof.size();
}

Bytes BitmapOf(const MissingSegments& missing, std::size_t count) {
  Bytes out(BitmapOctets(count));
  for (std::size_t i = 0; i < count; ++i) {
    if (missing[i]) out[i / 8] = static_cast<std::uint8_t>(out[i / 8] | (1U << (i % 8)));
  }
  return out;
}

void Append(const SegmentStatus& status, Bytes& out) {
  out.push_back(status.is_whole() ? kWhole : kMissing);
  out.push_back(static_cast<std::uint8_t>(status.set.source_port >> 8));
  out.push_back(static_cast<std::uint8_t>(status.set.source_port));
  out.push_back(status.set.reference);
  out.push_back(status.count);
  if (!status.is_whole()) {
    const Bytes bitmap = BitmapOf(status.missing, status.count);
    out.insert(out.end(), bitmap.begin(), bitmap.end());
  }
  out.insert(out.end(), status.proof.begin(), status.proof.end());
}

// Bits above the count, and no bit or every bit, are no status.
Result<MissingSegments> ReadBitmap(ByteView bitmap, std::size_t count) {
  MissingSegments out;
  for (std::size_t i = 0; i < bitmap.size() * 8; ++i) {
    const bool is_set = (bitmap[i / 8] >> (i % 8) & 1) != 0;
    if (is_set && i >= count) return Fail(Reason::kMalformed, "a missing segment beyond the count");
    out[i] = is_set;
  }
  if (out.none() || out.count() == count) {
    return Fail(Reason::kMalformed, "a status that says nothing is missing, or everything");
  }
  return out;
}

Result<SegmentStatus> ReadStatus(ByteView& rest) {
  if (rest.size() < kFixedOctets) return Fail(Reason::kMalformed, "a segment status is cut");
  SegmentStatus out;
  const std::uint8_t kind = rest[0];
  out.set.source_port = static_cast<std::uint16_t>(rest[1] << 8 | rest[2]);
  out.set.reference = rest[3];
  out.count = rest[4];
  if ((kind != kWhole && kind != kMissing) || out.count == 0) {
    return Fail(Reason::kMalformed, "a segment status of no known kind");
  }
  const std::size_t bitmap = kind == kWhole ? 0 : BitmapOctets(out.count);
  const std::size_t octets = kFixedOctets + bitmap + out.proof.size();
  if (rest.size() < octets) return Fail(Reason::kMalformed, "a segment status is cut");
  if (kind == kMissing) {
    out.missing = TRESTLE_TRY(ReadBitmap(rest.subspan(kFixedOctets, bitmap), out.count));
  }
  std::ranges::copy(rest.subspan(kFixedOctets + bitmap, out.proof.size()), out.proof.begin());
  rest = rest.subspan(octets);
  return out;
}

ChunkDigest FirstOctets(const Bytes32& digest) {
  ChunkDigest out;
  std::copy_n(digest.begin(), out.size(), out.begin());
  return out;
}

}  // namespace

ChunkDigest DigestOfChunk(ByteView chunk) { return FirstOctets(Sha256(chunk)); }

ChunkDigest ProofOf(const SetName& set, const MissingSegments& missing,
                    const std::vector<ChunkDigest>& digests) {
  Bytes spelled = ToBytes("trestle segment status 1");
  spelled.push_back(static_cast<std::uint8_t>(set.source_port >> 8));
  spelled.push_back(static_cast<std::uint8_t>(set.source_port));
  spelled.push_back(set.reference);
  spelled.push_back(static_cast<std::uint8_t>(digests.size()));
  const Bytes bitmap = BitmapOf(missing, digests.size());
  spelled.insert(spelled.end(), bitmap.begin(), bitmap.end());
  for (std::size_t i = 0; i < digests.size(); ++i) {
    if (!missing[i]) spelled.insert(spelled.end(), digests[i].begin(), digests[i].end());
  }
  return FirstOctets(Sha256(spelled));
}

Result<EncodedStatuses> EncodeStatuses(const std::vector<SegmentStatus>& statuses) {
  UserDataHeader header;
  header.ports = Ports{kTrestleStatusPort, kTrestleStatusPort, true};
  EncodedStatuses out{EncodeUserDataHeader(header), 0};
  for (const SegmentStatus& status : statuses) {
    if (out.user_data.size() + OctetsOf(status) > kUserDataOctetsMax) break;
    Append(status, out.user_data);
    ++out.taken;
  }
  if (out.taken == 0) return Fail(Reason::kInvalidArgument, "no segment status to send");
  return out;
}

Result<std::vector<SegmentStatus>> DecodeStatuses(ByteView content) {
  std::vector<SegmentStatus> out;
  while (!content.empty()) {
    if (out.size() == kStatusesPerMessageMax) {
      return Fail(Reason::kMalformed, "more segment statuses than a message holds");
    }
    out.push_back(TRESTLE_TRY(ReadStatus(content)));
  }
  if (out.empty()) return Fail(Reason::kMalformed, "a message without a segment status");
  return out;
}

Result<std::vector<SegmentStatus>> DecodeStatusMessage(ByteView user_data) {
  const UserData parsed = TRESTLE_TRY(ParseUserData(user_data));
  if (!parsed.header.ports || parsed.header.ports->destination != kTrestleStatusPort) {
    return Fail(Reason::kUnsupported, "the message is for another port");
  }
  return DecodeStatuses(parsed.content);
}

}  // namespace trestle::sms
