// Puts things into the outbox: the one place that knows what a row of each kind looks like, how
// long it lives, and what happens at the queue's bounds. All run inside a turn.
#pragma once

#include "bridge/pipeline/turn.h"

namespace trestle {

// Whether one more row may be queued, and if not, whose share is used up.
enum class Room : std::uint8_t { kYes, kThreadFull, kSenderFull, kBridgeFull };
// How much of a thread's bound may be used: receipts of progress leave half of it to messages,
// which they would crowd out while their person's network is down.
enum class ThreadShare : std::uint8_t { kWhole, kHalf };
Result<Room> HasRoom(Turn& turn, const ThreadKey& thread, const std::optional<AccountId>& sender,
                     ThreadShare share = ThreadShare::kWhole);

// What keeps the order of a contact's messages to one side, whatever network each goes over.
Bytes LaneOf(const ContactId& contact, Side recipient);

// What the bridge itself says, receipts and offers. At the bounds they are dropped and counted: the
// thread holds a thousand rows then, or five hundred for good news, and its person reads nothing.
Result<void> QueueReply(Turn& turn, const EnrolmentId& to, const Network& network,
                        std::string text);
// In the store that the link's contact is placed in.
Result<void> QueueReceipt(Turn& turn, const LinkRecord& to, const ReceiptFrame& receipt);
// To the link's enrolment, on its service thread, which is home's; marks the link as offered.
Result<void> QueueOffer(Turn& turn, LinkRecord link, Side role, std::string label);

// One frame on a link that the router chose. `row` says kind, body or envelope, and expiry.
struct RoutedRow {
  StoreIndex store = kHomeStore;
  OutboxKind kind = OutboxKind::kEnvelope;
  ContactId contact;
  Side recipient = Side::kOwner;
  std::optional<AccountId> sender;
  Bytes body;
  std::optional<EnvelopeRecord> envelope;  // added already; with its payload
  WallTime expires_at{};
};
Result<DeliveryId> QueueOnLink(Turn& turn, const LinkRecord& to, RoutedRow row);

}  // namespace trestle
