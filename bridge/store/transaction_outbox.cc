// The outbox. Order within a lane rests on `head`: exactly the oldest row of each lane has it,
// inserting and erasing keep that true, and only heads are leased (transaction_leases.cc).
#include <algorithm>
#include <set>
#include <utility>

#include "bridge/store/all_files.h"
#include "bridge/store/outbox_columns.h"
#include "bridge/store/sealed_rows.h"
#include "bridge/store/transaction.h"

namespace trestle {
namespace {

constexpr std::size_t kAll = INT64_MAX;

ThreadKey ReadThread(Query& query) {
  if (query.Number() == kEnrolmentThread) return query.ReadId<EnrolmentId>();
  return query.ReadId<LinkId>();
}

}  // namespace

Result<void> Transaction::ReadCommon(StoreIndex store, Query& query, OutboxRow& row) {
  row.store = store;
  row.delivery_id = query.ReadId<DeliveryId>();
  row.thread = ReadThread(query);
  row.network = query.ReadNetwork();
  row.kind = query.ReadEnum<OutboxKind>();
  row.contact = query.Maybe([](Query& each) { return each.ReadId<ContactId>(); });
  row.body = query.Blob();
  row.offers_link = query.Maybe([](Query& each) { return each.ReadId<LinkId>(); });
  row.envelope_row = query.Maybe([store](Query& each) { return RowNumber(store, each.Number()); });
  row.created_at = query.Time();
  row.expires_at = query.Time();
  row.attempts = static_cast<int>(query.Number());
  const auto key = query.Maybe([](Query& each) { return each.Number(); });
  row.lane = query.Blob();
  row.sender = query.Maybe([](Query& each) { return each.ReadId<AccountId>(); });
  row.receiver = query.Maybe([](Query& each) { return each.ReadId<AccountId>(); });
  row.maybe_sent = query.Flag();
  if (!key) return {};
  auto opened =
      TRESTLE_TRY(files_.at(store)->keys().Open(*key, row.body, BodyContext(row.delivery_id)));
  row.readable = opened.has_value();
  row.body = std::move(opened).value_or(Bytes());
  return {};
}

Result<std::vector<OutboxRow>> Transaction::ReadOutboxRows(StoreIndex store, Query& query) {
  std::vector<OutboxRow> out;
  while (TRESTLE_TRY(query.Step())) {
    OutboxRow row;
    row.row = RowNumber(store, query.Number());
    row.state = query.ReadEnum<OutboxState>();
    row.due_at = query.Time();
    TRESTLE_TRY(ReadCommon(store, query, row));
    out.push_back(std::move(row));
  }
  return out;
}

Result<std::int64_t> Transaction::AddOutboxRow(const OutboxRow& row) {
  Query query = In(row.store).Use(
      "INSERT INTO outbox (" COMMON_COLUMNS
      ", state, due_at, head) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, "
      "?14, ?15, ?16, ?17, ?18, ?19, NOT EXISTS (SELECT 1 FROM outbox WHERE lane = ?14))");
  const SealedBody body = TRESTLE_TRY(SealBody(row));
  TRESTLE_TRY(RunWithCommon(query, row, body, row.state, row.due_at));
  return Added(row);
}

Result<std::int64_t> Transaction::Added(const OutboxRow& row) {
  const std::int64_t number = RowNumber(row.store, In(row.store).last_row());
  tally_.Add(number, row.network, row.sender, 1);
  return number;
}

Result<std::optional<OutboxRow>> Transaction::FindOutboxRow(const RowRef& ref) {
  auto row = TRESTLE_TRY(ReadOutboxRow(ref.row));
  if (row && row->delivery_id != ref.delivery) row.reset();
  return row;
}

Result<std::optional<OutboxRow>> Transaction::FindInDoubt(const DeliveryId& delivery) {
  auto rows = TRESTLE_TRY(RowsInAll("SELECT " ROW_COLUMNS
                                    " FROM outbox WHERE delivery_id = ? AND maybe_sent = 1 LIMIT ?",
                                    1, delivery));
  if (rows.empty()) return std::optional<OutboxRow>();
  return std::optional(std::move(rows.front()));
}

Result<std::size_t> Transaction::CountThread(const ThreadKey& thread, std::size_t at_most) {
  std::size_t rows = 0;
  for (const auto& file : files_) {
    Query query = file->database().Use(
        "SELECT count(*) FROM (SELECT 1 FROM outbox WHERE thread = ? LIMIT ?)");
    if (!TRESTLE_TRY(query.With(OctetsOf(thread), std::uint64_t{at_most}).Step())) {
      return Fail(Reason::kStorage, "a count is missing");
    }
    rows += query.Count();
  }
  return std::min(rows, at_most);
}

Result<void> Transaction::Postpone(const OutboxRow& row, WallTime due_at) {
  Query query = In(StoreOf(row.row))
                    .Use(
                        "UPDATE outbox SET state = 1, due_at = ?, attempts = ?, maybe_sent = ?, "
                        "lease_owner = NULL, "
                        "lease_until = NULL WHERE number = ?");
  return query.Run(due_at, row.attempts, row.maybe_sent, InFile(row.row));
}

Result<std::optional<HeadRow>> Transaction::PromoteHead(StoreIndex store, const Bytes& lane,
                                                        WallTime now) {
  HeadRow head;
  {
    Query query = In(store).Use(
        "SELECT number, head, network FROM outbox WHERE lane = ? ORDER BY number LIMIT 1");
    if (!TRESTLE_TRY(query.With(lane).Step())) return std::optional<HeadRow>();
    head.row = RowNumber(store, query.Number());
    if (query.Flag()) return std::optional<HeadRow>();
    head.network = query.ReadNetwork();
  }
  Query query = In(store).Use("UPDATE outbox SET head = 1, due_at = ? WHERE number = ?");
  TRESTLE_TRY(query.Run(now, InFile(head.row)));
  return std::optional(head);
}

Result<std::optional<HeadRow>> Transaction::EraseOutboxRow(const OutboxRow& row, WallTime now) {
  const StoreIndex store = StoreOf(row.row);
  Query query = In(store).Use("DELETE FROM outbox WHERE number = ?");
  TRESTLE_TRY(query.Run(InFile(row.row)));
  if (query.changes() == 1) tally_.Add(row.row, row.network, row.sender, -1);
  return PromoteHead(store, LaneOf(row), now);
}

Result<void> Transaction::OpenThread(const LinkId& link) {
  TRESTLE_TRY(ChangeInAll("UPDATE outbox SET state = 1 WHERE thread = ? AND state = 2", link));
  return {};
}

// A link and what waits for it at home are committed at once.
Result<void> Transaction::OpenBoundThreads() {
  std::set<LinkId> waiting;
  for (StoreIndex store = kHomeStore + 1; store < files_.size(); ++store) {
    Query query =
        In(store).Use("SELECT DISTINCT thread FROM outbox WHERE state = 2 AND thread_kind = 2");
    while (TRESTLE_TRY(query.Step())) waiting.insert(query.ReadId<LinkId>());
  }
  for (const LinkId& id : waiting) {
    const auto link = TRESTLE_TRY(FindLink(id));
    if (link && link->bound) TRESTLE_TRY(OpenThread(id));
  }
  return {};
}

Result<void> Transaction::CloseThread(const LinkId& link) {
  TRESTLE_TRY(ChangeInAll("UPDATE outbox SET state = 2 WHERE thread = ? AND state = 1", link));
  return {};
}

Result<std::vector<OutboxRow>> Transaction::RowsOf(const ContactId& contact,
                                                   const ThreadKey& thread, std::size_t at_most) {
  return RowsInAll("SELECT " ROW_COLUMNS
                   " FROM outbox WHERE thread = ? AND contact = ? ORDER BY number LIMIT ?",
                   at_most, OctetsOf(thread), contact);
}

Result<std::vector<OutboxRow>> Transaction::RowsWaitingForOpen(const LinkId& link) {
  return RowsInAll("SELECT " ROW_COLUMNS
                   " FROM outbox WHERE thread = ? AND state = 2 ORDER BY number LIMIT ?",
                   kAll, link);
}

Result<void> Transaction::MoveRow(const OutboxRow& row, const LinkId& to, const Network& network,
                                  WallTime now) {
  Query query =
      In(StoreOf(row.row))
          .Use(
              "UPDATE outbox SET thread_kind = ?, thread = ?, network = ?, state = 1, due_at = ? "
              "WHERE number = ?");
  TRESTLE_TRY(query.Run(kLinkThread, to, network, now, InFile(row.row)));
  tally_.Add(row.row, row.network, row.sender, -1);
  tally_.Add(row.row, network, row.sender, 1);
  return {};
}

// A backlog may be receipts from one end to the other: a call passes over so many rows of a file
// and no more.
Result<Transaction::WaitingPage> Transaction::RowsWaitingFor(const Network& network,
                                                             std::int64_t after,
                                                             std::size_t rows_max) {
  WaitingPage out;
  for (StoreIndex store = StoreOf(after); store < files_.size(); ++store) {
    const std::int64_t behind = store == StoreOf(after) ? InFile(after) : 0;
    std::optional<std::int64_t> end;
    {
      Query query = In(store).Use(
          "SELECT number FROM outbox WHERE network = ? AND number > ? ORDER BY number "
          "LIMIT 1 OFFSET ?");
      query.With(network, behind, std::uint64_t{kPassedOverMax - 1});
      if (TRESTLE_TRY(query.Step())) end = query.Number();
    }
    Query query = In(store).Use("SELECT " ROW_COLUMNS
                                " FROM outbox WHERE network = ? AND number > ? AND number <= ? "
                                "AND kind IN (1, 5) AND state <> 3 ORDER BY number LIMIT ?");
    query.With(network, behind, end.value_or(INT64_MAX), std::uint64_t{rows_max - out.rows.size()});
    for (OutboxRow& row : TRESTLE_TRY(ReadOutboxRows(store, query))) {
      out.rows.push_back(std::move(row));
    }
    if (out.rows.size() == rows_max) {
      out.next = out.rows.back().row;
    } else if (end) {
      out.next = RowNumber(store, *end);
    }
    if (out.next) return out;
  }
  return out;
}

// What is no head waits for no time of its own: it is due when it becomes one. So heads alone are
// looked at, by their indices: network by network, and those that wait for their thread.
Result<std::size_t> Transaction::HurryAll(WallTime later_than, WallTime now) {
  std::size_t rows = TRESTLE_TRY(
      ChangeInAll("UPDATE outbox SET due_at = ? WHERE state = 2 AND due_at > ?", now, later_than));
  for (const auto& file : files_) {
    std::string name;
    while (true) {
      {
        Query query = file->database().Use(
            "SELECT network FROM outbox WHERE head = 1 AND state = 1 AND network > ? "
            "ORDER BY network LIMIT 1");
        if (!TRESTLE_TRY(query.With(name).Step())) break;
        name = query.Text();
      }
      Query query = file->database().Use(
          "UPDATE outbox SET due_at = ? WHERE network = ? AND head = 1 AND state = 1 "
          "AND due_at > ?");
      TRESTLE_TRY(query.Run(now, name, later_than));
      rows += static_cast<std::size_t>(query.changes());
    }
  }
  return rows;
}

Result<std::vector<OutboxRow>> Transaction::EphemeralRows() {
  static_assert(static_cast<int>(OutboxKind::kEphemeral) == 2);
  return RowsInAll("SELECT " ROW_COLUMNS " FROM outbox WHERE kind = 2 LIMIT ?", kAll);
}

Result<std::vector<OutboxRow>> Transaction::ExpiredRows(WallTime now, std::size_t rows_max) {
  return RowsInAll("SELECT " ROW_COLUMNS
                   " FROM outbox WHERE expires_at <= ? AND state <> 3 ORDER BY expires_at LIMIT ?",
                   rows_max, now);
}

Result<std::optional<WallTime>> Transaction::OldestWaiting(const Network& network) {
  return EarliestInAll(
      "SELECT created_at FROM outbox WHERE network = ? AND kind IN (1, 5) AND state <> 3 "
      "ORDER BY number LIMIT 1",
      network);
}

}  // namespace trestle
