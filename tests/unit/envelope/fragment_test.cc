#include "bridge/envelope/fragment.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/unit/sdk/manual_seams.h"

using namespace trestle;

namespace {

Bytes Frame(std::size_t size) {
  Bytes out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::uint8_t>(i * 31 + i / 256);
  return out;
}

constexpr FragmentRef kRef{1, 2, 3, 4, 5, 6, 7, 8};

}  // namespace

TEST_CASE("A frame cut to text units fits them and comes together in any order") {
  const Bytes frame = Frame(3000);
  auto texts = CutToText(frame, 300, kRef).value();
  CHECK(texts.size() == UnitsFor(frame.size(), ChunkBytesOfText(300)));
  std::ranges::reverse(texts);
  Reassembler reassembler({});
  std::optional<Bytes> whole;
  for (const std::string& text : texts) {
    CHECK(text.size() <= 300);
    CHECK(LooksLikeFragment(text));
    CHECK_FALSE(whole);
    const Fragment fragment = ParseTextFragment(text).value();
    CHECK(fragment.ref == kRef);
    whole =
        reassembler.Add("key", fragment.index, fragment.count, fragment.chunk, MonoTime{}).value();
  }
  CHECK(whole == frame);
  CHECK(reassembler.open_sets() == 0);
  CHECK(reassembler.bytes_used() == 0);
}

TEST_CASE("A text unit of every size carries what it is said to carry") {
  for (std::size_t size = 20; size < 400; ++size) {
    const auto texts = CutToText(Frame(ChunkBytesOfText(size)), size, kRef).value();
    REQUIRE(texts.size() == 1);
    CHECK(texts[0].size() <= size);
  }
}

TEST_CASE("A frame above 255 units is refused") {
  CHECK(CutChunks(Frame(255), 1)->size() == 255);
  CHECK(CutChunks(Frame(256), 1).error().reason == Reason::kTooLarge);
}

TEST_CASE("A text that is no fragment is refused") {
  for (const std::string& text :
       {std::string("hello"), std::string("tr1."), std::string("tr1.AAAA"), std::string("tr1.@@"),
        std::string("tr2.AAAAAAAAAAAAAAAAAAAA")}) {
    CHECK_FALSE(ParseTextFragment(text));
  }
  Bytes beyond(kFragmentHeaderBytes + 1, 0);
  beyond[8] = 3;
  beyond[9] = 3;
  CHECK_FALSE(ParseTextFragment("tr1." + ToBase64Url(beyond)));
}

TEST_CASE("A fragment that is there already changes nothing") {
  Reassembler reassembler({});
  const Bytes chunk{1, 2};
  CHECK_FALSE(reassembler.Add("key", 0, 2, chunk, {}).value());
  const std::size_t used = reassembler.bytes_used();
  CHECK_FALSE(reassembler.Add("key", 0, 2, chunk, {}).value());
  CHECK(reassembler.bytes_used() == used);
  CHECK(reassembler.Add("key", 1, 2, Bytes{3}, {}).value() == Bytes{1, 2, 3});
}

TEST_CASE("A fragment that contradicts its set begins a new one") {
  Reassembler reassembler({});
  CHECK_FALSE(reassembler.Add("key", 0, 2, Bytes{1}, {}).value());
  CHECK_FALSE(reassembler.Add("key", 0, 2, Bytes{9}, {}).value());
  CHECK(reassembler.Add("key", 1, 2, Bytes{2}, {}).value() == Bytes{9, 2});
  CHECK_FALSE(reassembler.Add("key", 0, 2, Bytes{1}, {}).value());
  CHECK_FALSE(reassembler.Add("key", 1, 3, Bytes{1}, {}).value());
  CHECK(reassembler.open_sets() == 1);
  CHECK(reassembler.dropped_sets() == 2);
}

TEST_CASE("Sets of different keys do not mix") {
  Reassembler reassembler({});
  CHECK_FALSE(reassembler.Add("a", 0, 2, Bytes{1}, {}).value());
  CHECK_FALSE(reassembler.Add("b", 1, 2, Bytes{2}, {}).value());
  CHECK(reassembler.open_sets() == 2);
}

TEST_CASE("A set that grows above the largest frame is refused and gone") {
  Reassembler::Limits limits;
  limits.frame_bytes_max = 10;
  Reassembler reassembler(limits);
  CHECK(reassembler.Add("one", 0, 1, Frame(11), {}).error().reason == Reason::kTooLarge);
  CHECK_FALSE(reassembler.Add("key", 0, 2, Frame(6), {}).value());
  CHECK(reassembler.Add("key", 1, 2, Frame(6), {}).error().reason == Reason::kTooLarge);
  CHECK(reassembler.open_sets() == 0);
  CHECK(reassembler.bytes_used() == 0);
}

TEST_CASE("Over the bounds the oldest sets go and are counted") {
  Reassembler::Limits limits;
  limits.open_sets_max = 2;
  Reassembler reassembler(limits);
  for (const char* key : {"a", "b", "c"}) {
    CHECK_FALSE(reassembler.Add(key, 0, 2, Bytes{1}, {}).value());
  }
  CHECK(reassembler.open_sets() == 2);
  CHECK(reassembler.dropped_sets() == 1);
  CHECK_FALSE(reassembler.Add("a", 1, 2, Bytes{2}, {}).value());
}

TEST_CASE("The octets of all open sets are bounded, tiny fragments included") {
  Reassembler::Limits limits;
  limits.bytes_max = 10'000;
  Reassembler reassembler(limits);
  for (int i = 0; i < 1000; ++i) {
    CHECK_FALSE(reassembler.Add(std::to_string(i), 0, 2, Bytes{1}, {}).value());
    CHECK(reassembler.bytes_used() <= limits.bytes_max);
  }
}

TEST_CASE("A set that is not completed in time is gone") {
  Reassembler reassembler({});
  CHECK_FALSE(reassembler.Add("key", 0, 2, Bytes{1}, MonoTime{0}).value());
  const MonoTime late = MonoTime{0} + std::chrono::minutes(10) + Millis{1};
  CHECK_FALSE(reassembler.Add("key", 1, 2, Bytes{2}, late).value());
}

TEST_CASE("An index beyond its count is refused") {
  Reassembler reassembler({});
  CHECK_FALSE(reassembler.Add("key", 2, 2, Bytes{1}, {}));
  CHECK_FALSE(reassembler.Add("key", 0, 0, Bytes{1}, {}));
}
