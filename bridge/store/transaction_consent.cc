// The tables of requests, consent and key logs. Statements are literals, and kept prepared under
// their address.
#include <algorithm>

#include "bridge/directory/aliases.h"
#include "bridge/store/transaction.h"

namespace trestle {
namespace {

ConsentRecord ReadEntry(Query& query) {
  ConsentRecord out;
  out.number = query.Number();
  out.account = query.ReadId<AccountId>();
  out.contact = query.Maybe([](Query& each) { return each.ReadId<ContactId>(); });
  out.entry = query.ReadEnum<ConsentEntry>();
  out.origin = query.ReadEnum<ConsentOrigin>();
  out.network = query.ReadNetwork();
  out.at = query.Time();
  out.expires_at = query.Time();
  out.until = query.Maybe([](Query& each) { return each.Time(); });
  return out;
}

KeyLogEntry ReadKeyLogEntry(Query& query) {
  KeyLogEntry out;
  out.number = query.Count();
  out.at = query.Time();
  out.kind = query.ReadEnum<KeyLogKind>();
  out.ref = query.Hash();
  out.contact = query.ReadId<ContactId>();
  out.hash = query.Hash();
  return out;
}

}  // namespace

#define KEY_LOG_COLUMNS "number, at, kind, ref, contact, hash"

Result<bool> Transaction::IsNameGone(const Bytes32& hash) {
  Query query = database_.Use("SELECT 1 FROM alias_gone WHERE hash = ?");
  return query.With(hash).Step();
}

Result<std::size_t> Transaction::RetireAliases(WallTime before, std::size_t rows_max) {
  std::vector<std::pair<AliasId, std::string>> ended;
  {
    Query query = database_.Use(
        "SELECT id, name FROM alias WHERE coalesce(revoked_at, expires_at) <= ? AND NOT EXISTS "
        "(SELECT 1 FROM contact WHERE contact.alias = alias.id) LIMIT ?");
    query.With(before, std::uint64_t{rows_max});
    while (TRESTLE_TRY(query.Step())) {
      const auto id = query.ReadId<AliasId>();
      ended.emplace_back(id, query.Text());
    }
  }
  for (const auto& [id, name] : ended) {
    Query keep = database_.Use("INSERT INTO alias_gone (hash) VALUES (?) ON CONFLICT DO NOTHING");
    TRESTLE_TRY(keep.Run(HashOfAliasName(name)));
    Query erase = database_.Use("DELETE FROM alias WHERE id = ?");
    TRESTLE_TRY(erase.Run(id));
  }
  return ended.size();
}

Result<std::optional<BudgetRecord>> Transaction::FindBudget(BudgetKind kind,
                                                            const Bytes16& subject) {
  Query query = database_.Use("SELECT used, expires_at FROM budget WHERE kind = ? AND subject = ?");
  if (!TRESTLE_TRY(query.With(kind, ByteView(subject)).Step())) {
    return std::optional<BudgetRecord>();
  }
  BudgetRecord out{kind, subject, query.Number(), {}};
  out.expires_at = query.Time();
  return std::optional(out);
}

Result<void> Transaction::PutBudget(const BudgetRecord& budget) {
  Query query = database_.Use(
      "INSERT OR REPLACE INTO budget (kind, subject, used, expires_at) VALUES (?, ?, ?, ?)");
  return query.Run(budget.kind, ByteView(budget.subject), budget.used, budget.expires_at);
}

Result<void> Transaction::AddErrand(const ErrandRecord& errand) {
  Query query = database_.Use(
      "INSERT INTO errand (kind, account, name, contact, origin, network) VALUES "
      "(?, ?, ?, ?, ?, ?)");
  return query.Run(errand.kind, errand.account, errand.name, errand.contact, errand.origin,
                   errand.network);
}

Result<std::vector<ErrandRecord>> Transaction::TakeErrands(std::size_t rows_max) {
  std::vector<ErrandRecord> out;
  Query query = database_.Use(
      "DELETE FROM errand WHERE number IN (SELECT number FROM errand ORDER BY number LIMIT ?) "
      "RETURNING number, kind, account, name, contact, origin, network");
  query.With(std::uint64_t{rows_max});
  while (TRESTLE_TRY(query.Step())) {
    ErrandRecord errand;
    errand.number = query.Number();
    errand.kind = query.ReadEnum<ErrandKind>();
    errand.account = query.ReadId<AccountId>();
    errand.name = query.Text();
    errand.contact = query.ReadId<ContactId>();
    errand.origin = query.ReadEnum<ConsentOrigin>();
    errand.network = query.ReadNetwork();
    out.push_back(std::move(errand));
  }
  // RETURNING promises no order.
  std::ranges::sort(out, {}, &ErrandRecord::number);
  return out;
}

Result<void> Transaction::AddConsentEntry(const ConsentRecord& entry) {
  Query query = database_.Use(
      "INSERT INTO consent_entry (account, contact, entry, origin, network, at, expires_at, "
      "until, number) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1 + coalesce((SELECT max(number) FROM consent_entry "
      "WHERE account = ?1), 0))");
  return query.Run(entry.account, entry.contact, entry.entry, entry.origin, entry.network, entry.at,
                   entry.expires_at, entry.until);
}

Result<std::vector<ConsentRecord>> Transaction::ConsentEntriesOf(const AccountId& account,
                                                                 std::int64_t after,
                                                                 std::size_t count) {
  Query query = database_.Use(
      "SELECT number, account, contact, entry, origin, network, at, expires_at, until FROM "
      "consent_entry WHERE account = ? AND number > ? ORDER BY number LIMIT ?");
  query.With(account, after, std::uint64_t{count});
  std::vector<ConsentRecord> out;
  while (TRESTLE_TRY(query.Step())) out.push_back(ReadEntry(query));
  return out;
}

Result<bool> Transaction::HasBlocked(const AccountId& by, const AccountId& other) {
  Query query = database_.Use(
      "SELECT 1 FROM contact WHERE (owner = ?1 AND requester = ?2 AND blocked_by_owner = 1) OR "
      "(requester = ?1 AND owner = ?2 AND blocked_by_requester = 1) LIMIT 1");
  return query.With(by, other).Step();
}

Result<std::optional<KeyLogEntry>> Transaction::LastKeyLogEntry(const AccountId& account) {
  Query query = database_.Use("SELECT " KEY_LOG_COLUMNS
                              " FROM key_log WHERE account = ? ORDER BY number DESC LIMIT 1");
  if (!TRESTLE_TRY(query.With(account).Step())) return std::optional<KeyLogEntry>();
  return std::optional(ReadKeyLogEntry(query));
}

Result<void> Transaction::AddKeyLogEntry(const AccountId& account, const KeyLogEntry& entry) {
  Query query = database_.Use("INSERT INTO key_log (account, " KEY_LOG_COLUMNS
                              ") VALUES (?, ?, ?, ?, ?, ?, ?)");
  return query.Run(account, entry.number, entry.at, entry.kind, entry.ref, entry.contact,
                   entry.hash);
}

Result<void> Transaction::EraseKeyLogBefore(const AccountId& account, std::uint64_t number) {
  Query query = database_.Use("DELETE FROM key_log WHERE account = ? AND number < ?");
  return query.Run(account, number);
}

Result<std::vector<KeyLogEntry>> Transaction::KeyLogOf(const AccountId& account,
                                                       std::uint64_t after, std::size_t count) {
  Query query = database_.Use("SELECT " KEY_LOG_COLUMNS
                              " FROM key_log WHERE account = ? AND number > ? ORDER BY number "
                              "LIMIT ?");
  query.With(account, after, std::uint64_t{count});
  std::vector<KeyLogEntry> out;
  while (TRESTLE_TRY(query.Step())) out.push_back(ReadKeyLogEntry(query));
  return out;
}

}  // namespace trestle
