#include <algorithm>

#include "adapters/sdk/address_book_impl.h"

namespace trestle {

using namespace book_rows;  // NOLINT

namespace {

// A row of `sent` that came from another version or a damaged page must not reach the fold.
Result<AddressBook::SentUnit> SentUnitOf(const SqliteFile::Query& query) {
  const std::int64_t unit = query.Integer(1);
  const std::int64_t units = query.Integer(2);
  if (unit < 0 || unit >= units || units > 255) {
    return Fail(Reason::kStorage, "an address book row is damaged");
  }
  return AddressBook::SentUnit{TRESTLE_TRY(IdOf<DeliveryId>(query.Octets(0))),
                               static_cast<std::uint8_t>(unit), static_cast<std::uint8_t>(units),
                               query.Integer(3) < 0};
}

}  // namespace

Result<void> SqliteAddressBook::RememberSent(const std::string& native_id, const SentUnit& unit,
                                             WallTime now) {
  TRESTLE_CHECK(unit.index < unit.count);
  return file_
      ->Prepare(
          "INSERT INTO sent (blind, delivery, unit, units, level, sent_at_ms, under) "
          "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (blind) DO NOTHING")
      .Bind(keys_.Blind(kSent, {native_id}))
      .Bind(unit.delivery.bytes())
      .Bind(std::int64_t{unit.index})
      .Bind(std::int64_t{unit.count})
      .Bind(static_cast<std::int64_t>(unit.is_awaited ? Level::kAwaited : Level::kSent))
      .Bind(now.ms)
      .Bind(keys_.id())
      .Run();
}

Result<std::optional<AddressBook::SentUnit>> SqliteAddressBook::FindSent(
    const std::string& native_id) {
  const auto row = TRESTLE_TRY(FindBlind(
      "SELECT delivery, unit, units, level FROM sent WHERE blind = ?", kSent, {native_id}));
  if (!row) return std::nullopt;
  return TRESTLE_TRY(SentUnitOf(*row));
}

Result<std::uint8_t> SqliteAddressBook::MarkLevel(const std::string& native_id, Level level) {
  const auto unit = TRESTLE_TRY(FindSent(native_id));
  if (!unit) return Fail(Reason::kNotFound, "nobody remembers sending this");
  const auto raised = static_cast<std::int64_t>(level);
  for (const Bytes32& blind : keys_.Blinds(kSent, {native_id})) {
    TRESTLE_TRY(file_->Prepare("UPDATE sent SET level = MAX(level, ?) WHERE blind = ?")
                    .Bind(raised)
                    .Bind(blind)
                    .Run());
  }
  // A unit may have been sent twice under two ids; it counts once.
  auto query =
      file_->Prepare("SELECT COUNT(DISTINCT unit) FROM sent WHERE delivery = ? AND level >= ?");
  TRESTLE_TRY(query.Bind(unit->delivery.bytes()).Bind(raised).Step());
  return static_cast<std::uint8_t>(std::min<std::int64_t>(query.Integer(0), unit->count));
}

Result<void> SqliteAddressBook::EraseOld(WallTime now) {
  TRESTLE_TRY(file_->Prepare("DELETE FROM sent WHERE sent_at_ms < ?")
                  .Bind(now.ms - kSentAgeMax.count())
                  .Run());
  if (file_->changed_rows() > 0) TRESTLE_TRY(file_->TruncateLog());
  return {};
}

}  // namespace trestle
