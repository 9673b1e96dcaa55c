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
  // Names drawn by one account in a window: rotation is free, burning names by the thousand is not.
  std::size_t names_per_account_max = 100;
  Millis names_window = std::chrono::hours(24);
  // A released name can be taken back by its owner for this long; then its row goes, and a hash
  // keeps the name from ever being drawn again.
  Millis alias_quarantine = std::chrono::hours(24 * 90);
  // Names that may be asked for in an hour: by one account, from one network, and by all together.
  // There are 832 million names: with all the accounts that the last bound serves, somebody tries
  // one in fifty of them in a month, and no answer tells which was real.
  std::size_t lookups_per_account_max = 60;
  std::size_t lookups_per_network_max = 12'000;
  std::size_t lookups_max = 24'000;
  Millis lookups_window = std::chrono::hours(1);
  std::size_t errands_per_turn_max = 64;
  // Rows of a contact that are withdrawn in the turn that ends it; more than that in the next ones.
  std::size_t withdrawn_rows_max = 500;
  Millis consent_entry_age_max = std::chrono::hours(24 * 400);
  // Entries of one account's key log; the oldest go first.
  std::size_t key_log_entries_max = 10'000;
  // Requests that wait for one owner's answer.
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
