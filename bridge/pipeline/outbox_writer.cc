#include "bridge/pipeline/outbox_writer.h"

namespace trestle {
namespace {

OutboxRow NewRow(Turn& turn, OutboxKind kind, ThreadKey thread, const Network& network,
                 WallTime expires_at) {
  OutboxRow row;
  row.delivery_id = DeliveryId::Mint(turn.core.random);
  row.kind = kind;
  row.thread = thread;
  row.network = network;
  row.due_at = turn.now;
  row.created_at = turn.now;
  row.expires_at = expires_at;
  return row;
}

OutboxState StateOn(const LinkRecord& link) {
  return link.bound ? OutboxState::kWaits : OutboxState::kWaitsOpen;
}

// Adds a row that may be lost at the bounds.
Result<void> AddOrDrop(Turn& turn, const OutboxRow& row) {
  if (!TRESTLE_TRY(HasRoom(turn, row.thread))) {
    turn.effects.CountOne("trestle_refusals_total", RuleName(Rule::kQueueFull));
    return {};
  }
  TRESTLE_TRY(turn.tx.AddOutboxRow(row));
  turn.effects.Ring(row.network);
  return {};
}

}  // namespace

Result<bool> HasRoom(Turn& turn, const ThreadKey& thread) {
  const Limits& limits = turn.core.limits;
  if (turn.tx.tally().rows_total() >= limits.rows_total_max) return false;
  return TRESTLE_TRY(turn.tx.CountThread(thread, limits.rows_per_thread_max)) <
         limits.rows_per_thread_max;
}

Result<void> QueueReply(Turn& turn, const EnrolmentId& to, const Network& network,
                        std::string text) {
  OutboxRow row =
      NewRow(turn, OutboxKind::kReply, to, network, turn.now + turn.core.limits.reply_age_max);
  row.body = ToBytes(text);
  return AddOrDrop(turn, row);
}

Result<void> QueueReceipt(Turn& turn, const LinkRecord& to, const ReceiptFrame& receipt) {
  OutboxRow row = NewRow(turn, OutboxKind::kReceipt, to.id, to.network,
                         turn.now + turn.core.limits.receipt_age_max);
  row.contact = to.contact;
  row.state = StateOn(to);
  row.body = EncodeFrame(receipt);
  return AddOrDrop(turn, row);
}

Result<void> QueueOffer(Turn& turn, LinkRecord link, Side role, std::string label) {
  ThreadOfferFrame offer;
  offer.role = role;
  offer.label = std::move(label);
  OutboxRow row = NewRow(turn, OutboxKind::kOffer, link.enrolment, link.network,
                         turn.now + turn.core.limits.offer_age_max);
  row.contact = link.contact;
  row.offers_link = link.id;
  row.body = EncodeFrame(offer);
  TRESTLE_TRY(AddOrDrop(turn, row));
  if (link.offered) return {};
  link.offered = true;
  return turn.tx.PutLink(link);
}

Result<DeliveryId> QueueOnLink(Turn& turn, const LinkRecord& to, RoutedRow routed) {
  OutboxRow row = NewRow(turn, routed.kind, to.id, to.network, routed.expires_at);
  row.contact = routed.contact;
  row.body = std::move(routed.body);
  row.envelope_row = routed.envelope_row;
  row.state = StateOn(to);
  TRESTLE_TRY(turn.tx.AddOutboxRow(row));
  turn.effects.Ring(row.network);
  return row.delivery_id;
}

}  // namespace trestle
