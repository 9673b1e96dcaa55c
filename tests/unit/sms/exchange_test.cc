// Frames end to end over segments: confirmed, asked for again, given up and reported; one claim
// each, with time moved by hand. The long proof with seeds is in lossy_test.cc.
#include "tests/unit/sms/lossy_world.h"

namespace trestle::sms {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// Loses the n-th message and each that follows, up to `count` of them.
std::function<bool(const Bytes&)> Loses(std::size_t first, std::size_t count) {
  return [first, count, seen = std::size_t{0}](const Bytes&) mutable {
    const std::size_t number = seen++;
    return number >= first && number < first + count;
  };
}

bool IsStatus(const Bytes& user_data) { return DecodeStatusMessage(user_data).has_value(); }

}  // namespace

TEST_CASE("A frame is delivered when the phone says so, not when the carrier does") {
  LossyWorld world;
  world.phone.is_off = true;
  const DeliveryId id = world.Delivers(LossyWorld::Envelope(1, 400));
  for (int i = 1; i < 20; ++i) world.carrier->ReportDelivered("id-" + std::to_string(i));
  world.loop.RunAll();
  CHECK_FALSE(world.ReportOf(id));

  world.phone.is_off = false;
  world.Pass(minutes(2));
  REQUIRE(world.ReportOf(id));
  CHECK(world.ReportOf(id)->level == ReceiptLevel::kDelivered);
}

TEST_CASE("Only the missing segments are sent again") {
  LossyWorld world;
  const Frame frame = LossyWorld::Envelope(1, 1200);  // 10 segments
  world.air.loses = Loses(3, 2);
  const DeliveryId id = world.Delivers(frame);
  world.Pass(seconds(25));
  CHECK(world.Counted("sms.segment_resent") == 2);
  REQUIRE(world.phone.frames.size() == 1);
  CHECK(world.phone.frames[0] == frame);
  CHECK(world.ReportOf(id)->level == ReceiptLevel::kDelivered);
}

TEST_CASE("A frame of which nothing arrived is asked about and then sent whole") {
  LossyWorld world;
  const Frame frame = LossyWorld::Envelope(1, 400);  // 4 segments
  world.air.loses = Loses(0, 4);
  const DeliveryId id = world.Delivers(frame);
  world.Pass(minutes(2));
  CHECK(world.Counted("sms.segment_resent") == 4);  // one to ask, three that were missing
  REQUIRE(world.phone.frames.size() == 1);
  CHECK(world.ReportOf(id)->level == ReceiptLevel::kDelivered);
}

TEST_CASE("A lost confirmation is said again for one segment more, and the frame counts once") {
  LossyWorld world;
  world.air.loses = [lost = 0](const Bytes& octets) mutable {
    return IsStatus(octets) && lost++ == 0;
  };
  const DeliveryId id = world.Delivers(LossyWorld::Envelope(1, 400));
  world.Pass(minutes(1));
  CHECK(world.Counted("sms.segment_resent") == 1);
  CHECK(world.phone.frames.size() == 1);
  CHECK(world.ReportOf(id)->level == ReceiptLevel::kDelivered);
}

TEST_CASE("A phone that never answers: its sender hears of it within the stated time") {
  LossyWorld world;
  world.phone.is_off = true;
  const DeliveryId id = world.Delivers(LossyWorld::Envelope(1, 1200));
  world.Pass(minutes(60), seconds(5));
  REQUIRE(world.ReportOf(id));
  CHECK(world.ReportOf(id)->level == ReceiptLevel::kFailed);
  CHECK(world.ReportOf(id)->rule == Rule::kNotConfirmed);
  CHECK(world.exchange->frames_waiting() == 0);
  CHECK(world.Counted("sms.segment_resent") == 8);  // the rounds: ten segments may send more
}

TEST_CASE("A frame sends at most twice its own segments again") {
  LossyWorld world;
  // All but the first segment, always: each asking costs nine.
  world.air.loses = [](const Bytes& octets) {
    const auto segment = DecodeSegment(octets);
    return segment && segment->index != 0;
  };
  const DeliveryId id = world.Delivers(LossyWorld::Envelope(1, 1200));
  world.Pass(minutes(20));
  REQUIRE(world.ReportOf(id));
  CHECK(world.ReportOf(id)->rule == Rule::kNotConfirmed);
  CHECK(world.Counted("sms.segment_resent") > 9);
  CHECK(world.Counted("sms.segment_resent") <= 20);
}

TEST_CASE("At its expiry a frame is over, and the reason is that") {
  LossyWorld world;
  world.phone.is_off = true;
  const DeliveryId id = world.Delivers(LossyWorld::Envelope(1, 400), minutes(5));
  world.Pass(minutes(5), seconds(5));
  REQUIRE(world.ReportOf(id));
  CHECK(world.ReportOf(id)->rule == Rule::kExpired);
  const std::int64_t resent = world.Counted("sms.segment_resent");
  world.Pass(minutes(10), seconds(5));
  CHECK(world.Counted("sms.segment_resent") == resent);
}

TEST_CASE("No message may reach the phone after its frame was given up") {
  LossyWorld world;
  const WallTime begin = world.clock.wall_now();
  world.Delivers(LossyWorld::Envelope(1, 400));
  for (const WallTime validity : world.submitted) {
    CHECK(validity - begin <= world.options.confirm_within);
  }
}

TEST_CASE("What was handed over survives a restart: delivered or reported") {
  LossyWorld world;
  world.air.loses = Loses(1, 1);
  const Frame frame = LossyWorld::Envelope(1, 600);
  const DeliveryId arrives = world.Delivers(frame);
  world.Restart();
  world.Pass(minutes(2));
  CHECK(world.phone.frames.size() == 1);
  REQUIRE(world.ReportOf(arrives));
  CHECK(world.ReportOf(arrives)->level == ReceiptLevel::kDelivered);

  world.phone.is_off = true;
  const DeliveryId lost = world.Delivers(LossyWorld::Envelope(2, 600));
  world.Restart();
  world.Pass(hours(1), seconds(5));
  REQUIRE(world.ReportOf(lost));
  CHECK(world.ReportOf(lost)->level == ReceiptLevel::kFailed);
}

TEST_CASE("A restart in the middle of what a phone sends costs segments, and loses nothing") {
  LossyWorld world;
  const Frame frame = LossyWorld::Envelope(1, 900);
  world.air.loses = Loses(4, 2);
  world.phone.Sends(LossyWorld::kGhost, frame);
  world.Pass(seconds(2));
  world.Restart();
  world.Pass(minutes(5));
  REQUIRE(world.host.offers.size() == 1);
  CHECK(std::get<Frame>(world.host.offers[0].body) == frame);
  REQUIRE(world.phone.ended.size() == 1);
  CHECK(world.phone.ended[0].arrived);
}

TEST_CASE("A phone's frame is confirmed once the core has it, and its lost segments asked for") {
  LossyWorld world;
  const Frame frame = LossyWorld::Envelope(1, 900);
  world.air.loses = Loses(2, 3);
  const DeliveryId id = world.phone.Sends(LossyWorld::kGhost, frame);
  world.Pass(seconds(30));
  REQUIRE(world.host.offers.size() == 1);
  CHECK(std::get<Frame>(world.host.offers[0].body) == frame);
  REQUIRE(world.phone.ended.size() == 1);
  CHECK(world.phone.ended[0].id == id);
  CHECK(world.phone.ended[0].arrived);
}

TEST_CASE("A phone whose bridge is gone learns it too") {
  LossyWorld world;
  world.air.loses = [](const Bytes&) { return true; };
  world.phone.Sends(LossyWorld::kGhost, LossyWorld::Envelope(1, 400));
  world.Pass(hours(1), seconds(5));
  REQUIRE(world.phone.ended.size() == 1);
  CHECK_FALSE(world.phone.ended[0].arrived);
  CHECK(world.phone.ended[0].rule == Rule::kNotConfirmed);
}

TEST_CASE("A word without proof neither confirms nor makes anybody send") {
  LossyWorld world;
  world.phone.is_off = true;
  world.air.loses = [](const Bytes&) { return true; };
  const DeliveryId id = DeliveryId::Mint(world.random);
  world.Delivers(LossyWorld::Envelope(1, 400), id);
  // Whoever spoofs the phone's number can guess the names, and has no segment.
  const Bytes32 digest = Sha256({AsBytes("trestle fragment ref"), id.bytes()});
  FragmentRef ref;
  std::copy_n(digest.begin(), ref.size(), ref.begin());
  SegmentStatus status;
  status.set = {SourcePortFor(ref), ReferenceFor(ref)};
  status.count = 4;
  const auto says = [&] {
    const UserData parsed = ParseUserData(EncodeStatuses({status}).value().user_data).value();
    world.exchange->TakeStatuses(NativeAddress(LossyWorld::kPhone), LossyWorld::kGhost,
                                 parsed.content);
    world.loop.RunAll();
  };
  says();
  status.missing.set(1);
  says();
  CHECK_FALSE(world.ReportOf(id));
  CHECK(world.exchange->frames_waiting() == 1);
  CHECK(world.Counted("sms.segment_resent") == 0);
}

TEST_CASE("What the carrier says is lost goes again at once, and all lost is lost") {
  LossyWorld world;
  world.phone.is_off = true;
  const DeliveryId id = world.Delivers(LossyWorld::Envelope(1, 400));  // its last messages: id-…
  std::vector<std::string> ids;
  for (int i = 1; i < 40; ++i) ids.push_back("id-" + std::to_string(i));
  world.carrier->ReportFailed("id-3", Rule::kNetworkRefused);
  world.Pass(seconds(6));
  for (const std::string& each : ids) world.carrier->ReportFailed(each, Rule::kNetworkRefused);
  world.loop.RunAll();
  REQUIRE(world.ReportOf(id));
  CHECK(world.ReportOf(id)->rule == Rule::kNetworkRefused);
  CHECK(world.exchange->frames_waiting() == 0);
}

TEST_CASE("What a person has stopped is not sent again, and its sender hears why") {
  LossyWorld world;
  world.phone.is_off = true;
  const DeliveryId id = world.Delivers(LossyWorld::Envelope(1, 400));
  NativeMessage stop;
  stop.from = NativeAddress(LossyWorld::kPhone);
  stop.identity = LossyWorld::kGhost;
  stop.native_id = "stop";
  stop.body = std::string("STOP");
  world.carrier->Receive(std::move(stop), [](Result<void>) {});
  world.loop.RunAll();
  REQUIRE(world.ReportOf(id));
  CHECK(world.ReportOf(id)->rule == Rule::kNoConsent);
  world.Pass(minutes(5));
  CHECK(world.Counted("sms.segment_resent") == 0);
}

TEST_CASE("Who withdraws still hears what became of the own messages") {
  LossyWorld world;
  world.air.loses = [](const Bytes&) { return true; };
  world.Delivers(
      ReceiptFrame{EnvelopeId::Mint(world.random), ReceiptLevel::kRefused, Rule::kNoConsent});
  const DeliveryId letter = world.Delivers(LossyWorld::Envelope(1, 300));
  world.air.loses = nullptr;
  world.phone.Sends(LossyWorld::kGhost, ConsentFrame{ConsentAction::kRevoke});
  world.Pass(minutes(1));
  REQUIRE(world.phone.frames.size() == 1);
  CHECK(std::holds_alternative<ReceiptFrame>(world.phone.frames[0]));
  CHECK(world.ReportOf(letter)->rule == Rule::kNoConsent);
}

TEST_CASE("That it had arrived is worth knowing after consent was withdrawn") {
  LossyWorld world;
  Bytes word;  // the phone's, that it has the frame whole; it comes late
  world.air.loses = [&word](const Bytes& octets) {
    if (!IsStatus(octets)) return false;
    word = octets;
    return true;
  };
  const DeliveryId id = world.Delivers(LossyWorld::Envelope(1, 300));
  world.Pass(seconds(4));
  REQUIRE(world.phone.frames.size() == 1);
  REQUIRE_FALSE(word.empty());
  world.air.loses = IsStatus;
  world.phone.Sends(LossyWorld::kGhost, ConsentFrame{ConsentAction::kRevoke});
  world.Pass(minutes(1));
  CHECK(world.ReportOf(id)->level == ReceiptLevel::kFailed);
  CHECK(world.exchange->frames_waiting() == 0);
  world.air.loses = nullptr;
  SECTION("soon") {
    world.phone.to_bridge(LossyWorld::kGhost, word);
    world.Pass(seconds(1));
    CHECK(world.ReportOf(id)->level == ReceiptLevel::kDelivered);
  }
  SECTION("when all is forgotten") {
    world.Pass(minutes(9));
    world.phone.to_bridge(LossyWorld::kGhost, word);
    world.Pass(seconds(1));
    CHECK(world.ReportOf(id)->level == ReceiptLevel::kFailed);
  }
  CHECK(world.Counted("sms.segment_resent") == 0);
}

TEST_CASE("An outage of the centre costs no round") {
  LossyWorld world;
  world.phone.is_off = true;
  const DeliveryId id = world.Delivers(LossyWorld::Envelope(1, 400));
  world.refuses = true;
  world.Pass(minutes(50), seconds(5));
  world.refuses = false;
  world.phone.is_off = false;
  world.Pass(minutes(9));
  REQUIRE(world.ReportOf(id));
  CHECK(world.ReportOf(id)->level == ReceiptLevel::kDelivered);
}

TEST_CASE("Receipts of progress and ephemeral frames ask for no confirmation, bad news does") {
  LossyWorld world;
  world.Delivers(ReceiptFrame{EnvelopeId::Mint(world.random), ReceiptLevel::kDelivered});
  world.Delivers(LossyWorld::Envelope(0, 300));
  CHECK(world.exchange->frames_waiting() == 0);
  world.Delivers(
      ReceiptFrame{EnvelopeId::Mint(world.random), ReceiptLevel::kFailed, Rule::kGivenUp});
  CHECK(world.exchange->frames_waiting() == 1);
}

TEST_CASE("Confirmations of one moment share a message") {
  LossyWorld world;
  for (std::uint64_t i = 1; i <= 10; ++i) world.Delivers(LossyWorld::Envelope(i, 60));
  world.Pass(seconds(4));
  CHECK(world.Counted("sms.status_whole") == 10 + 1);  // one is about the offer of the thread
  CHECK(world.phone.frames.size() == 10);
  CHECK(world.exchange->frames_waiting() == 0);
  CHECK(world.air.carried <= 10 + 2 + 4);  // the frames, two words, and what Bind took
}

TEST_CASE("When too many frames wait for their word the next is not sent") {
  LossyWorld world;
  world.options.sent.frames_max = 2;
  world.Restart();
  world.phone.is_off = true;
  world.Delivers(LossyWorld::Envelope(1, 60));
  world.Delivers(LossyWorld::Envelope(2, 60));
  const auto third = world.Delivers(LossyWorld::Envelope(3, 60), DeliveryId::Mint(world.random));
  REQUIRE(*third);
  CHECK((*third)->certainty == Certainty::kNotSent);
  CHECK((*third)->rule == Rule::kQueueFull);
}

TEST_CASE("A stranger's segments are neither asked for nor confirmed") {
  LossyWorld world;
  Segment segment;
  segment.count = 4;
  segment.chunk = Bytes(100, 7);
  NativeMessage message;
  message.from = NativeAddress("447700900777");
  message.identity = LossyWorld::kGhost;
  message.native_id = "x";
  message.body = NativeMessage::Chunk{SegmentSetName(segment), 0, 4, segment.chunk, true};
  world.carrier->Receive(std::move(message), [](Result<void>) {});
  world.Pass(minutes(2));
  CHECK(world.Counted("sms.status_sent") == 1);  // the one about the accepted thread
}

TEST_CASE("What ended is erased from the disk, log included") {
  LossyWorld world;
  const auto octets_with = [&](std::string_view mark) {
    for (const char* name : {"/unconfirmed.db", "/unconfirmed.db-wal"}) {
      std::ifstream file(world.folder.path() + name, std::ios::binary);
      const std::string all((std::istreambuf_iterator<char>(file)), {});
      if (all.find(mark) != std::string::npos) return true;
    }
    return false;
  };
  world.phone.is_off = true;
  const DeliveryId id = world.Delivers(LossyWorld::Envelope(1, 400));
  const std::string row(AsText(id.bytes()));
  CHECK(octets_with(row));  // the positive control
  CHECK_FALSE(octets_with(LossyWorld::kPhone));
  world.phone.is_off = false;
  world.Pass(minutes(2));
  CHECK(world.exchange->frames_waiting() == 0);
  CHECK_FALSE(octets_with(row));
}

}  // namespace trestle::sms
