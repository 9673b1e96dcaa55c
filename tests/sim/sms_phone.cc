#include "tests/sim/sms_phone.h"

#include <algorithm>

namespace trestle::world {
namespace {

constexpr std::uint64_t kTag = 3;
constexpr Millis kPatience = std::chrono::hours(1);

FragmentRef RefOf(const std::string& hex) {
  const Bytes octets = FromHex(hex).value();
  FragmentRef out{};
  std::copy_n(octets.begin(), out.size(), out.begin());
  return out;
}

sms::SetName SetOf(const FragmentRef& ref) {
  return {sms::SourcePortFor(ref), sms::ReferenceFor(ref)};
}

}  // namespace

void SmsPhone::Send(const std::string& identity, const NativeMessage::Chunk& chunk,
                    std::function<void()> taken) {
  const FragmentRef ref = RefOf(chunk.ref);
  const SetKey set{identity, SetOf(ref)};
  untaken_[set][chunk.index] = std::move(taken);
  Submit(identity, ref, chunk.index, chunk.count, chunk.octets);
  std::vector<Bytes>& chunks = begun_[chunk.ref];
  chunks.push_back(chunk.octets);
  if (chunks.size() < chunk.count) return;
  sms::SentFrame frame;
  frame.id = DeliveryId::Mint(random_);
  frame.identity = number_;
  frame.to = NativeAddress(identity);
  frame.ref = ref;
  frame.chunks = std::move(begun_.extract(chunk.ref).mapped());
  frame.deadline = queue_.wall_now() + kPatience;
  frames_[frame.id] = set;
  Act(sent_.Add(std::move(frame), queue_.mono_now(), queue_.wall_now()).value());
}

void SmsPhone::Submit(const std::string& identity, const FragmentRef& ref, std::size_t index,
                      std::size_t count, const Bytes& chunk) {
  sms::Segment segment;
  segment.source_port = sms::SourcePortFor(ref);
  segment.reference = sms::ReferenceFor(ref);
  segment.index = static_cast<std::uint8_t>(index);
  segment.count = static_cast<std::uint8_t>(count);
  segment.chunk = chunk;
  ways_.send(identity, sms::EncodeSegment(segment).value(),
             [this, set = SetKey{identity, SetOf(ref)}, index] { PartTaken(set, index); });
}

void SmsPhone::PartTaken(const SetKey& set, std::size_t index) {
  const auto found = untaken_.find(set);
  if (found == untaken_.end()) return;
  const auto part = found->second.extract(index);
  if (found->second.empty()) untaken_.erase(found);
  if (!part.empty()) part.mapped()();
}

void SmsPhone::Take(InboxMessage message, const Bytes& user_data) {
  const NativeAddress peer(message.identity);
  if (const auto statuses = sms::DecodeStatusMessage(user_data)) {
    for (const sms::SegmentStatus& status : *statuses) {
      Act(sent_.Take(number_, peer, status, queue_.mono_now(), queue_.wall_now()));
    }
    return;
  }
  const auto segment = sms::DecodeSegment(user_data);
  TRESTLE_CHECK(segment.has_value());
  TakeSegment(std::move(message), *segment);
}

void SmsPhone::TakeSegment(InboxMessage message, const sms::Segment& segment) {
  const sms::SetName set{segment.source_port, segment.reference};
  const std::string identity = message.identity;
  const NativeAddress peer(identity);
  const sms::ArrivalWatch::Place place{number_, peer, set, segment.index, segment.count};
  const MonoTime now = queue_.mono_now();
  if (segment.is_awaited() && arrivals_.IsRepetition(place, segment.chunk, now)) return PlanPump();
  Incoming& incoming = incoming_[{identity, set}];
  incoming.places.insert(segment.index);
  incoming.native_ids.push_back(message.native_id);
  const bool is_whole = incoming.places.size() == segment.count;
  message.body = NativeMessage::Chunk{sms::TextOf(set), segment.index, segment.count, segment.chunk,
                                      segment.is_awaited()};
  ways_.show(std::move(message));
  if (segment.is_awaited()) {
    arrivals_.Kept(place, segment.chunk, now);
    if (is_whole) arrivals_.Whole(place, now);
  }
  if (is_whole) incoming.places.clear();
  PlanPump();
}

void SmsPhone::Act(sms::SentFrames::Step step) {
  for (const auto& again : step.resends) {
    Submit(std::string(again.to.Reveal(Purpose::kCompare)), again.ref, again.index, again.count,
           again.chunk);
  }
  for (const auto& ended : step.ended) {
    const auto frame = frames_.extract(ended.id);
    if (frame.empty()) continue;
    // "All of it is there" says so of every part, whatever became of its own answer.
    const auto left = untaken_.extract(frame.mapped());
    if (left.empty() || !ended.arrived) continue;
    for (const auto& [index, taken] : left.mapped()) taken();
  }
  PlanPump();
}

void SmsPhone::Say(const sms::ArrivalWatch::Word& word) {
  const std::string identity(word.peer.Reveal(Purpose::kCompare));
  std::vector<std::string> ids;
  const auto statuses = sms::DecodeStatusMessage(word.user_data).value();
  for (const sms::SegmentStatus& status : statuses) {
    if (!status.is_whole()) continue;
    const auto& parts = incoming_[{identity, status.set}].native_ids;
    ids.insert(ids.end(), parts.begin(), parts.end());
  }
  ways_.send(identity, word.user_data, [this, ids = std::move(ids)] {
    for (const std::string& id : ids) ways_.confirmed(id);
  });
}

void SmsPhone::Pump() {
  for (const auto& word : arrivals_.TakeDue(queue_.mono_now())) Say(word);
  Act(sent_.Tick(queue_.mono_now(), queue_.wall_now()));
}

void SmsPhone::PlanPump() {
  const auto sent = sent_.next_due();
  const auto said = arrivals_.next_due();
  if (!sent && !said) return;
  const MonoTime due = sent && said ? std::min(*sent, *said) : sent ? *sent : *said;
  const MonoTime at = std::max(due, queue_.mono_now() + Millis{100});
  if (pump_at_ && *pump_at_ <= at) return;
  pump_at_ = at;
  queue_.At(at, kTag, [this, at] {
    if (pump_at_ != at) return;
    pump_at_.reset();
    Pump();
  });
}

}  // namespace trestle::world
