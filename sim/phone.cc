#include "sim/phone.h"

namespace trestle::sim {

Result<std::unique_ptr<Phone>> Phone::Create(Options options, Line::Seams seams) {
  auto device = TRESTLE_TRY(endpoint::Endpoint::Open(options.folder, seams.random, seams.clock));
  std::unique_ptr<Phone> phone(new Phone(std::move(options), seams, std::move(device)));
  TRESTLE_TRY(phone->line_.Register());
  return phone;
}

Result<void> Phone::Text(const std::string& words) {
  return line_.SendText(options_.service, words);
}

Result<void> Phone::PublishKeys() {
  PublishKeysFrame frame{TRESTLE_TRY(device_->MakeKeyPackages(kKeyPackagesAtOnce))};
  frame.key_packages.push_back(TRESTLE_TRY(device_->LastResortKeyPackage()));
  return line_.SendFrame(options_.service, frame);
}

Result<void> Phone::Accept(const std::string& thread) {
  return Answer(thread, ConsentAction::kGrant);
}

Result<void> Phone::Refuse(const std::string& thread) {
  return Answer(thread, ConsentAction::kRefuse);
}

Result<void> Phone::Answer(const std::string& thread, ConsentAction action) {
  const auto found = threads_.find(thread);
  if (found == threads_.end()) return Fail(Reason::kNotFound, "the phone has no such thread");
  found->second.accepted = action == ConsentAction::kGrant;
  return line_.SendFrame(thread, ConsentFrame{action});
}

Result<EnvelopeId> Phone::Say(const std::string& thread, const std::string& text) {
  return Send(thread, content::Message::Text(text));
}

Result<EnvelopeId> Phone::Send(const std::string& thread, const content::Message& message) {
  const endpoint::Sealed sealed =
      TRESTLE_TRY(device_->Seal(NameOf(thread), message, endpoint::SealOptions{}));
  TRESTLE_TRY(line_.SendFrame(thread, EnvelopeFrame{0, WallTime{}, sealed.payload}, sealed.id));
  return sealed.id;
}

Result<std::vector<PhoneEvent>> Phone::Pump(Millis wait) {
  std::vector<PhoneEvent> events;
  for (const Line::Received& received : TRESTLE_TRY(line_.Receive(wait))) {
    if (const auto* text = std::get_if<std::string>(&received.what)) {
      OnText(received.from, *text, events);
    } else {
      OnFrame(received.from, std::get<Frame>(received.what), received.native_messages, events);
    }
  }
  for (const Line::Lost& lost : line_.TakeLost()) {
    events.push_back({.kind = PhoneEventKind::kReceipt,
                      .thread = lost.to,
                      .envelope_id = lost.about,
                      .level = ReceiptLevel::kFailed,
                      .rule = lost.rule});
  }
  return events;
}

const std::string& Phone::NameOf(const std::string& thread) const {
  const auto found = threads_.find(thread);
  return found == threads_.end() || found->second.name.empty() ? thread : found->second.name;
}

Result<std::string> Phone::SafetyNumber(const std::string& thread) const {
  return device_->SafetyNumber(NameOf(thread));
}

void Phone::OnText(const std::string& from, const std::string& text,
                   std::vector<PhoneEvent>& events) {
  const auto found = threads_.find(from);
  if (found == threads_.end()) {
    events.push_back({.kind = PhoneEventKind::kServiceText, .text = text});
    return;
  }
  events.push_back({.kind = PhoneEventKind::kThreadText, .thread = from, .text = text});
  // Networks may reorder: the bridge answers in words when a frame overtook the opening of its
  // thread. The opening is repeated once, with the consent that followed it.
  Thread& thread = found->second;
  if (thread.opened_again) return;
  thread.opened_again = true;
  if (!line_.SendFrame(from, ThreadAcceptFrame{thread.bind_code}) ||
      (thread.accepted && !line_.SendFrame(from, ConsentFrame{ConsentAction::kGrant}))) {
    events.push_back({.kind = PhoneEventKind::kTrouble, .thread = from, .text = "cannot send"});
  }
}

void Phone::OnFrame(const std::string& from, const Frame& frame, std::size_t native_messages,
                    std::vector<PhoneEvent>& events) {
  Result<void> handled;
  if (const auto* offer = std::get_if<ThreadOfferFrame>(&frame)) {
    handled = OnOffer(*offer, events);
  } else if (const auto* keys = std::get_if<PeerKeysFrame>(&frame)) {
    handled = OnPeerKeys(from, *keys, events);
  } else if (const auto* envelope = std::get_if<EnvelopeFrame>(&frame)) {
    handled = OnEnvelope(from, *envelope, native_messages, events);
  } else if (const auto* receipt = std::get_if<ReceiptFrame>(&frame)) {
    events.push_back({.kind = PhoneEventKind::kReceipt,
                      .thread = from,
                      .envelope_id = receipt->envelope_id,
                      .level = receipt->level,
                      .rule = receipt->rule});
  } else {
    handled = Fail(Reason::kUnsupported, "the bridge sent a frame that only phones send");
  }
  if (!handled) {
    events.push_back({.kind = PhoneEventKind::kTrouble,
                      .thread = from,
                      .text = std::string(handled.error().what.view())});
  }
}

Result<void> Phone::OnOffer(const ThreadOfferFrame& offer, std::vector<PhoneEvent>& events) {
  Thread& thread = threads_[offer.ghost];
  const auto before = threads_.find(offer.replaces);
  if (thread.name.empty()) {
    // The bridge took the number away behind which this peer was; the conversation goes on.
    thread.name = before == threads_.end() ? offer.ghost : before->second.name;
  }
  thread.bind_code = offer.bind_code;
  thread.role = offer.role;
  TRESTLE_TRY(line_.SendFrame(offer.ghost, ThreadAcceptFrame{offer.bind_code}));
  events.push_back({.kind = offer.role == ThreadRole::kOwner ? PhoneEventKind::kAsked
                                                             : PhoneEventKind::kThreadOpened,
                    .thread = offer.ghost,
                    .text = offer.label});
  return {};
}

Result<void> Phone::OnPeerKeys(const std::string& thread, const PeerKeysFrame& keys,
                               std::vector<PhoneEvent>& events) {
  const bool is_new = !device_->HasThread(NameOf(thread));
  const auto welcome = TRESTLE_TRY(device_->Invite(NameOf(thread), keys.key_package));
  if (!welcome) return {};  // the peer has joined already
  TRESTLE_TRY(line_.SendFrame(thread, EnvelopeFrame{0, WallTime{}, *welcome}));
  if (is_new) events.push_back({.kind = PhoneEventKind::kReady, .thread = thread});
  return {};
}

Result<void> Phone::OnEnvelope(const std::string& thread, const EnvelopeFrame& envelope,
                               std::size_t native_messages, std::vector<PhoneEvent>& events) {
  using Kind = endpoint::ArrivalKind;
  const endpoint::Arrival arrival = TRESTLE_TRY(device_->Receive(NameOf(thread), envelope.payload));
  if (arrival.kind == Kind::kJoined) {
    events.push_back({.kind = PhoneEventKind::kReady, .thread = thread});
  }
  // What was kept until its Welcome came has no number and no count of its own any more.
  const bool is_itself = arrival.kind == Kind::kMessage;
  for (const endpoint::Opened& opened : arrival.messages) {
    events.push_back({.kind = PhoneEventKind::kMessage,
                      .thread = thread,
                      .text = opened.message.text(),
                      .envelope_id = opened.id,
                      .native_messages = is_itself ? native_messages : 1,
                      .seq = is_itself ? envelope.seq : 0});
  }
  if (arrival.unopened == 0) return {};
  return Fail(Reason::kCrypto, "a message that came before its thread's Welcome does not open");
}

}  // namespace trestle::sim
