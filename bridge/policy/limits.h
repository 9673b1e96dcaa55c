// The bounds of the core, with the reason for each. Configuration may lower or raise them; nothing
// in the core waits, queues or repeats without one of these. Frozen once the core exists.
#pragma once

#include <chrono>
#include <cstddef>

#include "bridge/base/result.h"

namespace trestle {

struct Limits {
  // Membership. An account is one person: more than eight networks is not a person.
  std::size_t enrolments_per_account_max = 8;
  std::size_t aliases_per_account_max = 64;  // live ones
  // Requests that wait for an answer; both bound what one stranger can cause.
  std::size_t open_requests_per_requester_max = 20;
  std::size_t open_requests_per_owner_max = 100;
  std::size_t contacts_per_account_max = 2000;
  std::size_t key_packages_per_account_max = 64;
  // Claims of a key package for one contact: one with the grant, one for a frame that was lost.
  int key_claims_per_contact_max = 2;
  // Join codes have eight digits: five guesses in ten minutes hit one of a thousand live codes once
  // in twenty thousand tries.
  Millis join_code_age_max = std::chrono::minutes(10);
  int join_tries_max = 5;
  int native_join_tries_max = 100;  // all native callers together, who have no identity yet

  // Queues.
  std::size_t rows_per_thread_max = 1000;
  std::size_t rows_total_max = 1'000'000;
  std::size_t in_flight_per_adapter_max = 64;
  std::size_t watchers_max = 64;
  std::size_t watch_events_max = 1024;  // held for one slow watcher; then the oldest go

  // Attempts: 1 s doubling to 5 min, each with up to a quarter of jitter on top.
  int attempts_max = 30;
  Millis backoff_first = std::chrono::seconds(1);
  Millis backoff_max = std::chrono::minutes(5);
  // A lease longer than any adapter's own deadline; it lapses only when a process died.
  Millis lease_span = std::chrono::minutes(5);

  // Ages.
  Millis sweep_interval = std::chrono::seconds(5);
  std::size_t sweep_rows_max = 500;  // of each kind in one transaction
  Millis seen_inbound_age_max = std::chrono::hours(7 * 24);
  Millis trace_age_min = std::chrono::hours(1);
  Millis trace_age_max = std::chrono::hours(7 * 24);
  Millis receipt_age_max = std::chrono::hours(24);
  Millis reply_age_max = std::chrono::hours(24);
  Millis offer_age_max = std::chrono::hours(7 * 24);
};

}  // namespace trestle
