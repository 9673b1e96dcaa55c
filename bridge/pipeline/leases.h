// What is handed to a network next. Inside a turn; the deliveries go once it has committed, as its
// effects. A row is leased in one of three ways:
//
//   LeaseNew  in the very commit that writes it, when nothing has to go before it: its adapter is
//             usable and has a place, its lane and its thread are free, and nothing that is due
//             waits for the network. So a bridge that keeps up writes no row twice.
//   LeaseHead likewise, in the commit that erases the one before it in its lane.
//   LeaseFor  later, in the order of due times and with the fairness of FairPicks.
//
// Expiry and consent are looked at in each.
#pragma once

#include "bridge/pipeline/passage.h"

namespace trestle {

struct LeaseReport {
  // Something is due that was not taken: there was no place, its thread was busy, or it was one too
  // many. Whoever gives a place back looks again.
  bool left = false;
  bool more = false;                 // look again at once: rows ended instead of going
  std::optional<WallTime> next_due;  // when the next row of this network wants its turn
};
Result<LeaseReport> LeaseFor(Turn& turn, AdapterSlot& slot);

// Of a row that waited for another one of its lane. Dispatch is rung when it has to wait on.
Result<void> LeaseHead(Turn& turn, const HeadRow& head);

// Writes the row as leased and answers true, having taken the case; or writes nothing. The case is
// the one of a row that is not in the outbox yet, with what is to be handed over in plain.
Result<bool> LeaseNew(Turn& turn, RowCase& subject);

}  // namespace trestle
