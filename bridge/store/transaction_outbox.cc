// The outbox and the dead letters. Order within a lane rests on `head`: exactly the oldest row of
// each lane has it, inserting and erasing keep that true, and only heads are leased.
#include <algorithm>
#include <set>
#include <utility>

#include "bridge/store/sealed_rows.h"
#include "bridge/store/transaction.h"

namespace trestle {
namespace {

constexpr int kEnrolmentThread = 1;
constexpr int kLinkThread = 2;

int KindOf(const ThreadKey& thread) {
  return std::holds_alternative<EnrolmentId>(thread) ? kEnrolmentThread : kLinkThread;
}

ByteView OctetsOf(const ThreadKey& thread) {
  return std::visit([](const auto& id) { return id.bytes(); }, thread);
}

Bytes16 KeyOf(ByteView octets) {
  Bytes16 key{};
  std::copy_n(octets.begin(), std::min(octets.size(), key.size()), key.begin());
  return key;
}

Bytes LaneOf(const OutboxRow& row) {
  return row.lane.empty() ? ToBytes(OctetsOf(row.thread)) : row.lane;
}

ThreadKey ReadThread(Query& query) {
  if (query.Number() == kEnrolmentThread) return query.ReadId<EnrolmentId>();
  return query.ReadId<LinkId>();
}

}  // namespace

#define COMMON_COLUMNS                                                                      \
  "delivery_id, thread_kind, thread, network, kind, contact, body, offers_link, envelope, " \
  "created_at, expires_at, attempts, key, lane, sender, receiver, maybe_sent"
#define ROW_COLUMNS "number, state, due_at, " COMMON_COLUMNS

Bytes16 SenderKeyOf(const OutboxRow& row) {
  return KeyOf(row.sender ? row.sender->bytes() : OctetsOf(row.thread));
}

Bytes16 ReceiverKeyOf(const OutboxRow& row) {
  return KeyOf(row.receiver ? row.receiver->bytes() : OctetsOf(row.thread));
}

void OutboxTally::Add(const Network& network, const std::optional<AccountId>& sender,
                      std::int64_t rows) {
  journal_.push_back({network, sender, rows});
  Apply(journal_.back());
}

void OutboxTally::RollBackTo(std::size_t mark) {
  for (; journal_.size() > mark; journal_.pop_back()) {
    journal_.back().rows = -journal_.back().rows;
    Apply(journal_.back());
  }
}

void OutboxTally::Apply(const Change& change) {
  rows_[change.network] += change.rows;
  total_ += change.rows;
  if (!change.sender) return;
  const auto found = by_sender_.try_emplace(*change.sender, 0).first;
  found->second += change.rows;
  if (found->second == 0) by_sender_.erase(found);
}

std::size_t OutboxTally::rows_for(const AccountId& sender) const {
  const auto found = by_sender_.find(sender);
  return found == by_sender_.end() ? 0 : static_cast<std::size_t>(found->second);
}

std::size_t OutboxTally::rows_of(const Network& network) const {
  const auto found = rows_.find(network);
  return found == rows_.end() ? 0 : static_cast<std::size_t>(found->second);
}

Result<void> Transaction::ReadCommon(Query& query, OutboxRow& row) {
  row.delivery_id = query.ReadId<DeliveryId>();
  row.thread = ReadThread(query);
  row.network = query.ReadNetwork();
  row.kind = query.ReadEnum<OutboxKind>();
  row.contact = query.Maybe([](Query& each) { return each.ReadId<ContactId>(); });
  row.body = query.Blob();
  row.offers_link = query.Maybe([](Query& each) { return each.ReadId<LinkId>(); });
  row.envelope_row = query.Maybe([](Query& each) { return each.Number(); });
  row.created_at = query.Time();
  row.expires_at = query.Time();
  row.attempts = static_cast<int>(query.Number());
  const auto key = query.Maybe([](Query& each) { return each.Number(); });
  row.lane = query.Blob();
  row.sender = query.Maybe([](Query& each) { return each.ReadId<AccountId>(); });
  row.receiver = query.Maybe([](Query& each) { return each.ReadId<AccountId>(); });
  row.maybe_sent = query.Flag();
  if (!key) return {};
  auto opened = TRESTLE_TRY(keys_.Open(*key, row.body, BodyContext(row.delivery_id)));
  row.readable = opened.has_value();
  row.body = std::move(opened).value_or(Bytes());
  return {};
}

Result<std::vector<OutboxRow>> Transaction::ReadOutboxRows(Query& query) {
  std::vector<OutboxRow> out;
  while (TRESTLE_TRY(query.Step())) {
    OutboxRow row;
    row.row = query.Number();
    row.state = query.ReadEnum<OutboxState>();
    row.due_at = query.Time();
    TRESTLE_TRY(ReadCommon(query, row));
    out.push_back(std::move(row));
  }
  return out;
}

Result<std::int64_t> Transaction::AddOutboxRow(const OutboxRow& row) {
  Query query = database_.Use(
      "INSERT INTO outbox (" COMMON_COLUMNS
      ", state, due_at, head) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, "
      "?14, ?15, ?16, ?17, ?18, ?19, NOT EXISTS (SELECT 1 FROM outbox WHERE lane = ?14))");
  const SealedBody body = TRESTLE_TRY(SealBody(row));
  TRESTLE_TRY(query
                  .With(row.delivery_id, KindOf(row.thread), OctetsOf(row.thread), row.network,
                        row.kind, row.contact, body.octets, row.offers_link, row.envelope_row,
                        row.created_at, row.expires_at, row.attempts, body.key, LaneOf(row),
                        row.sender, row.receiver, row.maybe_sent, row.state, row.due_at)
                  .Run());
  tally_.Add(row.network, row.sender, 1);
  return database_.last_row();
}

Result<std::optional<OutboxRow>> Transaction::FindOutboxRow(const DeliveryId& delivery) {
  Query query = database_.Use("SELECT " ROW_COLUMNS " FROM outbox WHERE delivery_id = ?");
  auto rows = TRESTLE_TRY(ReadOutboxRows(query.With(delivery)));
  if (rows.empty()) return std::optional<OutboxRow>();
  return std::optional(std::move(rows.front()));
}

Result<std::size_t> Transaction::CountThread(const ThreadKey& thread, std::size_t at_most) {
  Query query =
      database_.Use("SELECT count(*) FROM (SELECT 1 FROM outbox WHERE thread = ? LIMIT ?)");
  if (!TRESTLE_TRY(query.With(OctetsOf(thread), std::uint64_t{at_most}).Step())) {
    return Fail(Reason::kStorage, "a count is missing");
  }
  return static_cast<std::size_t>(query.Number());
}

Result<std::vector<std::int64_t>> Transaction::PickForLease(const LeaseRequest& request) {
  Query query = database_.Use(
      "SELECT number, thread, sender, receiver FROM outbox AS o "
      "WHERE network = ? AND head = 1 AND state = 1 AND due_at <= ? "
      "AND NOT EXISTS (SELECT 1 FROM outbox WHERE thread = o.thread AND state = 3) "
      "ORDER BY due_at, number LIMIT ?");
  query.With(request.network, request.now, std::uint64_t{kLeaseCandidatesMax});
  std::vector<std::int64_t> numbers;
  std::vector<LeaseCandidate> candidates;
  std::set<Bytes> threads;  // two lanes may meet on one thread, which takes one at a time
  while (TRESTLE_TRY(query.Step())) {
    const std::int64_t number = query.Number();
    const Bytes thread = query.Blob();
    const auto account = [](Query& each) { return KeyOf(each.Blob()); };
    const auto sender = query.Maybe(account);
    const auto receiver = query.Maybe(account);
    if (!threads.insert(thread).second) continue;
    numbers.push_back(number);
    candidates.push_back({sender.value_or(KeyOf(thread)), receiver.value_or(KeyOf(thread))});
  }
  std::vector<std::int64_t> out;
  for (const std::size_t index : FairPicks(candidates, request.senders, request.receivers,
                                           request.per_receiver_max, request.rows_max)) {
    out.push_back(numbers[index]);
  }
  return out;
}

Result<std::vector<OutboxRow>> Transaction::Lease(const LeaseRequest& request) {
  std::vector<OutboxRow> rows;
  for (const std::int64_t number : TRESTLE_TRY(PickForLease(request))) {
    {
      Query query = database_.Use(
          "UPDATE outbox SET state = 3, lease_owner = ?, lease_until = ? WHERE number = ?");
      TRESTLE_TRY(query.With(ByteView(request.owner), request.until, number).Run());
    }
    Query query = database_.Use("SELECT " ROW_COLUMNS " FROM outbox WHERE number = ?");
    for (OutboxRow& row : TRESTLE_TRY(ReadOutboxRows(query.With(number)))) {
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

Result<std::optional<WallTime>> Transaction::NextDue(const Network& network, WallTime now) {
  Query query = database_.Use(
      "SELECT due_at FROM outbox WHERE network = ? AND head = 1 AND state = 1 AND due_at > ? "
      "ORDER BY due_at LIMIT 1");
  if (!TRESTLE_TRY(query.With(network, now).Step())) return std::optional<WallTime>();
  return std::optional(query.Time());
}

Result<void> Transaction::Postpone(const OutboxRow& row, WallTime due_at) {
  Query query = database_.Use(
      "UPDATE outbox SET state = 1, due_at = ?, attempts = ?, maybe_sent = ?, lease_owner = NULL, "
      "lease_until = NULL WHERE number = ?");
  return query.With(due_at, row.attempts, row.maybe_sent, row.row).Run();
}

Result<std::optional<Network>> Transaction::PromoteHead(const Bytes& lane, WallTime now) {
  Query query = database_.Use(
      "UPDATE outbox SET head = 1, due_at = max(due_at, ?2) WHERE head = 0 AND number = "
      "(SELECT number FROM outbox WHERE lane = ?1 ORDER BY number LIMIT 1) RETURNING network");
  if (!TRESTLE_TRY(query.With(lane, now).Step())) return std::optional<Network>();
  return std::optional(query.ReadNetwork());
}

Result<std::optional<Network>> Transaction::EraseOutboxRow(const OutboxRow& row, WallTime now) {
  Query query = database_.Use("DELETE FROM outbox WHERE number = ?");
  TRESTLE_TRY(query.With(row.row).Run());
  if (query.changes() == 1) tally_.Add(row.network, row.sender, -1);
  return PromoteHead(LaneOf(row), now);
}

Result<void> Transaction::OpenThread(const LinkId& link) {
  Query query = database_.Use("UPDATE outbox SET state = 1 WHERE thread = ? AND state = 2");
  return query.With(link).Run();
}

Result<void> Transaction::CloseThread(const LinkId& link) {
  Query query = database_.Use("UPDATE outbox SET state = 2 WHERE thread = ? AND state = 1");
  return query.With(link).Run();
}

Result<std::vector<OutboxRow>> Transaction::RowsOf(const ContactId& contact,
                                                   const ThreadKey& thread, std::size_t at_most) {
  Query query = database_.Use("SELECT " ROW_COLUMNS
                              " FROM outbox WHERE thread = ? AND contact = ? ORDER BY number "
                              "LIMIT ?");
  return ReadOutboxRows(query.With(OctetsOf(thread), contact, std::uint64_t{at_most}));
}

Result<std::vector<OutboxRow>> Transaction::RowsWaitingForOpen(const LinkId& link) {
  Query query = database_.Use("SELECT " ROW_COLUMNS
                              " FROM outbox WHERE thread = ? AND state = 2 ORDER BY number");
  return ReadOutboxRows(query.With(link));
}

Result<void> Transaction::MoveRow(const OutboxRow& row, const LinkId& to, const Network& network,
                                  WallTime now) {
  Query query = database_.Use(
      "UPDATE outbox SET thread_kind = ?, thread = ?, network = ?, state = 1, due_at = ? "
      "WHERE number = ?");
  TRESTLE_TRY(query.With(kLinkThread, to, network, now, row.row).Run());
  tally_.Add(row.network, row.sender, -1);
  tally_.Add(network, row.sender, 1);
  return {};
}

Result<std::vector<OutboxRow>> Transaction::RowsWaitingFor(const Network& network,
                                                           std::int64_t after,
                                                           std::size_t rows_max) {
  Query query = database_.Use("SELECT " ROW_COLUMNS
                              " FROM outbox WHERE network = ? AND number > ? AND kind IN (1, 5) "
                              "AND state <> 3 ORDER BY number LIMIT ?");
  return ReadOutboxRows(query.With(network, after, std::uint64_t{rows_max}));
}

Result<std::size_t> Transaction::ReleaseLeases(const Bytes16& but_not_of, WallTime now) {
  Query query = database_.Use(
      "UPDATE outbox SET state = 1, due_at = ?, maybe_sent = 1, lease_owner = NULL, "
      "lease_until = NULL WHERE state = 3 AND lease_owner <> ?");
  TRESTLE_TRY(query.With(now, ByteView(but_not_of)).Run());
  return static_cast<std::size_t>(query.changes());
}

Result<std::size_t> Transaction::ReleaseLapsed(WallTime now) {
  Query query = database_.Use(
      "UPDATE outbox SET state = 1, due_at = ?1, maybe_sent = 1, lease_owner = NULL, "
      "lease_until = NULL WHERE state = 3 AND lease_until <= ?1");
  TRESTLE_TRY(query.With(now).Run());
  return static_cast<std::size_t>(query.changes());
}

Result<std::size_t> Transaction::HurryAll(WallTime later_than, WallTime now) {
  Query query = database_.Use("UPDATE outbox SET due_at = ? WHERE due_at > ? AND state <> 3");
  TRESTLE_TRY(query.With(now, later_than).Run());
  return static_cast<std::size_t>(query.changes());
}

Result<std::vector<OutboxRow>> Transaction::EphemeralRows() {
  Query query = database_.Use("SELECT " ROW_COLUMNS " FROM outbox WHERE kind = ?");
  return ReadOutboxRows(query.With(OutboxKind::kEphemeral));
}

Result<std::vector<OutboxRow>> Transaction::ExpiredRows(WallTime now, std::size_t rows_max) {
  Query query = database_.Use("SELECT " ROW_COLUMNS
                              " FROM outbox WHERE expires_at <= ? AND state <> 3 "
                              "ORDER BY expires_at LIMIT ?");
  return ReadOutboxRows(query.With(now, std::uint64_t{rows_max}));
}

Result<std::optional<WallTime>> Transaction::OldestWaiting(const Network& network) {
  Query query = database_.Use(
      "SELECT created_at FROM outbox WHERE network = ? AND head = 1 ORDER BY created_at LIMIT 1");
  if (!TRESTLE_TRY(query.With(network).Step())) return std::optional<WallTime>();
  return std::optional(query.Time());
}

Result<std::optional<WallTime>> Transaction::OldestDue(const Network& network, WallTime now) {
  Query query = database_.Use(
      "SELECT due_at FROM outbox WHERE network = ? AND head = 1 AND state = 1 AND due_at <= ? "
      "ORDER BY due_at LIMIT 1");
  if (!TRESTLE_TRY(query.With(network, now).Step())) return std::optional<WallTime>();
  return std::optional(query.Time());
}

Result<std::optional<Network>> Transaction::AddDeadLetter(const OutboxRow& row, Rule rule,
                                                          WallTime now) {
  const auto next = TRESTLE_TRY(EraseOutboxRow(row, now));
  Query query =
      database_.Use("INSERT INTO dead_letter (" COMMON_COLUMNS
                    ", rule, failed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
                    "?, ?)");
  const SealedBody body = TRESTLE_TRY(SealBody(row));
  TRESTLE_TRY(query
                  .With(row.delivery_id, KindOf(row.thread), OctetsOf(row.thread), row.network,
                        row.kind, row.contact, body.octets, row.offers_link, row.envelope_row,
                        row.created_at, row.expires_at, row.attempts, body.key, LaneOf(row),
                        row.sender, row.receiver, row.maybe_sent, rule, now)
                  .Run());
  return next;
}

Result<std::vector<DeadLetterRecord>> Transaction::ReadDeadLetters(Query& query) {
  std::vector<DeadLetterRecord> out;
  while (TRESTLE_TRY(query.Step())) {
    DeadLetterRecord letter;
    letter.id = query.Number();
    letter.rule = query.ReadEnum<Rule>();
    letter.failed_at = query.Time();
    letter.size_bytes = static_cast<std::size_t>(query.Number());
    TRESTLE_TRY(ReadCommon(query, letter.row));
    out.push_back(std::move(letter));
  }
  return out;
}

// 28: kAeadOverheadBytes.
#define LETTER_COLUMNS                                                                          \
  "number, rule, failed_at, coalesce((SELECT length(payload) - iif(key IS NULL, 0, 28) FROM "   \
  "envelope WHERE envelope.number = dead_letter.envelope), length(body) - iif(key IS NULL, 0, " \
  "28)), " COMMON_COLUMNS

Result<std::vector<DeadLetterRecord>> Transaction::DeadLetters(const LetterFilter& filter,
                                                               std::int64_t after,
                                                               std::size_t count) {
  Query query =
      database_.Use("SELECT " LETTER_COLUMNS
                    " FROM dead_letter WHERE number > ?1 AND (?2 IS NULL OR network = ?2) "
                    "AND (?3 IS NULL OR rule = ?3) ORDER BY number LIMIT ?4");
  return ReadDeadLetters(query.With(after, filter.network, filter.rule, std::uint64_t{count}));
}

Result<std::optional<DeadLetterRecord>> Transaction::FindDeadLetter(std::int64_t id) {
  Query query = database_.Use("SELECT " LETTER_COLUMNS " FROM dead_letter WHERE number = ?");
  auto letters = TRESTLE_TRY(ReadDeadLetters(query.With(id)));
  if (letters.empty()) return std::optional<DeadLetterRecord>();
  return std::optional(std::move(letters.front()));
}

Result<void> Transaction::EraseDeadLetter(std::int64_t id) {
  Query query = database_.Use("DELETE FROM dead_letter WHERE number = ?");
  return query.With(id).Run();
}

Result<std::vector<DeadLetterRecord>> Transaction::DeadLettersOf(const ContactId& contact,
                                                                 std::size_t count) {
  Query query =
      database_.Use("SELECT " LETTER_COLUMNS " FROM dead_letter WHERE contact = ? LIMIT ?");
  return ReadDeadLetters(query.With(contact, std::uint64_t{count}));
}

Result<std::vector<DeadLetterRecord>> Transaction::ExpiredDeadLetters(WallTime now,
                                                                      std::size_t count) {
  Query query =
      database_.Use("SELECT " LETTER_COLUMNS " FROM dead_letter WHERE expires_at <= ? LIMIT ?");
  return ReadDeadLetters(query.With(now, std::uint64_t{count}));
}

}  // namespace trestle
