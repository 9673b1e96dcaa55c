#include "sim/story.h"

#include <cstdio>

namespace trestle::sim {
namespace {

// A bound for what hangs: a disk that is busy with other things can hold one commit for seconds.
constexpr Millis kStepPatience = std::chrono::minutes(2);
constexpr Millis kPollWait = std::chrono::milliseconds(500);

// "…brisk-otter-4821…": the first word-word-digits in the bridge's answer.
std::string AliasIn(const std::string& text) {
  const auto is_part = [](char sign) {
    return (sign >= 'a' && sign <= 'z') || (sign >= '0' && sign <= '9') || sign == '-';
  };
  for (std::size_t first = 0; first < text.size();) {
    std::size_t end = first;
    while (end < text.size() && is_part(text[end])) ++end;
    const std::string word = text.substr(first, end - first);
    const std::size_t dashes = static_cast<std::size_t>(std::count(word.begin(), word.end(), '-'));
    if (dashes == 2 && word.back() >= '0' && word.back() <= '9') return word;
    first = end + 1;
  }
  return {};
}

}  // namespace

Result<void> Story::Play() {
  begun_ = seams_.clock.wall_now();
  wire_seen_.assign(options_.networks.size(), 0);
  seller_ = TRESTLE_TRY(Make("the seller", "whatsapp", "447700900123"));
  buyers_.push_back(TRESTLE_TRY(Make("a buyer", "messenger", "100009876543210")));
  buyers_.push_back(TRESTLE_TRY(Make("a buyer", "instagram", "17849988776655443")));
  buyers_.push_back(TRESTLE_TRY(Make("a buyer", "sms", "12025550143")));
  TRESTLE_TRY(Join(seller_));
  TRESTLE_TRY(MakeAlias());
  for (Party& buyer : buyers_) {
    TRESTLE_TRY(Join(buyer));
    TRESTLE_TRY(Meet(buyer));
  }
  for (int round = 0; round < options_.rounds; ++round) {
    for (Party& buyer : buyers_) TRESTLE_TRY(Talk(buyer));
  }
  CheckClaims();
  return {};
}

Result<Story::Party> Story::Make(const std::string& role, const std::string& network,
                                 std::string address) {
  Party party;
  for (const NetworkAccess& each : options_.networks) {
    if (each.name == network) party.network = &each;
  }
  if (party.network == nullptr) return Fail(Reason::kInvalidArgument, "a network is missing");
  party.title = role + " on " + party.network->title;
  party.address = std::move(address);
  Phone::Options phone{.name = party.title,
                       .service = party.network->service,
                       .folder = options_.phones_folder + "/" + network,
                       .line = {.control_url = party.network->control_url,
                                .address = party.address,
                                .kind = party.network->kind,
                                .text_bytes_max = party.network->text_bytes_max}};
  party.phone = TRESTLE_TRY(Phone::Create(std::move(phone), seams_));
  return party;
}

Result<void> Story::Join(Party& party) {
  Step(party.title + " texts the bridge: JOIN");
  TRESTLE_TRY(party.phone->Text("JOIN"));
  TRESTLE_TRY(Await(party, PhoneEventKind::kServiceText));
  TRESTLE_TRY(party.phone->PublishKeys());
  ShowWires();
  ShowBridge();
  return {};
}

Result<void> Story::MakeAlias() {
  Step(seller_.title + " texts the bridge: ALIAS bicycle");
  TRESTLE_TRY(seller_.phone->Text("ALIAS bicycle"));
  const PhoneEvent answer = TRESTLE_TRY(Await(seller_, PhoneEventKind::kServiceText));
  alias_ = AliasIn(answer.text);
  if (alias_.empty()) return Fail(Reason::kMalformed, "the bridge's answer names no alias");
  ShowWires();
  ShowBridge();
  return {};
}

Result<void> Story::Meet(Party& buyer) {
  Step(buyer.title + " texts the bridge: REACH " + alias_);
  TRESTLE_TRY(buyer.phone->Text("REACH " + alias_));
  TRESTLE_TRY(Await(buyer, PhoneEventKind::kServiceText));
  const PhoneEvent asked = TRESTLE_TRY(Await(seller_, PhoneEventKind::kAsked));
  ShowWires();
  ShowBridge();

  Step(seller_.title + " accepts");
  buyer.talk.seller_thread = asked.thread;
  TRESTLE_TRY(seller_.phone->Accept(asked.thread));
  const PhoneEvent opened = TRESTLE_TRY(Await(buyer, PhoneEventKind::kThreadOpened));
  buyer.talk.buyer_thread = opened.thread;
  TRESTLE_TRY(Await(buyer, PhoneEventKind::kReady, opened.thread));
  TRESTLE_TRY(Await(seller_, PhoneEventKind::kReady, asked.thread));
  const std::string buyer_number = TRESTLE_TRY(buyer.phone->SafetyNumber(opened.thread));
  const std::string seller_number = TRESTLE_TRY(seller_.phone->SafetyNumber(asked.thread));
  claims_.Check(buyer_number == seller_number, "both phones show the same safety number");
  std::printf("             both phones show the safety number %s…\n",
              buyer_number.substr(0, 15).c_str());
  ShowWires();
  ShowBridge();
  return {};
}

Result<void> Story::Talk(Party& buyer) {
  Conversation& talk = buyer.talk;
  TRESTLE_TRY(SayAndSee(buyer, talk.buyer_thread, seller_, talk.seller_thread, talk.to_seller_sent,
                        talk.to_seller_seen));
  return SayAndSee(seller_, talk.seller_thread, buyer, talk.buyer_thread, talk.to_buyer_sent,
                   talk.to_buyer_seen);
}

Result<void> Story::SayAndSee(Party& from, const std::string& from_thread, Party& to,
                              const std::string& to_thread, std::vector<std::string>& sent,
                              std::vector<std::string>& seen) {
  const std::string text = corpus_.Draw(seams_.random);
  Step(from.title + " says to the thread with " + from_thread + ": " + text);
  const EnvelopeId id = TRESTLE_TRY(from.phone->Say(from_thread, text));
  sent.push_back(text);
  seen.push_back(TRESTLE_TRY(Await(to, PhoneEventKind::kMessage, to_thread)).text);
  while (true) {
    const PhoneEvent receipt = TRESTLE_TRY(Await(from, PhoneEventKind::kReceipt, from_thread));
    if (receipt.level >= ReceiptLevel::kFailed) {
      return Fail(Reason::kUnavailable, "a message of the story was not delivered");
    }
    if (receipt.envelope_id == id) break;
  }
  ShowWires();
  ShowBridge();
  return {};
}

Result<PhoneEvent> Story::Await(Party& party, PhoneEventKind kind, const std::string& thread) {
  const MonoTime deadline = seams_.clock.mono_now() + kStepPatience;
  std::size_t looked_at = 0;
  while (true) {
    for (; looked_at < party.events.size(); ++looked_at) {
      const PhoneEvent event = party.events[looked_at];
      if (event.kind == PhoneEventKind::kTrouble) {
        return Fail(Reason::kMalformed, "a phone could not read what came (see above)");
      }
      if (event.kind != kind || (!thread.empty() && event.thread != thread)) continue;
      party.events.erase(party.events.begin() + static_cast<std::ptrdiff_t>(looked_at));
      return event;
    }
    if (seams_.clock.mono_now() > deadline) {
      return Fail(Reason::kUnavailable, "nothing came within two minutes");
    }
    for (PhoneEvent& event : TRESTLE_TRY(party.phone->Pump(kPollWait))) {
      Show(party, event);
      party.events.push_back(std::move(event));
    }
  }
}

}  // namespace trestle::sim
