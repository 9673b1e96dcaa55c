#include "bridge/pipeline/leases.h"

#include <utility>

#include "bridge/pipeline/fates.h"

namespace trestle {
namespace {

LeaseTerm TermOf(const Turn& turn) {
  return {turn.core.process, turn.now + turn.core.limits.lease_span};
}

// Whether the network's adapter is given deliveries now.
bool TakesMore(const Turn& turn, const AdapterSlot* slot) {
  return turn.core.hands_over && slot != nullptr && IsUsable(slot->health) &&
         slot->places.FreeOf(turn.core.limits) > 0;
}

void HandOver(Turn& turn, AdapterSlot& slot, RowCase subject, const LeaseTerm& term,
              Delivery delivery, std::string_view when) {
  turn.effects.CountOne("trestle_leases_total", when);
  Place place = slot.places.Take(SenderKeyOf(subject.row), ReceiverKeyOf(subject.row));
  auto row = std::make_shared<const LeasedRow>(LeasedRow{std::move(subject), term});
  turn.effects.leases.push_back({std::move(row), std::move(delivery), std::move(place)});
}

// A row that was leased and may not go.
Result<void> End(Turn& turn, const RowCase& subject, Passage passage) {
  switch (passage) {
    case Passage::kGoes:
      break;
    case Passage::kExpired:
      return EndExpired(turn, subject);
    case Passage::kLost:
      return EndLost(turn, subject);
    case Passage::kWithdrawn:
      return EndWithdrawn(turn, subject);
    case Passage::kUnagreed:
      return EndUnagreed(turn, subject);
    case Passage::kBroken:
      turn.effects.CountOne("trestle_impossible_total", "outbox_row_broken");
      return EndDropped(turn, subject, Rule::kMalformed);
  }
  return {};
}

}  // namespace

Result<LeaseReport> LeaseFor(Turn& turn, AdapterSlot& slot) {
  LeaseReport report;
  LeaseRequest request;
  request.network = slot.network;
  request.now = turn.now;
  request.term = TermOf(turn);
  request.rows_max = slot.places.FreeOf(turn.core.limits);
  request.senders = slot.places.senders();
  request.receivers = slot.places.receivers();
  request.per_receiver_max = turn.core.limits.in_flight_per_receiver_max;
  for (const OutboxRow& row : TRESTLE_TRY(turn.tx.Lease(request))) {
    RowCase subject = TRESTLE_TRY(CaseOf(turn, row, Payload::kOpened));
    Judgement judged = TRESTLE_TRY(JudgePassage(turn, subject));
    if (judged.passage == Passage::kGoes) {
      HandOver(turn, slot, std::move(subject), request.term, *std::move(judged.delivery), "waited");
    } else {
      report.more = true;
      TRESTLE_TRY(End(turn, subject, judged.passage));
    }
  }
  report.left = TRESTLE_TRY(turn.tx.OldestDue(slot.network, turn.now)).has_value();
  report.next_due = TRESTLE_TRY(turn.tx.NextDue(slot.network, turn.now));
  return report;
}

Result<void> LeaseHead(Turn& turn, const HeadRow& head) {
  AdapterSlot* slot = turn.core.networks.Find(head.network);
  // What may not go is left to LeaseFor to end: to end it here would be to look at the next of its
  // lane, and so on.
  const auto leased = [&]() -> Result<bool> {
    if (!TakesMore(turn, slot)) return false;
    const auto row = TRESTLE_TRY(turn.tx.NextHead(head, turn.now));
    if (!row || !slot->places.HasOneFor(ReceiverKeyOf(*row), turn.core.limits)) return false;
    RowCase subject = TRESTLE_TRY(CaseOf(turn, *row, Payload::kOpened));
    Judgement judged = TRESTLE_TRY(JudgePassage(turn, subject));
    if (judged.passage != Passage::kGoes) return false;
    const LeaseTerm term = TermOf(turn);
    TRESTLE_TRY(turn.tx.MarkLeased(row->row, term));
    HandOver(turn, *slot, std::move(subject), term, *std::move(judged.delivery), "next");
    return true;
  };
  if (!TRESTLE_TRY(leased())) turn.effects.Ring(head.network);
  return {};
}

Result<bool> LeaseNew(Turn& turn, RowCase& subject) {
  const OutboxRow& row = subject.row;
  AdapterSlot* slot = turn.core.networks.Find(row.network);
  const bool could_go = TakesMore(turn, slot) && row.state == OutboxState::kWaits &&
                        row.due_at <= turn.now &&
                        slot->places.HasOneFor(ReceiverKeyOf(row), turn.core.limits);
  if (!could_go || !TRESTLE_TRY(turn.tx.IsNext(row, turn.now))) return false;
  Judgement judged = TRESTLE_TRY(JudgePassage(turn, subject));
  if (judged.passage != Passage::kGoes) return false;
  const LeaseTerm term = TermOf(turn);
  subject.row.row = TRESTLE_TRY(turn.tx.AddLeasedRow(row, term));
  HandOver(turn, *slot, std::move(subject), term, *std::move(judged.delivery), "written");
  return true;
}

}  // namespace trestle
