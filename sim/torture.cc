#include "sim/torture.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "sim/child.h"
#include "sim/networks.h"

namespace trestle::sim {
namespace {

constexpr Millis kStartPatience = std::chrono::seconds(60);
constexpr Millis kStepPatience = std::chrono::seconds(60);
// After the last kill: as long as anything still comes, at most so long without anything.
constexpr Millis kDrainPatience = std::chrono::minutes(2);
// WhatsApp takes ten messages a minute to one person; receipts count.
constexpr int kKillsBetweenWhatsappTexts = 6;
constexpr std::size_t kOnTheWayMax = 100;  // of one peer, both ways
constexpr std::uint64_t kLifeMsMin = 5;
constexpr std::uint64_t kLifeMsMax = 900;

struct Peer {
  std::string name;
  std::unique_ptr<Phone> phone;
  std::string thread;      // the ghost of the star in the middle, as this phone sees it
  std::string hub_thread;  // the ghost of this one, as the star in the middle sees it
};

// What was said in one direction and what was shown of it, by number.
struct Talk {
  int said = 0;
  std::vector<int> shown;
  std::vector<std::uint64_t> seqs;  // of what was shown, as the bridge numbered it
};

class Torture {
 public:
  Torture(const TortureOptions& options, Line::Seams seams) : options_(options), seams_(seams) {}

  Result<void> Run() {
    TRESTLE_TRY(StartNetworks());
    TRESTLE_TRY(StartDaemon());
    TRESTLE_TRY(MeetAll());
    for (int kill = 0; kill < options_.kills; ++kill) TRESTLE_TRY(LiveAndDie(kill));
    TRESTLE_TRY(Drain());
    return {};
  }
  int Report() const;
  const std::string& folder() const { return folder_; }

 private:
  Result<void> StartNetworks();
  Result<void> StartDaemon();
  Result<std::unique_ptr<Phone>> MakePhone(const std::string& network, const std::string& address);
  Result<void> MeetAll();
  Result<std::string> JoinWithAlias();
  Result<void> Meet(Peer& peer, const std::string& alias);
  Result<PhoneEvent> Await(Phone& phone, PhoneEventKind kind);
  Result<void> LiveAndDie(int kill);
  Result<void> SayOne(int kill, std::size_t turn);
  Result<void> Say(const std::string& direction, Phone& phone, const std::string& thread);
  Result<std::size_t> PumpAll(Millis wait);
  void Note(const std::string& to, const PhoneEvent& event);
  Result<void> Drain();
  std::size_t OnTheWay(const std::string& direction) const;
  std::size_t missing() const;

  const TortureOptions& options_;
  const Line::Seams seams_;
  std::string folder_;
  std::string networks_json_;
  std::string config_;
  std::unique_ptr<Child> networks_;
  std::unique_ptr<Child> daemon_;
  std::vector<NetworkAccess> access_;
  std::unique_ptr<Phone> hub_;  // on Messenger; everybody writes to it, and it to everybody
  std::deque<PhoneEvent> hub_events_;
  std::vector<Peer> peers_;
  std::map<std::string, Talk> talks_;  // "sms>hub"
  int receipts_ = 0;
  int refused_ = 0;
  int repeats_dropped_ = 0;
  int kills_ = 0;
};

Result<void> Torture::StartNetworks() {
  std::string pattern =
      (std::filesystem::temp_directory_path() / "trestle-torture-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) return Fail(Reason::kUnavailable, "no temporary folder");
  folder_ = pattern;
  for (const char* each : {"/logs", "/phones"}) {
    std::filesystem::create_directories(folder_ + each);
    chmod((folder_ + each).c_str(), 0700);
  }
  const std::string ready = folder_ + "/networks.json";
  networks_ = std::make_unique<Child>(TRESTLE_TRY(
      Child::Start({options_.programs_folder + "/trestle-sim", "networks", "--ready", ready},
                   folder_ + "/logs/networks.log")));
  networks_json_ = TRESTLE_TRY(networks_->AwaitReadyFile(ready, kStartPatience));
  access_ = TRESTLE_TRY(ReadAccess(networks_json_));
  config_ = TRESTLE_TRY(WriteDaemonConfig(networks_json_, folder_, seams_.random));
  // Phones that talk faster than people may: the rates are somebody else's test.
  std::ofstream(config_, std::ios::app)
      << "limits: {submits_per_second: 100000, submits_burst: 100000}\n";
  return {};
}

// A store that is not clean, or anything else that is wrong, ends the daemon before it is ready.
Result<void> Torture::StartDaemon() {
  const std::string ready = folder_ + "/trestled.json";
  std::filesystem::remove(ready);
  daemon_ = std::make_unique<Child>(TRESTLE_TRY(Child::Start(
      {options_.programs_folder + "/trestled", "--config", config_, "--ready-file", ready},
      folder_ + "/logs/trestled.out")));
  TRESTLE_TRY(daemon_->AwaitReadyFile(ready, kStartPatience));
  return {};
}

Result<std::unique_ptr<Phone>> Torture::MakePhone(const std::string& network,
                                                  const std::string& address) {
  const auto access = std::ranges::find(access_, network, &NetworkAccess::name);
  if (access == access_.end()) return Fail(Reason::kInvalidArgument, "a network is missing");
  return Phone::Create({.name = network,
                        .service = access->service,
                        .folder = folder_ + "/phones/" + network,
                        .line = {.control_url = access->control_url,
                                 .address = address,
                                 .kind = access->kind,
                                 .text_bytes_max = access->text_bytes_max}},
                       seams_);
}

Result<void> Torture::MeetAll() {
  hub_ = TRESTLE_TRY(MakePhone("messenger", "100009876543210"));
  const std::string alias = TRESTLE_TRY(JoinWithAlias());
  for (const auto& [network, address] : {std::pair{"instagram", "17849988776655443"},
                                         {"sms", "12025550143"},
                                         {"whatsapp", "447700900123"}}) {
    auto phone = TRESTLE_TRY(MakePhone(network, address));
    Peer peer{network, std::move(phone), "", ""};
    TRESTLE_TRY(Meet(peer, alias));
    peers_.push_back(std::move(peer));
  }
  return {};
}

Result<std::string> Torture::JoinWithAlias() {
  TRESTLE_TRY(hub_->Text("JOIN"));
  TRESTLE_TRY(Await(*hub_, PhoneEventKind::kServiceText));
  TRESTLE_TRY(hub_->PublishKeys());
  TRESTLE_TRY(hub_->Text("ALIAS torture"));
  const PhoneEvent answer = TRESTLE_TRY(Await(*hub_, PhoneEventKind::kServiceText));
  const std::string before = "Your new alias: ";
  const std::size_t start = answer.text.find(before);
  if (start == std::string::npos) return Fail(Reason::kMalformed, "the answer names no alias");
  const std::string rest = answer.text.substr(start + before.size());
  return rest.substr(0, rest.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-"));
}

Result<void> Torture::Meet(Peer& peer, const std::string& alias) {
  TRESTLE_TRY(peer.phone->Text("JOIN"));
  TRESTLE_TRY(Await(*peer.phone, PhoneEventKind::kServiceText));
  TRESTLE_TRY(peer.phone->PublishKeys());
  TRESTLE_TRY(peer.phone->Text("REACH " + alias));
  peer.hub_thread = TRESTLE_TRY(Await(*hub_, PhoneEventKind::kAsked)).thread;
  TRESTLE_TRY(hub_->Accept(peer.hub_thread));
  peer.thread = TRESTLE_TRY(Await(*peer.phone, PhoneEventKind::kThreadOpened)).thread;
  TRESTLE_TRY(Await(*peer.phone, PhoneEventKind::kReady));
  TRESTLE_TRY(Await(*hub_, PhoneEventKind::kReady));
  return {};
}

Result<PhoneEvent> Torture::Await(Phone& phone, PhoneEventKind kind) {
  const MonoTime deadline = seams_.clock.mono_now() + kStepPatience;
  while (seams_.clock.mono_now() < deadline) {
    for (PhoneEvent& event : TRESTLE_TRY(phone.Pump(std::chrono::milliseconds(200)))) {
      if (&phone == hub_.get()) {
        hub_events_.push_back(std::move(event));
      } else if (event.kind == kind) {
        return std::move(event);
      }
    }
    if (&phone != hub_.get()) continue;
    const auto found = std::ranges::find(hub_events_, kind, &PhoneEvent::kind);
    if (found == hub_events_.end()) continue;
    PhoneEvent event = std::move(*found);
    hub_events_.erase(found);
    return event;
  }
  return Fail(Reason::kUnavailable, "a phone did not see what it waited for");
}

// One life of the daemon: everybody talks until its random end.
Result<void> Torture::LiveAndDie(int kill) {
  const Millis life{
      static_cast<std::int64_t>(kLifeMsMin + DrawBelow(seams_.random, kLifeMsMax - kLifeMsMin))};
  const MonoTime end = seams_.clock.mono_now() + life;
  for (std::size_t turn = 0; seams_.clock.mono_now() < end; ++turn) {
    TRESTLE_TRY(SayOne(kill, turn));
    TRESTLE_TRY(PumpAll(Millis{0}));
  }
  daemon_->Kill();
  ++kills_;
  // What is said while it is away must not be lost either.
  TRESTLE_TRY(SayOne(kill, 0));
  if (kills_ % 25 == 0) std::printf("%d kills, %zu on the way\n", kills_, missing());
  return StartDaemon();
}

Result<void> Torture::SayOne(int kill, std::size_t turn) {
  Peer& peer = peers_[turn % peers_.size()];
  const bool is_slow = peer.name == "whatsapp";
  const bool may = !is_slow || (kill % kKillsBetweenWhatsappTexts == 0 && turn < peers_.size());
  // What a slow network has not carried yet is not added to without end: its thread would be full.
  if (!may || OnTheWay(peer.name + ">hub") + OnTheWay("hub>" + peer.name) > kOnTheWayMax) return {};
  TRESTLE_TRY(Say(peer.name + ">hub", *peer.phone, peer.thread));
  return Say("hub>" + peer.name, *hub_, peer.hub_thread);
}

Result<void> Torture::Say(const std::string& direction, Phone& phone, const std::string& thread) {
  Talk& talk = talks_[direction];
  TRESTLE_TRY(phone.Say(thread, direction + " " + std::to_string(talk.said + 1)));
  ++talk.said;
  return {};
}

Result<std::size_t> Torture::PumpAll(Millis wait) {
  std::size_t events = 0;
  const auto pump = [&](const std::string& name, Phone& phone) -> Result<void> {
    for (const PhoneEvent& event : TRESTLE_TRY(phone.Pump(wait))) {
      Note(name, event);
      ++events;
    }
    return {};
  };
  TRESTLE_TRY(pump("hub", *hub_));
  for (Peer& peer : peers_) TRESTLE_TRY(pump(peer.name, *peer.phone));
  return events;
}

void Torture::Note(const std::string& to, const PhoneEvent& event) {
  if (event.kind == PhoneEventKind::kReceipt) {
    ++receipts_;
    if (event.level >= ReceiptLevel::kFailed) {
      ++refused_;
      std::fprintf(stderr, "torture: a receipt to %s says %s, %s\n", to.c_str(),
                   std::string(ReceiptLevelName(event.level)).c_str(),
                   std::string(RuleName(event.rule)).c_str());
    }
  }
  // The network takes no keys, so a delivery in doubt may come twice; the endpoint drops it.
  if (event.kind == PhoneEventKind::kTrouble) ++repeats_dropped_;
  if (event.kind != PhoneEventKind::kMessage) return;
  const std::size_t blank = event.text.find(' ');
  Talk& talk = talks_[event.text.substr(0, blank)];
  talk.shown.push_back(std::atoi(event.text.substr(blank + 1).c_str()));
  talk.seqs.push_back(event.seq);
}

std::size_t Torture::OnTheWay(const std::string& direction) const {
  const auto talk = talks_.find(direction);
  if (talk == talks_.end()) return 0;
  const std::set<int> shown(talk->second.shown.begin(), talk->second.shown.end());
  return static_cast<std::size_t>(talk->second.said) - shown.size();
}

std::size_t Torture::missing() const {
  std::size_t count = 0;
  for (const auto& [direction, talk] : talks_) {
    const std::set<int> shown(talk.shown.begin(), talk.shown.end());
    count += static_cast<std::size_t>(talk.said) - shown.size();
  }
  return count;
}

Result<void> Torture::Drain() {
  MonoTime last_event = seams_.clock.mono_now();
  while (missing() > 0 && seams_.clock.mono_now() - last_event < kDrainPatience) {
    if (TRESTLE_TRY(PumpAll(std::chrono::milliseconds(50))) > 0) {
      last_event = seams_.clock.mono_now();
    }
  }
  return {};
}

int Torture::Report() const {
  int said = 0;
  std::size_t lost = 0;
  std::size_t twice = 0;
  std::size_t swapped = 0;
  for (const auto& [direction, talk] : talks_) {
    const std::set<int> shown(talk.shown.begin(), talk.shown.end());
    said += talk.said;
    lost += static_cast<std::size_t>(talk.said) - shown.size();
    twice += talk.shown.size() - shown.size();
    for (std::size_t i = 1; i < talk.seqs.size(); ++i) {
      swapped += talk.seqs[i] < talk.seqs[i - 1] ? 1 : 0;
    }
    std::printf("  %-16s said %5d  shown %5zu\n", direction.c_str(), talk.said, talk.shown.size());
  }
  std::printf(
      "%d kills: %d texts said, %zu lost, %zu shown twice, %zu out of order; %d receipts, %d of "
      "them "
      "of failure; the endpoints dropped %d repeats\n",
      kills_, said, lost, twice, swapped, receipts_, refused_, repeats_dropped_);
  return lost + twice + swapped == 0 && refused_ == 0 ? 0 : 1;
}

}  // namespace

int RunTorture(const TortureOptions& options, Line::Seams seams) {
  setvbuf(stdout, nullptr, _IOLBF, 0);
  Torture torture(options, seams);
  const Result<void> ran = torture.Run();
  if (!ran) std::fprintf(stderr, "torture: %s\n", ran.error().what.c_str());
  const int code = torture.Report();
  if (ran && code == 0) {
    std::error_code error;
    std::filesystem::remove_all(torture.folder(), error);
    return 0;
  }
  std::fprintf(stderr, "torture: data and logs are in %s\n", torture.folder().c_str());
  return 1;
}

}  // namespace trestle::sim
