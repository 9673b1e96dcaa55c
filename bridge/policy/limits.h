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

  // Rows that wait on behalf of one sender: a flood fills its own share and nobody else's.
  std::size_t rows_per_sender_max = 10'000;
  // Of the places of a network, so many at once for one receiver: a client that does not answer
  // holds up its own deliveries.
  std::size_t in_flight_per_receiver_max = 16;
  // Work that waits for the store's writer.
  std::size_t store_items_max = 8192;
  std::size_t store_bytes_max = 64 * 1024 * 1024;
  // Accounts, contacts, links and conversations that are kept in memory, of each kind; up to twice
  // as many for a while. About a kilobyte for one of each.
  std::size_t directory_cache_max = 16'384;

  // Rates: so many a second (or a minute), and so many ahead of that. See limit_table.h.
  std::size_t submits_per_second = 50;
  std::size_t submits_burst = 200;
  std::size_t calls_per_second = 100;
  std::size_t calls_burst = 500;
  std::size_t enrolments_per_second = 50;
  std::size_t enrolments_burst = 500;
  std::size_t inbound_per_second = 2000;
  std::size_t inbound_burst = 4000;

  // Attempts are timed by the rows of retry_table.h; these bound every row. No row is tried more
  // often than attempts_max, pauses less than backoff_first or, of its own accord, longer than
  // backoff_max.
  int attempts_max = 30;
  Millis backoff_first = std::chrono::seconds(1);
  Millis backoff_max = std::chrono::hours(1);
  // An attempt that its adapter does not answer is taken as maybe sent after this. Longer than any
  // adapter's own deadline, shorter than the lease.
  Millis attempt_age_max = std::chrono::minutes(2);
  // A lease lapses only when its process died.
  Millis lease_span = std::chrono::minutes(5);
  // A network that is down for this long is left: what waits for it goes over the next acceptable
  // one of the recipient.
  Millis fallback_after = std::chrono::minutes(2);

  // Health by flow. A canary goes out to each adapter's loop-back peer and is to come back in time;
  // so many in a row that do not make the adapter deaf. A delivery that is due and waits longer
  // than waiting_age_max on an adapter that calls itself healthy makes it degraded; without a
  // loop-back peer, and with nothing sent meanwhile, deaf after waiting_age_deaf.
  Millis canary_interval = std::chrono::minutes(1);
  Millis canary_patience = std::chrono::seconds(30);
  int canary_misses_max = 3;
  Millis waiting_age_max = std::chrono::minutes(2);
  Millis waiting_age_deaf = std::chrono::minutes(10);
  // 0: how long nothing has come in is shown and not judged. Busy networks are worth a figure here.
  Millis inbound_age_max{0};
  // The pauses between restarts of a deaf adapter, doubling.
  Millis restart_first = std::chrono::seconds(30);
  Millis restart_max = std::chrono::minutes(30);
  // What is under way at the end gets so long to settle.
  Millis drain_patience = std::chrono::seconds(3);

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
