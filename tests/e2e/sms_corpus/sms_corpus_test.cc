// Real texts, sealed, over SMS: both SMS corpora and every sequence of Unicode's emoji list go from
// one MLS endpoint through the real adapter, over SMPP on loopback, to the simulated centre's phone
// and its endpoint, and arrive octet for octet, in as many messages as were predicted before
// sending. A sample by default; all of them with TRESTLE_CORPUS=all (`./dev corpus`), which takes
// minutes. Skips with a word where the corpora are not beside the project. The same texts by the
// SMS edge: edge_corpus_test.cc.
#include <iostream>
#include <map>

#include "endpoint/endpoint.h"
#include "tests/e2e/sms_corpus/corpus_texts.h"
#include "tests/unit/sdk/manual_seams.h"
#include "tests/unit/sms/sms_world.h"

namespace trestle::sms {
namespace {

constexpr std::size_t kBatch = 50;
constexpr int kTriesMax = 60;  // of five seconds, for one batch

// The phone's end: its inbox, frames, endpoint and confirmations.
class Receiver {
 public:
  Receiver(SmsWorld& world, endpoint::Endpoint& device) : world_(world), device_(device) {}

  // Takes what came; the texts by their order of arrival.
  void Look() {
    for (const auto& message : world_.InboxAfter(SmsWorld::kAna, after_)) {
      after_ = message["seq"].get<std::uint64_t>();
      if (SmsWorld::IsStatus(message)) continue;
      const Bytes data = FromBase64(message["data"].get<std::string>()).value();
      Take(DecodeSegment(data).value(), message);
    }
  }

  std::vector<std::string> texts;
  std::vector<std::size_t> segments;  // that each took

 private:
  void Take(const Segment& segment, const nlohmann::json& message) {
    const std::string set = SegmentSetName(segment);
    arrived_[set].push_back(message);
    const auto whole =
        incoming_.Add(set, segment.index, segment.count, segment.chunk, world_.clock.mono_now());
    REQUIRE(whole);
    if (!*whole) return;
    const nlohmann::json messages = std::exchange(arrived_[set], nlohmann::json::array());
    arrived_.erase(set);
    world_.Confirms(SmsWorld::kAna, messages);
    const auto frame = std::get<EnvelopeFrame>(DecodeFrame(**whole).value());
    const auto opened = device_.Unseal("ana", frame.payload);
    REQUIRE(opened);
    texts.push_back(opened->message.text());
    segments.push_back(messages.size());
  }

  SmsWorld& world_;
  endpoint::Endpoint& device_;
  Reassembler incoming_{Reassembler::Limits{}};
  std::map<std::string, nlohmann::json> arrived_;
  std::uint64_t after_ = 0;

 public:
  void SkipSoFar() {
    for (const auto& message : world_.InboxAfter(SmsWorld::kAna, after_)) {
      after_ = message["seq"].get<std::uint64_t>();
    }
  }
};

LinkId OpenThread(SmsWorld& world) {
  const EnrolmentId ana = world.Join(SmsWorld::kAna);
  const LinkId link = LinkId::Mint(world.random);
  REQUIRE(world.Deliver(ana, Frame(ThreadOfferFrame{}), std::chrono::minutes(5), link).certainty ==
          Certainty::kSent);
  const auto inbox = world.Inbox(SmsWorld::kAna, 1);
  const auto offer = std::get<ThreadOfferFrame>(world.FrameOf(inbox));
  world.Confirms(SmsWorld::kAna, inbox);
  world.SendsFrame(SmsWorld::kAna, offer.ghost, ThreadAcceptFrame{offer.bind_code});
  REQUIRE(std::get<LinkId>(world.host.Offers(2).back().from) == link);
  world.host.Reports(1);
  return link;
}

Capabilities CapabilitiesOfSms() {
  Capabilities out;
  out.chunk_bytes = kSegmentChunkBytesMax;
  return out;
}

}  // namespace

TEST_CASE("Every text arrives octet for octet, in as many messages as predicted") {
  const std::vector<std::string> texts = corpus::TextsToSend();
  if (texts.empty()) {
    WARN("skipped: the SMS corpora are not in " << corpus::kFolder);
    return;
  }
  SmsSimOptions sim;
  sim.submits_per_second = 1'000'000;
  SmsWorld world(std::move(sim));
  SmsOptions options = world.Options();
  options.messages_per_minute = 1'000'000;
  options.window = 100;
  world.StartAdapter(std::move(options));
  const LinkId link = OpenThread(world);
  const test::ScratchFolder folder;
  auto sender =
      endpoint::Endpoint::Open(folder.path() + "/sender", world.random, world.clock).value();
  auto device =
      endpoint::Endpoint::Open(folder.path() + "/device", world.random, world.clock).value();
  const auto keys = device->MakeKeyPackages(1).value();
  REQUIRE(device->JoinThread("ana", sender->StartThread("ben", keys[0]).value()));
  Receiver receiver(world, *device);
  receiver.SkipSoFar();

  std::size_t sent = 0;
  while (sent < texts.size()) {
    const std::size_t batch = std::min(kBatch, texts.size() - sent);
    std::vector<std::future<Attempt>> attempts;
    std::vector<std::size_t> predicted;
    for (std::size_t i = 0; i < batch; ++i) {
      const auto sealed =
          sender->Seal("ben", content::Message::Text(texts[sent + i]), endpoint::SealOptions{});
      REQUIRE(sealed);
      const Frame frame = EnvelopeFrame{sent + i + 1, world.clock.wall_now(), sealed->payload};
      predicted.push_back(CapabilitiesOfSms().UnitsOf(EncodeFrame(frame).size()));
      attempts.push_back(world.BeginDeliver(DeliveryId::Mint(world.random), link, frame));
    }
    for (auto& each : attempts) {
      REQUIRE(world.Await(std::move(each)).certainty == Certainty::kSent);
    }
    receiver.texts.clear();
    receiver.segments.clear();
    for (int i = 0; i < kTriesMax && receiver.texts.size() < batch; ++i) receiver.Look();
    REQUIRE(receiver.texts.size() == batch);
    for (std::size_t i = 0; i < batch; ++i) {
      if (receiver.texts[i] != texts[sent + i]) FAIL("text " << sent + i << " differs");
      if (receiver.segments[i] != predicted[i]) FAIL("text " << sent + i << " took other messages");
    }
    sent += batch;
  }

  const auto reports = world.host.Reports(texts.size() + 1);
  CHECK(std::ranges::all_of(
      reports, [](const DeliveryReport& each) { return each.level == ReceiptLevel::kDelivered; }));
  CHECK(world.Counted("sms.segment_resent") == 0);
  std::cout << texts.size() << " texts, " << world.Counted("sms.submitted") << " messages\n";
}

}  // namespace trestle::sms
