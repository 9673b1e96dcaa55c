#include "sim/line.h"

#include <algorithm>

#include "adapters/sms/segments.h"

namespace trestle::sim {

Result<void> Line::Register() {
  TRESTLE_TRY(control_.Post("/sim/phones", {{"address", options_.address}}));
  return {};
}

Result<void> Line::Send(const std::string& to, const nlohmann::json& body) {
  nlohmann::json message = body;
  message["from"] = options_.address;
  message["to"] = to;
  TRESTLE_TRY(control_.Post("/sim/send", message));
  return {};
}

Result<void> Line::SendText(const std::string& to, const std::string& text) {
  return Send(to, {{"text", text}});
}

Result<void> Line::SendFrame(const std::string& to, const Frame& frame) {
  const Bytes octets = EncodeFrame(frame);
  if (options_.kind == LineKind::kSms) return SendSegments(to, octets);
  FragmentRef ref;
  seams_.random.Fill(ref);
  for (const std::string& text : TRESTLE_TRY(CutToText(octets, options_.text_bytes_max, ref))) {
    TRESTLE_TRY(SendText(to, text));
  }
  return {};
}

Result<void> Line::SendSegments(const std::string& to, ByteView frame) {
  sms::Segment segment;
  segment.reference = next_sms_ref_++;
  std::array<std::uint8_t, 8> name;
  seams_.random.Fill(name);
  segment.source_port = sms::SourcePortFor(name);
  const auto chunks = TRESTLE_TRY(CutChunks(frame, sms::kSegmentChunkBytesMax));
  segment.count = static_cast<std::uint8_t>(chunks.size());
  for (const Bytes& chunk : chunks) {
    segment.chunk = chunk;
    const Bytes user_data = TRESTLE_TRY(sms::EncodeSegment(segment));
    TRESTLE_TRY(Send(to, {{"data", ToBase64(user_data)}}));
    ++segment.index;
  }
  return {};
}

Result<std::vector<Line::Received>> Line::Receive(Millis wait) {
  const nlohmann::json answer = TRESTLE_TRY(control_.Get(
      "/sim/inbox?address=" + PercentEncoded(options_.address) +
      "&after=" + std::to_string(last_seq_) + "&wait_ms=" + std::to_string(wait.count())));
  std::vector<Received> out;
  for (const nlohmann::json& message : answer.value("messages", nlohmann::json::array())) {
    last_seq_ = std::max(last_seq_, message.value("seq", std::uint64_t{0}));
    auto received = TRESTLE_TRY(Take(message));
    if (received) out.push_back(std::move(*received));
  }
  return out;
}

Result<std::optional<Line::Received>> Line::Take(const nlohmann::json& message) {
  Received received{message.value("from", ""), std::string(), 1};
  const std::string text = message.value("text", "");
  const bool is_binary = message.contains("data");
  if (!is_binary) raw_inbox_.append(text).push_back('\n');
  if (!is_binary && !LooksLikeFragment(text)) {
    received.what = text;
    return received;
  }
  const auto frame = TRESTLE_TRY(TakeChunk(received.from, message, received.native_messages));
  if (!frame) return std::nullopt;
  raw_inbox_.append(AsText(*frame)).push_back('\n');
  received.what = TRESTLE_TRY(DecodeFrame(*frame));
  return received;
}

Result<std::optional<Bytes>> Line::TakeChunk(const std::string& from, const nlohmann::json& message,
                                             std::size_t& native_messages) {
  const MonoTime now = seams_.clock.mono_now();
  if (!message.contains("data")) {
    const Fragment fragment = TRESTLE_TRY(ParseTextFragment(message.value("text", "")));
    native_messages = fragment.count;
    return incoming_.Add(from + ToHex(fragment.ref), fragment.index, fragment.count, fragment.chunk,
                         now);
  }
  const Bytes data = TRESTLE_TRY(FromBase64(message.value("data", "")));
  const sms::Segment segment = TRESTLE_TRY(sms::DecodeSegment(data));
  native_messages = segment.count;
  return incoming_.Add(from + "/" + sms::SegmentSetName(segment), segment.index, segment.count,
                       segment.chunk, now);
}

}  // namespace trestle::sim
