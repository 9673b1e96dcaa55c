// The directory's tables. Statements are literals, and kept prepared under their address.
#include <algorithm>

#include "bridge/store/transaction.h"

namespace trestle {
namespace {

std::string JoinNames(const std::vector<Network>& networks) {
  std::string out;
  for (const Network& network : networks) {
    if (!out.empty()) out.push_back(',');
    out.append(network.name());
  }
  return out;
}

std::vector<Network> SplitNames(std::string_view names) {
  std::vector<Network> out;
  while (!names.empty()) {
    const std::size_t comma = std::min(names.find(','), names.size());
    const Result<Network> network = Network::Parse(names.substr(0, comma));
    if (network) out.push_back(*network);
    names.remove_prefix(std::min(comma + 1, names.size()));
  }
  return out;
}

std::string JoinPlaces(const std::vector<std::string>& places) {
  std::string out;
  for (const std::string& place : places) out.append(out.empty() ? "" : ",").append(place);
  return out;
}

std::vector<std::string> SplitPlaces(std::string_view places) {
  std::vector<std::string> out;
  while (!places.empty()) {
    const std::size_t comma = std::min(places.find(','), places.size());
    out.emplace_back(places.substr(0, comma));
    places.remove_prefix(std::min(comma + 1, places.size()));
  }
  return out;
}

AccountRecord ReadAccount(Query& query) {
  AccountRecord out;
  out.id = query.ReadId<AccountId>();
  out.created_at = query.Time();
  out.preferences.order = SplitNames(query.Text());
  out.preferences.refused = SplitNames(query.Text());
  out.preferences.sms_allowed = query.Flag();
  out.stopped = query.Flag();
  out.has_endpoint = query.Flag();
  out.strangers_refused = query.Flag();
  out.preferences.residency.accepted = SplitPlaces(query.Text());
  out.preferences.residency.refused = SplitPlaces(query.Text());
  out.preferences.shows_repeats = query.Flag();
  return out;
}

EnrolmentRecord ReadEnrolment(Query& query) {
  EnrolmentRecord out;
  out.id = query.ReadId<EnrolmentId>();
  out.account = query.ReadId<AccountId>();
  out.network = query.ReadNetwork();
  out.created_at = query.Time();
  return out;
}

AliasRecord ReadAlias(Query& query) {
  const auto time = [](Query& each) { return each.Time(); };
  AliasRecord out;
  out.id = query.ReadId<AliasId>();
  out.name = query.Text();
  out.account = query.ReadId<AccountId>();
  out.label = query.Text();
  out.policy = query.ReadEnum<AliasPolicy>();
  out.created_at = query.Time();
  out.expires_at = query.Maybe(time);
  out.revoked_at = query.Maybe(time);
  out.uses = query.Number();
  out.uses_max = query.Maybe([](Query& each) { return each.Number(); });
  out.listing = query.Text();
  return out;
}

ContactRecord ReadContact(Query& query) {
  ContactRecord out;
  out.id = query.ReadId<ContactId>();
  out.owner = query.ReadId<AccountId>();
  out.requester = query.ReadId<AccountId>();
  out.alias = query.ReadId<AliasId>();
  out.consent.state = query.ReadEnum<ContactState>();
  out.consent.owner_agreed = query.Flag();
  out.consent.ended_by_owner = query.Flag();
  out.consent.ended_by_requester = query.Flag();
  out.consent.blocked_by_owner = query.Flag();
  out.consent.blocked_by_requester = query.Flag();
  const auto time = [](Query& each) { return each.Time(); };
  out.granted_at = query.Maybe(time);
  out.key_claims = static_cast<int>(query.Number());
  out.created_at = query.Time();
  out.edge.owner_until = query.Maybe(time);
  out.edge.requester_until = query.Maybe(time);
  return out;
}

LinkRecord ReadLink(Query& query) {
  LinkRecord out;
  out.id = query.ReadId<LinkId>();
  out.contact = query.ReadId<ContactId>();
  out.account = query.ReadId<AccountId>();
  out.enrolment = query.ReadId<EnrolmentId>();
  out.network = query.ReadNetwork();
  out.offered = query.Flag();
  out.bound = query.Flag();
  return out;
}

template <class Record>
Result<std::optional<Record>> ReadOne(Query& query, Record (*read)(Query&)) {
  if (!TRESTLE_TRY(query.Step())) return std::optional<Record>();
  return std::optional<Record>(read(query));
}

template <class Record>
Result<std::vector<Record>> ReadAll(Query& query, Record (*read)(Query&)) {
  std::vector<Record> out;
  while (TRESTLE_TRY(query.Step())) out.push_back(read(query));
  return out;
}

Result<std::size_t> ReadCount(Query& query) {
  if (!TRESTLE_TRY(query.Step())) return Fail(Reason::kStorage, "a count is missing");
  return static_cast<std::size_t>(query.Number());
}

}  // namespace

#define ACCOUNT_COLUMNS                                                                   \
  "id, created_at, network_order, networks_refused, sms_allowed, stopped, has_endpoint, " \
  "strangers_refused, places_accepted, places_refused, shows_repeats"
#define ALIAS_COLUMNS                                                                      \
  "id, name, account, label, policy, created_at, expires_at, revoked_at, uses, uses_max, " \
  "listing"
#define CONTACT_COLUMNS                                                                    \
  "id, owner, requester, alias, state, owner_agreed, ended_by_owner, ended_by_requester, " \
  "blocked_by_owner, blocked_by_requester, granted_at, key_claims, created_at, "           \
  "edge_owner_until, edge_requester_until"
#define LINK_COLUMNS "id, contact, account, enrolment, network, offered, bound"

Result<std::optional<AccountRecord>> Transaction::FindAccount(const AccountId& id) {
  if (const AccountRecord* known = cache_.Find(id)) return std::optional(*known);
  Query query = database_.Use("SELECT " ACCOUNT_COLUMNS " FROM account WHERE id = ?");
  auto account = TRESTLE_TRY(ReadOne(query.With(id), &ReadAccount));
  if (account) cache_.Keep(*account);
  return account;
}

Result<void> Transaction::PutAccount(const AccountRecord& account) {
  Query query = database_.Use("INSERT OR REPLACE INTO account (" ACCOUNT_COLUMNS
                              ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  TRESTLE_TRY(query.Run(account.id, account.created_at, JoinNames(account.preferences.order),
                        JoinNames(account.preferences.refused), account.preferences.sms_allowed,
                        account.stopped, account.has_endpoint, account.strangers_refused,
                        JoinPlaces(account.preferences.residency.accepted),
                        JoinPlaces(account.preferences.residency.refused),
                        account.preferences.shows_repeats));
  cache_.Write(account);
  return {};
}

Result<std::optional<AccountId>> Transaction::FindToken(const Bytes32& hash) {
  Query query = database_.Use("SELECT account FROM token WHERE hash = ?");
  if (!TRESTLE_TRY(query.With(hash).Step())) return std::optional<AccountId>();
  return std::optional(query.ReadId<AccountId>());
}

Result<void> Transaction::AddToken(const Bytes32& hash, const AccountId& account, WallTime now) {
  Query query = database_.Use("INSERT INTO token (hash, account, created_at) VALUES (?, ?, ?)");
  return query.Run(hash, account, now);
}

Result<std::optional<EnrolmentRecord>> Transaction::FindEnrolment(const EnrolmentId& id) {
  Query query =
      database_.Use("SELECT id, account, network, created_at FROM enrolment WHERE id = ?");
  return ReadOne(query.With(id), &ReadEnrolment);
}

Result<std::vector<EnrolmentRecord>> Transaction::EnrolmentsOf(const AccountId& account) {
  Query query = database_.Use(
      "SELECT id, account, network, created_at FROM enrolment WHERE account = ? "
      "ORDER BY created_at, id");
  return ReadAll(query.With(account), &ReadEnrolment);
}

Result<void> Transaction::AddEnrolment(const EnrolmentRecord& enrolment) {
  Query query =
      database_.Use("INSERT INTO enrolment (id, account, network, created_at) VALUES (?, ?, ?, ?)");
  return query.Run(enrolment.id, enrolment.account, enrolment.network, enrolment.created_at);
}

Result<void> Transaction::PutJoinCode(const JoinCodeRecord& code) {
  Query query = database_.Use(
      "INSERT OR REPLACE INTO join_code (account, hash, expires_at) VALUES (?, ?, ?)");
  return query.Run(code.account, code.hash, code.expires_at);
}

Result<std::optional<AccountId>> Transaction::TakeJoinCode(const Bytes32& hash, WallTime now) {
  Query query = database_.Use(
      "DELETE FROM join_code WHERE account = (SELECT account FROM join_code WHERE hash = ? AND "
      "expires_at > ? LIMIT 1) RETURNING account");
  if (!TRESTLE_TRY(query.With(hash, now).Step())) return std::optional<AccountId>();
  const auto account = query.ReadId<AccountId>();
  TRESTLE_TRY(query.Step());  // a RETURNING statement ends with its last step
  return std::optional(account);
}

Result<int> Transaction::WrongTries(const EnrolmentId& by, WallTime now) {
  Query query = database_.Use("SELECT tries FROM join_try WHERE enrolment = ? AND expires_at > ?");
  if (!TRESTLE_TRY(query.With(by, now).Step())) return 0;
  return static_cast<int>(query.Number());
}

Result<void> Transaction::AddWrongTry(const EnrolmentId& by, WallTime now, WallTime expires_at) {
  const int tries = TRESTLE_TRY(WrongTries(by, now)) + 1;
  Query query = database_.Use(
      "INSERT OR REPLACE INTO join_try (enrolment, tries, expires_at) VALUES (?, ?, ?)");
  return query.Run(by, tries, expires_at);
}

Result<std::optional<AliasRecord>> Transaction::FindAlias(const AliasId& id) {
  Query query = database_.Use("SELECT " ALIAS_COLUMNS " FROM alias WHERE id = ?");
  return ReadOne(query.With(id), &ReadAlias);
}

Result<std::optional<AliasRecord>> Transaction::FindAliasByName(std::string_view name) {
  Query query = database_.Use("SELECT " ALIAS_COLUMNS " FROM alias WHERE name = ?");
  return ReadOne(query.With(name), &ReadAlias);
}

Result<std::vector<AliasRecord>> Transaction::AliasesOf(const AccountId& account) {
  Query query = database_.Use("SELECT " ALIAS_COLUMNS
                              " FROM alias WHERE account = ? ORDER BY created_at, id");
  return ReadAll(query.With(account), &ReadAlias);
}

Result<void> Transaction::PutAlias(const AliasRecord& alias) {
  Query query = database_.Use(
      "INSERT INTO alias (" ALIAS_COLUMNS
      ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
      "label = excluded.label, policy = excluded.policy, expires_at = excluded.expires_at, "
      "revoked_at = excluded.revoked_at, uses = excluded.uses, uses_max = excluded.uses_max, "
      "listing = excluded.listing");
  return query.Run(alias.id, alias.name, alias.account, alias.label, alias.policy, alias.created_at,
                   alias.expires_at, alias.revoked_at, alias.uses, alias.uses_max, alias.listing);
}

Result<std::optional<ContactRecord>> Transaction::FindContact(const ContactId& id) {
  if (const ContactRecord* known = cache_.Find(id)) return std::optional(*known);
  Query query = database_.Use("SELECT " CONTACT_COLUMNS " FROM contact WHERE id = ?");
  auto contact = TRESTLE_TRY(ReadOne(query.With(id), &ReadContact));
  if (contact) cache_.Keep(*contact);
  return contact;
}

Result<std::optional<ContactRecord>> Transaction::FindContactThrough(const AccountId& requester,
                                                                     const AliasId& alias) {
  Query query =
      database_.Use("SELECT " CONTACT_COLUMNS " FROM contact WHERE requester = ? AND alias = ?");
  return ReadOne(query.With(requester, alias), &ReadContact);
}

Result<std::vector<ContactRecord>> Transaction::ContactsOf(const AccountId& account) {
  Query query = database_.Use("SELECT " CONTACT_COLUMNS
                              " FROM contact WHERE owner = ?1 UNION ALL SELECT " CONTACT_COLUMNS
                              " FROM contact WHERE requester = ?1 ORDER BY created_at, id");
  return ReadAll(query.With(account), &ReadContact);
}

Result<std::vector<ContactRecord>> Transaction::LapsedEdges(WallTime now, std::size_t rows_max) {
  Query query =
      database_.Use("SELECT " CONTACT_COLUMNS
                    " FROM contact WHERE edge_owner_until <= ?1 UNION SELECT " CONTACT_COLUMNS
                    " FROM contact WHERE edge_requester_until <= ?1 LIMIT ?2");
  return ReadAll(query.With(now, std::uint64_t{rows_max}), &ReadContact);
}

Result<std::size_t> Transaction::CountContacts(const AccountId& account) {
  Query query = database_.Use(
      "SELECT (SELECT count(*) FROM contact WHERE owner = ?1) + "
      "(SELECT count(*) FROM contact WHERE requester = ?1 AND granted_at IS NOT NULL)");
  return ReadCount(query.With(account));
}

Result<std::size_t> Transaction::CountOpenRequests(Side side, const AccountId& account) {
  Query query =
      side == Side::kOwner
          ? database_.Use("SELECT count(*) FROM contact WHERE owner = ? AND state = ?")
          : database_.Use("SELECT count(*) FROM contact WHERE requester = ? AND state = ?");
  return ReadCount(query.With(account, ContactState::kRequested));
}

Result<void> Transaction::PutContact(const ContactRecord& contact) {
  Query query = database_.Use(
      "INSERT INTO contact (" CONTACT_COLUMNS
      ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
      "state = excluded.state, owner_agreed = excluded.owner_agreed, "
      "ended_by_owner = excluded.ended_by_owner, "
      "ended_by_requester = excluded.ended_by_requester, "
      "blocked_by_owner = excluded.blocked_by_owner, "
      "blocked_by_requester = excluded.blocked_by_requester, granted_at = excluded.granted_at, "
      "key_claims = excluded.key_claims, edge_owner_until = excluded.edge_owner_until, "
      "edge_requester_until = excluded.edge_requester_until");
  const ConsentStatus& consent = contact.consent;
  TRESTLE_TRY(query.Run(contact.id, contact.owner, contact.requester, contact.alias, consent.state,
                        consent.owner_agreed, consent.ended_by_owner, consent.ended_by_requester,
                        consent.blocked_by_owner, consent.blocked_by_requester, contact.granted_at,
                        contact.key_claims, contact.created_at, contact.edge.owner_until,
                        contact.edge.requester_until));
  cache_.Write(contact);
  return {};
}

Result<std::optional<LinkRecord>> Transaction::FindLink(const LinkId& id) {
  if (const LinkRecord* known = cache_.Find(id)) return std::optional(*known);
  Query query = database_.Use("SELECT " LINK_COLUMNS " FROM link WHERE id = ?");
  auto link = TRESTLE_TRY(ReadOne(query.With(id), &ReadLink));
  if (link) cache_.Keep(*link);
  return link;
}

Result<std::vector<LinkRecord>> Transaction::LinksOf(const ContactId& contact) {
  if (const std::vector<LinkRecord>* known = cache_.LinksOf(contact)) return *known;
  Query query =
      database_.Use("SELECT " LINK_COLUMNS " FROM link WHERE contact = ? ORDER BY number");
  auto links = TRESTLE_TRY(ReadAll(query.With(contact), &ReadLink));
  cache_.KeepLinksOf(contact, links);
  return links;
}

Result<void> Transaction::PutLink(const LinkRecord& link) {
  Query query = database_.Use("INSERT INTO link (" LINK_COLUMNS
                              ") VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
                              "offered = excluded.offered, bound = excluded.bound");
  TRESTLE_TRY(query.Run(link.id, link.contact, link.account, link.enrolment, link.network,
                        link.offered, link.bound));
  cache_.Write(link);
  return {};
}

Result<bool> Transaction::AddKeyPackage(const KeyPackageRecord& key_package) {
  Query query = database_.Use(
      "INSERT INTO key_package (ref, account, octets) VALUES (?, ?, ?) ON CONFLICT DO NOTHING");
  TRESTLE_TRY(query.Run(key_package.ref, key_package.account, key_package.octets));
  return query.changes() == 1;
}

Result<std::optional<Bytes>> Transaction::TakeKeyPackage(const AccountId& account) {
  Query query = database_.Use(
      "DELETE FROM key_package WHERE number = (SELECT min(number) FROM key_package WHERE "
      "account = ?) RETURNING octets");
  if (!TRESTLE_TRY(query.With(account).Step())) return std::optional<Bytes>();
  std::optional<Bytes> octets = query.Blob();
  TRESTLE_TRY(query.Step());
  return octets;
}

Result<std::size_t> Transaction::CountKeyPackages(const AccountId& account) {
  Query query = database_.Use("SELECT count(*) FROM key_package WHERE account = ?");
  return ReadCount(query.With(account));
}

Result<void> Transaction::PutLastResort(const AccountId& account, ByteView key_package) {
  Query query = database_.Use(
      "INSERT INTO last_resort_key (account, octets) VALUES (?, ?) "
      "ON CONFLICT (account) DO UPDATE SET octets = excluded.octets");
  return query.Run(account, ToBytes(key_package));
}

Result<std::optional<Bytes>> Transaction::FindLastResort(const AccountId& account) {
  Query query = database_.Use("SELECT octets FROM last_resort_key WHERE account = ?");
  if (!TRESTLE_TRY(query.With(account).Step())) return std::optional<Bytes>();
  std::optional<Bytes> octets = query.Blob();
  TRESTLE_TRY(query.Step());
  return octets;
}

}  // namespace trestle
