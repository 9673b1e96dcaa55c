// Frames and refusals.
#include "bridge/envelope/frame.h"

#include <catch2/catch.hpp>
#include <set>

#include "bridge/envelope/mls_framing.h"
#include "tests/unit/sdk/manual_seams.h"

using namespace trestle;

namespace {

std::vector<Frame> OneOfEach() {
  test::CountingRandom random;
  ThreadOfferFrame offer;
  random.Fill(offer.bind_code);
  offer.role = ThreadRole::kRequester;
  offer.ghost = "+15550100";
  offer.label = "brisk-otter-4821";
  ThreadAcceptFrame accept;
  random.Fill(accept.bind_code);
  return {EnvelopeFrame{7, WallTime{1'700'000'000'000}, Bytes(300, 9)},
          ReceiptFrame{EnvelopeId::Mint(random), ReceiptLevel::kRefused, Rule::kNoConsent},
          offer,
          accept,
          ConsentFrame{ConsentAction::kBlock},
          PeerKeysFrame{Bytes(500, 1)},
          PublishKeysFrame{{Bytes(200, 2), Bytes(1, 3)}}};
}

}  // namespace

TEST_CASE("Every frame comes back as it was") {
  for (const Frame& frame : OneOfEach()) CHECK(DecodeFrame(EncodeFrame(frame)).value() == frame);
}

TEST_CASE("Every kind of frame has a name of its own") {
  std::set<std::string_view> names;
  for (const Frame& frame : OneOfEach()) names.insert(FrameKindName(frame));
  CHECK(names.size() == std::variant_size_v<Frame>);
}

TEST_CASE("A frame cut short is refused, unless it ends in free octets") {
  for (const Frame& frame : OneOfEach()) {
    const Bytes octets = EncodeFrame(frame);
    const bool free_end = std::holds_alternative<EnvelopeFrame>(frame) ||
                          std::holds_alternative<PeerKeysFrame>(frame) ||
                          std::holds_alternative<PublishKeysFrame>(frame);
    if (free_end) continue;
    for (std::size_t size = 0; size < octets.size(); ++size) {
      CHECK_FALSE(DecodeFrame(ByteView(octets).first(size)));
    }
    Bytes longer = octets;
    longer.push_back(0);
    CHECK_FALSE(DecodeFrame(longer));
  }
}

TEST_CASE("Another version and another kind are unsupported, not malformed") {
  CHECK(DecodeFrame(Bytes{2, 1, 0}).error().reason == Reason::kUnsupported);
  CHECK(DecodeFrame(Bytes{1, 8, 0}).error().reason == Reason::kUnsupported);
  CHECK(DecodeFrame(Bytes{1, 0, 0}).error().reason == Reason::kUnsupported);
}

TEST_CASE("Values out of their range are refused") {
  Bytes receipt = EncodeFrame(ReceiptFrame{EnvelopeId(), ReceiptLevel::kRead, Rule::kNone});
  Bytes bad_level = receipt;
  bad_level[18] = 9;
  CHECK_FALSE(DecodeFrame(bad_level));
  Bytes bad_rule = receipt;
  bad_rule[19] = 200;
  CHECK_FALSE(DecodeFrame(bad_rule));
  CHECK_FALSE(DecodeFrame(Bytes{1, 5, 0}));
  CHECK_FALSE(DecodeFrame(Bytes{1, 5, 7}));
}

TEST_CASE("An envelope must hold something, and a time that a clock can have") {
  CHECK_FALSE(DecodeFrame(EncodeFrame(EnvelopeFrame{1, {}, {}})));
  CHECK_FALSE(DecodeFrame(EncodeFrame(EnvelopeFrame{1, WallTime{-1}, {1}})));
}

TEST_CASE("Names above their bound are refused") {
  ThreadOfferFrame offer;
  offer.label = std::string(kThreadNameBytesMax + 1, 'a');
  CHECK(DecodeFrame(EncodeFrame(offer)).error().reason == Reason::kTooLarge);
}

TEST_CASE("Too many key packages, none, or one too large are refused") {
  PublishKeysFrame frame;
  CHECK_FALSE(DecodeFrame(EncodeFrame(frame)));
  frame.key_packages.assign(kKeyPackagesPerFrameMax, Bytes{1});
  CHECK(DecodeFrame(EncodeFrame(frame)));
  frame.key_packages.push_back({1});
  CHECK(DecodeFrame(EncodeFrame(frame)).error().reason == Reason::kTooLarge);
  frame.key_packages = {Bytes(kKeyPackageBytesMax + 1, 1)};
  CHECK(DecodeFrame(EncodeFrame(frame)).error().reason == Reason::kTooLarge);
  frame.key_packages = {{}};
  CHECK_FALSE(DecodeFrame(EncodeFrame(frame)));
}

TEST_CASE("The largest handshake fits into a frame, and nothing larger is decoded") {
  const Frame largest = EnvelopeFrame{1, {}, Bytes(kHandshakePayloadBytesMax, 1)};
  CHECK(DecodeFrame(EncodeFrame(largest)));
  CHECK(DecodeFrame(Bytes(kFrameBytesMax + 1, 1)).error().reason == Reason::kTooLarge);
}

TEST_CASE("Rules and levels have names that differ") {
  std::set<std::string_view> rules;
  int known = 0;
  for (int i = 0; i < 256; ++i) {
    const std::string_view name = RuleName(static_cast<Rule>(i));
    if (name == "unknown") continue;
    ++known;
    rules.insert(name);
  }
  CHECK(rules.size() == static_cast<std::size_t>(known));
  std::set<std::string_view> levels;
  for (int i = 1; i <= 7; ++i) levels.insert(ReceiptLevelName(static_cast<ReceiptLevel>(i)));
  CHECK(levels.size() == 7);
}
