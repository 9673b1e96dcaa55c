#include "adapters/sdk/key_renewal.h"

#include <iterator>

#include "adapters/sdk/address_book_rows.h"

namespace trestle {

using namespace book_rows;  // NOLINT

// Rows whose plain text the book does not hold are not here: sent ids, and those from before
// version 3. What a row's new name is may lie behind the pass or before it: it is under the newest
// key then, and not looked at again.
const KeyRenewal::Table KeyRenewal::kTables[] = {
    {"SELECT id FROM enrolment WHERE id > ? AND under IS NOT ? ORDER BY id LIMIT ?",
     &KeyRenewal::RenewEnrolment},
    {"SELECT blind FROM second_address WHERE blind > ? AND under IS NOT ? AND second IS NOT NULL "
     "ORDER BY blind LIMIT ?",
     &KeyRenewal::RenewSecond},
    {"SELECT id FROM link WHERE id > ? AND under IS NOT ? ORDER BY id LIMIT ?",
     &KeyRenewal::RenewLink},
    {"SELECT blind FROM former WHERE blind > ? AND under IS NOT ? AND sealed IS NOT NULL ORDER BY "
     "blind LIMIT ?",
     &KeyRenewal::RenewFormer},
};

Result<KeyRenewal::Step> KeyRenewal::Some(std::size_t rows_max) {
  Step step;
  // What is written now is under the newest key: a pass that left nothing need not be repeated.
  if (done_under_ == keys_.id()) return Step{0, 0};
  auto write = TRESTLE_TRY(SqliteFile::Write::Begin(file_));
  while (table_ < std::size(kTables) && step.renewed < rows_max) {
    const std::size_t done = TRESTLE_TRY(SomeOf(kTables[table_], rows_max - step.renewed));
    step.renewed += done;
    if (done > 0) continue;
    ++table_;
    after_.clear();
  }
  TRESTLE_TRY(write.Commit());
  if (table_ < std::size(kTables)) return step;
  TRESTLE_TRY(file_.Commit());  // a key goes by this count, and no row may come back that needs it
  table_ = 0;
  step.rows_left = TRESTLE_TRY(RowsLeft());
  if (step.rows_left == std::size_t{0}) done_under_ = keys_.id();
  return step;
}

Result<std::size_t> KeyRenewal::SomeOf(const Table& table, std::size_t rows_max) {
  std::vector<Bytes> rows;
  {
    auto query = file_.Prepare(table.rows);
    query.Bind(after_).Bind(keys_.id()).Bind(static_cast<std::int64_t>(rows_max));
    while (TRESTLE_TRY(query.Step())) rows.push_back(query.Octets(0));
  }
  for (const Bytes& row : rows) TRESTLE_TRY((this->*table.renew)(row));
  if (!rows.empty()) after_ = rows.back();
  return rows.size();
}

Result<void> KeyRenewal::RenewEnrolment(const Bytes& row) {
  const auto id = TRESTLE_TRY(IdOf<EnrolmentId>(row));
  const Bytes context = ContextOf(kEnrolment, id);
  std::optional<NativeAddress> address;
  {
    auto query = file_.Prepare("SELECT sealed FROM enrolment WHERE id = ?");
    TRESTLE_TRY(query.Bind(row).Step());
    address = TRESTLE_TRY(keys_.Open(query.Octets(0), context));
  }
  return file_.Prepare("UPDATE enrolment SET blind = ?, sealed = ?, under = ? WHERE id = ?")
      .Bind(keys_.Blind(kEnrolment, {Plain(*address)}))
      .Bind(keys_.Seal(Plain(*address), context, random_))
      .Bind(keys_.id())
      .Bind(row)
      .Run();
}

Result<void> KeyRenewal::RenewSecond(const Bytes& row) {
  std::optional<NativeAddress> first;
  std::optional<NativeAddress> second;
  {
    auto query = file_.Prepare("SELECT sealed, second FROM second_address WHERE blind = ?");
    TRESTLE_TRY(query.Bind(row).Step());
    first = TRESTLE_TRY(keys_.Open(query.Octets(0), row));
    second = TRESTLE_TRY(keys_.Open(query.Octets(1), SecondContext()));
  }
  const Bytes32 blind = keys_.Blind(kSecond, {Plain(*second)});
  return file_
      .Prepare(
          "UPDATE second_address SET blind = ?, sealed = ?, second = ?, under = ? WHERE blind "
          "= ?")
      .Bind(blind)
      .Bind(keys_.Seal(Plain(*first), blind, random_))
      .Bind(keys_.Seal(Plain(*second), SecondContext(), random_))
      .Bind(keys_.id())
      .Bind(row)
      .Run();
}

Result<void> KeyRenewal::RenewLink(const Bytes& row) {
  const auto id = TRESTLE_TRY(IdOf<LinkId>(row));
  std::string ghost;
  std::optional<NativeAddress> code;
  std::optional<NativeAddress> address;
  {
    auto query = file_.Prepare("SELECT ghost, code_sealed, sealed FROM link WHERE id = ?");
    TRESTLE_TRY(query.Bind(row).Step());
    ghost = query.Text(0);
    code = TRESTLE_TRY(keys_.Open(query.Octets(1), ContextOf(kLinkCode, id)));
    if (!query.IsNull(2)) {
      address = TRESTLE_TRY(keys_.Open(query.Octets(2), ContextOf(kLink, id)));
    }
  }
  auto query = file_.Prepare(
      "UPDATE link SET code_blind = ?, code_sealed = ?, under = ?, blind = ?, sealed = ? WHERE id "
      "= ?");
  query.Bind(keys_.Blind(kLinkCode, {ghost, Plain(*code)}))
      .Bind(keys_.Seal(Plain(*code), ContextOf(kLinkCode, id), random_))
      .Bind(keys_.id());
  if (address) {
    query.Bind(keys_.Blind(kLink, {ghost, Plain(*address)}))
        .Bind(keys_.Seal(Plain(*address), ContextOf(kLink, id), random_));
  } else {
    query.BindNull().BindNull();
  }
  return query.Bind(row).Run();
}

Result<void> KeyRenewal::RenewFormer(const Bytes& row) {
  std::optional<LinkId> link;
  std::string ghost;
  std::optional<NativeAddress> address;
  {
    auto query = file_.Prepare("SELECT link, ghost, sealed FROM former WHERE blind = ?");
    TRESTLE_TRY(query.Bind(row).Step());
    link = TRESTLE_TRY(IdOf<LinkId>(query.Octets(0)));
    ghost = query.Text(1);
    address = TRESTLE_TRY(keys_.Open(query.Octets(2), ContextOf(kLink, *link)));
  }
  return file_.Prepare("UPDATE former SET blind = ?, sealed = ?, under = ? WHERE blind = ?")
      .Bind(keys_.Blind(kLink, {ghost, Plain(*address)}))
      .Bind(keys_.Seal(Plain(*address), ContextOf(kLink, *link), random_))
      .Bind(keys_.id())
      .Bind(row)
      .Run();
}

Result<std::size_t> KeyRenewal::RowsLeft() {
  auto query = file_.Prepare(
      "SELECT (SELECT COUNT(*) FROM enrolment WHERE under IS NOT ?1) + "
      "(SELECT COUNT(*) FROM second_address WHERE under IS NOT ?1) + "
      "(SELECT COUNT(*) FROM link WHERE under IS NOT ?1) + "
      "(SELECT COUNT(*) FROM former WHERE blind IS NOT NULL AND under IS NOT ?1) + "
      "(SELECT COUNT(*) FROM sent WHERE under IS NOT ?1)");
  TRESTLE_TRY(query.Bind(keys_.id()).Step());
  return static_cast<std::size_t>(query.Integer(0));
}

}  // namespace trestle
