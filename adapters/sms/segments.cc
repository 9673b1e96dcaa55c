#include "adapters/sms/segments.h"

#include <charconv>

#include "adapters/sms/user_data.h"
#include "bridge/base/digest.h"

namespace trestle::sms {

std::uint16_t SourcePortFor(ByteView frame_reference) {
  const Bytes32 digest = Sha256(frame_reference);
  const std::uint32_t drawn =
      (std::uint32_t{digest[0]} << 16) | (std::uint32_t{digest[1]} << 8) | std::uint32_t{digest[2]};
  return static_cast<std::uint16_t>(kSourcePortFirst + drawn % kSourcePortCount);
}

std::uint8_t ReferenceFor(ByteView frame_reference) { return Sha256(frame_reference)[3]; }

Result<Bytes> EncodeSegment(const Segment& segment) {
  if (segment.chunk.size() > kSegmentChunkBytesMax) {
    return Fail(Reason::kInvalidArgument, "a segment's chunk is too long");
  }
  if (segment.index >= segment.count) {
    return Fail(Reason::kInvalidArgument, "a segment's place is outside its count");
  }
  UserDataHeader header;
  header.ports = Ports{segment.destination_port, segment.source_port, true};
  header.concatenation = Concatenation{segment.reference, false, segment.count,
                                       static_cast<std::uint8_t>(segment.index + 1)};
  Bytes out = EncodeUserDataHeader(header);
  out.insert(out.end(), segment.chunk.begin(), segment.chunk.end());
  return out;
}

Result<Segment> DecodeSegment(ByteView user_data) {
  UserData parsed = TRESTLE_TRY(ParseUserData(user_data));
  const auto& [concatenation, ports, has_language] = parsed.header;
  if (!ports || !ports->is_wide || !concatenation || has_language) {
    return Fail(Reason::kMalformed, "the message has no segment header");
  }
  if (ports->destination != kTrestlePort && ports->destination != kTrestleQuietPort) {
    return Fail(Reason::kUnsupported, "the message is for another port");
  }
  if (concatenation->is_wide) return Fail(Reason::kMalformed, "a segment has a wide reference");
  Segment out;
  out.destination_port = ports->destination;
  out.source_port = ports->source;
  out.reference = static_cast<std::uint8_t>(concatenation->reference);
  out.index = static_cast<std::uint8_t>(concatenation->part - 1);
  out.count = concatenation->total;
  out.chunk = std::move(parsed.content);
  return out;
}

std::string SegmentSetName(const Segment& segment) {
  return TextOf(SetName{segment.source_port, segment.reference});
}

std::string TextOf(const SetName& name) {
  return std::to_string(name.source_port) + ":" + std::to_string(name.reference);
}

std::optional<SetName> SetNameOf(std::string_view text) {
  SetName out;
  const char* const end = text.data() + text.size();
  const auto port = std::from_chars(text.data(), end, out.source_port);
  if (port.ec != std::errc() || port.ptr == end || *port.ptr != ':') return std::nullopt;
  const auto reference = std::from_chars(port.ptr + 1, end, out.reference);
  if (reference.ec != std::errc() || reference.ptr != end) return std::nullopt;
  return out;
}

}  // namespace trestle::sms
