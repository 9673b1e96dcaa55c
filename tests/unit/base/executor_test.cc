// The production executor and clock. Threads meet through futures; nothing waits for a time.
#include <algorithm>
#include <catch2/catch.hpp>
#include <future>
#include <memory>
#include <vector>

#include "bridge/base/bytes.h"
#include "bridge/base/system_seams.h"

using namespace trestle;

TEST_CASE("Tasks run in the order in which they were posted, on the executor's own thread") {
  SystemClock clock;
  SerialExecutor executor("test", clock);
  std::vector<int> order;
  bool current = false;
  for (int i = 0; i < 100; ++i) {
    REQUIRE(executor.Post([&order, i] { order.push_back(i); }));
  }
  REQUIRE(executor.Post([&] { current = executor.is_current(); }));
  executor.Stop();
  CHECK(order.size() == 100);
  CHECK(std::ranges::is_sorted(order));
  CHECK(current);
  CHECK_FALSE(executor.is_current());
}

TEST_CASE("A timer that is due runs") {
  SystemClock clock;
  SerialExecutor executor("test", clock);
  std::promise<void> ran;
  REQUIRE(executor.PostAt(clock.mono_now(), [&ran] { ran.set_value(); }));
  ran.get_future().get();
}

TEST_CASE("Timers run in the order of their times") {
  SystemClock clock;
  SerialExecutor executor("test", clock);
  std::promise<std::vector<int>> ran;
  std::vector<int> order;
  const MonoTime now = clock.mono_now();
  // Set inside a task, so that all are there before the first can run.
  REQUIRE(executor.Post([&] {
    static_cast<void>(executor.PostAt(now + Millis{3}, [&] {
      order.push_back(3);
      ran.set_value(order);
    }));
    static_cast<void>(executor.PostAt(now + Millis{1}, [&] { order.push_back(1); }));
    static_cast<void>(executor.PostAt(now + Millis{2}, [&] { order.push_back(2); }));
  }));
  CHECK(ran.get_future().get() == std::vector<int>{1, 2, 3});
}

TEST_CASE("A stopped executor refuses tasks and timers, and drops the timers it has") {
  SystemClock clock;
  SerialExecutor executor("test", clock);
  bool ran = false;
  const auto held = std::make_shared<int>(1);
  REQUIRE(executor.PostAt(clock.mono_now() + std::chrono::hours(1),
                          [&ran, held] { ran = *held == 1; }));
  executor.Stop();
  CHECK(executor.Post([] {}).error().reason == Reason::kCancelled);
  CHECK(executor.PostAt(clock.mono_now(), [] {}).error().reason == Reason::kCancelled);
  CHECK_FALSE(ran);
  CHECK(held.use_count() == 1);
  executor.Stop();
}

TEST_CASE("A full queue answers busy with a time to come again") {
  SystemClock clock;
  SerialExecutor executor("test", clock);
  std::promise<void> gate;
  std::promise<void> inside;
  REQUIRE(executor.Post([&] {
    inside.set_value();
    gate.get_future().get();
  }));
  inside.get_future().get();
  std::size_t taken = 0;
  while (executor.Post([] {})) ++taken;
  const Result<void> refused = executor.Post([] {});
  gate.set_value();
  CHECK(taken == SerialExecutor::kTasksMax);
  CHECK(refused.error().reason == Reason::kBusy);
  CHECK(refused.error().retry_after);
}

TEST_CASE("The system's clocks move and its randomness differs") {
  SystemClock clock;
  CHECK(clock.wall_now().ms > 1'600'000'000'000);
  CHECK(clock.mono_now() <= clock.mono_now());
  SystemRandom random;
  Bytes32 first{};
  Bytes32 second{};
  random.Fill(first);
  random.Fill(second);
  CHECK(first != second);
  random.Fill({});
}
