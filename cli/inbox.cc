#include "cli/inbox.h"

#include <algorithm>

#include "bridge/envelope/mls_framing.h"
#include "cli/errors.h"
#include "cli/text.h"
#include "endpoint/content/message_status.h"

namespace trestle::cli {
namespace {

constexpr std::size_t kKindColumns = 8;
constexpr std::size_t kTextIndent = 14;

bool IsText(const Framing& framing) {
  return framing.wire_format == WireFormat::kPrivateMessage &&
         framing.private_message.content_type == ContentType::kApplication;
}

// What went wrong, by what came.
std::string TroubleWith(const Framing& framing) {
  if (framing.wire_format == WireFormat::kWelcome) return "a Welcome does not open";
  if (framing.wire_format == WireFormat::kKeyPackage) return "an envelope of an unknown kind";
  return IsText(framing) ? "a message does not open" : "a change of keys does not verify";
}

// Whether another try on this machine could go better.
bool IsOurs(Reason reason) {
  switch (reason) {
    case Reason::kStorage:
    case Reason::kBusy:
    case Reason::kUnavailable:
    case Reason::kCancelled:
    case Reason::kInternal:
      return true;
    case Reason::kInvalidArgument:
    case Reason::kMalformed:
    case Reason::kTooLarge:
    case Reason::kUnauthenticated:
    case Reason::kPermissionDenied:
    case Reason::kNotFound:
    case Reason::kAlreadyExists:
    case Reason::kConflict:
    case Reason::kExpired:
    case Reason::kCrypto:
    case Reason::kUnsupported:
      return false;
  }
  return false;
}

// MIMI content in words; what has no text is named by what it is.
std::string WordsOf(const content::Message& message) {
  if (message.is_deletion()) return "(takes an earlier message back)";
  const std::string text = message.text();
  if (message.is_reaction()) return "(reacts: " + text + ")";
  if (const auto statuses = content::StatusesOf(message)) {
    return "(says what became of " + std::to_string(statuses->size()) + " messages)";
  }
  if (text.empty()) return "(content that this command cannot show)";
  return (message.replaces ? "(edited) " : "") + text;
}

}  // namespace

void Inbox::Learn(const v1::ListResponse& contacts) {
  for (const v1::Contact& contact : contacts.contacts()) {
    for (const v1::ContactLink& link : contact.links()) {
      const Result<LinkId> id = LinkId::FromBytes(AsBytes(link.link_id()));
      if (id) labels_[*id] = contact.label();
    }
  }
}

Result<void> Inbox::Take(const v1::Inbound& delivery) {
  LinkId link;  // none on the service thread
  if (!delivery.link_id().empty()) {
    link = TRESTLE_TRY(LinkId::FromBytes(AsBytes(delivery.link_id())));
  }
  switch (delivery.body_case()) {
    case v1::Inbound::kEnvelope:
      return TakeEnvelope(link, delivery);
    case v1::Inbound::kPeerKeys:
      return TakePeerKeys(link, delivery.peer_keys());
    case v1::Inbound::kThreadOffer:
      link = TRESTLE_TRY(LinkId::FromBytes(AsBytes(delivery.thread_offer().link_id())));
      TakeOffer(link, delivery.thread_offer());
      return {};
    case v1::Inbound::kReceipt:
      TakeReceipt(link, delivery.receipt());
      return {};
    case v1::Inbound::kServiceText:
      Line(Now(), "bridge", link, PrintableLines(delivery.service_text(), kTextIndent));
      return {};
    case v1::Inbound::BODY_NOT_SET:
      Line(Now(), "unknown", link, "something that this version does not know");
      return {};
  }
  return {};
}

Result<void> Inbox::TakeEnvelope(const LinkId& link, const v1::Inbound& delivery) {
  const v1::Envelope& envelope = delivery.envelope();
  const ByteView payload = AsBytes(envelope.payload());
  const Result<Framing> framing = ParseFraming(payload);
  if (!framing) return Settle(link, "an envelope does not parse", framing.error());
  const Home::Lease device = TRESTLE_TRY(parts_.home.Endpoint(parts_.random, parts_.clock));
  const Result<endpoint::Arrival> arrival = device->Receive(link.hex(), payload);
  if (arrival) {
    Show(link, *arrival, TimeOfDay(envelope.accepted_at()), PeerOf(*device, link));
    return {};
  }
  if (arrival.error().reason == Reason::kConflict && IsText(*framing)) {
    // It comes again when its acknowledgement was lost; it was shown the first time.
    parts_.err << "trestle: a message that was opened before came again; it is not shown twice\n";
    return {};
  }
  return Settle(link, TroubleWith(*framing), arrival.error());
}

Inbox::Peer Inbox::PeerOf(endpoint::Endpoint& device, const LinkId& link) {
  const Result<bool> is_edge = device.PeerStandsAtEdge(link.hex());
  return is_edge && *is_edge ? Peer::kEdge : Peer::kDevice;
}

void Inbox::Show(const LinkId& link, const endpoint::Arrival& arrival, const std::string& time,
                 Peer peer) {
  switch (arrival.kind) {
    case endpoint::ArrivalKind::kJoined:
      ++joined_;
      LineOfReady(time, link, peer);
      break;
    case endpoint::ArrivalKind::kRekeyed:
      Line(time, "rekeyed", link, "the peer has renewed the keys");
      break;
    case endpoint::ArrivalKind::kKept:
      Line(time, "sealed", link, "a message came before its Welcome; it is kept and opened then");
      break;
    case endpoint::ArrivalKind::kMessage:
    case endpoint::ArrivalKind::kRepeated:
      break;
  }
  // Shown before they are acknowledged: their keys are spent, so they could not be opened again.
  for (const endpoint::Opened& one : arrival.messages) {
    const std::string label = peer == Peer::kEdge ? "(over the SMS edge) " : "";
    Line(time, "message", link, label + PrintableLines(WordsOf(one.message), kTextIndent));
  }
  if (arrival.unopened > 0) {
    Line(time, "trouble", link,
         std::to_string(arrival.unopened) + " messages that came before do not open");
  }
}

Result<void> Inbox::TakePeerKeys(const LinkId& link, const v1::PeerKeys& keys) {
  const Home::Lease device = TRESTLE_TRY(parts_.home.Endpoint(parts_.random, parts_.clock));
  const auto welcome = device->Invite(link.hex(), AsBytes(keys.key_package()));
  if (!welcome) return Settle(link, "the peer's keys cannot be used", welcome.error());
  if (!*welcome) return {};  // told twice, and the peer has joined
  switch (parts_.hand_welcome(link, **welcome)) {
    case Handed::kTaken:
      LineOfReady(Now(), link, PeerOf(*device, link));
      return {};
    case Handed::kTurnedDown:
      return {};
    case Handed::kNotNow:
      return Fail(Reason::kUnavailable, "the Welcome could not be handed in yet");
  }
  return {};
}

void Inbox::LineOfReady(const std::string& time, const LinkId& link, Peer peer) {
  if (peer == Peer::kEdge) {
    return Line(time, "ready", link,
                "they are on plain SMS: sealed to the SMS edge and opened there. Nothing is sent "
                "before both of you agree; `trestle edge allow " +
                    link.hex().substr(0, 8) + "` does");
  }
  Line(time, "ready", link,
       "sealed end to end from now on; compare `trestle safety " + link.hex().substr(0, 8) + "`");
}

void Inbox::TakeOffer(const LinkId& link, const v1::ThreadOffer& offer) {
  labels_[link] = offer.label();
  if (offer.role() == v1::THREAD_ROLE_OWNER) {
    Line(Now(), "request", link,
         "somebody asks to reach you; answer with: trestle accept " + link.hex() +
             " (or refuse, block)");
  } else {
    Line(Now(), "accepted", link, "your request was accepted; the link is " + link.hex());
  }
}

void Inbox::TakeReceipt(const LinkId& link, const v1::Receipt& receipt) {
  std::string text =
      "envelope " + HexOf(receipt.envelope_id()) + ": " + ReceiptWord(receipt.level());
  if (receipt.assurance() == v1::ASSURANCE_EDGE) text += ", opened in the SMS edge";
  if (receipt.has_refusal()) text += ", " + SentenceFor(receipt.refusal());
  Line(Now(), "receipt", link, text);
}

Result<void> Inbox::Settle(const LinkId& link, const std::string& what, const Error& error) {
  if (IsOurs(error.reason)) return tl::unexpected(error);
  Line(Now(), "trouble", link, what + ": " + SentenceFor(error));
  return {};
}

void Inbox::Line(const std::string& time, const std::string& kind, const LinkId& link,
                 const std::string& text) {
  std::string padded = kind;
  padded.resize(std::max(padded.size(), kKindColumns), ' ');
  std::string who;
  if (!link.is_none()) {
    const auto label = labels_.find(link);
    who = link.hex().substr(0, 8) + " ";
    if (label != labels_.end() && !label->second.empty()) {
      who += "\"" + Printable(label->second) + "\" ";
    }
  }
  parts_.out << time << "  " << padded << "  " << who << text << "\n" << std::flush;
}

std::string Inbox::Now() const { return TimeOfDay(parts_.clock.wall_now()); }

}  // namespace trestle::cli
