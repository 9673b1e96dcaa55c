// Envelopes, conversations, what was seen, and traces.
#include <algorithm>

#include "bridge/store/trace_steps.h"
#include "bridge/store/transaction.h"

namespace trestle {
namespace {

SeenEnvelopeRecord ReadSeen(StoreIndex store, Query& query) {
  SeenEnvelopeRecord out;
  out.store = store;
  out.row = query.Number();
  out.steps = query.Blob();
  out.contact = query.ReadId<ContactId>();
  out.envelope_id = query.ReadId<EnvelopeId>();
  out.sender_link = query.ReadId<LinkId>();
  out.delivery_id = query.ReadId<DeliveryId>();
  out.kind = query.ReadEnum<EnvelopeKind>();
  out.payload_hash = query.Hash();
  out.seq = query.Count();
  out.accepted_at = query.Time();
  out.expires_at = query.Time();
  out.level = query.ReadEnum<ReceiptLevel>();
  if (query.IsNull()) return out;
  ErasureNote& note = out.erased.emplace();
  note.shard = static_cast<std::uint32_t>(query.Number());
  note.index = query.Count();
  note.cause = query.ReadEnum<ErasureCause>();
  note.hour = static_cast<std::uint32_t>(query.Number());
  return out;
}

TraceRecord ReadTrace(StoreIndex store, Query& query) {
  const auto network = [](Query& each) { return each.ReadNetwork(); };
  TraceRecord out;
  out.store = store;
  out.envelope_id = query.Maybe([](Query& each) { return each.ReadId<EnvelopeId>(); });
  out.delivery_id = query.Maybe([](Query& each) { return each.ReadId<DeliveryId>(); });
  out.contact = query.Maybe([](Query& each) { return each.ReadId<ContactId>(); });
  out.at = query.Time();
  out.step = query.ReadEnum<Step>();
  out.outcome = query.ReadEnum<Outcome>();
  out.rule = query.ReadEnum<Rule>();
  out.from_network = query.Maybe(network);
  out.to_network = query.Maybe(network);
  out.size_bytes = static_cast<std::size_t>(query.Number());
  out.attempt = static_cast<int>(query.Number());
  out.latency = Millis{query.Number()};
  out.expires_at = query.Time();
  return out;
}

Result<std::size_t> EraseSome(Query query, WallTime now, std::size_t rows_max) {
  TRESTLE_TRY(query.Run(now, std::uint64_t{rows_max}));
  return static_cast<std::size_t>(query.changes());
}

}  // namespace

#define SEEN_READ "number, steps, " SEEN_COLUMNS
#define SEEN_COLUMNS                                                                       \
  "contact, envelope_id, sender_link, delivery_id, kind, payload_hash, seq, accepted_at, " \
  "expires_at, level, erased_shard, erased_index, erased_cause, erased_hour"
#define TRACE_COLUMNS                                                                      \
  "envelope_id, delivery_id, contact, at, step, outcome, rule, from_network, to_network, " \
  "size_bytes, attempt, latency_ms, expires_at"

Result<bool> Transaction::MarkInbound(const Bytes32& key, WallTime expires_at) {
  Query query = database_.Use(
      "INSERT INTO seen_inbound (key, expires_at) VALUES (?, ?) ON CONFLICT DO NOTHING");
  TRESTLE_TRY(query.Run(key, expires_at));
  return query.changes() == 1;
}

// Of two files' rows the one with the most moves counts: the contact was moved, and what it left is
// older.
Result<ConversationRecord> Transaction::FindConversation(const ContactId& contact) {
  if (const ConversationRecord* known = cache_.ConversationOf(contact)) return *known;
  ConversationRecord out;
  out.contact = contact;
  for (StoreIndex store = 0; store < files_.size(); ++store) {
    Query query = In(store).Use(
        "SELECT moves, group_id, epoch, next_seq FROM conversation WHERE contact = ?");
    if (!TRESTLE_TRY(query.With(contact).Step())) continue;
    const std::int64_t moves = query.Number();
    if (moves < out.moves) continue;
    out.store = store;
    out.moves = moves;
    out.group_id = query.Maybe([](Query& each) { return each.ReadId<GroupId>(); });
    out.epoch = query.Count();
    out.next_seq = query.Count();
  }
  cache_.Keep(out);
  return out;
}

Result<void> Transaction::PutConversation(const ConversationRecord& conversation) {
  Query query = In(conversation.store)
                    .Use(
                        "INSERT INTO conversation (contact, moves, group_id, epoch, next_seq) "
                        "VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET moves = excluded.moves, "
                        "group_id = excluded.group_id, epoch = excluded.epoch, "
                        "next_seq = excluded.next_seq");
  TRESTLE_TRY(query.Run(conversation.contact, conversation.moves, conversation.group_id,
                        conversation.epoch, conversation.next_seq));
  cache_.Write(conversation);
  return {};
}

Result<bool> Transaction::HoldsAny(const ConversationRecord& conversation) {
  Database& file = In(conversation.store);
  for (const LinkRecord& link : TRESTLE_TRY(LinksOf(conversation.contact))) {
    Query waits = file.Use("SELECT 1 FROM outbox WHERE thread = ? LIMIT 1");
    if (TRESTLE_TRY(waits.With(link.id).Step())) return true;
  }
  // Offers are never placed: the threads they are on belong to no contact.
  Query given_up =
      file.Use("SELECT 1 FROM dead_letter WHERE contact = ? AND offers_link IS NULL LIMIT 1");
  return given_up.With(conversation.contact).Step();
}

Result<std::optional<SeenEnvelopeRecord>> Transaction::FindSeen(const ContactId& contact,
                                                                const EnvelopeId& envelope) {
  for (StoreIndex store = 0; store < files_.size(); ++store) {
    Query query = In(store).Use("SELECT " SEEN_READ
                                " FROM seen_envelope WHERE envelope_id = ? AND contact = ?");
    if (!TRESTLE_TRY(query.With(envelope, contact).Step())) continue;
    return std::optional(ReadSeen(store, query));
  }
  return std::optional<SeenEnvelopeRecord>();
}

Result<std::optional<SeenEnvelopeRecord>> Transaction::FindSeenByDelivery(
    const DeliveryId& delivery) {
  for (StoreIndex store = 0; store < files_.size(); ++store) {
    Query query = In(store).Use("SELECT " SEEN_READ " FROM seen_envelope WHERE delivery_id = ?");
    if (!TRESTLE_TRY(query.With(delivery).Step())) continue;
    return std::optional(ReadSeen(store, query));
  }
  return std::optional<SeenEnvelopeRecord>();
}

Result<std::vector<SeenEnvelopeRecord>> Transaction::SeenOf(const EnvelopeId& envelope,
                                                            WallTime now) {
  std::vector<SeenEnvelopeRecord> out;
  for (StoreIndex store = 0; store < files_.size(); ++store) {
    Query query = In(store).Use(
        "SELECT " SEEN_READ
        " FROM seen_envelope WHERE envelope_id = ? AND expires_at > ? ORDER BY number");
    query.With(envelope, now);
    while (TRESTLE_TRY(query.Step())) out.push_back(ReadSeen(store, query));
  }
  return out;
}

Result<void> Transaction::PutSeen(const SeenEnvelopeRecord& seen) {
  const std::optional<ErasureNote>& erased = seen.erased;
  const auto number = [&](auto read) {
    return erased ? std::optional(std::uint64_t{read(*erased)}) : std::nullopt;
  };
  const auto shard = number([](const ErasureNote& note) { return note.shard; });
  const auto index = number([](const ErasureNote& note) { return note.index; });
  const auto cause =
      number([](const ErasureNote& note) { return static_cast<std::uint8_t>(note.cause); });
  const auto hour = number([](const ErasureNote& note) { return note.hour; });
  if (seen.row != 0) {
    Query query = In(seen.store)
                      .Use(
                          "UPDATE seen_envelope SET level = ?, erased_shard = ?, erased_index = ?, "
                          "erased_cause = ?, erased_hour = ?, steps = ? WHERE number = ?");
    return query.Run(seen.level, shard, index, cause, hour, seen.steps, seen.row);
  }
  Query query = In(seen.store)
                    .Use("INSERT INTO seen_envelope (" SEEN_COLUMNS
                         ", steps) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  return query.Run(seen.contact, seen.envelope_id, seen.sender_link, seen.delivery_id, seen.kind,
                   seen.payload_hash, seen.seq, seen.accepted_at, seen.expires_at, seen.level,
                   shard, index, cause, hour, seen.steps);
}

Result<void> Transaction::EraseEnvelope(std::int64_t row) {
  Query query = In(StoreOf(row)).Use("DELETE FROM envelope WHERE number = ?");
  return query.Run(InFile(row));
}

Result<void> Transaction::AddTrace(const TraceRecord& trace) {
  Query query = In(trace.store)
                    .Use("INSERT INTO trace (" TRACE_COLUMNS
                         ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  return query.Run(trace.envelope_id, trace.delivery_id, trace.contact, trace.at, trace.step,
                   trace.outcome, trace.rule, trace.from_network, trace.to_network,
                   std::uint64_t{trace.size_bytes}, trace.attempt,
                   std::int64_t{trace.latency.count()}, trace.expires_at);
}

Result<std::vector<TraceRecord>> Transaction::TraceOf(const EnvelopeId& envelope, WallTime now,
                                                      std::size_t at_most) {
  std::vector<TraceRecord> out;
  for (const SeenEnvelopeRecord& seen : TRESTLE_TRY(SeenOf(envelope, now))) {
    TraceRecord common;
    common.store = seen.store;
    common.envelope_id = seen.envelope_id;
    common.delivery_id = seen.delivery_id;
    common.contact = seen.contact;
    common.expires_at = seen.expires_at;
    for (TraceRecord& step : TRESTLE_TRY(StepsIn(seen.steps, common))) {
      out.push_back(std::move(step));
    }
  }
  for (StoreIndex store = 0; store < files_.size(); ++store) {
    Query query = In(store).Use("SELECT " TRACE_COLUMNS
                                " FROM trace WHERE envelope_id = ? AND expires_at > ? "
                                "ORDER BY number LIMIT ?");
    query.With(envelope, now, std::uint64_t{at_most});
    while (TRESTLE_TRY(query.Step())) out.push_back(ReadTrace(store, query));
  }
  std::ranges::stable_sort(out, {}, &TraceRecord::at);
  if (out.size() > at_most)
    out.erase(out.begin() + static_cast<std::ptrdiff_t>(at_most), out.end());
  return out;
}

Result<std::size_t> Transaction::EraseExpired(WallTime now, std::size_t rows_max) {
  std::size_t rows = 0;
  for (const auto& file : files_) {
    Database& each = file->database();
    rows += TRESTLE_TRY(EraseSome(
        each.Use("DELETE FROM seen_envelope WHERE number IN (SELECT number FROM seen_envelope "
                 "WHERE expires_at <= ? LIMIT ?)"),
        now + -Transaction::kSeenEnvelopeAfterlife, rows_max));
    rows += TRESTLE_TRY(EraseSome(each.Use("DELETE FROM trace WHERE number IN "
                                           "(SELECT number FROM trace WHERE expires_at <= ? "
                                           "LIMIT ?)"),
                                  now, rows_max));
  }
  rows += TRESTLE_TRY(
      EraseSome(database_.Use("DELETE FROM seen_inbound WHERE key IN "
                              "(SELECT key FROM seen_inbound WHERE expires_at <= ? LIMIT ?)"),
                now, rows_max));
  rows += TRESTLE_TRY(
      EraseSome(database_.Use("DELETE FROM join_code WHERE account IN "
                              "(SELECT account FROM join_code WHERE expires_at <= ? LIMIT ?)"),
                now, rows_max));
  rows += TRESTLE_TRY(
      EraseSome(database_.Use("DELETE FROM join_try WHERE enrolment IN "
                              "(SELECT enrolment FROM join_try WHERE expires_at <= ? LIMIT ?)"),
                now, rows_max));
  rows += TRESTLE_TRY(EraseSome(
      database_.Use("DELETE FROM budget WHERE (kind, subject) IN (SELECT kind, subject FROM budget "
                    "WHERE expires_at <= ? LIMIT ?)"),
      now, rows_max));
  rows += TRESTLE_TRY(EraseSome(
      database_.Use("DELETE FROM consent_entry WHERE (account, number) IN (SELECT account, "
                    "number FROM consent_entry WHERE expires_at <= ? LIMIT ?)"),
      now, rows_max));
  return rows;
}

std::uint64_t Transaction::TakeStatementPath() {
  constexpr std::uint64_t kFnvPrime = 1099511628211U;
  std::uint64_t path = 0;
  for (const auto& file : files_) path = path * kFnvPrime + file->database().TakeStatementPath();
  return path;
}

}  // namespace trestle
