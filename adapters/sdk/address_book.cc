#include <sys/stat.h>

#include <utility>

#include "adapters/sdk/address_book_impl.h"
#include "adapters/sdk/address_book_schema.h"
#include "bridge/base/event_log.h"

namespace trestle {

using namespace book_rows;  // NOLINT

Result<std::unique_ptr<AddressBook>> AddressBook::Open(const std::string& folder, Random& random,
                                                       const Clock& clock, const KeySource& source,
                                                       GroupCommit* groups) {
  const std::string path = folder + "/addresses.db";
  struct stat found {};
  const bool exists = ::stat(path.c_str(), &found) == 0 && found.st_size > 0;
  AdapterKeys keys = TRESTLE_TRY(
      AdapterKeys::Open(folder, source, random, exists ? MissingKey::kRefuse : MissingKey::kMake));
  auto file = TRESTLE_TRY(SqliteFile::Open(path, kAddressBookSchema, kAddressBookVersion,
                                           {{3, kAddressBookUpgradeTo3}}));
  SqliteFile& opened = *file;
  auto book = std::make_unique<SqliteAddressBook>(std::move(file), std::move(keys), random, clock);
  TRESTLE_TRY(book->CheckKeys());
  if (groups != nullptr) opened.CommitWith(*groups);
  return book;
}

Result<void> SqliteAddressBook::CheckKeys() {
  Bytes stored;
  {
    auto query = file_->Prepare("SELECT value FROM about WHERE name = 'key_check'");
    if (TRESTLE_TRY(query.Step())) stored = query.Octets(0);
  }
  if (stored.empty()) return TakeNewestKey();
  const std::vector<Bytes32> checks = keys_.Blinds("key check", {});
  if (ConstantTimeEqual(stored, checks.front())) return {};
  for (const Bytes32& check : checks) {
    if (ConstantTimeEqual(stored, check)) return TakeNewestKey();
  }
  return Fail(Reason::kStorage, "the adapter's key file belongs to another database");
}

// From now on the file belongs to the newest key, whose age begins.
Result<void> SqliteAddressBook::TakeNewestKey() {
  auto write = TRESTLE_TRY(SqliteFile::Write::Begin(*file_));
  TRESTLE_TRY(file_->Prepare("INSERT OR REPLACE INTO about VALUES ('key_check', ?)")
                  .Bind(keys_.Blind("key check", {}))
                  .Run());
  TRESTLE_TRY(file_->Prepare("INSERT OR REPLACE INTO about VALUES ('key_since_ms', ?)")
                  .Bind(clock_.wall_now().ms)
                  .Run());
  return write.Commit();
}

Result<AddressBook::KeyAge> SqliteAddressBook::TendKeys(Millis rotate_every) {
  if (keys_.size() > 1) {
    const KeyRenewal::Step step = TRESTLE_TRY(renewal_.Some(kRowsRenewedMax));
    if (step.rows_left != 0) return KeyAge{keys_.size(), step.rows_left};
    if (!keys_.is_own()) return KeyAge{keys_.size(), 0};
    // The file names its key by itself, also when that write failed at first.
    TRESTLE_TRY(CheckKeys());
    TRESTLE_TRY(file_->Commit());
    TRESTLE_TRY(keys_.DropOld());
    TRESTLE_TRY(file_->TruncateLog());  // what was sealed under it leaves the log as well
    LogEvent(Severity::kInfo, "address_key_dropped");
    return KeyAge{keys_.size(), 0};
  }
  std::optional<WallTime> since;
  {
    auto query = file_->Prepare("SELECT value FROM about WHERE name = 'key_since_ms'");
    if (TRESTLE_TRY(query.Step())) since = WallTime{query.Integer(0)};
  }
  // A file from before its key had an age: it begins now.
  if (!since) TRESTLE_TRY(TakeNewestKey());
  const bool is_due = since && rotate_every > Millis{0} && keys_.is_own() &&
                      clock_.wall_now() - *since >= rotate_every;
  if (is_due) {
    TRESTLE_TRY(keys_.AddNewest(random_));
    TRESTLE_TRY(TakeNewestKey());
    LogEvent(Severity::kInfo, "address_key_rotated");
  }
  return KeyAge{keys_.size(), is_due ? std::optional<std::size_t>() : 0};
}

Result<std::optional<SqliteFile::Query>> SqliteAddressBook::FindBlind(
    const char* sql, StaticText label, std::initializer_list<std::string_view> parts) {
  for (const Bytes32& blind : keys_.Blinds(label, parts)) {
    auto query = file_->Prepare(sql);
    if (TRESTLE_TRY(query.Bind(blind).Step())) {
      return std::optional<SqliteFile::Query>(std::move(query));
    }
  }
  return std::optional<SqliteFile::Query>();
}

Result<EnrolmentId> SqliteAddressBook::EnrolmentOf(const NativeAddress& at_service) {
  const auto known = TRESTLE_TRY(FindEnrolment(at_service));
  if (known) return *known;
  if (TRESTLE_TRY(IsFull("SELECT COUNT(*) FROM enrolment"))) {
    return Fail(Reason::kBusy, "the address book is full", std::chrono::hours(1));
  }
  const auto id = EnrolmentId::Mint(random_);
  TRESTLE_TRY(file_->Prepare("INSERT INTO enrolment (id, blind, sealed, under) VALUES (?, ?, ?, ?)")
                  .Bind(id.bytes())
                  .Bind(keys_.Blind(kEnrolment, {Plain(at_service)}))
                  .Bind(keys_.Seal(Plain(at_service), ContextOf(kEnrolment, id), random_))
                  .Bind(keys_.id())
                  .Run());
  return id;
}

Result<std::optional<EnrolmentId>> SqliteAddressBook::FindEnrolment(
    const NativeAddress& at_service) {
  const auto row = TRESTLE_TRY(
      FindBlind("SELECT id FROM enrolment WHERE blind = ?", kEnrolment, {Plain(at_service)}));
  if (!row) return std::nullopt;
  return TRESTLE_TRY(IdOf<EnrolmentId>(row->Octets(0)));
}

Result<std::optional<NativeAddress>> SqliteAddressBook::AddressOf(EnrolmentId enrolment) {
  auto query = file_->Prepare("SELECT sealed FROM enrolment WHERE id = ?");
  if (!TRESTLE_TRY(query.Bind(enrolment.bytes()).Step())) return std::nullopt;
  return TRESTLE_TRY(keys_.Open(query.Octets(0), ContextOf(kEnrolment, enrolment)));
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
  for (const Bytes32& blind : keys_.Blinds(kSecond, {Plain(second)})) {
    std::optional<NativeAddress> first;
    bool is_current = false;
    {
      auto query = file_->Prepare("SELECT sealed, under FROM second_address WHERE blind = ?");
      if (!TRESTLE_TRY(query.Bind(blind).Step())) continue;
      first = TRESTLE_TRY(keys_.Open(query.Octets(0), blind));
      is_current = query.Octets(1) == keys_.id();
    }
    if (!is_current) {
      TRESTLE_TRY(file_->Prepare("DELETE FROM second_address WHERE blind = ?").Bind(blind).Run());
      TRESTLE_TRY(RememberSecond(second, *first));
    }
    return std::move(*first);
  }
  return std::nullopt;
}

Result<void> SqliteAddressBook::RememberSecond(const NativeAddress& second,
                                               const NativeAddress& first) {
  if (TRESTLE_TRY(IsFull("SELECT COUNT(*) FROM second_address"))) return {};
  const Bytes32 blind = keys_.Blind(kSecond, {Plain(second)});
  return file_
      ->Prepare(
          "INSERT OR IGNORE INTO second_address (blind, sealed, second, under) "
          "VALUES (?, ?, ?, ?)")
      .Bind(blind)
      .Bind(keys_.Seal(Plain(first), blind, random_))
      .Bind(keys_.Seal(Plain(second), SecondContext(), random_))
      .Bind(keys_.id())
      .Run();
}

}  // namespace trestle
