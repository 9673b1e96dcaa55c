#include "bridge/pipeline/outbox_writer.h"

#include "bridge/pipeline/leases.h"

namespace trestle {
namespace {

OutboxRow NewRow(Turn& turn, OutboxKind kind, ThreadKey thread, const Network& network,
                 WallTime expires_at) {
  OutboxRow row;
  row.delivery_id = DeliveryId::MintInOrder(turn.now, turn.core.random);
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

// Good news of what its person sent; a later receipt, or an answer from the other side, says as
// much.
bool IsProgress(ReceiptLevel level) {
  return level == ReceiptLevel::kHandedOver || level == ReceiptLevel::kDelivered ||
         level == ReceiptLevel::kRead;
}

// Adds a row: leased when it can go at once, else it waits and dispatch is rung.
Result<void> Add(Turn& turn, OutboxRow row, std::optional<EnvelopeRecord> envelope = {}) {
  RowCase subject;
  if (row.contact) subject.contact = TRESTLE_TRY(turn.tx.FindContact(*row.contact));
  subject.row = std::move(row);
  subject.envelope = std::move(envelope);
  if (TRESTLE_TRY(LeaseNew(turn, subject))) return {};
  turn.effects.Ring(subject.row.network);
  TRESTLE_TRY(turn.tx.AddOutboxRow(subject.row));
  return {};
}

// Adds a row that may be lost at the bounds.
Result<void> AddOrDrop(Turn& turn, OutboxRow row, ThreadShare share = ThreadShare::kWhole) {
  // Not for the sender's share: what the bridge itself says is never a flood of its receiver's.
  if (TRESTLE_TRY(HasRoom(turn, row.thread, std::nullopt, share)) != Room::kYes) {
    turn.effects.CountOne("trestle_refusals_total", RuleName(Rule::kQueueFull));
    return {};
  }
  return Add(turn, std::move(row));
}

}  // namespace

Result<Room> HasRoom(Turn& turn, const ThreadKey& thread, const std::optional<AccountId>& sender,
                     ThreadShare share) {
  const Limits& limits = turn.core.limits;
  const OutboxTally& tally = turn.tx.tally();
  if (tally.rows_total() >= limits.rows_total_max) {
    turn.core.metrics.Add("trestle_over_limit_total", "rows_total_max");
    return Room::kBridgeFull;
  }
  if (sender && tally.rows_for(*sender) >= limits.rows_per_sender_max) {
    turn.core.metrics.Add("trestle_over_limit_total", "rows_per_sender_max");
    return Room::kSenderFull;
  }
  const std::size_t rows_max = share == ThreadShare::kWhole ? limits.rows_per_thread_max
                                                            : (limits.rows_per_thread_max + 1) / 2;
  const std::size_t rows = TRESTLE_TRY(turn.tx.CountThread(thread, rows_max));
  return rows < rows_max ? Room::kYes : Room::kThreadFull;
}

Bytes LaneOf(const ContactId& contact, Side recipient) {
  Bytes lane = ToBytes(contact.bytes());
  lane.push_back(static_cast<std::uint8_t>(recipient));
  return lane;
}

Result<void> QueueReply(Turn& turn, const EnrolmentId& to, const Network& network,
                        std::string text) {
  OutboxRow row =
      NewRow(turn, OutboxKind::kReply, to, network, turn.now + turn.core.limits.reply_age_max);
  row.body = ToBytes(text);
  return AddOrDrop(turn, std::move(row));
}

Result<void> QueueReceipt(Turn& turn, const LinkRecord& to, const ReceiptFrame& receipt) {
  OutboxRow row = NewRow(turn, OutboxKind::kReceipt, to.id, to.network,
                         turn.now + turn.core.limits.receipt_age_max);
  row.store = TRESTLE_TRY(turn.tx.FindConversation(to.contact)).store;
  row.contact = to.contact;
  row.sender = to.account;  // on whose behalf: who sent what the receipt is about
  row.receiver = to.account;
  row.state = StateOn(to);
  row.body = EncodeFrame(receipt);
  const ThreadShare share = IsProgress(receipt.level) ? ThreadShare::kHalf : ThreadShare::kWhole;
  return AddOrDrop(turn, std::move(row), share);
}

Result<void> QueueOffer(Turn& turn, LinkRecord link, Side role, std::string label) {
  ThreadOfferFrame offer;
  offer.role = role;
  offer.label = std::move(label);
  OutboxRow row = NewRow(turn, OutboxKind::kOffer, link.enrolment, link.network,
                         turn.now + turn.core.limits.offer_age_max);
  row.contact = link.contact;
  row.receiver = link.account;
  row.offers_link = link.id;
  row.body = EncodeFrame(offer);
  TRESTLE_TRY(AddOrDrop(turn, std::move(row)));
  if (link.offered) return {};
  link.offered = true;
  return turn.tx.PutLink(link);
}

Result<DeliveryId> QueueOnLink(Turn& turn, const LinkRecord& to, RoutedRow routed) {
  OutboxRow row = NewRow(turn, routed.kind, to.id, to.network, routed.expires_at);
  row.store = routed.store;
  row.contact = routed.contact;
  row.lane = LaneOf(routed.contact, routed.recipient);
  row.sender = routed.sender;
  row.receiver = to.account;
  row.body = std::move(routed.body);
  if (routed.envelope) row.envelope_row = routed.envelope->row;
  row.state = StateOn(to);
  const DeliveryId id = row.delivery_id;
  TRESTLE_TRY(Add(turn, std::move(row), std::move(routed.envelope)));
  return id;
}

}  // namespace trestle
