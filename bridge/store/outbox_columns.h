// What the outbox and the dead letters write of a row, alike in both tables.
#pragma once

#include "bridge/store/database.h"
#include "bridge/store/ledger_records.h"

namespace trestle {

inline constexpr int kEnrolmentThread = 1;
inline constexpr int kLinkThread = 2;

inline int KindOf(const ThreadKey& thread) {
  return std::holds_alternative<EnrolmentId>(thread) ? kEnrolmentThread : kLinkThread;
}

inline ByteView OctetsOf(const ThreadKey& thread) {
  return std::visit([](const auto& id) { return id.bytes(); }, thread);
}

inline Bytes LaneOf(const OutboxRow& row) {
  return row.lane.empty() ? ToBytes(OctetsOf(row.thread)) : row.lane;
}

// The envelope lies in the row's own file.
inline std::optional<std::int64_t> EnvelopeInFile(const OutboxRow& row) {
  if (!row.envelope_row) return std::nullopt;
  TRESTLE_CHECK(StoreOf(*row.envelope_row) == row.store);
  return InFile(*row.envelope_row);
}

// Runs a statement whose first places are COMMON_COLUMNS, in their order.
template <class SealedBody, class... More>
Result<void> RunWithCommon(Query& query, const OutboxRow& row, const SealedBody& body,
                           const More&... more) {
  return query.Run(row.delivery_id, KindOf(row.thread), OctetsOf(row.thread), row.network, row.kind,
                   row.contact, body.octets, row.offers_link, EnvelopeInFile(row), row.created_at,
                   row.expires_at, row.attempts, body.key, LaneOf(row), row.sender, row.receiver,
                   row.maybe_sent, more...);
}

}  // namespace trestle

#define COMMON_COLUMNS                                                                      \
  "delivery_id, thread_kind, thread, network, kind, contact, body, offers_link, envelope, " \
  "created_at, expires_at, attempts, key, lane, sender, receiver, maybe_sent"

// What ReadOutboxRows reads.
#define ROW_COLUMNS "number, state, due_at, " COMMON_COLUMNS
