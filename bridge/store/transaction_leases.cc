// Leases: which rows of the outbox go next, how a lease begins and ends.
#include <algorithm>
#include <set>
#include <utility>

#include "bridge/store/all_files.h"
#include "bridge/store/outbox_columns.h"
#include "bridge/store/transaction.h"

namespace trestle {
namespace {

Bytes16 KeyOf(ByteView octets) {
  Bytes16 key{};
  std::copy_n(octets.begin(), std::min(octets.size(), key.size()), key.begin());
  return key;
}

}  // namespace

Bytes16 SenderKeyOf(const OutboxRow& row) {
  return KeyOf(row.sender ? row.sender->bytes() : OctetsOf(row.thread));
}

Bytes16 ReceiverKeyOf(const OutboxRow& row) {
  return KeyOf(row.receiver ? row.receiver->bytes() : OctetsOf(row.thread));
}

Result<bool> Transaction::IsThreadFree(StoreIndex store, ByteView thread) {
  Query query = In(store).Use("SELECT 1 FROM outbox WHERE thread = ? AND state = 3 LIMIT 1");
  return !TRESTLE_TRY(query.With(thread).Step());
}

Result<bool> Transaction::IsNext(const OutboxRow& row, WallTime now) {
  {
    Query query = In(row.store).Use("SELECT 1 FROM outbox WHERE lane = ? LIMIT 1");
    if (TRESTLE_TRY(query.With(LaneOf(row)).Step())) return false;
  }
  if (!TRESTLE_TRY(IsThreadFree(row.store, OctetsOf(row.thread)))) return false;
  return !TRESTLE_TRY(OldestDue(row.network, now));
}

Result<std::int64_t> Transaction::AddLeasedRow(const OutboxRow& row, const LeaseTerm& term) {
  Query query = In(row.store).Use(
      "INSERT INTO outbox (" COMMON_COLUMNS
      ", state, due_at, head, lease_owner, lease_until) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, "
      "?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, 3, ?18, 1, ?19, ?20)");
  const SealedBody body = TRESTLE_TRY(SealBody(row));
  TRESTLE_TRY(RunWithCommon(query, row, body, row.due_at, ByteView(term.owner), term.until));
  return Added(row);
}

// Those of all files; each file gives its own oldest.
struct Transaction::Candidates {
  struct Row {
    WallTime due_at;
    std::int64_t number;
    LeaseCandidate candidate;
  };
  std::vector<Row> rows;
  std::set<Bytes> threads;  // two lanes may meet on one thread, which takes one at a time
};

Result<void> Transaction::LookForLease(StoreIndex store, const LeaseRequest& request,
                                       Candidates& found) {
  Query query = In(store).Use(
      "SELECT number, due_at, thread, sender, receiver FROM outbox AS o "
      "WHERE network = ? AND head = 1 AND state = 1 AND due_at <= ? "
      "AND NOT EXISTS (SELECT 1 FROM outbox WHERE thread = o.thread AND state = 3) "
      "ORDER BY due_at, number LIMIT ?");
  query.With(request.network, request.now, std::uint64_t{kLeaseCandidatesMax});
  while (TRESTLE_TRY(query.Step())) {
    const std::int64_t number = RowNumber(store, query.Number());
    const WallTime due_at = query.Time();
    const Bytes thread = query.Blob();
    const auto account = [](Query& each) { return KeyOf(each.Blob()); };
    const auto sender = query.Maybe(account);
    const auto receiver = query.Maybe(account);
    if (!found.threads.insert(thread).second) continue;
    found.rows.push_back(
        {due_at, number, {sender.value_or(KeyOf(thread)), receiver.value_or(KeyOf(thread))}});
  }
  return {};
}

Result<std::vector<std::int64_t>> Transaction::PickForLease(const LeaseRequest& request) {
  Candidates found;
  for (StoreIndex store = 0; store < files_.size(); ++store) {
    TRESTLE_TRY(LookForLease(store, request, found));
  }
  std::ranges::stable_sort(found.rows, {}, &Candidates::Row::due_at);
  if (found.rows.size() > kLeaseCandidatesMax) found.rows.resize(kLeaseCandidatesMax);
  std::vector<LeaseCandidate> candidates;
  for (const Candidates::Row& row : found.rows) candidates.push_back(row.candidate);
  std::vector<std::int64_t> out;
  for (const std::size_t index : FairPicks(candidates, request.senders, request.receivers,
                                           request.per_receiver_max, request.rows_max)) {
    out.push_back(found.rows[index].number);
  }
  return out;
}

Result<void> Transaction::MarkLeased(std::int64_t row, const LeaseTerm& term) {
  Query query = In(StoreOf(row))
                    .Use(
                        "UPDATE outbox SET state = 3, lease_owner = ?, lease_until = ? "
                        "WHERE number = ?");
  return query.Run(ByteView(term.owner), term.until, InFile(row));
}

Result<bool> Transaction::IsLeased(std::int64_t row, const LeaseTerm& term) {
  Query query = In(StoreOf(row))
                    .Use(
                        "SELECT 1 FROM outbox WHERE number = ? AND state = 3 AND lease_owner = ? "
                        "AND lease_until = ?");
  return query.With(InFile(row), ByteView(term.owner), term.until).Step();
}

Result<std::optional<OutboxRow>> Transaction::ReadOutboxRow(std::int64_t row) {
  const StoreIndex store = StoreOf(row);
  Query query = In(store).Use("SELECT " ROW_COLUMNS " FROM outbox WHERE number = ?");
  query.With(InFile(row));
  auto rows = TRESTLE_TRY(ReadOutboxRows(store, query));
  if (rows.empty()) return std::optional<OutboxRow>();
  return std::optional(std::move(rows.front()));
}

Result<std::vector<OutboxRow>> Transaction::Lease(const LeaseRequest& request) {
  std::vector<OutboxRow> rows;
  for (const std::int64_t number : TRESTLE_TRY(PickForLease(request))) {
    // Not RETURNING the row: that takes SQLite longer than reading it anew.
    TRESTLE_TRY(MarkLeased(number, request.term));
    rows.push_back(TRESTLE_TRY(ReadOutboxRow(number)).value());
  }
  return rows;
}

Result<std::optional<OutboxRow>> Transaction::NextHead(const HeadRow& head, WallTime now) {
  const auto oldest = TRESTLE_TRY(OldestDue(head.network, now));
  if (!oldest || *oldest < now) return std::optional<OutboxRow>();
  auto row = TRESTLE_TRY(ReadOutboxRow(head.row));
  const bool is_next = row && row->state == OutboxState::kWaits &&
                       TRESTLE_TRY(IsThreadFree(row->store, OctetsOf(row->thread)));
  if (!is_next) row.reset();
  return row;
}

Result<std::optional<WallTime>> Transaction::NextDue(const Network& network, WallTime now) {
  return EarliestInAll(
      "SELECT due_at FROM outbox WHERE network = ? AND head = 1 AND state = 1 AND due_at > ? "
      "ORDER BY due_at LIMIT 1",
      network, now);
}

Result<std::size_t> Transaction::ReleaseLeases(const Bytes16& but_not_of, WallTime now) {
  return ChangeInAll(
      "UPDATE outbox SET state = 1, due_at = ?, maybe_sent = 1, lease_owner = NULL, "
      "lease_until = NULL WHERE state = 3 AND lease_owner <> ?",
      now, ByteView(but_not_of));
}

Result<std::size_t> Transaction::ReleaseLapsed(WallTime now) {
  return ChangeInAll(
      "UPDATE outbox SET state = 1, due_at = ?1, maybe_sent = 1, lease_owner = NULL, "
      "lease_until = NULL WHERE state = 3 AND lease_until <= ?1",
      now);
}

Result<std::optional<WallTime>> Transaction::OldestDue(const Network& network, WallTime now) {
  return EarliestInAll(
      "SELECT due_at FROM outbox WHERE network = ? AND head = 1 AND state = 1 AND due_at <= ? "
      "ORDER BY due_at LIMIT 1",
      network, now);
}

}  // namespace trestle
