// What is sealed at rest: envelopes' payloads, the bodies of other rows, and their moving from one
// storage key to the next. And the log of what was erased.
#include "bridge/store/sealed_rows.h"
#include "bridge/store/transaction.h"

namespace trestle {

// One row to be sealed again; `context` is made from its ids.
struct Transaction::SealedRow {
  std::int64_t number = 0;
  std::optional<StorageKeyId> key;
  Bytes context;
  Millis life{0};
  Bytes octets;
};

Result<std::int64_t> Transaction::AddEnvelope(const EnvelopeRecord& envelope) {
  StoreFile& file = *files_.at(envelope.store);
  const StorageKeys::Sealed payload =
      TRESTLE_TRY(file.keys().Seal(envelope.expires_at - envelope.accepted_at, envelope.payload,
                                   PayloadContext(envelope.contact, envelope.envelope_id)));
  Query query = file.database().Use(
      "INSERT INTO envelope (contact, envelope_id, sender_link, kind, seq, accepted_at, "
      "expires_at, payload, key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  TRESTLE_TRY(query.Run(envelope.contact, envelope.envelope_id, envelope.sender_link, envelope.kind,
                        envelope.seq, envelope.accepted_at, envelope.expires_at, payload.octets,
                        payload.key));
  return RowNumber(envelope.store, file.database().last_row());
}

Result<std::optional<EnvelopeRecord>> Transaction::FindEnvelope(std::int64_t row, Payload payload) {
  EnvelopeRecord out;
  out.store = StoreOf(row);
  Query query = In(out.store).Use(
      "SELECT contact, envelope_id, sender_link, kind, seq, accepted_at, expires_at, "
      "length(payload), key, payload FROM envelope WHERE number = ?");
  if (!TRESTLE_TRY(query.With(InFile(row)).Step())) return std::optional<EnvelopeRecord>();
  out.row = row;
  out.contact = query.ReadId<ContactId>();
  out.envelope_id = query.ReadId<EnvelopeId>();
  out.sender_link = query.ReadId<LinkId>();
  out.kind = query.ReadEnum<EnvelopeKind>();
  out.seq = query.Count();
  out.accepted_at = query.Time();
  out.expires_at = query.Time();
  out.payload_bytes = static_cast<std::size_t>(query.Number());
  const auto key = query.Maybe([](Query& each) { return each.Number(); });
  if (key) out.payload_bytes -= kAeadOverheadBytes;
  if (payload == Payload::kOpened) TRESTLE_TRY(OpenPayload(key, query.Blob(), out));
  return std::optional(std::move(out));
}

Result<void> Transaction::OpenPayload(const std::optional<StorageKeyId>& key, Bytes octets,
                                      EnvelopeRecord& envelope) {
  if (!key) {
    envelope.payload = std::move(octets);
    return {};
  }
  auto opened =
      TRESTLE_TRY(files_.at(envelope.store)
                      ->keys()
                      .Open(*key, octets, PayloadContext(envelope.contact, envelope.envelope_id)));
  envelope.readable = opened.has_value();
  envelope.payload = std::move(opened).value_or(Bytes());
  return {};
}

Result<Transaction::SealedBody> Transaction::SealBody(const OutboxRow& row) {
  if (row.body.empty()) return SealedBody{};
  StorageKeys::Sealed sealed = TRESTLE_TRY(files_.at(row.store)->keys().Seal(
      row.expires_at - row.created_at, row.body, BodyContext(row.delivery_id)));
  return SealedBody{sealed.key, std::move(sealed.octets)};
}

#define ENVELOPES_UNDER \
  "SELECT number, key, expires_at - accepted_at, payload, contact, envelope_id FROM envelope "
#define BODIES_UNDER(table) \
  "SELECT number, key, expires_at - created_at, body, delivery_id, NULL FROM " table " "

Result<std::vector<Transaction::SealedRow>> Transaction::RowsUnder(Query& query) {
  std::vector<SealedRow> rows;
  while (TRESTLE_TRY(query.Step())) {
    SealedRow& row = rows.emplace_back();
    row.number = query.Number();
    row.key = query.Maybe([](Query& each) { return each.Number(); });
    row.life = Millis{query.Number()};
    row.octets = query.Blob();
    const Bytes first = query.Blob();
    const auto envelope = query.Maybe([](Query& each) { return each.ReadId<EnvelopeId>(); });
    row.context = envelope ? PayloadContext(TRESTLE_TRY(ContactId::FromBytes(first)), *envelope)
                           : BodyContext(TRESTLE_TRY(DeliveryId::FromBytes(first)));
  }
  return rows;
}

Result<std::size_t> Transaction::SealRows(StoreIndex store, StaticText select, StaticText update,
                                          StorageKeyId key, std::size_t rows_max) {
  if (rows_max == 0) return std::size_t{0};
  StorageKeys& keys = files_.at(store)->keys();
  std::vector<SealedRow> rows;
  {
    Query query = In(store).Use(select);
    rows = TRESTLE_TRY(RowsUnder(query.With(key, std::uint64_t{rows_max})));
  }
  for (const SealedRow& row : rows) {
    StorageKeys::Sealed fresh;
    if (row.key) {
      const auto plain = TRESTLE_TRY(keys.Open(*row.key, row.octets, row.context));
      if (!plain) return std::size_t{0};
      fresh = TRESTLE_TRY(keys.SealAgain(*row.key, *plain, row.context));
      // As many keys as may: the one in use goes on.
      if (fresh.key == *row.key) return std::size_t{0};
    } else {
      fresh = TRESTLE_TRY(keys.Seal(row.life, row.octets, row.context));
    }
    Query query = In(store).Use(update);
    TRESTLE_TRY(query.Run(fresh.octets, fresh.key, row.number));
  }
  return rows.size();
}

constexpr StaticText kPutPayload = "UPDATE envelope SET payload = ?, key = ? WHERE number = ?";
constexpr StaticText kPutBody = "UPDATE outbox SET body = ?, key = ? WHERE number = ?";
constexpr StaticText kPutLetter = "UPDATE dead_letter SET body = ?, key = ? WHERE number = ?";

Result<std::size_t> Transaction::SealAgain(std::size_t rows_max) {
  std::size_t all_rows = 0;
  for (StoreIndex store = 0; store < files_.size(); ++store) {
    std::size_t rows = 0;  // each store's own, so that none waits for another's backlog
    for (const StorageKeyId key : files_[store]->keys().retired()) {
      rows += TRESTLE_TRY(SealRows(store, ENVELOPES_UNDER "WHERE key = ? LIMIT ?", kPutPayload, key,
                                   rows_max - rows));
      rows += TRESTLE_TRY(SealRows(store, BODIES_UNDER("outbox") "WHERE key = ? LIMIT ?", kPutBody,
                                   key, rows_max - rows));
      rows += TRESTLE_TRY(SealRows(store, BODIES_UNDER("dead_letter") "WHERE key = ? LIMIT ?",
                                   kPutLetter, key, rows_max - rows));
    }
    all_rows += rows;
  }
  return all_rows;
}

Result<std::size_t> Transaction::SealUnsealed(std::size_t rows_max) {
  std::size_t rows = 0;
  for (StoreIndex store = 0; store < files_.size(); ++store) {
    // The first parameter is not used: there is no key.
    rows +=
        TRESTLE_TRY(SealRows(store, ENVELOPES_UNDER "WHERE key IS NULL AND ?1 IS NOT NULL LIMIT ?2",
                             kPutPayload, 0, rows_max - rows));
    rows += TRESTLE_TRY(SealRows(
        store,
        BODIES_UNDER("outbox") "WHERE key IS NULL AND body <> x'' AND ?1 IS NOT NULL LIMIT ?2",
        kPutBody, 0, rows_max - rows));
    rows += TRESTLE_TRY(SealRows(
        store,
        BODIES_UNDER("dead_letter") "WHERE key IS NULL AND body <> x'' AND ?1 IS NOT NULL LIMIT ?2",
        kPutLetter, 0, rows_max - rows));
  }
  return rows;
}

ErasureNote Transaction::LogErasure(StoreIndex store, const EnvelopeId& envelope,
                                    ErasureCause cause, WallTime now) {
  ErasureLog& log = erasure_log(store);
  ErasureNote note{.shard = log.shard(), .index = 0, .cause = cause, .hour = HourOf(now)};
  note.index = log.Append(
      merkle::LeafHash(EncodeErasureLeaf({CommitmentTo(envelope), note.cause, note.hour})));
  return note;
}

}  // namespace trestle
