#include "bridge/pipeline/passage.h"

#include <algorithm>

#include "bridge/pipeline/edge.h"

namespace trestle {
namespace {

// Receipts and replies are the bridge's own words and need no consent; an offer to an owner is the
// question itself.
Passage PassageOf(const RowCase& subject, const std::optional<Frame>& frame, WallTime now) {
  const OutboxRow& row = subject.row;
  if (row.expires_at <= now) return Passage::kExpired;
  if (!row.readable || (subject.envelope && !subject.envelope->readable)) return Passage::kLost;
  const bool own_words = row.kind == OutboxKind::kReceipt || row.kind == OutboxKind::kReply;
  if (row.kind == OutboxKind::kReply) return Passage::kGoes;
  if (!frame) return Passage::kBroken;
  if (own_words) return Passage::kGoes;
  if (!subject.contact) {
    // A placed store is committed before home: a crash in between leaves the keys of a grant that
    // was never written.
    return row.store == kHomeStore ? Passage::kBroken : Passage::kWithdrawn;
  }
  const ContactState state = subject.contact->consent.state;
  if (state == ContactState::kGranted) return Passage::kGoes;
  const auto* offer = std::get_if<ThreadOfferFrame>(&*frame);
  const bool asks = offer != nullptr && offer->role == ThreadRole::kOwner;
  return asks && state == ContactState::kRequested ? Passage::kGoes : Passage::kWithdrawn;
}

// Takes the payload out of an envelope.
std::optional<Frame> FrameOf(RowCase& subject) {
  if (subject.row.kind == OutboxKind::kReply) return std::nullopt;
  if (subject.row.kind == OutboxKind::kEnvelope) {
    if (!subject.envelope) return std::nullopt;
    EnvelopeRecord& envelope = *subject.envelope;
    return EnvelopeFrame{envelope.seq, envelope.accepted_at, std::move(envelope.payload)};
  }
  Result<Frame> frame = DecodeFrame(subject.row.body);
  if (!frame) return std::nullopt;
  return *std::move(frame);
}

Delivery DeliveryOf(const RowCase& subject, std::optional<Frame> frame) {
  const OutboxRow& row = subject.row;
  Delivery delivery;
  delivery.id = row.delivery_id;
  delivery.to = row.thread;
  delivery.offers_link = row.offers_link;
  delivery.expires_at = row.expires_at;
  if (frame) {
    delivery.body = *std::move(frame);
  } else {
    delivery.body = ServiceReply{std::string(AsText(row.body))};
  }
  return delivery;
}

}  // namespace

Result<RowCase> CaseOf(Turn& turn, const OutboxRow& row, Payload payload) {
  RowCase subject;
  subject.row = row;
  if (row.envelope_row) {
    subject.envelope = TRESTLE_TRY(turn.tx.FindEnvelope(*row.envelope_row, payload));
  }
  if (row.contact) subject.contact = TRESTLE_TRY(turn.tx.FindContact(*row.contact));
  return subject;
}

Result<Judgement> JudgePassage(Turn& turn, RowCase& subject) {
  std::optional<Frame> frame = FrameOf(subject);
  Judgement out;
  out.passage = PassageOf(subject, frame, turn.now);
  if (out.passage != Passage::kGoes) return out;
  const EdgePassage edge = TRESTLE_TRY(EdgePassageOf(turn, subject));
  if (!edge.goes) {
    out.passage = Passage::kUnagreed;
    return out;
  }
  out.delivery = DeliveryOf(subject, std::move(frame));
  if (edge.until) out.delivery->expires_at = std::min(out.delivery->expires_at, *edge.until);
  return out;
}

}  // namespace trestle
