#include "tests/sim/phone_seat.h"

#include "tests/unit/pipeline/sealed.h"

namespace trestle::world {

std::unique_ptr<Seat> PhoneNetwork::NewSeat(const std::string& address) {
  return std::make_unique<PhoneSeat>(*this, address);
}

PhoneSeat* PhoneNetwork::FindPhone(const std::string& address) const {
  const auto found = phones_.find(address);
  return found == phones_.end() ? nullptr : found->second;
}

void PhoneSeat::Say(const std::string& text) {
  net_.TakeFromPhone(address_, net_.kind().service, text, [] {});
}

void PhoneSeat::Chat(const std::string& line, const std::string& text) {
  net_.TakeFromPhone(address_, line, text, [] {});
}

std::size_t PhoneSeat::SendFrame(const std::string& identity, const Frame& frame,
                                 const std::function<void()>& taken) {
  const Bytes octets = EncodeFrame(frame);
  FragmentRef ref{};
  net_.random().Fill(ref);
  if (net_.kind().unit_kind == UnitKind::kText) {
    const auto texts = CutToText(octets, net_.kind().text_bytes_max, ref).value();
    for (const std::string& text : texts) net_.TakeFromPhone(address_, identity, text, taken);
    return texts.size();
  }
  const auto chunks = CutChunks(octets, net_.kind().chunk_bytes).value();
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    const NativeMessage::Chunk chunk{ToHex(ref), static_cast<std::uint8_t>(i),
                                     static_cast<std::uint8_t>(chunks.size()), chunks[i], false};
    net_.TakeFromPhone(address_, identity, chunk, taken);
  }
  return chunks.size();
}

void PhoneSeat::PublishKeys(std::size_t count) {
  PublishKeysFrame frame;
  for (std::size_t i = 0; i < count; ++i) {
    frame.key_packages.push_back(test::KeyPackage(net_.random()));
  }
  SendFrame(net_.kind().service, frame, [] {});
}

void PhoneSeat::Accept(const std::string& line, const ThreadOfferFrame& offer,
                       std::function<void()> opened) {
  SendFrame(line, ThreadAcceptFrame{offer.bind_code}, opened);
}

void PhoneSeat::Consent(const std::string& line, ConsentAction action,
                        std::function<void()> durable) {
  SendFrame(line, ConsentFrame{action}, durable);
}

std::size_t PhoneSeat::Send(const std::string& line, Bytes payload, Sending sending) {
  return SendFrame(line, EnvelopeFrame{0, {}, std::move(payload)}, sending.part_taken);
}

void PhoneSeat::Receive(const InboxMessage& message) {
  NativeMessage::Chunk chunk;
  if (const auto* text = std::get_if<std::string>(&message.body)) {
    if (!LooksLikeFragment(*text)) {
      if (message.identity == net_.kind().service) events_->HearsText(*text);
      return;
    }
    auto fragment = ParseTextFragment(*text);
    TRESTLE_CHECK(fragment.has_value());
    chunk = {ToHex(fragment->ref), fragment->index, fragment->count, std::move(fragment->chunk),
             false};
  } else {
    chunk = std::get<NativeMessage::Chunk>(message.body);
  }
  const std::string key = message.identity + " " + chunk.ref;
  parts_[key].emplace(chunk.index,
                      Part{message.native_id, message.issued_at, message.first_tried_at});
  const auto whole =
      reassembler_.Add(key, chunk.index, chunk.count, chunk.octets, net_.queue().mono_now());
  if (!whole || !*whole) return;
  const auto frame = DecodeFrame(**whole);
  TRESTLE_CHECK(frame.has_value());
  Take(message, *frame, parts_.extract(key).mapped());
}

void PhoneSeat::Take(const InboxMessage& message, const Frame& frame,
                     const std::map<int, Part>& parts) {
  const std::string& line = message.identity;
  if (const auto* envelope = std::get_if<EnvelopeFrame>(&frame)) {
    Arrival arrival;
    arrival.line = line;
    arrival.issued_wall = message.issued_wall;
    arrival.issued_at = arrival.first_issued_at = message.issued_at;
    for (const auto& [index, part] : parts) {
      arrival.native_ids.push_back(part.native_id);
      arrival.tried_at = std::max(arrival.tried_at, part.first_tried_at);
      arrival.first_issued_at = std::min(arrival.first_issued_at, part.issued_at);
    }
    events_->HearsEnvelope(arrival, *envelope);
  } else if (const auto* receipt = std::get_if<ReceiptFrame>(&frame)) {
    events_->HearsReceipt(line, *receipt);
  } else if (const auto* offer = std::get_if<ThreadOfferFrame>(&frame)) {
    events_->HearsOffer(offer->ghost, *offer);
  } else if (std::holds_alternative<PeerKeysFrame>(frame)) {
    events_->HearsKeys(line);
  }
}

}  // namespace trestle::world
