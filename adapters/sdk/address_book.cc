#include "adapters/sdk/address_book.h"

#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <utility>

#include "adapters/sdk/adapter_keys.h"
#include "adapters/sdk/address_book_schema.h"
#include "adapters/sdk/sqlite_file.h"

namespace trestle {
namespace {

constexpr int kArrivedLevel = 1;
constexpr int kReadLevel = 2;
constexpr int kAwaitedLevel = -1;  // the network's word does not raise it

std::string_view Plain(const NativeAddress& address) {
  return address.Reveal(Purpose::kSealForStore);
}

class SqliteAddressBook final : public AddressBook {
 public:
  SqliteAddressBook(std::unique_ptr<SqliteFile> file, AdapterKeys keys, Random& random,
                    const Clock& clock)
      : file_(std::move(file)), keys_(std::move(keys)), random_(random), clock_(clock) {}

  Result<void> CheckKey();

  Result<EnrolmentId> EnrolmentOf(const NativeAddress& at_service) override;
  Result<std::optional<EnrolmentId>> FindEnrolment(const NativeAddress& at_service) override;
  Result<std::optional<NativeAddress>> AddressOf(EnrolmentId enrolment) override;
  Result<NativeAddress> Merge(const NativeAddress& shown,
                              const std::optional<NativeAddress>& also_shown) override;
  Result<LinkRow> OfferLink(LinkId link, EnrolmentId enrolment, const GhostPool& pool) override;
  Result<void> Release(LinkId link) override;
  Result<void> Reclaim(LinkId link) override;
  Result<std::vector<LinkId>> LinksOutside(const GhostPool& pool) override;
  Result<void> MoveLink(LinkId link, const GhostPool& pool) override;
  Result<std::vector<LinkId>> LinksToReopen() override;
  Result<void> MarkReopened(LinkId link) override;
  Result<std::vector<std::string>> FormerGhosts() override;
  Result<PoolPressure> Pressure(const GhostPool& pool) override;
  Result<LinkId> Bind(const std::string& ghost, const Bytes16& bind_code,
                      const NativeAddress& from) override;
  Result<std::optional<LinkRow>> FindLink(LinkId link) override;
  Result<std::optional<LinkId>> LinkOf(const std::string& ghost,
                                       const NativeAddress& from) override;
  Result<void> RememberSent(const std::string& native_id, const SentUnit& unit,
                            WallTime now) override;
  Result<std::optional<SentUnit>> FindSent(const std::string& native_id) override;
  Result<std::uint8_t> MarkDelivered(const std::string& native_id) override {
    return MarkLevel(native_id, kArrivedLevel);
  }
  Result<std::uint8_t> MarkRead(const std::string& native_id) override {
    return MarkLevel(native_id, kReadLevel);
  }
  Result<void> EraseOld(WallTime now) override;

 private:
  Bytes32 BlindEnrolment(const NativeAddress& address) const {
    return keys_.Blind("enrolment", {Plain(address)});
  }
  Bytes32 BlindLink(const std::string& ghost, const NativeAddress& address) const {
    return keys_.Blind("link", {ghost, Plain(address)});
  }
  Bytes32 BlindCode(const std::string& ghost, const Bytes16& code) const {
    return keys_.Blind("link code", {ghost, AsText(code)});
  }
  Bytes SealCode(const LinkId& link, const Bytes16& code) const;
  Bytes32 BlindSent(const std::string& native_id) const { return keys_.Blind("sent", {native_id}); }
  bool IsTooOld(std::int64_t offered_at_ms) const {
    return clock_.wall_now() - WallTime{offered_at_ms} > kBindCodeAgeMax;
  }
  Result<std::optional<NativeAddress>> FirstAddressOf(const NativeAddress& second);
  Result<void> RememberSecond(const NativeAddress& second, const NativeAddress& first);
  Result<bool> IsFull(const char* count_sql);
  Result<LinkRow> OfferAgain(LinkRow row);
  Result<std::string> AllotGhost(EnrolmentId enrolment, const GhostPool& pool);
  Result<std::vector<GhostUse>> UsesOf(EnrolmentId enrolment);
  Result<std::map<std::string, std::int64_t>> LinksOfGhosts();
  Result<std::uint8_t> MarkLevel(const std::string& native_id, int level);

  const std::unique_ptr<SqliteFile> file_;
  const AdapterKeys keys_;
  Random& random_;
  const Clock& clock_;
};

// The context of a sealed address: its table and its row, so that rows cannot be swapped on disk.
template <class Tag>
Bytes ContextOf(std::string_view table, const Id<Tag>& id) {
  Bytes context = ToBytes(table);
  context.insert(context.end(), id.bytes().begin(), id.bytes().end());
  return context;
}

Bytes SqliteAddressBook::SealCode(const LinkId& link, const Bytes16& code) const {
  return keys_.Seal(AsText(code), ContextOf("link code", link), random_);
}

Result<Bytes16> SixteenOctets(const Bytes& octets) {
  if (octets.size() != 16) return Fail(Reason::kStorage, "an address book row is damaged");
  Bytes16 out;
  std::copy(octets.begin(), octets.end(), out.begin());
  return out;
}

template <class IdType>
Result<IdType> IdOf(const Bytes& octets) {
  return IdType(TRESTLE_TRY(SixteenOctets(octets)));
}

// A row of `sent` that came from another version or a damaged page must not reach the fold.
Result<AddressBook::SentUnit> SentUnitOf(const SqliteFile::Query& query) {
  const std::int64_t unit = query.Integer(1);
  const std::int64_t units = query.Integer(2);
  if (unit < 0 || unit >= units || units > 255) {
    return Fail(Reason::kStorage, "an address book row is damaged");
  }
  return AddressBook::SentUnit{TRESTLE_TRY(IdOf<DeliveryId>(query.Octets(0))),
                               static_cast<std::uint8_t>(unit), static_cast<std::uint8_t>(units),
                               query.Integer(3) == kAwaitedLevel};
}

}  // namespace

Result<std::unique_ptr<AddressBook>> AddressBook::Open(const std::string& folder, Random& random,
                                                       const Clock& clock,
                                                       const KeySource& source) {
  const std::string path = folder + "/addresses.db";
  struct stat found {};
  const bool exists = ::stat(path.c_str(), &found) == 0 && found.st_size > 0;
  AdapterKeys keys = TRESTLE_TRY(
      AdapterKeys::Open(folder, source, random, exists ? MissingKey::kRefuse : MissingKey::kMake));
  auto file = TRESTLE_TRY(SqliteFile::Open(path, kAddressBookSchema, kAddressBookVersion));
  auto book = std::make_unique<SqliteAddressBook>(std::move(file), std::move(keys), random, clock);
  TRESTLE_TRY(book->CheckKey());
  return book;
}

namespace {

Result<void> SqliteAddressBook::CheckKey() {
  const Bytes32 expected = keys_.Blind("key check", {});
  TRESTLE_TRY(
      file_->Prepare("INSERT OR IGNORE INTO about VALUES ('key_check', ?)").Bind(expected).Run());
  auto query = file_->Prepare("SELECT value FROM about WHERE name = 'key_check'");
  const bool there = TRESTLE_TRY(query.Step());
  if (!there || !ConstantTimeEqual(query.Octets(0), expected)) {
    return Fail(Reason::kStorage, "the adapter's key file belongs to another database");
  }
  return {};
}

Result<EnrolmentId> SqliteAddressBook::EnrolmentOf(const NativeAddress& at_service) {
  const auto known = TRESTLE_TRY(FindEnrolment(at_service));
  if (known) return *known;
  if (TRESTLE_TRY(IsFull("SELECT COUNT(*) FROM enrolment"))) {
    return Fail(Reason::kBusy, "the address book is full", std::chrono::hours(1));
  }
  const auto id = EnrolmentId::Mint(random_);
  TRESTLE_TRY(file_->Prepare("INSERT INTO enrolment (id, blind, sealed) VALUES (?, ?, ?)")
                  .Bind(id.bytes())
                  .Bind(BlindEnrolment(at_service))
                  .Bind(keys_.Seal(Plain(at_service), ContextOf("enrolment", id), random_))
                  .Run());
  return id;
}

Result<std::optional<EnrolmentId>> SqliteAddressBook::FindEnrolment(
    const NativeAddress& at_service) {
  auto query = file_->Prepare("SELECT id FROM enrolment WHERE blind = ?");
  if (!TRESTLE_TRY(query.Bind(BlindEnrolment(at_service)).Step())) return std::nullopt;
  return TRESTLE_TRY(IdOf<EnrolmentId>(query.Octets(0)));
}

Result<std::optional<NativeAddress>> SqliteAddressBook::AddressOf(EnrolmentId enrolment) {
  auto query = file_->Prepare("SELECT sealed FROM enrolment WHERE id = ?");
  if (!TRESTLE_TRY(query.Bind(enrolment.bytes()).Step())) return std::nullopt;
  return TRESTLE_TRY(keys_.Open(query.Octets(0), ContextOf("enrolment", enrolment)));
}

Result<bool> SqliteAddressBook::IsFull(const char* count_sql) {
  auto count = file_->Prepare(count_sql);
  TRESTLE_TRY(count.Step());
  return count.Integer(0) >= static_cast<std::int64_t>(kEnrolmentsMax);
}

Result<NativeAddress> SqliteAddressBook::Merge(const NativeAddress& shown,
                                               const std::optional<NativeAddress>& also_shown) {
  auto first = TRESTLE_TRY(FirstAddressOf(shown));
  if (first) return std::move(*first);
  if (!also_shown) return shown.Duplicate(Purpose::kSealForStore);
  first = TRESTLE_TRY(FirstAddressOf(*also_shown));
  if (first) {
    // A third address of somebody who has two already.
    if (!first->Equals(shown)) TRESTLE_TRY(RememberSecond(shown, *first));
    return std::move(*first);
  }
  const bool is_known = TRESTLE_TRY(FindEnrolment(shown)).has_value();
  const bool is_other_known = TRESTLE_TRY(FindEnrolment(*also_shown)).has_value();
  // Enrolled under both: two people for the core, whose links must not change hands.
  if (is_known && is_other_known) return shown.Duplicate(Purpose::kSealForStore);
  const NativeAddress& kept = is_other_known ? *also_shown : shown;
  TRESTLE_TRY(RememberSecond(is_other_known ? shown : *also_shown, kept));
  return kept.Duplicate(Purpose::kSealForStore);
}

Result<std::optional<NativeAddress>> SqliteAddressBook::FirstAddressOf(
    const NativeAddress& second) {
  const Bytes32 blind = keys_.Blind("second address", {Plain(second)});
  auto query = file_->Prepare("SELECT sealed FROM second_address WHERE blind = ?");
  if (!TRESTLE_TRY(query.Bind(blind).Step())) return std::nullopt;
  return TRESTLE_TRY(keys_.Open(query.Octets(0), blind));
}

Result<void> SqliteAddressBook::RememberSecond(const NativeAddress& second,
                                               const NativeAddress& first) {
  if (TRESTLE_TRY(IsFull("SELECT COUNT(*) FROM second_address"))) return {};
  const Bytes32 blind = keys_.Blind("second address", {Plain(second)});
  return file_->Prepare("INSERT OR IGNORE INTO second_address (blind, sealed) VALUES (?, ?)")
      .Bind(blind)
      .Bind(keys_.Seal(Plain(first), blind, random_))
      .Run();
}

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
                            "offered_at_ms) VALUES (?, ?, ?, ?, ?, ?)")
                  .Bind(link.bytes())
                  .Bind(enrolment.bytes())
                  .Bind(std::string_view(row.ghost))
                  .Bind(BlindCode(row.ghost, row.bind_code))
                  .Bind(SealCode(link, row.bind_code))
                  .Bind(clock_.wall_now().ms)
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
                  ->Prepare("UPDATE link SET code_blind = ?, code_sealed = ?, offered_at_ms = ? "
                            "WHERE id = ?")
                  .Bind(BlindCode(row.ghost, row.bind_code))
                  .Bind(SealCode(row.link, row.bind_code))
                  .Bind(clock_.wall_now().ms)
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
                  ->Prepare("INSERT OR REPLACE INTO former (link, ghost, blind, at_ms, reopened) "
                            "SELECT id, ghost, blind, ?, 0 FROM link WHERE id = ?")
                  .Bind(clock_.wall_now().ms)
                  .Bind(link.bytes())
                  .Run());
  Bytes16 code{};
  random_.Fill(code);
  TRESTLE_TRY(file_
                  ->Prepare("UPDATE link SET ghost = ?, code_blind = ?, code_sealed = ?, "
                            "offered_at_ms = ?, blind = NULL, sealed = NULL WHERE id = ?")
                  .Bind(std::string_view(ghost))
                  .Bind(BlindCode(ghost, code))
                  .Bind(SealCode(link, code))
                  .Bind(clock_.wall_now().ms)
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
  auto query = file_->Prepare("SELECT id, offered_at_ms, blind FROM link WHERE code_blind = ?");
  query.Bind(BlindCode(ghost, bind_code));
  if (!TRESTLE_TRY(query.Step())) return refused;
  const LinkId link = TRESTLE_TRY(IdOf<LinkId>(query.Octets(0)));
  const Bytes32 blind = BlindLink(ghost, from);
  if (!query.IsNull(2)) {
    if (ConstantTimeEqual(query.Octets(2), blind)) return link;
    return refused;
  }
  if (IsTooOld(query.Integer(1))) return refused;
  const auto bound = file_->Prepare("UPDATE link SET blind = ?, sealed = ? WHERE id = ?")
                         .Bind(blind)
                         .Bind(keys_.Seal(Plain(from), ContextOf("link", link), random_))
                         .Bind(link.bytes())
                         .Run();
  // This person has another contact behind this ghost already: two contacts never share one.
  if (!bound && bound.error().reason == Reason::kAlreadyExists) return refused;
  TRESTLE_TRY(bound);
  return link;
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
  const auto code = TRESTLE_TRY(keys_.Open(query.Octets(2), ContextOf("link code", link)));
  row.bind_code = TRESTLE_TRY(SixteenOctets(ToBytes(Plain(code))));
  if (!query.IsNull(3)) {
    row.address = TRESTLE_TRY(keys_.Open(query.Octets(3), ContextOf("link", link)));
  }
  if (!query.IsNull(4)) row.replaces = query.Text(4);
  return row;
}

Result<std::optional<LinkId>> SqliteAddressBook::LinkOf(const std::string& ghost,
                                                        const NativeAddress& from) {
  const Bytes32 blind = BlindLink(ghost, from);
  auto query = file_->Prepare(
      "SELECT id FROM link WHERE blind = ?1 UNION ALL SELECT link FROM former WHERE blind = ?1");
  if (!TRESTLE_TRY(query.Bind(blind).Step())) return std::nullopt;
  return TRESTLE_TRY(IdOf<LinkId>(query.Octets(0)));
}

Result<void> SqliteAddressBook::RememberSent(const std::string& native_id, const SentUnit& unit,
                                             WallTime now) {
  TRESTLE_CHECK(unit.index < unit.count);
  return file_
      ->Prepare(
          "INSERT INTO sent (blind, delivery, unit, units, level, sent_at_ms) "
          "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (blind) DO NOTHING")
      .Bind(BlindSent(native_id))
      .Bind(unit.delivery.bytes())
      .Bind(std::int64_t{unit.index})
      .Bind(std::int64_t{unit.count})
      .Bind(std::int64_t{unit.is_awaited ? kAwaitedLevel : 0})
      .Bind(now.ms)
      .Run();
}

Result<std::optional<AddressBook::SentUnit>> SqliteAddressBook::FindSent(
    const std::string& native_id) {
  auto query = file_->Prepare("SELECT delivery, unit, units, level FROM sent WHERE blind = ?");
  if (!TRESTLE_TRY(query.Bind(BlindSent(native_id)).Step())) return std::nullopt;
  return TRESTLE_TRY(SentUnitOf(query));
}

Result<std::uint8_t> SqliteAddressBook::MarkLevel(const std::string& native_id, int level) {
  const auto unit = TRESTLE_TRY(FindSent(native_id));
  if (!unit) return Fail(Reason::kNotFound, "nobody remembers sending this");
  TRESTLE_TRY(file_->Prepare("UPDATE sent SET level = MAX(level, ?) WHERE blind = ?")
                  .Bind(std::int64_t{level})
                  .Bind(BlindSent(native_id))
                  .Run());
  // A unit may have been sent twice under two ids; it counts once.
  auto query =
      file_->Prepare("SELECT COUNT(DISTINCT unit) FROM sent WHERE delivery = ? AND level >= ?");
  TRESTLE_TRY(query.Bind(unit->delivery.bytes()).Bind(std::int64_t{level}).Step());
  return static_cast<std::uint8_t>(std::min<std::int64_t>(query.Integer(0), unit->count));
}

Result<void> SqliteAddressBook::EraseOld(WallTime now) {
  TRESTLE_TRY(file_->Prepare("DELETE FROM sent WHERE sent_at_ms < ?")
                  .Bind(now.ms - kSentAgeMax.count())
                  .Run());
  if (file_->changed_rows() > 0) TRESTLE_TRY(file_->TruncateLog());
  return {};
}

}  // namespace
}  // namespace trestle
