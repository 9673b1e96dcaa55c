// A bridge's Carrier and SegmentExchange on one side, a phone's application on the other, and
// between them air that loses, doubles and delays segments as a seed says. One thread, time moved
// by hand; only the SMPP session is left out.
#pragma once

#include <catch2/catch.hpp>
#include <fstream>
#include <set>

#include "adapters/sms/exchange.h"
#include "adapters/sms/segments.h"
#include "adapters/sms/sent_journal.h"
#include "adapters/sms/user_data.h"
#include "bridge/base/digest.h"
#include "tests/unit/sdk/manual_seams.h"

namespace trestle::sms {

using test::CountingRandom;
using test::ManualClock;
using test::ManualExecutor;
using test::ScratchFolder;

// Numbers that follow from a seed.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed * 2654435761U + 1) {}
  void Fill(std::span<std::uint8_t> out) override {
    for (auto& octet : out) octet = static_cast<std::uint8_t>(Next() >> 56);
  }
  bool Happens(std::uint64_t percent) { return DrawBelow(*this, 100) < percent; }

 private:
  std::uint64_t Next() {  // SplitMix64
    state_ += 0x9E3779B97F4A7C15U;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
  }
  std::uint64_t state_;
};

struct Air {
  ManualExecutor& loop;
  ManualClock& clock;
  SeededRandom random;
  std::uint64_t loss_percent = 0;
  std::uint64_t double_percent = 0;
  Millis delay_max = Millis{1};
  std::size_t carried = 0;
  std::size_t lost = 0;
  std::function<bool(const Bytes&)> loses = {};  // beside the percentage

  template <class Arrive>
  void Carry(const Bytes& user_data, Arrive arrive) {
    ++carried;
    if (random.Happens(loss_percent) || (loses && loses(user_data))) {
      ++lost;
      return;
    }
    const int copies = random.Happens(double_percent) ? 2 : 1;
    for (int i = 0; i < copies; ++i) {
      const Millis delay{static_cast<std::int64_t>(
          1 + DrawBelow(random, static_cast<std::uint64_t>(delay_max.count())))};
      REQUIRE(loop.PostAt(clock.mono_now() + delay, [arrive, user_data] { arrive(user_data); }));
    }
  }
};

// What an application on the phone does with its endpoint's frames.
class PhoneApp {
 public:
  PhoneApp(Air& the_air, ManualClock& clock, Random& random, std::string number)
      : air(the_air),
        clock_(clock),
        random_(random),
        number_(std::move(number)),
        arrivals({}, random),
        sent({}, random) {}

  std::function<void(const std::string& to, const Bytes&)> to_bridge;

  DeliveryId Sends(const std::string& to, const Frame& frame, Millis ttl = std::chrono::hours(1)) {
    SentFrame out;
    out.id = DeliveryId::Mint(random_);
    out.identity = number_;
    out.to = NativeAddress(to);
    random_.Fill(out.ref);
    out.chunks = CutChunks(EncodeFrame(frame), kSegmentChunkBytesMax).value();
    out.deadline = clock_.wall_now() + ttl;
    for (std::size_t i = 0; i < out.chunks.size(); ++i) {
      Submit(to, out.ref, i, out.chunks.size(), out.chunks[i]);
    }
    const DeliveryId id = out.id;
    auto step = sent.Add(std::move(out), clock_.mono_now(), clock_.wall_now());
    REQUIRE(step);
    Act(std::move(*step));
    return id;
  }
  void Takes(const std::string& from, const Bytes& user_data) {
    const NativeAddress peer(from);
    if (const auto statuses = DecodeStatusMessage(user_data)) {
      for (const SegmentStatus& status : *statuses) {
        Act(sent.Take(number_, peer, status, clock_.mono_now(), clock_.wall_now()));
      }
      return;
    }
    const Segment segment = DecodeSegment(user_data).value();
    const ArrivalWatch::Place place{
        number_, peer, {segment.source_port, segment.reference}, segment.index, segment.count};
    const MonoTime now = clock_.mono_now();
    if (segment.is_awaited() && arrivals.IsRepetition(place, segment.chunk, now)) return;
    auto whole = incoming.Add(from + "/" + SegmentSetName(segment), segment.index, segment.count,
                              segment.chunk, now);
    REQUIRE(whole);
    if (segment.is_awaited()) arrivals.Kept(place, segment.chunk, now);
    if (!*whole) return;
    if (segment.is_awaited()) arrivals.Whole(place, now);
    frames.push_back(DecodeFrame(**whole).value());
  }
  void KeepsTime() {
    if (is_off) return;
    for (const auto& word : arrivals.TakeDue(clock_.mono_now())) {
      Transmit(std::string(word.peer.Reveal(Purpose::kCompare)), word.user_data);
    }
    Act(sent.Tick(clock_.mono_now(), clock_.wall_now()));
  }

  Air& air;

 private:
  void Submit(const std::string& to, const FragmentRef& ref, std::size_t index, std::size_t count,
              const Bytes& chunk) {
    Segment segment;
    segment.source_port = SourcePortFor(ref);
    segment.reference = ReferenceFor(ref);
    segment.index = static_cast<std::uint8_t>(index);
    segment.count = static_cast<std::uint8_t>(count);
    segment.chunk = chunk;
    Transmit(to, EncodeSegment(segment).value());
  }
  void Transmit(const std::string& to, const Bytes& user_data) {
    air.Carry(user_data, [this, to](const Bytes& octets) { to_bridge(to, octets); });
  }
  void Act(SentFrames::Step step) {
    for (const auto& again : step.resends) {
      Submit(std::string(again.to.Reveal(Purpose::kCompare)), again.ref, again.index, again.count,
             again.chunk);
    }
    for (const auto& each : step.ended) ended.push_back(each);
  }

  ManualClock& clock_;
  Random& random_;
  const std::string number_;

 public:
  ArrivalWatch arrivals;
  SentFrames sent;
  Reassembler incoming{Reassembler::Limits{}};
  std::vector<Frame> frames;
  std::vector<SentFrames::Ended> ended;
  bool is_off = false;
};

// A core that keeps all at once.
class KeepingHost final : public AdapterHost {
 public:
  Result<void> Offer(Inbound inbound, Done<void> durable) override {
    if (keys_.insert(inbound.key).second) offers.push_back(std::move(inbound));
    std::move(durable)({});
    return {};
  }
  void Report(DeliveryReport report) override { reports.push_back(report); }
  void ReportHealth(const Network&, Health) override {}

  std::vector<Inbound> offers;  // each once, as the core sees it
  std::vector<DeliveryReport> reports;

 private:
  std::set<Bytes32> keys_;
};

class LossyWorld final : public NativeSender {
 public:
  static constexpr const char* kPhone = "447700900001";
  static constexpr const char* kGhost = "447700900900";
  static constexpr const char* kService = "12345";

  explicit LossyWorld(std::uint64_t seed = 1) : air{loop, clock, SeededRandom(seed)} {
    MakeBridge();
    phone.to_bridge = [this](const std::string& to, const Bytes& octets) { FromPhone(to, octets); };
    Bind();
  }
  ~LossyWorld() override {
    if (exchange != nullptr) exchange->Stop();
  }

  void SendUnit(NativeUnit unit, Done<NativeOutcome> done) override {
    if (refuses) {
      return std::move(done)(
          NativeOutcome{{Certainty::kNotSent, Retry::kLater, Rule::kAdapterDown}, ""});
    }
    if (std::holds_alternative<std::string>(unit.body)) {
      return std::move(done)(NativeOutcome{{Certainty::kSent}, ""});  // nobody reads texts here
    }
    submitted.push_back(unit.expires_at);
    air.Carry(UserDataOf(unit), [this, identity = unit.identity](const Bytes& octets) {
      if (phone.is_off) return;
      phone.Takes(identity, octets);
    });
    std::move(done)(NativeOutcome{{Certainty::kSent}, "id-" + std::to_string(++last_id_)});
  }

  // What became of a delivery's hand-over; empty while it is open.
  std::shared_ptr<std::optional<Attempt>> Delivers(const Frame& frame, const DeliveryId& id,
                                                   Millis ttl = std::chrono::hours(24)) {
    auto answer = std::make_shared<std::optional<Attempt>>();
    carrier->Deliver({id, link, frame, std::nullopt, clock.wall_now() + ttl},
                     [answer](Result<Attempt> attempt) { *answer = attempt.value(); });
    loop.RunAll();
    return answer;
  }
  DeliveryId Delivers(const Frame& frame, Millis ttl = std::chrono::hours(24)) {
    const DeliveryId id = DeliveryId::Mint(random);
    const auto answer = Delivers(frame, id, ttl);
    REQUIRE(*answer);
    REQUIRE((*answer)->certainty == Certainty::kSent);
    return id;
  }
  // Passes time in steps, in which the phone looks at its clock too.
  void Pass(Millis span, Millis step = std::chrono::seconds(1)) {
    for (Millis passed{0}; passed < span; passed += step) {
      loop.Advance(step);
      phone.KeepsTime();
      loop.RunAll();
    }
  }
  void Restart() {
    exchange->Stop();
    carrier.reset();
    exchange.reset();
    loop.RunAll();
    MakeBridge();
  }
  std::optional<DeliveryReport> ReportOf(const DeliveryId& id) const {
    std::optional<DeliveryReport> last;
    for (const DeliveryReport& each : host.reports) {
      if (each.id == id) last = each;
    }
    return last;
  }
  std::int64_t Counted(std::string_view event) {
    return metrics.Read("trestle_adapter_events_total", event);
  }
  static EnvelopeFrame Envelope(std::uint64_t seq, std::size_t octets) {
    EnvelopeFrame frame;
    frame.seq = seq;
    SeededRandom random(seq);
    frame.payload.resize(octets);
    random.Fill(frame.payload);
    return frame;
  }

  ScratchFolder folder;
  ManualClock clock;
  ManualExecutor loop{clock};
  GroupCommit groups{loop};
  CountingRandom random;
  Metrics metrics;
  KeepingHost host;
  Air air;
  PhoneApp phone{air, clock, random, kPhone};
  SegmentExchange::Options options;
  std::unique_ptr<SegmentExchange> exchange;
  std::unique_ptr<Carrier> carrier;
  std::vector<WallTime> submitted;  // the validity of each message
  LinkId link;
  bool refuses = false;

 private:
  void MakeBridge() {
    Carrier::Options carrier_options;
    carrier_options.capabilities.network = Network::Sms();
    carrier_options.capabilities.unit_kind = UnitKind::kBinary;
    carrier_options.capabilities.chunk_bytes = kSegmentChunkBytesMax;
    carrier_options.capabilities.units_max = 60;
    carrier_options.service_identity = kService;
    carrier_options.ghosts.ghosts = {kGhost};
    carrier_options.data_folder = folder.path();
    carrier_options.confirm_within = options.confirm_within;
    const Carrier::Seams seams{loop, clock, random, metrics, groups};
    exchange = std::make_unique<SegmentExchange>(
        options, seams, *this, [this](const DeliveryReport& report) { host.Report(report); });
    carrier_options.watcher = exchange.get();
    carrier = Carrier::Create(std::move(carrier_options), seams, *this).value();
    REQUIRE(exchange->TakeUp(
        OpenSentFrameJournal(folder.path(), carrier->keys(), random, groups).value()));
    carrier->Attach(host);
    exchange->Start();
  }
  static Bytes UserDataOf(const NativeUnit& unit) {
    if (const auto* prepared = std::get_if<NativeUnit::Prepared>(&unit.body)) {
      return prepared->octets;
    }
    Segment segment;
    segment.destination_port = unit.is_awaited ? kTrestlePort : kTrestleQuietPort;
    segment.source_port = SourcePortFor(unit.ref);
    segment.reference = ReferenceFor(unit.ref);
    segment.index = unit.index;
    segment.count = unit.count;
    segment.chunk = std::get<Bytes>(unit.body);
    return EncodeSegment(segment).value();
  }
  void FromPhone(const std::string& to, const Bytes& user_data) {
    const NativeAddress from(kPhone);
    if (DecodeStatusMessage(user_data)) {
      const UserData parsed = ParseUserData(user_data).value();
      return exchange->TakeStatuses(from, to, parsed.content);
    }
    const Segment segment = DecodeSegment(user_data).value();
    NativeMessage message;
    message.from = NativeAddress(kPhone);
    message.identity = to;
    message.native_id = ToHex(Sha256(user_data));
    message.body = NativeMessage::Chunk{SegmentSetName(segment), segment.index, segment.count,
                                        segment.chunk, segment.is_awaited()};
    if (exchange->IsRepetition(message)) return;
    carrier->Receive(std::move(message), [](Result<void>) {});
  }
  void Bind() {
    NativeMessage join;
    join.from = NativeAddress(kPhone);
    join.identity = kService;
    join.native_id = "join";
    join.body = std::string("JOIN");
    carrier->Receive(std::move(join), [](Result<void>) {});
    loop.RunAll();
    const auto enrolment = std::get<EnrolmentId>(host.offers.back().from);
    link = LinkId::Mint(random);
    carrier->Deliver({DeliveryId::Mint(random), enrolment, Frame(ThreadOfferFrame{}), link,
                      clock.wall_now() + std::chrono::hours(1)},
                     [](Result<Attempt> attempt) { REQUIRE(attempt); });
    Pass(std::chrono::seconds(3));
    const auto offer = std::get<ThreadOfferFrame>(phone.frames.back());
    phone.Sends(offer.ghost, ThreadAcceptFrame{offer.bind_code});
    Pass(std::chrono::seconds(5));
    REQUIRE(std::get<LinkId>(host.offers.back().from) == link);
    REQUIRE(phone.ended.size() == 1);
    phone.frames.clear();
    phone.ended.clear();
    host.offers.clear();
    host.reports.clear();
    submitted.clear();
  }

  std::uint64_t last_id_ = 0;
};

}  // namespace trestle::sms
