// What each version of the schema adds to the one before; see schema.cc for what a table has to say
// of itself.
#pragma once

namespace trestle {

// Version 2: what waits is sealed under short-lived keys, and erasures are logged.
inline constexpr const char* kUpgradeTo2 = R"sql(
-- About the file itself: `store_id`, random, ties it to its storage keys. Reveals nothing. Lives with
-- the file.
CREATE TABLE about (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
INSERT INTO about VALUES ('store_id', randomblob(16));

-- The storage key that seals `payload` or `body`; none where there is nothing to seal. Reveals which
-- rows were written in the same minutes. A row whose key is destroyed cannot be opened any more.
ALTER TABLE envelope ADD COLUMN key INTEGER;
CREATE INDEX envelope_key ON envelope (key, expires_at);
ALTER TABLE outbox ADD COLUMN key INTEGER;
CREATE INDEX outbox_key ON outbox (key, expires_at) WHERE key IS NOT NULL;
ALTER TABLE dead_letter ADD COLUMN key INTEGER;
CREATE INDEX dead_letter_key ON dead_letter (key, expires_at) WHERE key IS NOT NULL;

-- Where the erasure of an envelope stands in the log, and what its leaf says. Lives and is erased
-- with what was seen of the envelope.
ALTER TABLE seen_envelope ADD COLUMN erased_shard INTEGER;
ALTER TABLE seen_envelope ADD COLUMN erased_index INTEGER;
ALTER TABLE seen_envelope ADD COLUMN erased_cause INTEGER;
ALTER TABLE seen_envelope ADD COLUMN erased_hour INTEGER;

-- The log of erasures: hashes only. Reveals how many envelopes were erased in which week. Tiles live
-- until two weeks after their shard's end, erased then; heads, one a week, for ever.
CREATE TABLE erasure_tile (
  shard INTEGER NOT NULL, level INTEGER NOT NULL, tile INTEGER NOT NULL, hashes BLOB NOT NULL,
  PRIMARY KEY (shard, level, tile)) WITHOUT ROWID;
CREATE TABLE erasure_shard (
  shard INTEGER PRIMARY KEY, size INTEGER NOT NULL, previous BLOB NOT NULL, root BLOB);
)sql";

// Version 3: aliases over their life, one consent ledger, key logs. What the new columns reveal: of
// an alias, how many contacts began through it, how many may, and what its owner shows it on; of a
// contact, who blocked whom. Aliases live until their quarantine is over and no contact came
// through them, whose label they are; the sweep erases them then.
inline constexpr const char* kUpgradeTo3 = R"sql(
ALTER TABLE account ADD COLUMN strangers_refused INTEGER NOT NULL DEFAULT 0;
ALTER TABLE alias ADD COLUMN uses INTEGER NOT NULL DEFAULT 0;
ALTER TABLE alias ADD COLUMN uses_max INTEGER;
ALTER TABLE alias ADD COLUMN listing TEXT NOT NULL DEFAULT '';
UPDATE alias SET uses = (SELECT count(*) FROM contact WHERE contact.alias = alias.id);
CREATE INDEX alias_ended ON alias (coalesce(revoked_at, expires_at));
ALTER TABLE contact ADD COLUMN blocked_by_owner INTEGER NOT NULL DEFAULT 0;
ALTER TABLE contact ADD COLUMN blocked_by_requester INTEGER NOT NULL DEFAULT 0;
-- A block did not say whose it was; it holds for every side that had ended the contact.
UPDATE contact SET blocked_by_owner = ended_by_owner, blocked_by_requester = ended_by_requester
  WHERE state = 5;
CREATE INDEX contact_alias ON contact (alias);
CREATE INDEX dead_letter_contact ON dead_letter (contact);

-- Reveals: to somebody who tries all 832 million names, that one was in use once; not by whom. Lives
-- for ever, so that no name is handed out twice.
CREATE TABLE alias_gone (hash BLOB PRIMARY KEY) WITHOUT ROWID;

-- Reveals: that somebody has just asked for somebody, and through which name. Lives until the next
-- turn, milliseconds; erased by it.
CREATE TABLE errand (
  number INTEGER PRIMARY KEY AUTOINCREMENT, kind INTEGER NOT NULL, account BLOB NOT NULL,
  name TEXT NOT NULL, contact BLOB NOT NULL, origin INTEGER NOT NULL, network TEXT NOT NULL);

-- Reveals: how often an account, a network or all have asked for names lately, never for which.
-- Lives for one window, an hour or a day; erased by the sweep.
CREATE TABLE budget (
  kind INTEGER NOT NULL, subject BLOB NOT NULL, used INTEGER NOT NULL, expires_at INTEGER NOT NULL,
  PRIMARY KEY (kind, subject)) WITHOUT ROWID;
CREATE INDEX budget_expiry ON budget (expires_at);

-- Reveals: who gave or withdrew consent to which contact, when, and over which network. Lives 400
-- days, so that a consent can be proven; erased by the sweep.
-- Numbers are each account's own: a common count would tell one account what another does.
CREATE TABLE consent_entry (
  account BLOB NOT NULL, number INTEGER NOT NULL, contact BLOB, entry INTEGER NOT NULL,
  origin INTEGER NOT NULL, network TEXT NOT NULL, at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
  PRIMARY KEY (account, number)) WITHOUT ROWID;
CREATE INDEX consent_entry_expiry ON consent_entry (expires_at);

-- Reveals: when an account published keys and which contacts got them; a reference is a hash of a
-- public key package. Lives while it is among the account's newest 10,000 entries.
CREATE TABLE key_log (
  account BLOB NOT NULL, number INTEGER NOT NULL, at INTEGER NOT NULL, kind INTEGER NOT NULL,
  ref BLOB NOT NULL, contact BLOB NOT NULL, hash BLOB NOT NULL,
  PRIMARY KEY (account, number)) WITHOUT ROWID;
)sql";

// Version 4: key packages of last resort.
inline constexpr const char* kUpgradeTo4 = R"sql(
-- Reveals: public keys of endpoints. One for each account, replaced by its next; never erased by a
-- claim, since it is what is handed out when nothing else is left.
CREATE TABLE last_resort_key (
  account BLOB PRIMARY KEY, octets BLOB NOT NULL) WITHOUT ROWID;
)sql";

// Version 5: residency.
inline constexpr const char* kUpgradeTo5 = R"sql(
-- Where the account lets its data be kept, comma-separated. Lives and is erased with the account.
ALTER TABLE account ADD COLUMN places_accepted TEXT NOT NULL DEFAULT '';
ALTER TABLE account ADD COLUMN places_refused TEXT NOT NULL DEFAULT '';
)sql";

// Version 6: order over networks, fairness, doubt. What the new columns reveal: `lane` which rows
// keep an order, a contact's messages in one direction or a thread; `sender` and `receiver` whose
// accounts a row counts for; `maybe_sent` that an attempt ended in doubt. They live with their
// rows. `head` marks the oldest row of each lane from here on: the only one that may be leased.
// What waits keeps the order of its thread.
inline constexpr const char* kUpgradeTo6 = R"sql(
ALTER TABLE account ADD COLUMN shows_repeats INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN lane BLOB NOT NULL DEFAULT x'';
ALTER TABLE outbox ADD COLUMN sender BLOB;
ALTER TABLE outbox ADD COLUMN receiver BLOB;
ALTER TABLE outbox ADD COLUMN maybe_sent INTEGER NOT NULL DEFAULT 0;
UPDATE outbox SET lane = thread;
CREATE INDEX outbox_lane ON outbox (lane, number);
CREATE INDEX outbox_network ON outbox (network, number);
CREATE INDEX outbox_leased_thread ON outbox (thread) WHERE state = 3;
ALTER TABLE dead_letter ADD COLUMN lane BLOB NOT NULL DEFAULT x'';
ALTER TABLE dead_letter ADD COLUMN sender BLOB;
ALTER TABLE dead_letter ADD COLUMN receiver BLOB;
ALTER TABLE dead_letter ADD COLUMN maybe_sent INTEGER NOT NULL DEFAULT 0;
UPDATE dead_letter SET lane = thread;
)sql";

// Version 7: consent to the SMS edge. Reveals: which sides of which contacts let the edge open what
// they say, and until when. Lives until that time, a withdrawal or the contact's end; erased by the
// sweep, and the ledger's entries with the others of theirs.
inline constexpr const char* kUpgradeTo7 = R"sql(
ALTER TABLE contact ADD COLUMN edge_owner_until INTEGER;
ALTER TABLE contact ADD COLUMN edge_requester_until INTEGER;
CREATE INDEX contact_edge_owner ON contact (edge_owner_until) WHERE edge_owner_until IS NOT NULL;
CREATE INDEX contact_edge_requester ON contact (edge_requester_until)
  WHERE edge_requester_until IS NOT NULL;
ALTER TABLE consent_entry ADD COLUMN until INTEGER;
)sql";

// Version 8: several stores. Each file has all the tables; the directory's are used at home alone.
inline constexpr const char* kUpgradeTo8 = R"sql(
-- Where a contact's messages stand. Reveals: a contact's random id, how many messages it has
-- exchanged, its group's random id and epoch. `moves` counts how often the contact changed its
-- store: of several files' rows the one with the most counts, and a store that was left keeps what
-- stood there. Lives and is erased with the contact.
CREATE TABLE conversation (
  contact BLOB PRIMARY KEY, group_id BLOB, epoch INTEGER NOT NULL, next_seq INTEGER NOT NULL,
  moves INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO conversation SELECT id, group_id, epoch, next_seq, 0 FROM contact
  WHERE group_id IS NOT NULL OR next_seq > 1;
ALTER TABLE contact DROP COLUMN group_id;
ALTER TABLE contact DROP COLUMN epoch;
ALTER TABLE contact DROP COLUMN next_seq;

-- At home: its placed stores, by their names in the configuration. Reveals those. Lives with the
-- file, so that none is ever left out or made anew in silence.
CREATE TABLE placed_store (name TEXT PRIMARY KEY, store_id BLOB NOT NULL) WITHOUT ROWID;
-- `home` in `about`: the store_id of the file's home. What holds a directory is a home itself.
INSERT INTO about SELECT 'home', value FROM about
  WHERE name = 'store_id' AND EXISTS (SELECT 1 FROM account);
-- Rows that wait for their thread are looked for when a commit was cut between two files.
CREATE INDEX outbox_waits_open ON outbox (thread) WHERE state = 2;
)sql";

// Version 9: what was seen of an envelope holds the steps of its way, and is found by a number.
// What `steps` reveals: their times, networks and sizes, as a trace does; they live with the row.
// Rows of `trace` are those of envelopes that were not accepted, and of attempts that failed.
inline constexpr const char* kUpgradeTo9 = R"sql(
CREATE TABLE seen_numbered (
  number INTEGER PRIMARY KEY, contact BLOB NOT NULL, envelope_id BLOB NOT NULL,
  sender_link BLOB NOT NULL, delivery_id BLOB NOT NULL, kind INTEGER NOT NULL,
  payload_hash BLOB NOT NULL, seq INTEGER NOT NULL, accepted_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL, level INTEGER NOT NULL, erased_shard INTEGER,
  erased_index INTEGER, erased_cause INTEGER, erased_hour INTEGER, steps BLOB NOT NULL);
INSERT INTO seen_numbered SELECT NULL, contact, envelope_id, sender_link, delivery_id, kind,
  payload_hash, seq, accepted_at, expires_at, level, erased_shard, erased_index, erased_cause,
  erased_hour, x'' FROM seen_envelope ORDER BY accepted_at;
DROP TABLE seen_envelope;
ALTER TABLE seen_numbered RENAME TO seen_envelope;
CREATE UNIQUE INDEX seen_envelope_id ON seen_envelope (envelope_id, contact);
CREATE INDEX seen_envelope_delivery ON seen_envelope (delivery_id);
CREATE INDEX seen_envelope_expiry ON seen_envelope (expires_at);
DELETE FROM trace WHERE envelope_id IS NULL;
-- Each row pays for an index only when something looks for it there: fallback moves messages alone,
-- and the leases are few enough to be read one after another.
DROP INDEX outbox_network;
CREATE INDEX outbox_message ON outbox (network, number) WHERE kind IN (1, 5);
DROP INDEX outbox_leased;
-- What a start looks for among what waits is found by indices that hold none of the rows which wait
-- in the ordinary way.
CREATE INDEX outbox_ephemeral ON outbox (number) WHERE kind = 2;
CREATE INDEX outbox_waits_due ON outbox (due_at) WHERE state = 2;
)sql";

// Version 10: a row that is leased as it is written, which is what a bridge that keeps up writes,
// stands in no index that only looks for what waits. Its answer finds it by its number, a late one
// by its delivery among those in doubt.
inline constexpr const char* kUpgradeTo10 = R"sql(
CREATE TABLE outbox_numbered (
  number INTEGER PRIMARY KEY AUTOINCREMENT, delivery_id BLOB NOT NULL,
  thread_kind INTEGER NOT NULL, thread BLOB NOT NULL, network TEXT NOT NULL, kind INTEGER NOT NULL,
  contact BLOB, body BLOB NOT NULL, offers_link BLOB, envelope INTEGER, state INTEGER NOT NULL,
  head INTEGER NOT NULL, due_at INTEGER NOT NULL, created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL, attempts INTEGER NOT NULL, lease_owner BLOB, lease_until INTEGER,
  key INTEGER, lane BLOB NOT NULL, sender BLOB, receiver BLOB, maybe_sent INTEGER NOT NULL);
INSERT INTO outbox_numbered SELECT number, delivery_id, thread_kind, thread, network, kind, contact,
  body, offers_link, envelope, state, head, due_at, created_at, expires_at, attempts, lease_owner,
  lease_until, key, lane, sender, receiver, maybe_sent FROM outbox ORDER BY number;
DROP TABLE outbox;
ALTER TABLE outbox_numbered RENAME TO outbox;
CREATE INDEX outbox_thread ON outbox (thread, number);
CREATE INDEX outbox_lane ON outbox (lane, number);
CREATE INDEX outbox_key ON outbox (key, expires_at) WHERE key IS NOT NULL;
CREATE INDEX outbox_leased_thread ON outbox (thread) WHERE state = 3;
CREATE INDEX outbox_due ON outbox (network, due_at, number) WHERE head = 1 AND state = 1;
CREATE INDEX outbox_expiry ON outbox (expires_at) WHERE state <> 3;
CREATE INDEX outbox_message ON outbox (network, number) WHERE kind IN (1, 5) AND state <> 3;
CREATE INDEX outbox_ephemeral ON outbox (number) WHERE kind = 2;
CREATE INDEX outbox_waits_open ON outbox (thread) WHERE state = 2;
CREATE INDEX outbox_waits_due ON outbox (due_at) WHERE state = 2;
CREATE INDEX outbox_doubt ON outbox (delivery_id) WHERE maybe_sent = 1;
)sql";

}  // namespace trestle
