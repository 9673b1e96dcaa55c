// Four phones with real endpoints say marks to each other through a bridge: as a text, as a file's
// name, as a reaction. Then they say so on standard output and wait for a line, so that a test can
// search this process as well: it is entitled to know the marks.
//
//   trestle-canary-phones READY_FILE FOLDER WHATSAPP MESSENGER INSTAGRAM SMS TEXT FILE REACTION
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "bridge/base/system_seams.h"
#include "sim/networks.h"
#include "sim/phone.h"

namespace trestle::sim {
namespace {

constexpr Millis kPatience = std::chrono::seconds(60);

struct Marks {
  std::string text;
  std::string file;
  std::string reaction;
};

class Stage {
 public:
  Stage(std::vector<NetworkAccess> networks, std::string folder, Line::Seams seams)
      : networks_(std::move(networks)), folder_(std::move(folder)), seams_(seams) {}

  Result<std::unique_ptr<Phone>> Joined(const std::string& network, const std::string& address) {
    const auto access = std::find_if(networks_.begin(), networks_.end(),
                                     [&](const auto& each) { return each.name == network; });
    if (access == networks_.end()) return Fail(Reason::kInvalidArgument, "a network is missing");
    auto phone = TRESTLE_TRY(Phone::Create({.name = network,
                                            .service = access->service,
                                            .folder = folder_ + "/" + network,
                                            .line = {.control_url = access->control_url,
                                                     .address = address,
                                                     .kind = access->kind,
                                                     .text_bytes_max = access->text_bytes_max}},
                                           seams_));
    TRESTLE_TRY(phone->Text("JOIN"));
    TRESTLE_TRY(Await(*phone, PhoneEventKind::kServiceText));
    TRESTLE_TRY(phone->PublishKeys());
    return phone;
  }

  // The next event of the kind; what comes before it is passed over.
  Result<PhoneEvent> Await(Phone& phone, PhoneEventKind kind) {
    auto& held = held_[&phone];
    const MonoTime deadline = seams_.clock.mono_now() + kPatience;
    while (seams_.clock.mono_now() < deadline) {
      for (auto each = held.begin(); each != held.end(); ++each) {
        if (each->kind != kind) continue;
        PhoneEvent event = *each;
        held.erase(each);
        return event;
      }
      for (PhoneEvent& event : TRESTLE_TRY(phone.Pump(std::chrono::milliseconds(200)))) {
        held.push_back(std::move(event));
      }
    }
    return Fail(Reason::kUnavailable, "nothing came within a minute");
  }

  // The buyer asks through the alias, the seller accepts, both are told the marks.
  Result<void> Talk(Phone& buyer, Phone& seller, const std::string& alias, const Marks& marks) {
    TRESTLE_TRY(buyer.Text("REACH " + alias));
    const PhoneEvent asked = TRESTLE_TRY(Await(seller, PhoneEventKind::kAsked));
    TRESTLE_TRY(seller.Accept(asked.thread));
    const PhoneEvent opened = TRESTLE_TRY(Await(buyer, PhoneEventKind::kThreadOpened));
    TRESTLE_TRY(Await(buyer, PhoneEventKind::kReady));
    TRESTLE_TRY(Await(seller, PhoneEventKind::kReady));
    TRESTLE_TRY(Say(buyer, opened.thread, seller, marks));
    return Say(seller, asked.thread, buyer, marks);
  }

 private:
  Result<void> Say(Phone& from, const std::string& thread, Phone& to, const Marks& marks) {
    content::ExternalPart file;
    file.content_type = "application/octet-stream";
    file.url = "https://files.example/" + marks.file;
    file.filename = marks.file;
    const content::MessageId about{};
    for (const content::Message& each :
         {content::Message::Text(marks.text), content::Message::Attachment(file),
          content::Message::Reaction(about, marks.reaction)}) {
      TRESTLE_TRY(from.Send(thread, each));
      TRESTLE_TRY(Await(to, PhoneEventKind::kMessage));
    }
    return {};
  }

  const std::vector<NetworkAccess> networks_;
  const std::string folder_;
  const Line::Seams seams_;
  std::map<const Phone*, std::vector<PhoneEvent>> held_;
};

std::string AliasIn(const std::string& text) {
  const std::string before = "Your new alias: ";
  const std::size_t start = text.find(before);
  if (start == std::string::npos) return {};
  return text.substr(start + before.size(),
                     text.find_first_of(" .", start + before.size()) - start - before.size());
}

Result<void> Play(const std::vector<std::string>& words, Line::Seams seams) {
  std::ifstream file(words[0], std::ios::binary);
  const std::string ready{std::istreambuf_iterator<char>(file), {}};
  Stage stage(TRESTLE_TRY(ReadAccess(ready)), words[1], seams);
  const Marks marks{words[6], words[7], words[8]};
  auto seller = TRESTLE_TRY(stage.Joined("whatsapp", words[2]));
  TRESTLE_TRY(seller->Text("ALIAS bicycle"));
  const PhoneEvent made = TRESTLE_TRY(stage.Await(*seller, PhoneEventKind::kServiceText));
  std::vector<std::unique_ptr<Phone>> buyers;
  for (const auto& [network, address] :
       {std::pair{"messenger", words[3]}, {"instagram", words[4]}, {"sms", words[5]}}) {
    buyers.push_back(TRESTLE_TRY(stage.Joined(network, address)));
    TRESTLE_TRY(stage.Talk(*buyers.back(), *seller, AliasIn(made.text), marks));
  }
  std::printf("said\n");
  std::fflush(stdout);
  std::string line;
  std::getline(std::cin, line);
  return {};
}

}  // namespace
}  // namespace trestle::sim

int main(int count, char** words) {
  using namespace trestle;
  constexpr int kWords = 9;
  if (count != kWords + 1) {
    std::fprintf(stderr, "see the top of canary_phones.cc\n");
    return 2;
  }
  SystemClock clock;
  SystemRandom random;
  auto http = HttpClient::Create();
  if (!http) return 1;
  const Result<void> played =
      sim::Play(std::vector<std::string>(words + 1, words + count), {**http, clock, random});
  if (played) return 0;
  std::fprintf(stderr, "canary: %s\n", played.error().what.c_str());
  return 1;
}
