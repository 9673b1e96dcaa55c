// Errors are values. A Result<T> is a T or an Error; an Error is a closed Reason and a literal
// text, so no user data can leave the process inside an error. Expected refusals (no consent,
// unknown alias, too large) are not errors: they are fields of an answer, see
// bridge/policy/rules.h.
#pragma once

#include <absl/functional/any_invocable.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace trestle {

using Millis = std::chrono::milliseconds;

// A text known at compile time. The consteval constructor refuses anything made at run time.
class StaticText {
 public:
  consteval StaticText(const char* text) : text_(text) {}  // NOLINT(google-explicit-constructor)
  constexpr std::string_view view() const { return text_; }
  constexpr const char* c_str() const { return text_; }

 private:
  const char* text_;
};

// Why an operation failed. Closed on purpose: bridge/rpc maps each to one gRPC status.
enum class Reason : std::uint8_t {
  kInvalidArgument,   // the caller's value breaks a stated rule
  kMalformed,         // foreign bytes do not parse
  kTooLarge,          // above a stated limit
  kUnauthenticated,   // no token, or one we do not know
  kPermissionDenied,  // a known caller asks for what is not theirs
  kNotFound,
  kAlreadyExists,
  kConflict,     // another writer was first, or the state does not allow it
  kExpired,      // its time has passed
  kBusy,         // a bound was reached; retry_after says when to come again
  kUnavailable,  // a peer (network, disk, process) does not answer
  kStorage,      // the store failed
  kCrypto,       // a signature, tag or key did not verify
  kUnsupported,  // understood, and not offered
  kCancelled,    // shutting down, or the caller went away
  kInternal,     // a defect of ours
};

std::string_view ReasonName(Reason reason);

struct Error {
  Reason reason;
  StaticText what;
  std::optional<Millis> retry_after = std::nullopt;
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> Fail(Reason reason, StaticText what,
                                  std::optional<Millis> retry_after = std::nullopt) {
  return tl::unexpected<Error>(Error{reason, what, retry_after});
}

// A completion: run exactly once, on a thread its taker states, never inside the call it was given
// to.
template <class T>
using Done = absl::AnyInvocable<void(Result<T>) &&>;

namespace internal {
template <class T>
T Unwrap(Result<T>&& result) {
  return *std::move(result);
}
inline void Unwrap(Result<void>&&) {}
}  // namespace internal

}  // namespace trestle

#define TRESTLE_CONCAT_INNER(a, b) a##b
#define TRESTLE_CONCAT(a, b) TRESTLE_CONCAT_INNER(a, b)

// The one way to propagate: `auto x = TRESTLE_TRY(Parse(bytes));` returns the error from the
// calling function as it is, or yields the value. Works for Result<void> as a statement.
#define TRESTLE_TRY(expression) TRESTLE_TRY_NAMED(TRESTLE_CONCAT(try_, __COUNTER__), expression)
#define TRESTLE_TRY_NAMED(name, expression)                           \
  __extension__({                                                     \
    auto name = (expression);                                         \
    if (!name) return tl::unexpected<::trestle::Error>(name.error()); \
    ::trestle::internal::Unwrap(std::move(name));                     \
  })

// What only a programmer can fix: prints the condition and aborts, in every build type.
#define TRESTLE_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::trestle::CheckFailed(#condition, __FILE__, __LINE__))

namespace trestle {
[[noreturn]] void CheckFailed(const char* condition, const char* file, int line);
}  // namespace trestle
