#include <algorithm>
#include <utility>

#include "adapters/sdk/address_book_impl.h"

namespace trestle {

using namespace book_rows;  // NOLINT

Result<AddressBook::LinkRow> SqliteAddressBook::OfferLink(LinkId link, EnrolmentId enrolment,
                                                          const GhostPool& pool) {
  auto known = TRESTLE_TRY(FindLink(link));
  if (known) {
    if (known->enrolment != enrolment) {
      return Fail(Reason::kConflict, "the link belongs to another enrolment");
    }
    if (!pool.Contains(known->ghost)) {
      TRESTLE_TRY(MoveLink(link, pool));
      known = TRESTLE_TRY(FindLink(link));
    }
    TRESTLE_TRY(Reclaim(link));
    return OfferAgain(std::move(*known));
  }
  auto write = TRESTLE_TRY(SqliteFile::Write::Begin(*file_));
  LinkRow row;
  row.link = link;
  row.enrolment = enrolment;
  row.ghost = TRESTLE_TRY(AllotGhost(enrolment, pool));
  random_.Fill(row.bind_code);
  TRESTLE_TRY(file_
                  ->Prepare("INSERT INTO link (id, enrolment, ghost, code_blind, code_sealed, "
                            "offered_at_ms, under) VALUES (?, ?, ?, ?, ?, ?, ?)")
                  .Bind(link.bytes())
                  .Bind(enrolment.bytes())
                  .Bind(std::string_view(row.ghost))
                  .Bind(BlindCode(row.ghost, row.bind_code))
                  .Bind(SealCode(link, row.bind_code))
                  .Bind(clock_.wall_now().ms)
                  .Bind(keys_.id())
                  .Run());
  TRESTLE_TRY(write.Commit());
  return row;
}

Result<AddressBook::LinkRow> SqliteAddressBook::OfferAgain(LinkRow row) {
  auto query = file_->Prepare("SELECT offered_at_ms FROM link WHERE id = ?");
  TRESTLE_TRY(query.Bind(row.link.bytes()).Step());
  if (row.address || !IsTooOld(query.Integer(0))) return row;
  random_.Fill(row.bind_code);
  TRESTLE_TRY(file_
                  ->Prepare("UPDATE link SET code_blind = ?, code_sealed = ?, offered_at_ms = ?, "
                            "under = ? WHERE id = ?")
                  .Bind(BlindCode(row.ghost, row.bind_code))
                  .Bind(SealCode(row.link, row.bind_code))
                  .Bind(clock_.wall_now().ms)
                  .Bind(keys_.id())
                  .Bind(row.link.bytes())
                  .Run());
  return row;
}

// Inside a write. The earlier contact that had the ghost gets another one when it is offered again.
Result<std::string> SqliteAddressBook::AllotGhost(EnrolmentId enrolment, const GhostPool& pool) {
  const auto person = TRESTLE_TRY(AddressOf(enrolment));
  const NativeAddress nobody;
  const std::vector<GhostUse> uses = TRESTLE_TRY(UsesOf(enrolment));
  const auto links_of = TRESTLE_TRY(LinksOfGhosts());
  const auto choice =
      ChooseGhost(pool, person ? *person : nobody, uses, links_of, clock_.wall_now());
  if (!choice) return Fail(Reason::kUnavailable, "no ghost is left for this person");
  if (choice->was_used) {
    TRESTLE_TRY(file_->Prepare("DELETE FROM link WHERE enrolment = ? AND ghost = ?")
                    .Bind(enrolment.bytes())
                    .Bind(std::string_view(choice->ghost))
                    .Run());
  }
  return choice->ghost;
}

Result<std::vector<GhostUse>> SqliteAddressBook::UsesOf(EnrolmentId enrolment) {
  std::vector<GhostUse> uses;
  {
    auto query = file_->Prepare(
        "SELECT ghost, (SELECT at_ms FROM released WHERE link = id), offered_at_ms, blind IS NULL "
        "FROM link WHERE enrolment = ?");
    query.Bind(enrolment.bytes());
    while (TRESTLE_TRY(query.Step())) {
      GhostUse use{query.Text(0), std::nullopt};
      const WallTime lapses = WallTime{query.Integer(2)} + kBindCodeAgeMax;
      if (!query.IsNull(1))
        use.free_since = WallTime{query.Integer(1)};
      else if (query.Integer(3) != 0)
        use.free_since = lapses;
      uses.push_back(std::move(use));
    }
  }
  // A number that left the pool and came back must not stand for somebody else at once.
  auto query = file_->Prepare(
      "SELECT former.ghost, at_ms FROM former JOIN link ON former.link = id WHERE enrolment = ?");
  query.Bind(enrolment.bytes());
  while (TRESTLE_TRY(query.Step())) {
    uses.push_back({query.Text(0), WallTime{query.Integer(1)}});
  }
  return uses;
}

Result<std::map<std::string, std::int64_t>> SqliteAddressBook::LinksOfGhosts() {
  std::map<std::string, std::int64_t> out;
  auto query = file_->Prepare("SELECT ghost, COUNT(*) FROM link GROUP BY ghost");
  while (TRESTLE_TRY(query.Step())) out[query.Text(0)] = query.Integer(1);
  return out;
}

Result<void> SqliteAddressBook::Release(LinkId link) {
  return file_
      ->Prepare("INSERT OR IGNORE INTO released (link, at_ms) SELECT id, ? FROM link WHERE id = ?")
      .Bind(clock_.wall_now().ms)
      .Bind(link.bytes())
      .Run();
}

Result<void> SqliteAddressBook::Reclaim(LinkId link) {
  return file_->Prepare("DELETE FROM released WHERE link = ?").Bind(link.bytes()).Run();
}

Result<std::vector<LinkId>> SqliteAddressBook::LinksOutside(const GhostPool& pool) {
  std::vector<LinkId> out;
  auto query = file_->Prepare("SELECT id, ghost FROM link");
  while (TRESTLE_TRY(query.Step())) {
    if (!pool.Contains(query.Text(1))) out.push_back(TRESTLE_TRY(IdOf<LinkId>(query.Octets(0))));
  }
  return out;
}

Result<void> SqliteAddressBook::MoveLink(LinkId link, const GhostPool& pool) {
  const auto row = TRESTLE_TRY(FindLink(link));
  if (!row) return Fail(Reason::kNotFound, "no such link");
  auto write = TRESTLE_TRY(SqliteFile::Write::Begin(*file_));
  const std::string ghost = TRESTLE_TRY(AllotGhost(row->enrolment, pool));
  TRESTLE_TRY(file_
                  ->Prepare("INSERT OR REPLACE INTO former (link, ghost, blind, at_ms, reopened, "
                            "sealed, under) SELECT id, ghost, blind, ?, 0, sealed, under FROM link "
                            "WHERE id = ?")
                  .Bind(clock_.wall_now().ms)
                  .Bind(link.bytes())
                  .Run());
  Bytes16 code{};
  random_.Fill(code);
  TRESTLE_TRY(file_
                  ->Prepare("UPDATE link SET ghost = ?, code_blind = ?, code_sealed = ?, "
                            "offered_at_ms = ?, blind = NULL, sealed = NULL, under = ? WHERE id = "
                            "?")
                  .Bind(std::string_view(ghost))
                  .Bind(BlindCode(ghost, code))
                  .Bind(SealCode(link, code))
                  .Bind(clock_.wall_now().ms)
                  .Bind(keys_.id())
                  .Bind(link.bytes())
                  .Run());
  return write.Commit();
}

Result<std::vector<LinkId>> SqliteAddressBook::LinksToReopen() {
  std::vector<LinkId> out;
  auto query = file_->Prepare("SELECT DISTINCT link FROM former WHERE reopened = 0");
  while (TRESTLE_TRY(query.Step())) out.push_back(TRESTLE_TRY(IdOf<LinkId>(query.Octets(0))));
  return out;
}

Result<void> SqliteAddressBook::MarkReopened(LinkId link) {
  return file_->Prepare("UPDATE former SET reopened = 1 WHERE link = ?").Bind(link.bytes()).Run();
}

Result<std::vector<std::string>> SqliteAddressBook::FormerGhosts() {
  std::vector<std::string> out;
  auto query = file_->Prepare("SELECT DISTINCT ghost FROM former");
  while (TRESTLE_TRY(query.Step())) out.push_back(query.Text(0));
  return out;
}

Result<AddressBook::PoolPressure> SqliteAddressBook::Pressure(const GhostPool& pool) {
  PoolPressure out;
  out.size = pool.ghosts.size();
  std::map<Bytes, std::size_t> used;
  auto query = file_->Prepare("SELECT enrolment, ghost, COUNT(*) FROM link GROUP BY 1, 2");
  while (TRESTLE_TRY(query.Step())) {
    if (pool.Contains(query.Text(1))) {
      out.most_used = std::max(out.most_used, ++used[query.Octets(0)]);
    } else {
      out.retired += static_cast<std::size_t>(query.Integer(2));
    }
  }
  return out;
}

Result<LinkId> SqliteAddressBook::Bind(const std::string& ghost, const Bytes16& bind_code,
                                       const NativeAddress& from) {
  const auto refused = Fail(Reason::kNotFound, "no thread is offered under this code");
  std::optional<LinkId> link;
  bool is_bound = false;
  bool is_too_old = false;
  {
    const auto row = TRESTLE_TRY(
        FindBlind("SELECT id, offered_at_ms, blind IS NOT NULL FROM link WHERE code_blind = ?",
                  kLinkCode, {ghost, AsText(bind_code)}));
    if (!row) return refused;
    link = TRESTLE_TRY(IdOf<LinkId>(row->Octets(0)));
    is_too_old = IsTooOld(row->Integer(1));
    is_bound = row->Integer(2) != 0;
  }
  // This person may have another contact behind this ghost: two contacts never share one.
  const auto held = TRESTLE_TRY(LinkAt(ghost, from));
  if (held && *held == *link) return *link;
  if (held || is_bound || is_too_old) return refused;
  TRESTLE_TRY(file_->Prepare("UPDATE link SET blind = ?, sealed = ? WHERE id = ?")
                  .Bind(keys_.Blind(kLink, {ghost, Plain(from)}))
                  .Bind(keys_.Seal(Plain(from), ContextOf(kLink, *link), random_))
                  .Bind(link->bytes())
                  .Run());
  return *link;
}

Result<std::optional<AddressBook::LinkRow>> SqliteAddressBook::FindLink(LinkId link) {
  auto query = file_->Prepare(
      "SELECT enrolment, ghost, code_sealed, sealed, (SELECT ghost FROM former WHERE link = id "
      "ORDER BY at_ms DESC LIMIT 1) FROM link WHERE id = ?");
  if (!TRESTLE_TRY(query.Bind(link.bytes()).Step())) return std::nullopt;
  LinkRow row;
  row.link = link;
  row.enrolment = TRESTLE_TRY(IdOf<EnrolmentId>(query.Octets(0)));
  row.ghost = query.Text(1);
  const auto code = TRESTLE_TRY(keys_.Open(query.Octets(2), ContextOf(kLinkCode, link)));
  row.bind_code = TRESTLE_TRY(SixteenOctets(ToBytes(Plain(code))));
  if (!query.IsNull(3)) {
    row.address = TRESTLE_TRY(keys_.Open(query.Octets(3), ContextOf(kLink, link)));
  }
  if (!query.IsNull(4)) row.replaces = query.Text(4);
  return row;
}

Result<std::optional<LinkId>> SqliteAddressBook::LinkAt(const std::string& ghost,
                                                        const NativeAddress& from) {
  const auto row =
      TRESTLE_TRY(FindBlind("SELECT id FROM link WHERE blind = ?", kLink, {ghost, Plain(from)}));
  if (!row) return std::nullopt;
  return TRESTLE_TRY(IdOf<LinkId>(row->Octets(0)));
}

Result<std::optional<LinkId>> SqliteAddressBook::LinkOf(const std::string& ghost,
                                                        const NativeAddress& from) {
  const auto link = TRESTLE_TRY(LinkAt(ghost, from));
  if (link) return link;
  std::optional<LinkId> former;
  bool is_renewable = false;
  {
    const auto row = TRESTLE_TRY(FindBlind(
        "SELECT link, sealed IS NULL FROM former WHERE blind = ?", kLink, {ghost, Plain(from)}));
    if (!row) return std::nullopt;
    former = TRESTLE_TRY(IdOf<LinkId>(row->Octets(0)));
    is_renewable = row->Integer(1) == 0;
  }
  // A row from before version 3 does not hold its person: now is the time to learn it.
  if (!is_renewable) TRESTLE_TRY(RenewFormer(*former, ghost, from));
  return former;
}

Result<void> SqliteAddressBook::RenewFormer(LinkId link, const std::string& ghost,
                                            const NativeAddress& from) {
  return file_
      ->Prepare(
          "UPDATE former SET blind = ?, sealed = ?, under = ? WHERE link = ? AND "
          "ghost = ?")
      .Bind(keys_.Blind(kLink, {ghost, Plain(from)}))
      .Bind(keys_.Seal(Plain(from), ContextOf(kLink, link), random_))
      .Bind(keys_.id())
      .Bind(link.bytes())
      .Bind(std::string_view(ghost))
      .Run();
}

}  // namespace trestle
