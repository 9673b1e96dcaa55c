// Two ends of the confirmation of frames with foreign octets between them: words that parse are
// spelled the same again; a frame ends once; nobody sends more than its budget, holds more than its
// bounds or is due for ever; and without its proof no word does anything. The input is a row of
// steps: what to do, on which frame, when, with which octets.
#include <algorithm>
#include <map>

#include "adapters/sms/arrival_watch.h"
#include "adapters/sms/sent_frames.h"

namespace {

using namespace trestle;
using namespace trestle::sms;

class CountingRandom final : public Random {
 public:
  void Fill(std::span<std::uint8_t> out) override {
    for (auto& octet : out) {
      state_ = state_ * 6364136223846793005U + 1442695040888963407U;
      octet = static_cast<std::uint8_t>(state_ >> 56);
    }
  }

 private:
  std::uint64_t state_ = 1;
};

struct Ends {
  CountingRandom random;
  ArrivalWatch::Options arrival_options{.sets_max = 16, .open_per_thread_max = 4};
  SentFrames::Options sent_options{.rounds_max = 3, .frames_max = 6, .bytes_max = 4000};
  ArrivalWatch arrivals{arrival_options, random};
  SentFrames sent{sent_options, random};
  Reassembler incoming{Reassembler::Limits{.open_sets_max = 8, .bytes_max = 8000}};
  const std::string identity = "447700900900";
  const NativeAddress peer{"447700900001"};
  std::map<DeliveryId, std::size_t> counts;
  std::map<DeliveryId, std::size_t> resent;
  std::vector<DeliveryId> ended;
  std::vector<std::vector<SegmentStatus>> words;  // said by the receiver, not yet heard
  MonoTime now{0};
  WallTime wall{1'700'000'000'000};

  void Act(const SentFrames::Step& step) {
    for (const auto& again : step.resends) {
      const std::size_t count = counts.at(again.id);
      TRESTLE_CHECK(again.index < count && again.count == count);
      TRESTLE_CHECK(++resent[again.id] <= std::max<std::size_t>(8, 2 * count));
      Arrive(again.ref, again.index, again.count, again.chunk);
    }
    for (const auto& each : step.ended) {
      TRESTLE_CHECK(std::ranges::count(ended, each.id) == 0);
      ended.push_back(each.id);
    }
    TRESTLE_CHECK(sent.frames_held() <= sent_options.frames_max);
  }
  void Arrive(const FragmentRef& ref, std::uint8_t index, std::uint8_t count, ByteView chunk) {
    const SetName set{SourcePortFor(ref), ReferenceFor(ref)};
    const ArrivalWatch::Place place{identity, peer, set, index, count};
    if (arrivals.IsRepetition(place, chunk, now)) return;
    const auto whole = incoming.Add(TextOf(set), index, count, chunk, now);
    arrivals.Kept(place, chunk, now);
    if (whole && *whole) arrivals.Whole(place, now);
    TRESTLE_CHECK(arrivals.sets_held() <= arrival_options.sets_max);
  }
  void Send(std::uint8_t name, ByteView octets, bool arrives) {
    SentFrame frame;
    frame.id = DeliveryId::Mint(random);
    frame.identity = identity;
    frame.to = peer.Duplicate(Purpose::kWriteToNetwork);
    frame.ref = {static_cast<std::uint8_t>(name % 3)};  // names that meet
    frame.chunks = CutChunks(octets, 7).value();
    frame.deadline = wall + std::chrono::minutes(20);
    counts[frame.id] = frame.chunks.size();
    const auto count = static_cast<std::uint8_t>(frame.chunks.size());
    for (std::uint8_t i = 0; arrives && i < count; i = static_cast<std::uint8_t>(i + 2)) {
      Arrive(frame.ref, i, count, frame.chunks[i]);
    }
    const auto step = sent.Add(std::move(frame), now, wall);
    if (step) Act(*step);
  }
  void Pass(Millis span) {
    now = now + span;
    wall = wall + span;
    for (const auto& word : arrivals.TakeDue(now)) {
      TRESTLE_CHECK(word.user_data.size() <= 140);
      words.push_back(DecodeStatusMessage(word.user_data).value());
    }
    Act(sent.Tick(now, wall));
    TRESTLE_CHECK(!arrivals.next_due() || *arrivals.next_due() > now);
    TRESTLE_CHECK(!sent.next_due() || *sent.next_due() > now);
  }
  void Hear(const std::vector<SegmentStatus>& statuses) {
    for (const SegmentStatus& each : statuses) Act(sent.Take(identity, peer, each, now, wall));
  }
  void HearForeign(ByteView octets) {
    const auto statuses = DecodeStatuses(octets);
    if (!statuses) return;
    for (std::size_t i = 0; i < statuses->size(); ++i) {
      const auto encoded = EncodeStatuses({(*statuses)[i]}).value();
      TRESTLE_CHECK(DecodeStatusMessage(encoded.user_data).value()[0] == (*statuses)[i]);
    }
    // Nobody guesses a proof of eight octets.
    const std::size_t held = sent.frames_held();
    const std::size_t ended_before = ended.size();
    Hear(*statuses);
    TRESTLE_CHECK(sent.frames_held() == held && ended.size() == ended_before);
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteView rest(data, size);
  Ends ends;
  (void)DecodeStatusMessage(rest);
  (void)SetNameOf(AsText(rest));
  while (rest.size() >= 4) {
    const std::uint8_t what = rest[0] % 7;
    const std::uint8_t name = rest[1];
    const std::size_t octets = std::min<std::size_t>(rest[2], rest.size() - 4);
    const std::uint8_t more = rest[3];
    const ByteView body = rest.subspan(4, octets);
    rest = rest.subspan(4 + octets);
    switch (what) {
      case 0:
      case 1:
        ends.Send(name, body, what == 1);
        break;
      case 2:
        ends.Pass(Millis{1000} * more);
        break;
      case 3:
        if (ends.words.empty()) break;
        ends.Hear(ends.words.back());
        if (more % 2 == 0) ends.words.pop_back();
        break;
      case 4:
        ends.HearForeign(body);
        break;
      case 5:
        ends.Arrive({static_cast<std::uint8_t>(name % 3)}, more % 12, 1 + more % 20, body);
        break;
      default:
        if (ends.counts.empty()) break;
        ends.Act(ends.sent.TakeLost(ends.counts.begin()->first, more, ends.now));
        ends.sent.TakeUnsent(ends.counts.rbegin()->first, more % 4, ends.now);
        break;
    }
  }
  // Everything ends, whatever came.
  for (int i = 0; i < 45; ++i) ends.Pass(std::chrono::seconds(30));
  TRESTLE_CHECK(ends.sent.frames_held() == 0 && ends.sent.bytes_used() == 0);
  return 0;
}
