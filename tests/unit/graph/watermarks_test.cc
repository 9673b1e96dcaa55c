#include "adapters/sdk/watermarks.h"

#include <catch2/catch.hpp>

namespace trestle {
namespace {

using Mids = std::vector<std::string>;

TEST_CASE("A watermark covers what began at or before it") {
  Watermarks marks;
  marks.NoteSent("t", "a", {10});
  marks.NoteSent("t", "b", {20});
  marks.NoteSent("t", "c", {30});

  CHECK(marks.TakeRead("t", {20}) == Mids{"a", "b"});
  CHECK(marks.TakeRead("t", {20}).empty());
  CHECK(marks.TakeRead("t", {30}) == Mids{"c"});
}

TEST_CASE("Delivered is told once and read still follows") {
  Watermarks marks;
  marks.NoteSent("t", "a", {10});

  CHECK(marks.TakeDelivered("t", {15}) == Mids{"a"});
  CHECK(marks.TakeDelivered("t", {16}).empty());
  CHECK(marks.TakeRead("t", {15}) == Mids{"a"});
}

TEST_CASE("Threads have their own watermarks") {
  Watermarks marks;
  marks.NoteSent("t", "a", {10});

  CHECK(marks.TakeRead("u", {99}).empty());
  CHECK(marks.TakeRead("t", {99}) == Mids{"a"});
}

TEST_CASE("A receipt that overtakes the answer to its send is not lost") {
  Watermarks marks;
  marks.TakeDelivered("t", {15});
  marks.TakeRead("t", {12});

  const auto both = marks.NoteSent("t", "a", {10});
  const auto delivered = marks.NoteSent("t", "b", {14});
  const auto neither = marks.NoteSent("t", "c", {16});

  CHECK((both.is_delivered && both.is_read));
  CHECK((delivered.is_delivered && !delivered.is_read));
  CHECK((!neither.is_delivered && !neither.is_read));
}

TEST_CASE("Of a thread's unread messages the oldest are forgotten above the bound") {
  Watermarks marks;
  for (std::size_t i = 0; i <= Watermarks::kMidsPerThreadMax; ++i) {
    marks.NoteSent("t", std::to_string(i), {1});
  }

  const Mids read = marks.TakeRead("t", {1});

  CHECK(read.size() == Watermarks::kMidsPerThreadMax);
  CHECK(read.front() == "1");
}

TEST_CASE("The thread that was quiet for longest is forgotten above the bound") {
  Watermarks marks;
  marks.NoteSent("quiet", "a", {1});
  for (std::size_t i = 0; i < Watermarks::kThreadsMax; ++i) {
    marks.NoteSent(std::to_string(i), "b", {1});
  }

  CHECK(marks.TakeRead("quiet", {1}).empty());
}

}  // namespace
}  // namespace trestle
