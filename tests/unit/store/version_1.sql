-- The schema as version 1 made it, to see that a file of that time is brought up. Never changed.
CREATE TABLE account (
  id BLOB PRIMARY KEY, created_at INTEGER NOT NULL,
  network_order TEXT NOT NULL, networks_refused TEXT NOT NULL, sms_allowed INTEGER NOT NULL,
  stopped INTEGER NOT NULL, has_endpoint INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE enrolment (
  id BLOB PRIMARY KEY, account BLOB NOT NULL, network TEXT NOT NULL,
  created_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX enrolment_account ON enrolment (account, created_at);

CREATE TABLE token (
  hash BLOB PRIMARY KEY, account BLOB NOT NULL, created_at INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE alias (
  id BLOB PRIMARY KEY, name TEXT NOT NULL UNIQUE, account BLOB NOT NULL, label TEXT NOT NULL,
  policy INTEGER NOT NULL, created_at INTEGER NOT NULL,
  expires_at INTEGER, revoked_at INTEGER) WITHOUT ROWID;
CREATE INDEX alias_account ON alias (account, created_at);

CREATE TABLE contact (
  id BLOB PRIMARY KEY, owner BLOB NOT NULL, requester BLOB NOT NULL, alias BLOB NOT NULL,
  state INTEGER NOT NULL, owner_agreed INTEGER NOT NULL, ended_by_owner INTEGER NOT NULL,
  ended_by_requester INTEGER NOT NULL, granted_at INTEGER, group_id BLOB, epoch INTEGER NOT NULL,
  next_seq INTEGER NOT NULL, key_claims INTEGER NOT NULL, created_at INTEGER NOT NULL,
  UNIQUE (requester, alias)) WITHOUT ROWID;
CREATE INDEX contact_owner ON contact (owner, state);
CREATE INDEX contact_requester ON contact (requester, state);

CREATE TABLE link (
  number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, contact BLOB NOT NULL,
  account BLOB NOT NULL, enrolment BLOB NOT NULL, network TEXT NOT NULL,
  offered INTEGER NOT NULL, bound INTEGER NOT NULL, UNIQUE (contact, enrolment));

CREATE TABLE key_package (
  number INTEGER PRIMARY KEY AUTOINCREMENT, ref BLOB NOT NULL UNIQUE, account BLOB NOT NULL,
  octets BLOB NOT NULL);
CREATE INDEX key_package_account ON key_package (account, number);

CREATE TABLE join_code (
  account BLOB PRIMARY KEY, hash BLOB NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX join_code_hash ON join_code (hash);

CREATE TABLE join_try (
  enrolment BLOB PRIMARY KEY, tries INTEGER NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE envelope (
  number INTEGER PRIMARY KEY AUTOINCREMENT, contact BLOB NOT NULL, envelope_id BLOB NOT NULL,
  sender_link BLOB NOT NULL, kind INTEGER NOT NULL, seq INTEGER NOT NULL,
  accepted_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, payload BLOB NOT NULL);

CREATE TABLE outbox (
  number INTEGER PRIMARY KEY AUTOINCREMENT, delivery_id BLOB NOT NULL UNIQUE,
  thread_kind INTEGER NOT NULL, thread BLOB NOT NULL, network TEXT NOT NULL, kind INTEGER NOT NULL,
  contact BLOB, body BLOB NOT NULL, offers_link BLOB, envelope INTEGER, state INTEGER NOT NULL,
  head INTEGER NOT NULL, due_at INTEGER NOT NULL, created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL, attempts INTEGER NOT NULL, lease_owner BLOB, lease_until INTEGER);
CREATE INDEX outbox_thread ON outbox (thread, number);
CREATE INDEX outbox_due ON outbox (network, due_at, number) WHERE head = 1 AND state = 1;
CREATE INDEX outbox_leased ON outbox (lease_until) WHERE state = 3;
CREATE INDEX outbox_expiry ON outbox (expires_at);

CREATE TABLE seen_inbound (key BLOB PRIMARY KEY, expires_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX seen_inbound_expiry ON seen_inbound (expires_at);

CREATE TABLE seen_envelope (
  contact BLOB NOT NULL, envelope_id BLOB NOT NULL, sender_link BLOB NOT NULL,
  delivery_id BLOB NOT NULL, kind INTEGER NOT NULL, payload_hash BLOB NOT NULL,
  seq INTEGER NOT NULL, accepted_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
  level INTEGER NOT NULL, PRIMARY KEY (contact, envelope_id)) WITHOUT ROWID;
CREATE INDEX seen_envelope_delivery ON seen_envelope (delivery_id);
CREATE INDEX seen_envelope_expiry ON seen_envelope (expires_at);

CREATE TABLE trace (
  number INTEGER PRIMARY KEY AUTOINCREMENT, envelope_id BLOB, delivery_id BLOB, contact BLOB,
  at INTEGER NOT NULL, step INTEGER NOT NULL, outcome INTEGER NOT NULL, rule INTEGER NOT NULL,
  from_network TEXT, to_network TEXT, size_bytes INTEGER NOT NULL, attempt INTEGER NOT NULL,
  latency_ms INTEGER NOT NULL, expires_at INTEGER NOT NULL);
CREATE INDEX trace_envelope ON trace (envelope_id, number);
CREATE INDEX trace_expiry ON trace (expires_at);

CREATE TABLE dead_letter (
  number INTEGER PRIMARY KEY AUTOINCREMENT, delivery_id BLOB NOT NULL UNIQUE,
  thread_kind INTEGER NOT NULL, thread BLOB NOT NULL, network TEXT NOT NULL, kind INTEGER NOT NULL,
  contact BLOB, body BLOB NOT NULL, offers_link BLOB, envelope INTEGER,
  created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, attempts INTEGER NOT NULL,
  rule INTEGER NOT NULL, failed_at INTEGER NOT NULL);
CREATE INDEX dead_letter_expiry ON dead_letter (expires_at);
PRAGMA application_id = 1414681428;
PRAGMA user_version = 1;
