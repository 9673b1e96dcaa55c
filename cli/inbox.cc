#include "cli/inbox.h"

#include <algorithm>

#include "bridge/envelope/mls_framing.h"
#include "cli/errors.h"
#include "cli/text.h"

namespace trestle::cli {
namespace {

constexpr std::size_t kKindColumns = 8;
constexpr std::size_t kTextIndent = 14;

// Kept from before StartThread until the peer has answered: empty while the group is being made,
// then the Welcome, which is handed in again when a run ended between the two.
std::string WelcomeName(const LinkId& link) { return "welcome-" + link.hex(); }

std::string EarlyPrefix(const LinkId& link) { return "early-" + link.hex() + "-"; }

std::string EarlyName(const LinkId& link, const v1::Inbound& delivery) {
  std::string seq = std::to_string(delivery.envelope().seq());
  seq.insert(0, 20 - seq.size(), '0');
  return EarlyPrefix(link) + seq + "-" + HexOf(delivery.delivery_id());
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
  const Result<Framing> framing = ParseFraming(AsBytes(envelope.payload()));
  if (!framing) return Settle(link, "an envelope does not parse", framing.error());
  if (framing->wire_format == WireFormat::kWelcome) return TakeWelcome(link, envelope);
  if (framing->wire_format != WireFormat::kPrivateMessage) {
    return Settle(link, "an envelope of an unknown kind",
                  Error{Reason::kUnsupported, "neither a message nor a Welcome"});
  }
  if (framing->private_message.content_type != ContentType::kApplication) {
    return TakeCommit(link, envelope);
  }
  const Home::Lease device = TRESTLE_TRY(parts_.home.Endpoint(parts_.random, parts_.clock));
  if (!device->HasThread(link.hex())) return KeepEarly(link, delivery);
  return OpenMessage(*device, link, AsBytes(envelope.payload()), TimeOfDay(envelope.accepted_at()));
}

Result<void> Inbox::OpenMessage(endpoint::Endpoint& device, const LinkId& link, ByteView payload,
                                const std::string& time) {
  const Result<endpoint::Opened> opened = device.Unseal(link.hex(), payload);
  if (!opened && opened.error().reason == Reason::kConflict) {
    // It comes again when its acknowledgement was lost; it was shown the first time.
    parts_.err << "trestle: a message that was opened before came again; it is not shown twice\n";
    return {};
  }
  if (!opened) return Settle(link, "a message does not open", opened.error());
  // Shown before it is acknowledged: its key is spent, so it could not be opened again.
  Line(time, "message", link, PrintableLines(WordsOf(opened->message), kTextIndent));
  return parts_.home.Remove(WelcomeName(link));  // who writes has joined
}

Result<void> Inbox::KeepEarly(const LinkId& link, const v1::Inbound& delivery) {
  if (TRESTLE_TRY(parts_.home.Names("early-")).size() >= kEarlyMax) {
    return Fail(Reason::kBusy, "too many messages wait here for their Welcomes");
  }
  TRESTLE_TRY(parts_.home.Save(EarlyName(link, delivery), AsBytes(delivery.envelope().payload())));
  Line(TimeOfDay(delivery.envelope().accepted_at()), "sealed", link,
       "a message came before its Welcome; it is kept and opened then");
  return {};
}

Result<void> Inbox::TakeWelcome(const LinkId& link, const v1::Envelope& envelope) {
  const Home::Lease device = TRESTLE_TRY(parts_.home.Endpoint(parts_.random, parts_.clock));
  if (!device->HasThread(link.hex())) {
    const Result<void> joined = device->JoinThread(link.hex(), AsBytes(envelope.payload()));
    if (!joined) return Settle(link, "a Welcome does not open", joined.error());
    ++joined_;
    Line(TimeOfDay(envelope.accepted_at()), "ready", link,
         "sealed end to end from now on; compare `trestle safety " + link.hex().substr(0, 8) + "`");
  }
  return OpenEarly(*device, link);
}

Result<void> Inbox::OpenEarly(endpoint::Endpoint& device, const LinkId& link) {
  const std::vector<std::string> names = TRESTLE_TRY(parts_.home.Names(EarlyPrefix(link)));
  for (const std::string& name : names) {
    const std::optional<Bytes> payload = TRESTLE_TRY(parts_.home.Load(name));
    if (payload) TRESTLE_TRY(OpenMessage(device, link, *payload, Now()));
    TRESTLE_TRY(parts_.home.Remove(name));
  }
  return {};
}

Result<void> Inbox::TakePeerKeys(const LinkId& link, const v1::PeerKeys& keys) {
  const Home::Lease device = TRESTLE_TRY(parts_.home.Endpoint(parts_.random, parts_.clock));
  const std::string file = WelcomeName(link);
  std::optional<Bytes> welcome = TRESTLE_TRY(parts_.home.Load(file));
  const bool has_thread = device->HasThread(link.hex());
  if (has_thread && !welcome) return {};  // told twice, and the peer has joined
  if (!has_thread || welcome->empty()) {
    // An empty file: the last run ended before the Welcome was kept, so nobody has seen it.
    TRESTLE_TRY(parts_.home.Save(file, {}));
    TRESTLE_TRY(device->ForgetThread(link.hex()));
    Result<Bytes> made = device->StartThread(link.hex(), AsBytes(keys.key_package()));
    if (!made) {
      TRESTLE_TRY(parts_.home.Remove(file));
      return Settle(link, "the peer's keys cannot be used", made.error());
    }
    welcome = *std::move(made);
    TRESTLE_TRY(parts_.home.Save(file, *welcome));
  }
  switch (parts_.hand_welcome(link, *welcome)) {
    case Handed::kTaken:
      Line(Now(), "ready", link,
           "sealed end to end from now on; compare `trestle safety " + link.hex().substr(0, 8) +
               "`");
      return {};
    case Handed::kTurnedDown:
      return {};
    case Handed::kNotNow:
      return Fail(Reason::kUnavailable, "the Welcome could not be handed in yet");
  }
  return {};
}

Result<void> Inbox::TakeCommit(const LinkId& link, const v1::Envelope& envelope) {
  const Home::Lease device = TRESTLE_TRY(parts_.home.Endpoint(parts_.random, parts_.clock));
  const Result<void> applied = device->ApplyRekey(link.hex(), AsBytes(envelope.payload()));
  if (!applied) return Settle(link, "a change of keys does not verify", applied.error());
  Line(TimeOfDay(envelope.accepted_at()), "rekeyed", link, "the peer has renewed the keys");
  return {};
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
