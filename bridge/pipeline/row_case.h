// A row of the outbox and what belongs to it, as turns and dispatch hold it in hand.
#pragma once

#include <optional>

#include "bridge/directory/records.h"
#include "bridge/store/transaction.h"

namespace trestle {

// Parts are missing for rows that are no envelope's.
struct RowCase {
  OutboxRow row;
  std::optional<EnvelopeRecord> envelope;
  std::optional<ContactRecord> contact;
};

// As it was leased, and for which term. Its envelope's payload has gone into the delivery.
struct LeasedRow {
  RowCase subject;
  LeaseTerm term;
};

}  // namespace trestle
