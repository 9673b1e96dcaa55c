// Envelopes, what was seen, and traces.
#include "bridge/store/transaction.h"

namespace trestle {
namespace {

SeenEnvelopeRecord ReadSeen(Query& query) {
  SeenEnvelopeRecord out;
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

TraceRecord ReadTrace(Query& query) {
  const auto network = [](Query& each) { return each.ReadNetwork(); };
  TraceRecord out;
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
  TRESTLE_TRY(query.With(now, std::uint64_t{rows_max}).Run());
  return static_cast<std::size_t>(query.changes());
}

}  // namespace

#define SEEN_COLUMNS                                                                       \
  "contact, envelope_id, sender_link, delivery_id, kind, payload_hash, seq, accepted_at, " \
  "expires_at, level, erased_shard, erased_index, erased_cause, erased_hour"
#define TRACE_COLUMNS                                                                      \
  "envelope_id, delivery_id, contact, at, step, outcome, rule, from_network, to_network, " \
  "size_bytes, attempt, latency_ms, expires_at"

Result<bool> Transaction::MarkInbound(const Bytes32& key, WallTime expires_at) {
  Query query = database_.Use(
      "INSERT INTO seen_inbound (key, expires_at) VALUES (?, ?) ON CONFLICT DO NOTHING");
  TRESTLE_TRY(query.With(key, expires_at).Run());
  return query.changes() == 1;
}

Result<std::optional<SeenEnvelopeRecord>> Transaction::FindSeen(const ContactId& contact,
                                                                const EnvelopeId& envelope) {
  Query query = database_.Use("SELECT " SEEN_COLUMNS
                              " FROM seen_envelope WHERE contact = ? AND envelope_id = ?");
  if (!TRESTLE_TRY(query.With(contact, envelope).Step())) {
    return std::optional<SeenEnvelopeRecord>();
  }
  return std::optional(ReadSeen(query));
}

Result<std::optional<SeenEnvelopeRecord>> Transaction::FindSeenByDelivery(
    const DeliveryId& delivery) {
  Query query = database_.Use("SELECT " SEEN_COLUMNS " FROM seen_envelope WHERE delivery_id = ?");
  if (!TRESTLE_TRY(query.With(delivery).Step())) return std::optional<SeenEnvelopeRecord>();
  return std::optional(ReadSeen(query));
}

Result<void> Transaction::PutSeen(const SeenEnvelopeRecord& seen) {
  Query query = database_.Use("INSERT OR REPLACE INTO seen_envelope (" SEEN_COLUMNS
                              ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  const std::optional<ErasureNote>& erased = seen.erased;
  const auto number = [&](auto read) {
    return erased ? std::optional(std::uint64_t{read(*erased)}) : std::nullopt;
  };
  return query
      .With(seen.contact, seen.envelope_id, seen.sender_link, seen.delivery_id, seen.kind,
            seen.payload_hash, seen.seq, seen.accepted_at, seen.expires_at, seen.level,
            number([](const ErasureNote& note) { return note.shard; }),
            number([](const ErasureNote& note) { return note.index; }),
            number([](const ErasureNote& note) { return static_cast<std::uint8_t>(note.cause); }),
            number([](const ErasureNote& note) { return note.hour; }))
      .Run();
}

Result<void> Transaction::EraseEnvelope(std::int64_t row) {
  Query query = database_.Use("DELETE FROM envelope WHERE number = ?");
  return query.With(row).Run();
}

Result<void> Transaction::AddTrace(const TraceRecord& trace) {
  Query query = database_.Use("INSERT INTO trace (" TRACE_COLUMNS
                              ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  return query
      .With(trace.envelope_id, trace.delivery_id, trace.contact, trace.at, trace.step,
            trace.outcome, trace.rule, trace.from_network, trace.to_network,
            std::uint64_t{trace.size_bytes}, trace.attempt, std::int64_t{trace.latency.count()},
            trace.expires_at)
      .Run();
}

Result<std::vector<TraceRecord>> Transaction::TraceOf(const EnvelopeId& envelope,
                                                      std::size_t at_most) {
  Query query = database_.Use("SELECT " TRACE_COLUMNS
                              " FROM trace WHERE envelope_id = ? ORDER BY number LIMIT ?");
  query.With(envelope, std::uint64_t{at_most});
  std::vector<TraceRecord> out;
  while (TRESTLE_TRY(query.Step())) out.push_back(ReadTrace(query));
  return out;
}

Result<std::size_t> Transaction::EraseExpired(WallTime now, std::size_t rows_max) {
  std::size_t rows = 0;
  rows += TRESTLE_TRY(
      EraseSome(database_.Use("DELETE FROM seen_inbound WHERE key IN "
                              "(SELECT key FROM seen_inbound WHERE expires_at <= ? LIMIT ?)"),
                now, rows_max));
  rows += TRESTLE_TRY(EraseSome(
      database_.Use("DELETE FROM seen_envelope WHERE (contact, envelope_id) IN (SELECT contact, "
                    "envelope_id FROM seen_envelope WHERE expires_at <= ? LIMIT ?)"),
      now + -Transaction::kSeenEnvelopeAfterlife, rows_max));
  rows += TRESTLE_TRY(
      EraseSome(database_.Use("DELETE FROM trace WHERE number IN "
                              "(SELECT number FROM trace WHERE expires_at <= ? LIMIT ?)"),
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

}  // namespace trestle
