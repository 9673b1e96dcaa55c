#include "adapters/sms/incoming.h"

#include <algorithm>

#include "adapters/sms/segments.h"
#include "adapters/sms/text.h"
#include "bridge/base/event_log.h"

namespace trestle::sms {
namespace {

Reassembler::Limits LongTextLimits() {
  Reassembler::Limits limits;
  limits.open_sets_max = 256;
  limits.bytes_max = 1024 * 1024;
  limits.frame_bytes_max = 64 * 1024;
  return limits;
}

// The address book knows a person by either spelling and writes to the one seen first.
void NameSender(const Sender& sender, NativeMessage& message) {
  message.from = NativeAddress(sender.spelling);
  if (sender.canonical != sender.spelling) message.also_from = NativeAddress(sender.canonical);
}

// Data without a port and scripts without a table read as empty: no service word, so the person
// gets the help text. But some centres call every message data, and a STOP in it must not get lost:
// octets that are plain ASCII are read as such.
std::string TextOf(const ShortMessage& message, DefaultAlphabet alphabet) {
  auto text = DecodeText(message.data_coding, message.content, message.header.national, alphabet);
  if (text) return *std::move(text);
  const bool is_ascii = std::ranges::all_of(message.content, [](std::uint8_t octet) {
    return (octet >= 0x20 && octet < 0x7F) || octet == '\n' || octet == '\r';
  });
  return is_ascii ? std::string(AsText(message.content)) : "";
}

// What tells one message from another, where the network gives no id.
Bytes32 DigestOf(const ShortMessage& message) {
  const Bytes header = EncodeUserDataHeader(message.header);
  const std::array<std::uint8_t, 1> coding = {message.data_coding};
  const std::array<std::uint8_t, 1> zero = {0};
  return Sha256({AsBytes(message.source.text), zero, AsBytes(message.destination.text), zero,
                 coding, header, zero, message.content});
}

}  // namespace

std::string RepeatWatch::IdOf(const Occurrence& occurrence, MonoTime now, WallTime wall_now) {
  const Content content = occurrence.content;
  const std::string key(AsText(occurrence.digest));
  if (last_of_thread_.size() >= kTextsMax) last_of_thread_.clear();  // the next STOPs count anew
  const std::string before = std::exchange(last_of_thread_[occurrence.thread], key);
  const auto found = texts_.find(key);
  const bool is_new = content == Content::kUnnumberedStop && before != key;
  if (found != texts_.end() && is_new) {
    by_age_.erase(found->second.age);
    texts_.erase(found);
  } else if (found != texts_.end()) {
    Text& text = found->second;
    const Millis age = now - text.at;
    const bool may_repeat =
        content == Content::kNumberedByPhone || !text.is_acknowledged || text.breaks != breaks_;
    if (age < kSameWithin || (may_repeat && age < kRepeatedWithin)) {
      text.breaks = breaks_;
      return text.id;
    }
    by_age_.erase(text.age);
    texts_.erase(found);
  }
  if (texts_.size() >= kTextsMax) {
    texts_.erase(by_age_.front());
    by_age_.pop_front();
  }
  const std::string id = ToHex(occurrence.digest) + "-" + std::to_string(wall_now.ms) + "-" +
                         std::to_string(++minted_);
  texts_.emplace(key, Text{id, now, false, breaks_, by_age_.insert(by_age_.end(), key)});
  return id;
}

void RepeatWatch::Acknowledged(const Bytes32& digest) {
  const auto found = texts_.find(std::string(AsText(digest)));
  if (found != texts_.end()) found->second.is_acknowledged = true;
}

Incoming::Incoming(const SmsOptions& options, const Clock& clock, Metrics& metrics, Events events)
    : options_(options),
      clock_(clock),
      metrics_(metrics),
      events_(std::move(events)),
      own_numbers_(options.ghost_numbers),
      long_texts_(LongTextLimits()) {
  own_numbers_.push_back(options.service_number);
}

void Incoming::Take(const Pdu& pdu, AnswerWith answer) {
  auto message = ReadShortMessage(pdu);
  if (!message) {
    Count("sms.unreadable");
    return std::move(answer)(status::kPermanentAppError);
  }
  if (IsReceipt(message->esm_class)) {
    TakeReceipt(pdu, *message);
    return AnswerWhenKept(std::move(answer));
  }
  if ((message->esm_class & kEsmTypeMask) != 0) {
    Count("sms.acknowledgement");  // of the person's or the phone's own making
    return std::move(answer)(status::kOk);
  }
  const Sender sender = SenderOf(message->source, options_.default_region);
  if (sender.kind != SenderKind::kPerson) {
    // Names and short codes are advertisers and services; nobody can answer them.
    Count("sms.unanswerable_sender");
    return std::move(answer)(status::kOk);
  }
  message->destination.text =
      OwnNumber(message->destination, options_.default_region, own_numbers_);
  // From here on a person is who the canonical number says, whatever the spelling of the day.
  message->source.text = sender.canonical;
  if (unacknowledged_ >= kUnacknowledgedMax) {
    Count("sms.intake_full");
    // Not RMSGQFUL: some centres take that for a refusal, and a STOP may be among these.
    return std::move(answer)(status::kTemporaryAppError);
  }
  if (message->header.ports && message->header.ports->destination == kTrestleStatusPort) {
    return TakeStatus(*message, sender, std::move(answer));
  }
  if (message->header.ports) return TakeSegment(*message, sender, std::move(answer));
  TakeText(pdu, *message, sender, std::move(answer));
}

void Incoming::TakeReceipt(const Pdu& pdu, const ShortMessage& message) {
  const auto receipt = ParseReceipt(pdu, message);
  if (!receipt) return Count("sms.receipt_unreadable");
  Count("sms.receipt");
  events_.on_receipt(CanonicalMessageId(receipt->message_id, options_.receipt_id_base),
                     receipt->state);
}

void Incoming::TakeStatus(const ShortMessage& message, const Sender& sender, AnswerWith answer) {
  NativeMessage native;
  NameSender(sender, native);
  events_.on_status(native.from, native.also_from, message.destination.text, message.content);
  AnswerWhenKept(std::move(answer));
}

void Incoming::AnswerWhenKept(AnswerWith answer) {
  events_.when_kept(
      [this, alive = std::weak_ptr(alive_), answer = std::move(answer)](Result<void> kept) mutable {
        if (!alive.lock()) return;
        if (!kept) Count("sms.not_kept");
        std::move(answer)(kept ? status::kOk : status::kTemporaryAppError);
      });
}

void Incoming::TakeSegment(const ShortMessage& message, const Sender& sender, AnswerWith answer) {
  // Read from the parsed header, because some centres turn it into TLVs on the way.
  const UserDataHeader& header = message.header;
  const std::uint16_t port = header.ports->destination;
  const bool is_ours = port == kTrestlePort || port == kTrestleQuietPort;
  if (!is_ours || message.content.size() > kUserDataBytesMax) {
    Count("sms.foreign_port");
    return std::move(answer)(status::kOk);
  }
  const Concatenation place = header.concatenation.value_or(Concatenation{});
  NativeMessage native;
  NameSender(sender, native);
  native.identity = message.destination.text;
  native.native_id = ToHex(DigestOf(message));
  native.body = NativeMessage::Chunk{
      std::to_string(header.ports->source) + ":" + std::to_string(place.reference),
      static_cast<std::uint8_t>(place.part - 1), place.total, message.content,
      port == kTrestlePort};
  Count("sms.segment");
  HandOn(std::move(native), std::nullopt, std::move(answer));
}

void Incoming::TakeText(const Pdu& pdu, const ShortMessage& message, const Sender& sender,
                        AnswerWith answer) {
  std::string text = TextOf(message, options_.default_alphabet);
  const auto& place = message.header.concatenation;
  if (place && place->total > 1) {
    const std::string set = message.source.text + ">" + message.destination.text + ":" +
                            std::to_string(place->reference) + (place->is_wide ? "w" : "n");
    auto whole = long_texts_.Add(set, static_cast<std::uint8_t>(place->part - 1), place->total,
                                 AsBytes(text), clock_.mono_now());
    // No service word is as long as that: nothing is lost with a part that is kept in memory only.
    if (!whole || !*whole) return std::move(answer)(status::kOk);
    text = std::string(AsText(**whole));
  }
  const Tlv* number = FindTlv(pdu, tag::kUserMessageReference);
  const Bytes32 digest =
      Sha256({DigestOf(message), number != nullptr ? ByteView(number->value) : ByteView()});
  using Content = RepeatWatch::Content;
  const Content content = number != nullptr       ? Content::kNumberedByPhone
                          : events_.is_stop(text) ? Content::kUnnumberedStop
                                                  : Content::kUnnumbered;
  NativeMessage native;
  NameSender(sender, native);
  native.identity = message.destination.text;
  native.native_id =
      repeats_.IdOf({digest, message.source.text + ">" + message.destination.text, content},
                    clock_.mono_now(), clock_.wall_now());
  native.body = std::move(text);
  Count("sms.text");
  HandOn(std::move(native), digest, std::move(answer));
}

void Incoming::HandOn(NativeMessage message, std::optional<Bytes32> repeatable, AnswerWith answer) {
  ++unacknowledged_;
  events_.on_message(std::move(message), [this, alive = std::weak_ptr(alive_), repeatable,
                                          answer = std::move(answer)](Result<void> kept) mutable {
    if (!alive.lock()) return;
    --unacknowledged_;
    if (kept && repeatable) repeats_.Acknowledged(*repeatable);
    if (!kept) Count("sms.not_kept");
    std::move(answer)(kept ? status::kOk : status::kTemporaryAppError);
  });
}

}  // namespace trestle::sms
