#include "bridge/store/schema.h"

#include <iterator>

#include "bridge/store/schema_upgrades.h"

namespace trestle {
namespace {

// "TRST": marks the file as ours.
constexpr std::int64_t kApplicationId = 0x54525354;

// Each table says what it reveals to somebody who reads the file, how long a row lives and what
// erases it. No table holds a native address or anything made from one. Times are milliseconds of
// the Unix epoch, ids are 16 random octets (of a delivery, its time and ten), enums are the numbers
// of their types.
constexpr const char* kDirectoryTables = R"sql(
-- Reveals: that a person exists at the bridge, since when, and which networks they prefer.
-- Lives: until the account is deleted by an operator. Preferences are comma-separated names.
CREATE TABLE account (
  id BLOB PRIMARY KEY, created_at INTEGER NOT NULL,
  network_order TEXT NOT NULL, networks_refused TEXT NOT NULL, sms_allowed INTEGER NOT NULL,
  stopped INTEGER NOT NULL, has_endpoint INTEGER NOT NULL) WITHOUT ROWID;

-- Reveals: on which networks an account is. The id is the adapter's, whose address book alone knows
-- the address. Lives and is erased with the account.
CREATE TABLE enrolment (
  id BLOB PRIMARY KEY, account BLOB NOT NULL, network TEXT NOT NULL,
  created_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX enrolment_account ON enrolment (account, created_at);

-- Reveals: nothing usable; a hash of 256 random bits. Lives and is erased with the account.
CREATE TABLE token (
  hash BLOB PRIMARY KEY, account BLOB NOT NULL, created_at INTEGER NOT NULL) WITHOUT ROWID;

-- Reveals: public names, and the labels their owner gave them. Lives for ever, since a name is never
-- handed out twice; the label of a revoked alias is kept for its contacts.
CREATE TABLE alias (
  id BLOB PRIMARY KEY, name TEXT NOT NULL UNIQUE, account BLOB NOT NULL, label TEXT NOT NULL,
  policy INTEGER NOT NULL, created_at INTEGER NOT NULL,
  expires_at INTEGER, revoked_at INTEGER) WITHOUT ROWID;
CREATE INDEX alias_account ON alias (account, created_at);

-- Reveals: who knows whom, and how many messages they have exchanged. Lives while either side wants
-- to be able to take back or keep up a withdrawal; erased with either account.
CREATE TABLE contact (
  id BLOB PRIMARY KEY, owner BLOB NOT NULL, requester BLOB NOT NULL, alias BLOB NOT NULL,
  state INTEGER NOT NULL, owner_agreed INTEGER NOT NULL, ended_by_owner INTEGER NOT NULL,
  ended_by_requester INTEGER NOT NULL, granted_at INTEGER, group_id BLOB, epoch INTEGER NOT NULL,
  next_seq INTEGER NOT NULL, key_claims INTEGER NOT NULL, created_at INTEGER NOT NULL,
  UNIQUE (requester, alias)) WITHOUT ROWID;
CREATE INDEX contact_owner ON contact (owner, state);
CREATE INDEX contact_requester ON contact (requester, state);

-- Reveals: on which networks the two sides of a contact can be reached. Lives and is erased with the
-- contact.
CREATE TABLE link (
  number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, contact BLOB NOT NULL,
  account BLOB NOT NULL, enrolment BLOB NOT NULL, network TEXT NOT NULL,
  offered INTEGER NOT NULL, bound INTEGER NOT NULL, UNIQUE (contact, enrolment));

-- Reveals: public keys of endpoints. Lives until claimed; erased by the claim.
CREATE TABLE key_package (
  number INTEGER PRIMARY KEY AUTOINCREMENT, ref BLOB NOT NULL UNIQUE, account BLOB NOT NULL,
  octets BLOB NOT NULL);
CREATE INDEX key_package_account ON key_package (account, number);

-- Reveals: that an account is joining another network now. The hash of eight digits hides nothing
-- from somebody who reads the file; ten minutes do. Erased by its use, a newer code, or the sweep.
CREATE TABLE join_code (
  account BLOB PRIMARY KEY, hash BLOB NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX join_code_hash ON join_code (hash);

-- Reveals: that an enrolment typed wrong codes. Lives ten minutes after the last; erased by the
-- sweep.
CREATE TABLE join_try (
  enrolment BLOB PRIMARY KEY, tries INTEGER NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID;
)sql";

constexpr const char* kLedgerTables = R"sql(
-- Reveals: ciphertext, its size and time, and its contact. Lives until handed over, expired or given
-- up and purged; erased in the transaction that settles that, and overwritten (secure_delete).
CREATE TABLE envelope (
  number INTEGER PRIMARY KEY AUTOINCREMENT, contact BLOB NOT NULL, envelope_id BLOB NOT NULL,
  sender_link BLOB NOT NULL, kind INTEGER NOT NULL, seq INTEGER NOT NULL,
  accepted_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, payload BLOB NOT NULL);

-- Reveals: that something waits for somebody on a network; bodies are receipts, offers, key packages
-- and the bridge's own texts (which may hold an alias). Lives until settled or expired; erased then.
-- `head` marks the oldest row of each thread: the only one that may be leased.
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

-- Reveals: nothing but that something came in; a hash that only its adapter can make again. Lives
-- seven days; erased by the sweep.
CREATE TABLE seen_inbound (key BLOB PRIMARY KEY, expires_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX seen_inbound_expiry ON seen_inbound (expires_at);

-- Reveals: that an envelope was accepted, its time and how far it came. Lives a day longer than the
-- envelope might, so that a late repetition is known and a late end is told; erased by the sweep.
CREATE TABLE seen_envelope (
  contact BLOB NOT NULL, envelope_id BLOB NOT NULL, sender_link BLOB NOT NULL,
  delivery_id BLOB NOT NULL, kind INTEGER NOT NULL, payload_hash BLOB NOT NULL,
  seq INTEGER NOT NULL, accepted_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
  level INTEGER NOT NULL, PRIMARY KEY (contact, envelope_id)) WITHOUT ROWID;
CREATE INDEX seen_envelope_delivery ON seen_envelope (delivery_id);
CREATE INDEX seen_envelope_expiry ON seen_envelope (expires_at);

-- Reveals: the steps of a message's way with their times, networks and sizes, never its content.
-- Lives as long as the envelope might, one hour to seven days; erased by the sweep.
CREATE TABLE trace (
  number INTEGER PRIMARY KEY AUTOINCREMENT, envelope_id BLOB, delivery_id BLOB, contact BLOB,
  at INTEGER NOT NULL, step INTEGER NOT NULL, outcome INTEGER NOT NULL, rule INTEGER NOT NULL,
  from_network TEXT, to_network TEXT, size_bytes INTEGER NOT NULL, attempt INTEGER NOT NULL,
  latency_ms INTEGER NOT NULL, expires_at INTEGER NOT NULL);
CREATE INDEX trace_envelope ON trace (envelope_id, number);
CREATE INDEX trace_expiry ON trace (expires_at);

-- Reveals: as the outbox. Lives until an operator sends it again or purges it, or its time passes;
-- erased then, together with its envelope.
CREATE TABLE dead_letter (
  number INTEGER PRIMARY KEY AUTOINCREMENT, delivery_id BLOB NOT NULL UNIQUE,
  thread_kind INTEGER NOT NULL, thread BLOB NOT NULL, network TEXT NOT NULL, kind INTEGER NOT NULL,
  contact BLOB, body BLOB NOT NULL, offers_link BLOB, envelope INTEGER,
  created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, attempts INTEGER NOT NULL,
  rule INTEGER NOT NULL, failed_at INTEGER NOT NULL);
CREATE INDEX dead_letter_expiry ON dead_letter (expires_at);
)sql";

struct Upgrade {
  std::int64_t to;
  const char* statements;
  const char* mark;
};
// What each version adds to the one before; a new file is made by the same steps.
constexpr Upgrade kUpgrades[] = {
    {2, kUpgradeTo2, "PRAGMA user_version = 2"},   {3, kUpgradeTo3, "PRAGMA user_version = 3"},
    {4, kUpgradeTo4, "PRAGMA user_version = 4"},   {5, kUpgradeTo5, "PRAGMA user_version = 5"},
    {6, kUpgradeTo6, "PRAGMA user_version = 6"},   {7, kUpgradeTo7, "PRAGMA user_version = 7"},
    {8, kUpgradeTo8, "PRAGMA user_version = 8"},   {9, kUpgradeTo9, "PRAGMA user_version = 9"},
    {10, kUpgradeTo10, "PRAGMA user_version = 10"}};

Result<void> RunUpgrades(Database& database, std::int64_t version) {
  for (const Upgrade& each : kUpgrades) {
    if (each.to <= version) continue;
    TRESTLE_TRY(database.Execute(each.statements));
    TRESTLE_TRY(database.Execute(each.mark));
  }
  return {};
}

Result<void> UpgradeFrom(Database& database, std::int64_t version) {
  TRESTLE_TRY(database.Execute("BEGIN IMMEDIATE"));
  const Result<void> upgraded = RunUpgrades(database, version);
  if (upgraded) return database.Execute("COMMIT");
  static_cast<void>(database.Execute("ROLLBACK"));
  return upgraded;
}

Result<void> Create(Database& database) {
  TRESTLE_TRY(database.Execute("BEGIN IMMEDIATE"));
  TRESTLE_TRY(database.Execute(kDirectoryTables));
  TRESTLE_TRY(database.Execute(kLedgerTables));
  TRESTLE_TRY(database.Execute("PRAGMA application_id = 1414681428"));
  TRESTLE_TRY(RunUpgrades(database, 1));
  return database.Execute("COMMIT");
}

}  // namespace

Result<void> SetStorePragmas(Database& database, std::uint64_t cache_bytes) {
  // Exclusive: one process has the file, so a second daemon on it fails at once.
  TRESTLE_TRY(database.Execute("PRAGMA locking_mode = EXCLUSIVE"));
  TRESTLE_TRY(database.Execute("PRAGMA journal_mode = WAL"));
  TRESTLE_TRY(database.Execute("PRAGMA synchronous = FULL"));
  TRESTLE_TRY(database.Execute("PRAGMA secure_delete = ON"));
  // A broken page is to be met when it is read, not when what it says is used.
  TRESTLE_TRY(database.Execute("PRAGMA cell_size_check = ON"));
  TRESTLE_TRY(database.Execute("PRAGMA temp_store = MEMORY"));
  const std::string cache = "PRAGMA cache_size = -" + std::to_string(cache_bytes / 1024);  // KiB
  TRESTLE_TRY(database.Execute(cache.c_str()));
  return database.Execute("PRAGMA wal_autocheckpoint = 8000");
}

Result<void> PrepareSchema(Database& database, std::uint64_t cache_bytes, CheckFile check) {
  static_assert(kApplicationId == 1414681428 && std::end(kUpgrades)[-1].to == kSchemaVersion);
  TRESTLE_TRY(SetStorePragmas(database, cache_bytes));
  const std::int64_t application = TRESTLE_TRY(database.ReadNumber("PRAGMA application_id"));
  const std::int64_t version = TRESTLE_TRY(database.ReadNumber("PRAGMA user_version"));
  if (application == 0 && version == 0) {
    const std::int64_t tables =
        TRESTLE_TRY(database.ReadNumber("SELECT count(*) FROM sqlite_schema"));
    if (tables != 0) return Fail(Reason::kStorage, "the store's file belongs to something else");
    return Create(database);
  }
  if (application != kApplicationId) {
    return Fail(Reason::kStorage, "the store's file belongs to something else");
  }
  if (version > kSchemaVersion) {
    return Fail(Reason::kStorage, "the store was written by a newer version: upgrade the daemon");
  }
  TRESTLE_TRY(check());
  return version < kSchemaVersion ? UpgradeFrom(database, version) : Result<void>();
}

}  // namespace trestle
