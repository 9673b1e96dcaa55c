#include "bridge/rpc/native_codec.h"

#include "bridge/rpc/convert.h"

namespace trestle {
namespace {

// Writes one frame into the message; false for the kinds that travel the other way.
class Writer {
 public:
  Writer(v1::Inbound& out, const Delivery& delivery) : out_(out), delivery_(delivery) {}

  bool operator()(const EnvelopeFrame& frame) const {
    v1::Envelope& envelope = *out_.mutable_envelope();
    envelope.set_seq(frame.seq);
    *envelope.mutable_accepted_at() = TimestampOf(frame.accepted_at);
    envelope.set_payload(std::string(AsText(frame.payload)));
    return true;
  }
  bool operator()(const ReceiptFrame& frame) const {
    v1::Receipt& receipt = *out_.mutable_receipt();
    receipt.set_envelope_id(OctetsOf(frame.envelope_id));
    receipt.set_level(ProtoOf(frame.level));
    const bool at_edge = frame.rule == Rule::kOpenedAtEdge;
    const bool came_on =
        frame.level == ReceiptLevel::kHandedOver || frame.level == ReceiptLevel::kDelivered;
    if (came_on) receipt.set_assurance(at_edge ? v1::ASSURANCE_EDGE : v1::ASSURANCE_SEALED);
    if (!at_edge && frame.rule != Rule::kNone) *receipt.mutable_refusal() = RefusalOf(frame.rule);
    return true;
  }
  bool operator()(const ThreadOfferFrame& frame) const {
    v1::ThreadOffer& offer = *out_.mutable_thread_offer();
    if (delivery_.offers_link) offer.set_link_id(OctetsOf(*delivery_.offers_link));
    offer.set_role(ProtoOf(frame.role));
    offer.set_label(frame.label);
    return true;
  }
  bool operator()(const PeerKeysFrame& frame) const {
    out_.mutable_peer_keys()->set_key_package(std::string(AsText(frame.key_package)));
    return true;
  }
  bool operator()(const ThreadAcceptFrame&) const { return false; }
  bool operator()(const ConsentFrame&) const { return false; }
  bool operator()(const PublishKeysFrame&) const { return false; }

 private:
  v1::Inbound& out_;
  const Delivery& delivery_;
};

}  // namespace

std::optional<v1::Inbound> InboundOf(const Delivery& delivery) {
  v1::Inbound out;
  out.set_delivery_id(OctetsOf(delivery.id));
  if (const auto* link = std::get_if<LinkId>(&delivery.to)) out.set_link_id(OctetsOf(*link));
  *out.mutable_expires_at() = TimestampOf(delivery.expires_at);
  if (const auto* reply = std::get_if<ServiceReply>(&delivery.body)) {
    out.set_service_text(reply->text);
    return out;
  }
  if (!std::visit(Writer(out, delivery), std::get<Frame>(delivery.body))) return std::nullopt;
  return out;
}

}  // namespace trestle
