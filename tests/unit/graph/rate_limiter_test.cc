#include "adapters/sdk/rate_limiter.h"

#include <catch2/catch.hpp>

namespace trestle {
namespace {

constexpr MonoTime kStart{1'000'000};

TEST_CASE("A bucket gives its burst and then one at its rate") {
  RateLimiter limiter({.per_minute = 60, .burst = 3});

  CHECK(limiter.Take("a", kStart) == Millis{0});
  CHECK(limiter.Take("a", kStart) == Millis{0});
  CHECK(limiter.Take("a", kStart) == Millis{0});
  CHECK(limiter.Take("a", kStart) == Millis{1000});
  CHECK(limiter.Take("a", kStart + Millis{999}) == Millis{1});
  CHECK(limiter.Take("a", kStart + Millis{1000}) == Millis{0});
}

TEST_CASE("Refusals cost nothing") {
  RateLimiter limiter({.per_minute = 60, .burst = 1});
  limiter.Take("a", kStart);

  for (int i = 0; i < 10; ++i) limiter.Take("a", kStart);

  CHECK(limiter.Take("a", kStart + Millis{1000}) == Millis{0});
}

TEST_CASE("Keys do not share a bucket") {
  RateLimiter limiter({.per_minute = 60, .burst = 1});
  limiter.Take("a", kStart);

  CHECK(limiter.Take("b", kStart) == Millis{0});
}

TEST_CASE("A full bucket does not grow beyond its burst") {
  RateLimiter limiter({.per_minute = 60, .burst = 2});
  limiter.Take("a", kStart);
  const MonoTime later = kStart + std::chrono::hours(1);

  CHECK(limiter.Take("a", later) == Millis{0});
  CHECK(limiter.Take("a", later) == Millis{0});
  CHECK(limiter.Take("a", later) > Millis{0});
}

TEST_CASE("A held key waits until its time and then has one") {
  RateLimiter limiter({.per_minute = 60, .burst = 5});

  limiter.Hold("a", kStart + Millis{7000});

  CHECK(limiter.Take("a", kStart) == Millis{7000});
  CHECK(limiter.Take("a", kStart + Millis{7000}) == Millis{0});
  CHECK(limiter.Take("a", kStart + Millis{7000}) > Millis{0});
}

TEST_CASE("Memory is bounded: full buckets are forgotten, and beyond the bound a new key waits") {
  RateLimiter limiter({.per_minute = 60, .burst = 1});
  for (std::size_t i = 0; i < RateLimiter::kKeysMax; ++i) limiter.Take(std::to_string(i), kStart);

  CHECK(limiter.Take("new", kStart) > Millis{0});
  CHECK(limiter.keys_used() == RateLimiter::kKeysMax);
  CHECK(limiter.Take("new", kStart + Millis{2000}) == Millis{0});
  CHECK(limiter.keys_used() == 1);
}

}  // namespace
}  // namespace trestle
