#include "bridge/policy/limit_table.h"

#include <algorithm>
#include <array>

namespace trestle {
namespace {

// The value of a member as a function, so that ints and sizes stand in one table.
template <auto kField>
std::size_t Of(const Limits& limits) {
  return static_cast<std::size_t>(limits.*kField);
}
// What is not configured; the type that it protects checks that it says the same.
template <std::size_t kAmount>
std::size_t Fixed(const Limits&) {
  return kAmount;
}

using enum LimitScope;
using enum LimitUnit;
using enum LimitAnswer;

constexpr std::array kRows = {
    LimitRow{"submits", kAccount, kPerSecond, Of<&Limits::submits_per_second>,
             Of<&Limits::submits_burst>, kExhausted, "messages and handshakes sent"},
    LimitRow{"calls", kAccount, kPerSecond, Of<&Limits::calls_per_second>, Of<&Limits::calls_burst>,
             kExhausted, "other calls of the API"},
    LimitRow{"lookups_per_account_max", kAccount, kPerHour, Of<&Limits::lookups_per_account_max>,
             nullptr, kExhausted, "names asked for, existing or not; a phone gets a sentence"},
    LimitRow{"names_per_account_max", kAccount, kPerDay, Of<&Limits::names_per_account_max>,
             nullptr, kExhausted, "names of aliases drawn"},
    LimitRow{"rows_per_sender_max", kAccount, kCount, Of<&Limits::rows_per_sender_max>, nullptr,
             kExhausted, "deliveries that wait on behalf of one sender"},
    LimitRow{"aliases_per_account_max", kAccount, kCount, Of<&Limits::aliases_per_account_max>,
             nullptr, kConflict, "live aliases"},
    LimitRow{"enrolments_per_account_max", kAccount, kCount,
             Of<&Limits::enrolments_per_account_max>, nullptr, kConflict, "networks joined"},
    LimitRow{"key_packages_per_account_max", kAccount, kCount,
             Of<&Limits::key_packages_per_account_max>, nullptr, kRefusal,
             "key packages held; those above are counted as refused"},
    LimitRow{"contacts_per_account_max", kAccount, kCount, Of<&Limits::contacts_per_account_max>,
             nullptr, kSilent, "contacts"},
    LimitRow{"open_requests_per_owner_max", kAlias, kCount,
             Of<&Limits::open_requests_per_owner_max>, nullptr, kSilent,
             "requests that wait for the owner of an alias"},
    LimitRow{"key_claims_per_contact_max", kContact, kCount,
             Of<&Limits::key_claims_per_contact_max>, nullptr, kRefusal, "key packages claimed"},
    LimitRow{"rows_per_thread_max", kThread, kCount, Of<&Limits::rows_per_thread_max>, nullptr,
             kRefusal,
             "deliveries that wait for one thread (queue_full); receipts of progress: half of it"},
    LimitRow{"in_flight_per_receiver_max", kReceiver, kCount,
             Of<&Limits::in_flight_per_receiver_max>, nullptr, kWaits,
             "deliveries of one network handed over and not answered"},
    LimitRow{"inbound", kNetwork, kPerSecond, Of<&Limits::inbound_per_second>,
             Of<&Limits::inbound_burst>, kExhausted,
             "frames and words offered by one adapter; its network tells them again"},
    LimitRow{"lookups_per_network_max", kNetwork, kPerHour, Of<&Limits::lookups_per_network_max>,
             nullptr, kExhausted, "names asked for from one network"},
    LimitRow{"in_flight_per_adapter_max", kNetwork, kCount, Of<&Limits::in_flight_per_adapter_max>,
             nullptr, kWaits, "deliveries handed over and not answered"},
    LimitRow{"reports_held_max", kNetwork, kCount, Fixed<4096>, nullptr, kDropped,
             "reports of arrivals and failures that cannot be written yet; counted as report_lost"},
    LimitRow{"join_tries", kNetwork, kCount, Of<&Limits::join_tries_max>, nullptr, kRefusal,
             "wrong join codes of one person in ten minutes"},
    LimitRow{"stream_submissions_max", kStream, kCount, Fixed<256>, nullptr, kCutOff,
             "submissions of one Exchange stream that wait for their answers"},
    LimitRow{"stream_queue_max", kStream, kCount, Fixed<512>, nullptr, kCutOff,
             "messages that one stream's client has not read"},
    LimitRow{"watch_events_max", kStream, kCount, Of<&Limits::watch_events_max>, nullptr, kDropped,
             "events held for one slow watcher, who is told how many it lost"},
    LimitRow{"watchers_max", kBridge, kCount, Of<&Limits::watchers_max>, nullptr, kExhausted,
             "Watch streams"},
    LimitRow{"native_sessions_max", kBridge, kCount, Fixed<16'384>, nullptr, kCutOff,
             "connected native clients"},
    LimitRow{"enrolments", kBridge, kPerSecond, Of<&Limits::enrolments_per_second>,
             Of<&Limits::enrolments_burst>, kExhausted,
             "calls without a token, of all callers together"},
    LimitRow{"lookups_max", kBridge, kPerHour, Of<&Limits::lookups_max>, nullptr, kExhausted,
             "names asked for by all together"},
    LimitRow{"native_join_tries", kBridge, kCount, Of<&Limits::native_join_tries_max>, nullptr,
             kExhausted, "wrong join codes of all native callers in ten minutes"},
    LimitRow{"rows_total_max", kBridge, kCount, Of<&Limits::rows_total_max>, nullptr, kExhausted,
             "deliveries that wait"},
    LimitRow{"store_items_max", kBridge, kCount, Of<&Limits::store_items_max>, nullptr, kExhausted,
             "pieces of work that wait for the store's writer"},
    LimitRow{"store_bytes_max", kBridge, kBytes, Of<&Limits::store_bytes_max>, nullptr, kExhausted,
             "payloads in the work that waits for the store's writer"},
};

}  // namespace

std::string_view LimitScopeName(LimitScope scope) {
  switch (scope) {
    case kAccount:
      return "account";
    case kAlias:
      return "alias";
    case kContact:
      return "contact";
    case kThread:
      return "thread";
    case kReceiver:
      return "receiver";
    case kNetwork:
      return "network";
    case kStream:
      return "stream";
    case kBridge:
      return "bridge";
  }
  return "unknown";
}

std::string_view LimitUnitName(LimitUnit unit) {
  switch (unit) {
    case kCount:
      return "at once";
    case kPerSecond:
      return "a second";
    case kPerMinute:
      return "a minute";
    case kPerHour:
      return "an hour";
    case kPerDay:
      return "a day";
    case kBytes:
      return "octets";
  }
  return "unknown";
}

std::string_view LimitAnswerName(LimitAnswer answer) {
  switch (answer) {
    case kExhausted:
      return "exhausted";
    case kConflict:
      return "conflict";
    case kRefusal:
      return "refusal";
    case kSilent:
      return "silent";
    case kWaits:
      return "waits";
    case kCutOff:
      return "cut off";
    case kDropped:
      return "dropped";
  }
  return "unknown";
}

std::span<const LimitRow> LimitTable() { return kRows; }

const LimitRow& LimitRowOf(std::string_view name) {
  const auto row = std::ranges::find(kRows, name, &LimitRow::name);
  TRESTLE_CHECK(row != kRows.end());
  return *row;
}

}  // namespace trestle
