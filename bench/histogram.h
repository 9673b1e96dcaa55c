// A histogram of times in nanoseconds with a bounded relative error (1/32), as HdrHistogram has it:
// powers of two, each cut into equal parts. Any thread may add; reading is for when adding is over.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>

namespace trestle::bench {

class Histogram {
 public:
  void Add(std::uint64_t nanos);
  void Reset();
  std::uint64_t count() const;
  // In nanoseconds; `part` from 0 to 1. 0 when nothing was added.
  std::uint64_t Quantile(double part) const;
  std::string Json()
      const;  // {"count":…, "p50_us":…, "p90_us":…, "p99_us":…, "p999_us":…, "max_us":…}

 private:
  static constexpr std::size_t kParts = 32;
  static constexpr std::size_t kBuckets = 60 * kParts;
  static std::size_t BucketOf(std::uint64_t nanos);
  static std::uint64_t MiddleOf(std::size_t bucket);

  std::array<std::atomic<std::uint64_t>, kBuckets> buckets_{};
};

}  // namespace trestle::bench
