// The tables of an adapter's address book. Private to adapters/sdk.
#pragma once

namespace trestle {

inline constexpr int kAddressBookVersion = 3;

// What each table reveals to a reader of the file without the key, how long a row lives, and what
// erases it. "blind" is an HMAC under the adapter's key; "sealed" is AES-256-GCM under another.
// `under` names the key of the row (AdapterKeys::id); rows from before version 3 have none.
inline constexpr const char* kAddressBookSchema = R"sql(
  -- Reveals that a key belongs to this file. Lives as long as the file.
  CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
  -- Reveals how many people there are. Lives until the operator erases the person.
  CREATE TABLE IF NOT EXISTS enrolment (
    id BLOB PRIMARY KEY, blind BLOB NOT NULL UNIQUE, sealed BLOB NOT NULL, under BLOB)
    WITHOUT ROWID;
  -- Reveals how many people were shown under a second address: `sealed` is
  -- the first one, `second` the other. Lives as its enrolment.
  CREATE TABLE IF NOT EXISTS second_address (
    blind BLOB PRIMARY KEY, sealed BLOB NOT NULL, second BLOB, under BLOB) WITHOUT ROWID;
  -- Reveals how many links an enrolment has and the ghost (an identity of the operator's) of each.
  -- Bind codes are blind and sealed as addresses are: whoever reads one could take the thread.
  -- Lives as its enrolment.
  CREATE TABLE IF NOT EXISTS link (
    id BLOB PRIMARY KEY, enrolment BLOB NOT NULL, ghost TEXT NOT NULL, code_blind BLOB NOT NULL,
    code_sealed BLOB NOT NULL, offered_at_ms INTEGER NOT NULL, blind BLOB UNIQUE, sealed BLOB,
    under BLOB) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS link_code ON link (code_blind);
  CREATE INDEX IF NOT EXISTS link_ghost ON link (ghost);
  CREATE INDEX IF NOT EXISTS link_enrolment ON link (enrolment);
  -- Reveals that a person ended a contact, and when: from then on its ghost rests. Lives until the
  -- contact lives again, or its ghost is allotted to another one. New in version 2.
  CREATE TABLE IF NOT EXISTS released (
    link BLOB PRIMARY KEY REFERENCES link (id) ON DELETE CASCADE, at_ms INTEGER NOT NULL)
    WITHOUT ROWID;
  -- Reveals under which ghosts a link appeared before they left the pool, and since when; `blind`
  -- finds the link when its person, `sealed`, writes there. `reopened`: the core knows. Lives as its link. New
  -- in version 2.
  CREATE TABLE IF NOT EXISTS former (
    link BLOB NOT NULL REFERENCES link (id) ON DELETE CASCADE, ghost TEXT NOT NULL,
    blind BLOB UNIQUE, at_ms INTEGER NOT NULL, reopened INTEGER NOT NULL, sealed BLOB, under BLOB,
    PRIMARY KEY (link, ghost)) WITHOUT ROWID;
  -- Reveals how many units a delivery took and when; level -1 says that its receiver confirms it. The network's ids are blind, because some of
  -- them spell the person's number. A row is erased after a week.
  CREATE TABLE IF NOT EXISTS sent (
    blind BLOB PRIMARY KEY, delivery BLOB NOT NULL, unit INTEGER NOT NULL, units INTEGER NOT NULL,
    level INTEGER NOT NULL, sent_at_ms INTEGER NOT NULL, under BLOB) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS sent_delivery ON sent (delivery);
  CREATE INDEX IF NOT EXISTS sent_age ON sent (sent_at_ms);
)sql";

inline constexpr const char* kAddressBookUpgradeTo3 = R"sql(
  ALTER TABLE enrolment ADD COLUMN under BLOB;
  ALTER TABLE second_address ADD COLUMN second BLOB;
  ALTER TABLE second_address ADD COLUMN under BLOB;
  ALTER TABLE link ADD COLUMN under BLOB;
  ALTER TABLE former ADD COLUMN sealed BLOB;
  ALTER TABLE former ADD COLUMN under BLOB;
  ALTER TABLE sent ADD COLUMN under BLOB;
)sql";

}  // namespace trestle
