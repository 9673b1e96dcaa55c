#include "bench/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>

namespace trestle::bench {

void Histogram::Add(std::uint64_t nanos) {
  buckets_[BucketOf(nanos)].fetch_add(1, std::memory_order_relaxed);
}

void Histogram::Reset() {
  for (auto& each : buckets_) each.store(0, std::memory_order_relaxed);
}

std::uint64_t Histogram::count() const {
  std::uint64_t sum = 0;
  for (const auto& each : buckets_) sum += each.load(std::memory_order_relaxed);
  return sum;
}

std::uint64_t Histogram::Quantile(double part) const {
  const std::uint64_t all = count();
  if (all == 0) return 0;
  const auto wanted = std::max<std::uint64_t>(
      1, static_cast<std::uint64_t>(std::ceil(part * static_cast<double>(all))));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    seen += buckets_[i].load(std::memory_order_relaxed);
    if (seen >= wanted) return MiddleOf(i);
  }
  return MiddleOf(kBuckets - 1);
}

std::string Histogram::Json() const {
  char out[256];
  const auto at = [this](double part) { return static_cast<double>(Quantile(part)) / 1000.0; };
  std::snprintf(out, sizeof out,
                "{\"count\": %llu, \"p50_us\": %.1f, \"p90_us\": %.1f, \"p99_us\": %.1f, "
                "\"p999_us\": %.1f, \"max_us\": %.1f}",
                static_cast<unsigned long long>(count()), at(0.5), at(0.9), at(0.99), at(0.999),
                at(1.0));
  return out;
}

// Below kParts each value has a bucket; above, the power of two and the five bits after it.
std::size_t Histogram::BucketOf(std::uint64_t nanos) {
  if (nanos < kParts) return nanos;
  const auto power = static_cast<std::size_t>(std::bit_width(nanos)) - 1;
  const std::size_t part = (nanos >> (power - 5)) & (kParts - 1);
  return std::min((power - 4) * kParts + part, kBuckets - 1);
}

std::uint64_t Histogram::MiddleOf(std::size_t bucket) {
  if (bucket < kParts) return bucket;
  const std::size_t power = bucket / kParts + 4;
  const std::uint64_t width = std::uint64_t{1} << (power - 5);
  return (std::uint64_t{1} << power) + (bucket % kParts) * width + width / 2;
}

}  // namespace trestle::bench
