// The outbox. Order within a lane rests on `head`: exactly the oldest row of
// each lane has it, inserting and erasing keep that true, and only heads are leased.
#include <algorithm>
#include <set>
#include <utility>

#include "bridge/store/outbox_columns.h"
#include "bridge/store/sealed_rows.h"
#include "bridge/store/transaction.h"

namespace trestle {
namespace {

Bytes16 KeyOf(ByteView octets) {
  Bytes16 key{};
  std::copy_n(octets.begin(), std::min(octets.size(), key.size()), key.begin());
  return key;
}

constexpr std::size_t kAll = INT64_MAX;

ThreadKey ReadThread(Query& query) {
  if (query.Number() == kEnrolmentThread) return query.ReadId<EnrolmentId>();
  return query.ReadId<LinkId>();
}

}  // namespace

#define ROW_COLUMNS "number, state, due_at, " COMMON_COLUMNS

Bytes16 SenderKeyOf(const OutboxRow& row) {
  return KeyOf(row.sender ? row.sender->bytes() : OctetsOf(row.thread));
}

Bytes16 ReceiverKeyOf(const OutboxRow& row) {
  return KeyOf(row.receiver ? row.receiver->bytes() : OctetsOf(row.thread));
}

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

Result<std::vector<OutboxRow>> Transaction::RowsInAll(StaticText select, std::size_t rows_max,
                                                      const auto&... values) {
  std::vector<OutboxRow> out;
  for (StoreIndex store = 0; store < files_.size() && out.size() < rows_max; ++store) {
    Query query = In(store).Use(select);
    query.With(values..., std::uint64_t{rows_max - out.size()});
    for (OutboxRow& row : TRESTLE_TRY(ReadOutboxRows(store, query))) out.push_back(std::move(row));
  }
  return out;
}

Result<std::size_t> Transaction::ChangeInAll(StaticText update, const auto&... values) {
  std::size_t rows = 0;
  for (const auto& file : files_) {
    Query query = file->database().Use(update);
    TRESTLE_TRY(query.With(values...).Run());
    rows += static_cast<std::size_t>(query.changes());
  }
  return rows;
}

Result<std::optional<WallTime>> Transaction::EarliestInAll(StaticText select,
                                                           const auto&... values) {
  std::optional<WallTime> out;
  for (const auto& file : files_) {
    Query query = file->database().Use(select);
    if (!TRESTLE_TRY(query.With(values...).Step())) continue;
    const WallTime time = query.Time();
    out = out ? std::min(*out, time) : time;
  }
  return out;
}

Result<std::int64_t> Transaction::AddOutboxRow(const OutboxRow& row) {
  Database& file = In(row.store);
  Query query = file.Use(
      "INSERT INTO outbox (" COMMON_COLUMNS
      ", state, due_at, head) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, "
      "?14, ?15, ?16, ?17, ?18, ?19, NOT EXISTS (SELECT 1 FROM outbox WHERE lane = ?14))");
  const SealedBody body = TRESTLE_TRY(SealBody(row));
  TRESTLE_TRY(RunWithCommon(query, row, body, row.state, row.due_at));
  const std::int64_t number = RowNumber(row.store, file.last_row());
  tally_.Add(number, row.network, row.sender, 1);
  return number;
}

Result<std::optional<OutboxRow>> Transaction::FindOutboxRow(const DeliveryId& delivery) {
  auto rows = TRESTLE_TRY(
      RowsInAll("SELECT " ROW_COLUMNS " FROM outbox WHERE delivery_id = ? LIMIT ?", 1, delivery));
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

Result<std::vector<OutboxRow>> Transaction::Lease(const LeaseRequest& request) {
  std::vector<OutboxRow> rows;
  for (const std::int64_t number : TRESTLE_TRY(PickForLease(request))) {
    const StoreIndex store = StoreOf(number);
    {
      // Not RETURNING the row: that takes SQLite longer than reading it anew.
      Query query = In(store).Use(
          "UPDATE outbox SET state = 3, lease_owner = ?, lease_until = ? WHERE number = ?");
      TRESTLE_TRY(query.With(ByteView(request.owner), request.until, InFile(number)).Run());
    }
    Query query = In(store).Use("SELECT " ROW_COLUMNS " FROM outbox WHERE number = ?");
    query.With(InFile(number));
    for (OutboxRow& row : TRESTLE_TRY(ReadOutboxRows(store, query))) {
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

Result<std::optional<WallTime>> Transaction::NextDue(const Network& network, WallTime now) {
  return EarliestInAll(
      "SELECT due_at FROM outbox WHERE network = ? AND head = 1 AND state = 1 AND due_at > ? "
      "ORDER BY due_at LIMIT 1",
      network, now);
}

Result<void> Transaction::Postpone(const OutboxRow& row, WallTime due_at) {
  Query query = In(StoreOf(row.row))
                    .Use(
                        "UPDATE outbox SET state = 1, due_at = ?, attempts = ?, maybe_sent = ?, "
                        "lease_owner = NULL, "
                        "lease_until = NULL WHERE number = ?");
  return query.With(due_at, row.attempts, row.maybe_sent, InFile(row.row)).Run();
}

Result<std::optional<Network>> Transaction::PromoteHead(StoreIndex store, const Bytes& lane,
                                                        WallTime now) {
  std::int64_t number = 0;
  std::optional<Network> network;
  {
    Query query = In(store).Use(
        "SELECT number, head, network FROM outbox WHERE lane = ? ORDER BY number LIMIT 1");
    if (!TRESTLE_TRY(query.With(lane).Step())) return network;
    number = query.Number();
    if (query.Flag()) return network;
    network = query.ReadNetwork();
  }
  Query query = In(store).Use("UPDATE outbox SET head = 1, due_at = ? WHERE number = ?");
  TRESTLE_TRY(query.With(now, number).Run());
  return network;
}

Result<std::optional<Network>> Transaction::EraseOutboxRow(const OutboxRow& row, WallTime now) {
  const StoreIndex store = StoreOf(row.row);
  Query query = In(store).Use("DELETE FROM outbox WHERE number = ?");
  TRESTLE_TRY(query.With(InFile(row.row)).Run());
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
  TRESTLE_TRY(query.With(kLinkThread, to, network, now, InFile(row.row)).Run());
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
      TRESTLE_TRY(query.With(now, name, later_than).Run());
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
      "SELECT created_at FROM outbox WHERE network = ? AND kind IN (1, 5) ORDER BY number LIMIT 1",
      network);
}

Result<std::optional<WallTime>> Transaction::OldestDue(const Network& network, WallTime now) {
  return EarliestInAll(
      "SELECT due_at FROM outbox WHERE network = ? AND head = 1 AND state = 1 AND due_at <= ? "
      "ORDER BY due_at LIMIT 1",
      network, now);
}

}  // namespace trestle
