#include "sim/torture.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>

#include "sim/child.h"
#include "sim/networks.h"
#include "sim/talks.h"

namespace trestle::sim {
namespace {

constexpr Millis kStartPatience = std::chrono::seconds(60);
constexpr Millis kStepPatience = std::chrono::seconds(60);
// After the last kill: as long as anything still comes, at most so long without anything.
constexpr Millis kDrainPatience = std::chrono::minutes(2);
// WhatsApp takes ten messages a minute to one person; receipts count.
constexpr int kKillsBetweenWhatsappTexts = 6;
constexpr std::size_t kOnTheWayMax = 100;  // of one peer, both ways
// A bridge holds so many unfinished frames of one sender (FragmentStore::Limits); a phone that has
// more on the way makes its network bring them again and again.
constexpr std::size_t kSmsOnTheWayMax = 32;
// One life in so many of each network has a lie of each kind. With many more the bridge only waits:
// its pauses between attempts grow to an hour, as they should.
constexpr std::uint64_t kLieOneIn = 4;
constexpr std::uint64_t kLifeMsMin = 5;
constexpr std::uint64_t kLifeMsMax = 900;
// A network that answers late (SimControl::kLateAnswer) is outlived now and then.
constexpr std::uint64_t kLyingLifeMsMax = 4000;

struct Peer {
  std::string name;
  std::unique_ptr<Phone> phone;
  std::string thread;      // the ghost of the star in the middle, as this phone sees it
  std::string hub_thread;  // the ghost of this one, as the star in the middle sees it
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
  bool Report() const { return talks_.Report(kills_, {dropped_, delayed_}); }
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
  enum class Loss : std::uint8_t { kStays, kIsRepaired };
  Result<void> Lie();
  Result<void> LieTo(Phone& phone, Loss loss);
  Result<void> TellTruth(Phone& phone, Loss loss);
  Result<void> Drain();

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
  Talks talks_;
  std::size_t dropped_ = 0;  // frames that a network was told to take and to bring to nobody
  std::size_t delayed_ = 0;  // frames of which it lost a part, which was sent again
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

// What the networks do during the next life: they answer late or not at all, tell of a message
// twice, take one and bring it to nobody.
Result<void> Torture::Lie() {
  TRESTLE_TRY(LieTo(*hub_, Loss::kStays));
  for (Peer& peer : peers_) {
    // What is lost on the way of a short message is noticed and sent again.
    TRESTLE_TRY(LieTo(*peer.phone, peer.name == "sms" ? Loss::kIsRepaired : Loss::kStays));
  }
  return {};
}

Result<void> Torture::LieTo(Phone& phone, Loss loss) {
  TRESTLE_TRY(TellTruth(phone, loss));
  nlohmann::json faults;
  for (const char* each : {"lose_answer_next", "late_next", "duplicate_next"}) {
    faults[each] = DrawBelow(seams_.random, kLieOneIn) == 0 ? 1 : 0;
  }
  const std::uint64_t drops = DrawBelow(seams_.random, kLieOneIn) == 0 ? 1 : 0;
  faults["drop_next"] = drops;
  TRESTLE_TRY(phone.line().control().Post("/sim/faults", faults));
  (loss == Loss::kStays ? dropped_ : delayed_) += drops;
  return {};
}

// Takes back what was ordered and not done.
Result<void> Torture::TellTruth(Phone& phone, Loss loss) {
  ControlClient& control = phone.line().control();
  const nlohmann::json left = TRESTLE_TRY(control.Post("/sim/faults", nlohmann::json::object()));
  TRESTLE_TRY(control.Post(
      "/sim/faults",
      {{"lose_answer_next", 0}, {"late_next", 0}, {"duplicate_next", 0}, {"drop_next", 0}}));
  (loss == Loss::kStays ? dropped_ : delayed_) -= left.value("drop_next", std::size_t{0});
  return {};
}

// One life of the daemon: everybody talks until its random end.
Result<void> Torture::LiveAndDie(int kill) {
  const std::uint64_t longest = options_.lies ? kLyingLifeMsMax : kLifeMsMax;
  const Millis life{
      static_cast<std::int64_t>(kLifeMsMin + DrawBelow(seams_.random, longest - kLifeMsMin))};
  const MonoTime end = seams_.clock.mono_now() + life;
  if (options_.lies) TRESTLE_TRY(Lie());
  for (std::size_t turn = 0; seams_.clock.mono_now() < end; ++turn) {
    TRESTLE_TRY(SayOne(kill, turn));
    TRESTLE_TRY(PumpAll(Millis{0}));
  }
  daemon_->Kill();
  ++kills_;
  // What is said while it is away must not be lost either.
  TRESTLE_TRY(SayOne(kill, 0));
  if (kills_ % 25 == 0) std::printf("%d kills, %zu on the way\n", kills_, talks_.missing());
  return StartDaemon();
}

Result<void> Torture::SayOne(int kill, std::size_t turn) {
  Peer& peer = peers_[turn % peers_.size()];
  const bool is_slow = peer.name == "whatsapp";
  const bool may = !is_slow || (kill % kKillsBetweenWhatsappTexts == 0 && turn < peers_.size());
  // What a slow network has not carried yet is not added to without end: its thread would be full.
  const std::size_t on_the_way =
      talks_.OnTheWay(peer.name + ">hub") + talks_.OnTheWay("hub>" + peer.name);
  if (!may || on_the_way > (peer.name == "sms" ? kSmsOnTheWayMax : kOnTheWayMax)) return {};
  TRESTLE_TRY(Say(peer.name + ">hub", *peer.phone, peer.thread));
  return Say("hub>" + peer.name, *hub_, peer.hub_thread);
}

Result<void> Torture::Say(const std::string& direction, Phone& phone, const std::string& thread) {
  talks_.Said(direction, TRESTLE_TRY(phone.Say(thread, talks_.NextText(direction))));
  return {};
}

Result<std::size_t> Torture::PumpAll(Millis wait) {
  std::size_t events = 0;
  const auto pump = [&](const std::string& name, Phone& phone) -> Result<void> {
    for (const PhoneEvent& event : TRESTLE_TRY(phone.Pump(wait))) {
      talks_.Saw(name, event);
      ++events;
    }
    return {};
  };
  TRESTLE_TRY(pump("hub", *hub_));
  for (Peer& peer : peers_) TRESTLE_TRY(pump(peer.name, *peer.phone));
  return events;
}

Result<void> Torture::Drain() {
  TRESTLE_TRY(TellTruth(*hub_, Loss::kStays));
  for (Peer& peer : peers_) {
    TRESTLE_TRY(TellTruth(*peer.phone, peer.name == "sms" ? Loss::kIsRepaired : Loss::kStays));
  }
  MonoTime last_event = seams_.clock.mono_now();
  while (talks_.missing() + talks_.unheard() > dropped_ &&
         seams_.clock.mono_now() - last_event < kDrainPatience) {
    if (TRESTLE_TRY(PumpAll(std::chrono::milliseconds(50))) > 0) {
      last_event = seams_.clock.mono_now();
    }
  }
  return {};
}

}  // namespace

int RunTorture(const TortureOptions& options, Line::Seams seams) {
  setvbuf(stdout, nullptr, _IOLBF, 0);
  Torture torture(options, seams);
  const Result<void> ran = torture.Run();
  if (!ran) std::fprintf(stderr, "torture: %s\n", ran.error().what.c_str());
  const bool held = torture.Report();
  if (ran && held) {
    std::error_code error;
    std::filesystem::remove_all(torture.folder(), error);
    return 0;
  }
  std::fprintf(stderr, "torture: data and logs are in %s\n", torture.folder().c_str());
  return 1;
}

}  // namespace trestle::sim
