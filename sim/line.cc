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

Result<void> Line::SendFrame(const std::string& to, const Frame& frame, const EnvelopeId& about) {
  const Bytes octets = EncodeFrame(frame);
  if (options_.kind == LineKind::kSms) return SendSegments(to, octets, about);
  FragmentRef ref;
  seams_.random.Fill(ref);
  for (const std::string& text : TRESTLE_TRY(CutToText(octets, options_.text_bytes_max, ref))) {
    TRESTLE_TRY(SendText(to, text));
  }
  return {};
}

Result<void> Line::SendSegments(const std::string& to, ByteView frame, const EnvelopeId& about) {
  sms::SentFrame sent;
  sent.id = DeliveryId::Mint(seams_.random);
  sent.identity = options_.address;
  sent.to = NativeAddress(to);
  seams_.random.Fill(sent.ref);
  sent.chunks = TRESTLE_TRY(CutChunks(frame, sms::kSegmentChunkBytesMax));
  sent.deadline = seams_.clock.wall_now() + kConfirmWithin;
  sms::Segment segment;
  segment.source_port = sms::SourcePortFor(sent.ref);
  segment.reference = sms::ReferenceFor(sent.ref);
  segment.count = static_cast<std::uint8_t>(sent.chunks.size());
  for (const Bytes& chunk : sent.chunks) {
    segment.chunk = chunk;
    TRESTLE_TRY(SendSegment(to, segment));
    ++segment.index;
  }
  unconfirmed_[sent.id] = {to, about, Rule::kNotConfirmed};
  const DeliveryId id = sent.id;
  auto step = sent_.Add(std::move(sent), seams_.clock.mono_now(), seams_.clock.wall_now());
  if (!step) unconfirmed_.erase(id);
  return Act(TRESTLE_TRY(std::move(step)));
}

Result<void> Line::SendSegment(const std::string& to, const sms::Segment& segment) {
  const Bytes user_data = TRESTLE_TRY(sms::EncodeSegment(segment));
  return Send(to, {{"data", ToBase64(user_data)}});
}

// What the bridge misses goes out again, and what came is confirmed.
Result<void> Line::KeepTime() {
  if (options_.kind != LineKind::kSms) return {};
  const MonoTime now = seams_.clock.mono_now();
  for (const sms::ArrivalWatch::Word& word : arrivals_.TakeDue(now)) {
    TRESTLE_TRY(Send(std::string(word.peer.Reveal(Purpose::kWriteToNetwork)),
                     {{"data", ToBase64(word.user_data)}}));
  }
  return Act(sent_.Tick(now, seams_.clock.wall_now()));
}

Result<void> Line::Act(sms::SentFrames::Step step) {
  for (const sms::SentFrames::Resend& again : step.resends) {
    sms::Segment segment;
    segment.source_port = sms::SourcePortFor(again.ref);
    segment.reference = sms::ReferenceFor(again.ref);
    segment.index = again.index;
    segment.count = again.count;
    segment.chunk = again.chunk;
    TRESTLE_TRY(SendSegment(std::string(again.to.Reveal(Purpose::kWriteToNetwork)), segment));
  }
  for (const sms::SentFrames::Ended& ended : step.ended) {
    auto node = unconfirmed_.extract(ended.id);
    if (ended.arrived || node.empty()) continue;
    node.mapped().rule = ended.rule;
    lost_.push_back(std::move(node.mapped()));
  }
  return {};
}

Result<std::vector<Line::Received>> Line::Receive(Millis wait) {
  TRESTLE_TRY(KeepTime());
  for (const auto& due : {arrivals_.next_due(), sent_.next_due()}) {
    if (due) wait = std::clamp(*due - seams_.clock.mono_now(), Millis{0}, wait);
  }
  const nlohmann::json answer = TRESTLE_TRY(control_.Get(
      "/sim/inbox?address=" + PercentEncoded(options_.address) +
      "&after=" + std::to_string(last_seq_) + "&wait_ms=" + std::to_string(wait.count())));
  std::vector<Received> out;
  for (const nlohmann::json& message : answer.value("messages", nlohmann::json::array())) {
    last_seq_ = std::max(last_seq_, message.value("seq", std::uint64_t{0}));
    auto received = TRESTLE_TRY(Take(message));
    if (received) out.push_back(std::move(*received));
  }
  TRESTLE_TRY(KeepTime());
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
  return TakeData(from, data, native_messages);
}

Result<std::optional<Bytes>> Line::TakeData(const std::string& from, const Bytes& data,
                                            std::size_t& native_messages) {
  const MonoTime now = seams_.clock.mono_now();
  const NativeAddress peer(from);
  const auto statuses = sms::DecodeStatusMessage(data);
  if (statuses) {
    for (const sms::SegmentStatus& status : *statuses) {
      TRESTLE_TRY(Act(sent_.Take(options_.address, peer, status, now, seams_.clock.wall_now())));
    }
    return std::nullopt;
  }
  const sms::Segment segment = TRESTLE_TRY(sms::DecodeSegment(data));
  native_messages = segment.count;
  const sms::ArrivalWatch::Place place{options_.address,
                                       peer,
                                       {segment.source_port, segment.reference},
                                       segment.index,
                                       segment.count};
  if (segment.is_awaited() && arrivals_.IsRepetition(place, segment.chunk, now)) {
    return std::nullopt;
  }
  auto frame = TRESTLE_TRY(incoming_.Add(from + "/" + sms::SegmentSetName(segment), segment.index,
                                         segment.count, segment.chunk, now));
  if (segment.is_awaited()) {
    arrivals_.Kept(place, segment.chunk, now);
    if (frame) arrivals_.Whole(place, now);
  }
  return frame;
}

}  // namespace trestle::sim
