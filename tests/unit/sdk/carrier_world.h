// A Carrier between a fake network and a fake core, moved by hand in one thread.
#pragma once

#include <catch2/catch.hpp>
#include <deque>
#include <vector>

#include "adapters/sdk/carrier.h"
#include "tests/unit/sdk/manual_seams.h"

namespace trestle::test {

// Keeps what was handed to it; the test answers each unit when it likes, or `answers` do at once.
class FakeSender final : public NativeSender {
 public:
  void SendUnit(NativeUnit unit, Done<NativeOutcome> done) override {
    units.push_back(std::move(unit));
    dones.push_back(std::move(done));
    if (automatic) {
      AnswerNext(NativeOutcome{{Certainty::kSent}, "id-" + std::to_string(units.size())});
    }
  }
  void AnswerNext(Result<NativeOutcome> outcome) {
    REQUIRE(!dones.empty());
    auto done = std::move(dones.front());
    dones.pop_front();
    std::move(done)(std::move(outcome));
  }
  std::string TextOf(std::size_t index) const {
    REQUIRE(index < units.size());
    return std::get<std::string>(units[index].body);
  }

  bool automatic = true;
  std::vector<NativeUnit> units;
  std::deque<Done<NativeOutcome>> dones;  // not yet answered
};

class FakeHost final : public AdapterHost {
 public:
  Result<void> Offer(Inbound inbound, Done<void> durable) override {
    if (refuse_calls) return Fail(Reason::kBusy, "the fake host refuses the call");
    offers.push_back(std::move(inbound));
    dones.push_back(std::move(durable));
    return {};
  }
  void Report(DeliveryReport report) override { reports.push_back(report); }
  Result<void> Reopen(const LinkId& link, Done<void> durable) override {
    if (refuses_reopen) return Fail(Reason::kBusy, "the fake host refuses the call");
    reopened.push_back(link);
    std::move(durable)({});
    return {};
  }
  void ReportHealth(const Network&, Health health) override { healths.push_back(health); }
  void AnswerNext(Result<void> result) {
    REQUIRE(!dones.empty());
    auto done = std::move(dones.front());
    dones.pop_front();
    std::move(done)(result);
  }

  bool refuse_calls = false;
  bool refuses_reopen = false;
  std::vector<LinkId> reopened;
  std::vector<Inbound> offers;
  std::deque<Done<void>> dones;  // not yet answered
  std::vector<DeliveryReport> reports;
  std::vector<Health> healths;
};

inline constexpr std::size_t kTestTextBytesMax = 100;

struct CarrierWorld {
  ScratchFolder folder;
  ManualClock clock;
  CountingRandom random;
  Metrics metrics;
  ManualExecutor loop{clock};
  GroupCommit groups{loop};
  FakeSender sender;
  FakeHost host;
  std::vector<std::string> pool = {"ghost-1", "ghost-2"};
  Millis cool_down = GhostPool().cool_down;
  EnrolmentId last_enrolment;
  ThreadOfferFrame last_offer;
  std::unique_ptr<Carrier> carrier = MakeCarrier();

  static Carrier::Options OptionsIn(const std::string& data_folder) {
    Carrier::Options options;
    options.capabilities.network = Network::Whatsapp();
    options.capabilities.unit_kind = UnitKind::kText;
    options.capabilities.chunk_bytes = ChunkBytesOfText(kTestTextBytesMax);
    options.capabilities.units_max = 40;
    options.capabilities.reports_delivered = true;
    options.capabilities.reports_read = true;
    options.text_bytes_max = kTestTextBytesMax;
    options.service_identity = "service";
    options.ghosts.ghosts = {"ghost-1", "ghost-2"};
    options.data_folder = data_folder;
    return options;
  }
  std::unique_ptr<Carrier> MakeCarrier() {
    Carrier::Options options = OptionsIn(folder.path());
    options.ghosts.ghosts = pool;
    options.ghosts.cool_down = cool_down;
    auto made = Carrier::Create(std::move(options), {loop, clock, random, metrics, groups}, sender);
    REQUIRE(made);
    (*made)->Attach(host);
    loop.RunAll();
    return std::move(*made);
  }
  void Restart() {
    carrier.reset();
    loop.RunAll();
    carrier = MakeCarrier();
  }

  // What became of an acknowledgement or an attempt; empty while it is open.
  using Answer = std::shared_ptr<std::optional<Result<void>>>;
  using AttemptAnswer = std::shared_ptr<std::optional<Attempt>>;

  Answer Receives(std::string_view from, std::string_view identity, std::string_view text,
                  std::string_view native_id) {
    auto answer = std::make_shared<std::optional<Result<void>>>();
    carrier->Receive(
        {NativeAddress(from), std::string(identity), std::string(native_id), std::string(text)},
        [answer](Result<void> result) { *answer = result; });
    loop.RunAll();
    return answer;
  }
  // Sends all fragments of a frame and answers the last one's acknowledgement.
  Answer ReceivesFrame(std::string_view from, std::string_view identity, const Frame& frame,
                       std::string_view native_id) {
    FragmentRef ref{};
    random.Fill(ref);
    const auto texts = CutToText(EncodeFrame(frame), kTestTextBytesMax, ref);
    REQUIRE(texts);
    Answer last;
    for (std::size_t i = 0; i < texts->size(); ++i) {
      last = Receives(from, identity, (*texts)[i], std::string(native_id) + std::to_string(i));
    }
    return last;
  }
  AttemptAnswer Delivers(Delivery delivery) {
    auto answer = std::make_shared<std::optional<Attempt>>();
    carrier->Deliver(std::move(delivery), [answer](Result<Attempt> attempt) {
      REQUIRE(attempt);
      *answer = *attempt;
    });
    loop.RunAll();
    return answer;
  }
  Delivery Of(ThreadRef to, std::variant<Frame, ServiceReply> body) {
    return {DeliveryId::Mint(random), to, std::move(body), std::nullopt,
            clock.wall_now() + std::chrono::hours(1)};
  }

  EnrolmentId Joins(std::string_view from) {
    Receives(from, "service", "JOIN", "join-of-" + std::string(from));
    host.AnswerNext({});
    loop.RunAll();
    return std::get<EnrolmentId>(host.offers.back().from);
  }
  // The offer as the person's phone read it.
  ThreadOfferFrame OfferRead(EnrolmentId to, LinkId link) {
    Delivery delivery = Of(to, Frame(ThreadOfferFrame{{}, ThreadRole::kOwner, "", "work"}));
    delivery.offers_link = link;
    const std::size_t before = sender.units.size();
    REQUIRE(Delivers(std::move(delivery)));
    return std::get<ThreadOfferFrame>(FrameSent(before));
  }
  LinkId Binds(std::string_view from) {
    const LinkId link = LinkId::Mint(random);
    last_enrolment = Joins(from);
    const ThreadOfferFrame offer = OfferRead(last_enrolment, link);
    last_offer = offer;
    ReceivesFrame(from, offer.ghost, ThreadAcceptFrame{offer.bind_code}, "accept");
    host.AnswerNext({});
    loop.RunAll();
    REQUIRE(std::get<LinkId>(host.offers.back().from) == link);
    return link;
  }
  // Puts together what was sent from unit `begin` on.
  Frame FrameSent(std::size_t begin) const {
    Bytes octets;
    for (std::size_t i = begin; i < sender.units.size(); ++i) {
      const auto fragment = ParseTextFragment(sender.TextOf(i));
      REQUIRE(fragment);
      octets.insert(octets.end(), fragment->chunk.begin(), fragment->chunk.end());
    }
    const auto frame = DecodeFrame(octets);
    REQUIRE(frame);
    return *frame;
  }
};

// A frame of some 500 octets: several units of a hundred.
inline EnvelopeFrame LongEnvelope() {
  EnvelopeFrame frame;
  frame.payload = Bytes(300, 0xAB);
  return frame;
}

}  // namespace trestle::test
