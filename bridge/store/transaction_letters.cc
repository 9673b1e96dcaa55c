// The dead letters: what was given up, until an operator, its time or its contact's end takes it.
#include "bridge/store/outbox_columns.h"
#include "bridge/store/transaction.h"

namespace trestle {

Result<std::optional<HeadRow>> Transaction::AddDeadLetter(const OutboxRow& row, Rule rule,
                                                          WallTime now) {
  const auto next = TRESTLE_TRY(EraseOutboxRow(row, now));
  Query query = In(row.store).Use("INSERT INTO dead_letter (" COMMON_COLUMNS
                                  ", rule, failed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
                                  "?, ?, ?, ?, ?, ?, ?)");
  const SealedBody body = TRESTLE_TRY(SealBody(row));
  TRESTLE_TRY(RunWithCommon(query, row, body, rule, now));
  return next;
}

Result<std::vector<DeadLetterRecord>> Transaction::ReadDeadLetters(StoreIndex store, Query& query) {
  std::vector<DeadLetterRecord> out;
  while (TRESTLE_TRY(query.Step())) {
    DeadLetterRecord letter;
    letter.id = RowNumber(store, query.Number());
    letter.rule = query.ReadEnum<Rule>();
    letter.failed_at = query.Time();
    letter.size_bytes = static_cast<std::size_t>(query.Number());
    TRESTLE_TRY(ReadCommon(store, query, letter.row));
    out.push_back(std::move(letter));
  }
  return out;
}

// 28: kAeadOverheadBytes.
#define LETTER_COLUMNS                                                                          \
  "number, rule, failed_at, coalesce((SELECT length(payload) - iif(key IS NULL, 0, 28) FROM "   \
  "envelope WHERE envelope.number = dead_letter.envelope), length(body) - iif(key IS NULL, 0, " \
  "28)), " COMMON_COLUMNS

Result<std::vector<DeadLetterRecord>> Transaction::LettersInAll(StaticText select,
                                                                std::size_t count,
                                                                const auto&... values) {
  std::vector<DeadLetterRecord> out;
  for (StoreIndex store = 0; store < files_.size() && out.size() < count; ++store) {
    Query query = In(store).Use(select);
    query.With(values..., std::uint64_t{count - out.size()});
    for (auto& letter : TRESTLE_TRY(ReadDeadLetters(store, query))) {
      out.push_back(std::move(letter));
    }
  }
  return out;
}

Result<std::vector<DeadLetterRecord>> Transaction::DeadLetters(const LetterFilter& filter,
                                                               std::int64_t after,
                                                               std::size_t count) {
  std::vector<DeadLetterRecord> out;
  for (StoreIndex store = StoreOf(after); store < files_.size() && out.size() < count; ++store) {
    Query query =
        In(store).Use("SELECT " LETTER_COLUMNS
                      " FROM dead_letter WHERE number > ?1 AND (?2 IS NULL OR network = ?2) "
                      "AND (?3 IS NULL OR rule = ?3) ORDER BY number LIMIT ?4");
    query.With(store == StoreOf(after) ? InFile(after) : 0, filter.network, filter.rule,
               std::uint64_t{count - out.size()});
    for (auto& letter : TRESTLE_TRY(ReadDeadLetters(store, query))) {
      out.push_back(std::move(letter));
    }
  }
  return out;
}

Result<std::optional<DeadLetterRecord>> Transaction::FindDeadLetter(std::int64_t id) {
  const StoreIndex store = StoreOf(id);
  if (store >= files_.size()) return std::optional<DeadLetterRecord>();  // an operator's guess
  Query query = In(store).Use("SELECT " LETTER_COLUMNS " FROM dead_letter WHERE number = ?");
  query.With(InFile(id));
  auto letters = TRESTLE_TRY(ReadDeadLetters(store, query));
  if (letters.empty()) return std::optional<DeadLetterRecord>();
  return std::optional(std::move(letters.front()));
}

Result<void> Transaction::EraseDeadLetter(std::int64_t id) {
  Query query = In(StoreOf(id)).Use("DELETE FROM dead_letter WHERE number = ?");
  return query.Run(InFile(id));
}

Result<std::vector<DeadLetterRecord>> Transaction::DeadLettersOf(const ContactId& contact,
                                                                 std::size_t count) {
  return LettersInAll("SELECT " LETTER_COLUMNS " FROM dead_letter WHERE contact = ? LIMIT ?", count,
                      contact);
}

Result<std::vector<DeadLetterRecord>> Transaction::ExpiredDeadLetters(WallTime now,
                                                                      std::size_t count) {
  return LettersInAll("SELECT " LETTER_COLUMNS " FROM dead_letter WHERE expires_at <= ? LIMIT ?",
                      count, now);
}

}  // namespace trestle
