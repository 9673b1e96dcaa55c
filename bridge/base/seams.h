// Every nondeterminism the bridge may touch comes in through these interfaces, handed to
// constructors: time, randomness and scheduling. Production implementations are in system_seams.h;
// tests and the simulation bring their own and move time by hand.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <span>

#include "bridge/base/result.h"

namespace trestle {

// Milliseconds of the Unix epoch; may jump. Used for stamps and expiry.
struct WallTime {
  std::int64_t ms = 0;
  auto operator<=>(const WallTime&) const = default;
};
inline WallTime operator+(WallTime at, Millis span) { return {at.ms + span.count()}; }
inline Millis operator-(WallTime a, WallTime b) { return Millis{a.ms - b.ms}; }

// Milliseconds since an arbitrary start; never jumps. Used for deadlines and back-off. Wall minus
// mono does not compile.
struct MonoTime {
  std::int64_t ms = 0;
  auto operator<=>(const MonoTime&) const = default;
};
inline MonoTime operator+(MonoTime at, Millis span) { return {at.ms + span.count()}; }
inline Millis operator-(MonoTime a, MonoTime b) { return Millis{a.ms - b.ms}; }

// Any thread may ask.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime wall_now() const = 0;
  virtual MonoTime mono_now() const = 0;
};

// Any thread may ask. Production draws from the operating system's generator, so its output is fit
// for ids, salts, tokens and keys as well as for jitter.
class Random {
 public:
  virtual ~Random() = default;
  virtual void Fill(std::span<std::uint8_t> out) = 0;
};

std::uint64_t DrawBelow(Random& random, std::uint64_t bound);  // uniform in [0, bound); bound > 0

using Task = absl::AnyInvocable<void() &&>;

// Runs tasks one after another. Post may be called from any thread.
class Executor {
 public:
  virtual ~Executor() = default;
  // kBusy when the bounded queue is full, kCancelled after Stop. The task never runs inside the
  // call.
  virtual Result<void> Post(Task task) = 0;
  // Runs the task at or after `at`. Timers have a bound of their own and share the answers of Post.
  virtual Result<void> PostAt(MonoTime at, Task task) = 0;
  // True inside a task of this executor.
  virtual bool is_current() const = 0;
};

}  // namespace trestle
