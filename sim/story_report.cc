// What the story prints, and the claims it checks at its end.
#include <algorithm>
#include <cstdio>
#include <set>

#include "bridge/envelope/fragment.h"
#include "sim/story.h"

namespace trestle::sim {
namespace {

constexpr std::size_t kShownOctetsMax = 96;
constexpr const char* kIndent = "             ";

// The beginning of a text on one line, not cut inside a UTF-8 sequence.
std::string Shown(const std::string& text) {
  std::size_t end = std::min(text.size(), kShownOctetsMax);
  while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
    --end;
  }
  std::string out = text.substr(0, end);
  std::replace_if(
      out.begin(), out.end(), [](char sign) { return sign == '\n' || sign == '\r'; }, ' ');
  return end < text.size() ? out + "…" : out;
}

// What stands out of a body on the wire: the beginning of a sealed fragment where there is one,
// else a delivery state or a text.
std::string Essence(const std::string& body) {
  const std::size_t sealed = body.find(kFragmentPrefix);
  if (sealed != std::string::npos) {
    const std::size_t end = std::min(body.find('"', sealed), body.size());
    return "sealed, " + std::to_string(end - sealed) + " characters: " + body.substr(sealed, 48) +
           "…";
  }
  for (const std::string key : {"\"status\":\"", "\"body\":\"", "\"text\":\""}) {
    const std::size_t at = body.find(key);
    if (at == std::string::npos) continue;
    const std::size_t first = at + key.size();
    return Shown(key.substr(1, key.size() - 4) + " " +
                 body.substr(first, body.find('"', first) - first));
  }
  const std::size_t delivery = body.find("\"delivery\":");
  return Shown(delivery == std::string::npos ? body : body.substr(delivery));
}

// The ids by which a Send API network names the people behind it, from what was sent to them.
std::vector<std::string> RecipientsIn(const std::string& wire) {
  constexpr std::string_view kBefore = "\"recipient\":{\"id\":\"";
  std::set<std::string> ids;
  for (std::size_t at = wire.find(kBefore); at != std::string::npos; at = wire.find(kBefore, at)) {
    at += kBefore.size();
    const std::size_t end = wire.find('"', at);
    // In webhooks the recipient is one of the bridge's own identities; sends begin with it.
    const bool is_send = at >= kBefore.size() + 1 && wire[at - kBefore.size() - 1] == '{' &&
                         (at == kBefore.size() + 1 || wire[at - kBefore.size() - 2] == '\n');
    if (is_send) ids.insert(wire.substr(at, end - at));
  }
  return {ids.begin(), ids.end()};
}

std::string Described(const PhoneEvent& event) {
  switch (event.kind) {
    case PhoneEventKind::kServiceText:
      return "the bridge says: " + Shown(event.text);
    case PhoneEventKind::kAsked:
      return "somebody asks to reach you about \"" + event.text + "\" (ghost " + event.thread + ")";
    case PhoneEventKind::kThreadOpened:
      return event.text + " has accepted (ghost " + event.thread + ")";
    case PhoneEventKind::kReady:
      return "sealed thread with " + event.thread;
    case PhoneEventKind::kMessage:
      return event.thread + " says: " + Shown(event.text) + "   [" +
             event.envelope_id.hex().substr(0, 8) + ", " + std::to_string(event.native_messages) +
             " native]";
    case PhoneEventKind::kReceipt:
      return "receipt " + event.envelope_id.hex().substr(0, 8) + ": " +
             std::string(ReceiptLevelName(event.level));
    case PhoneEventKind::kThreadText:
      return "the bridge says on " + event.thread + ": " + Shown(event.text);
    case PhoneEventKind::kTrouble:
      return "TROUBLE on " + event.thread + ": " + event.text;
  }
  return {};
}

}  // namespace

void Story::Step(const std::string& what) {
  const double seconds = static_cast<double>((seams_.clock.wall_now() - begun_).count()) / 1000.0;
  std::printf("\n[%7.3f s]  %s\n", seconds, Shown(what).c_str());
}

void Story::Show(const Party& party, const PhoneEvent& event) {
  std::printf("%s%s sees: %s\n", kIndent, party.title.c_str(), Described(event).c_str());
}

void Story::ShowWires() {
  for (std::size_t i = 0; i < options_.networks.size(); ++i) {
    const NetworkAccess& network = options_.networks[i];
    ControlClient control(seams_.http, network.control_url);
    const auto answer = control.Get("/sim/wire?after=" + std::to_string(wire_seen_[i]));
    if (!answer) continue;
    // Records that look alike, such as the segments of one frame, are one line.
    std::string before;
    std::size_t alike = 0;
    const auto print = [&] {
      if (alike == 0) return;
      const std::string times = alike == 1 ? "" : std::to_string(alike) + " times ";
      std::printf("%s%s wire, %s%s\n", kIndent, network.name.c_str(), times.c_str(),
                  before.c_str());
    };
    for (const nlohmann::json& record : answer->value("records", nlohmann::json::array())) {
      wire_seen_[i] = std::max(wire_seen_[i], record.value("seq", std::uint64_t{0}));
      std::string line = record.value("direction", "") + " " + record.value("what", "") + ", " +
                         std::to_string(record.value("octets", std::size_t{0})) +
                         " octets: " + Essence(record.value("shows", ""));
      const bool is_alike = line.substr(0, line.find(':')) == before.substr(0, before.find(':'));
      if (is_alike && network.kind == LineKind::kSms) {
        ++alike;
        continue;
      }
      print();
      before = std::move(line);
      alike = 1;
    }
    print();
  }
}

void Story::ShowBridge() {
  for (const std::string& line : options_.bridge_lines()) {
    std::printf("%sbridge saw: %s\n", kIndent, line.c_str());
  }
}

std::string Story::WireBytes(const NetworkAccess& network) {
  ControlClient control(seams_.http, network.control_url);
  std::string bytes;
  std::uint64_t after = 0;
  while (true) {
    const auto answer = control.Get("/sim/wire?limit=1000&after=" + std::to_string(after));
    if (!answer) return bytes;
    const auto records = answer->value("records", nlohmann::json::array());
    if (records.empty()) return bytes;
    for (const nlohmann::json& record : records) {
      after = std::max(after, record.value("seq", std::uint64_t{0}));
      const std::string shows = record.value("shows", "");
      // SMS shows hex: searched as the octets it stands for as well.
      const auto octets = FromHex(shows);
      bytes.append(shows).append("\n");
      if (octets) bytes.append(AsText(*octets)).append("\n");
    }
  }
}

void Story::CheckClaims() {
  Step("checking what was claimed");
  std::set<std::string> ghosts;
  for (const Party& buyer : buyers_) {
    const Conversation& talk = buyer.talk;
    claims_.Check(!talk.to_seller_sent.empty() && talk.to_seller_sent == talk.to_seller_seen,
                  "all texts of " + buyer.title + " reached the seller byte for byte, in order");
    claims_.Check(!talk.to_buyer_sent.empty() && talk.to_buyer_sent == talk.to_buyer_seen,
                  "all replies reached " + buyer.title + " byte for byte, in order");
    ghosts.insert(talk.seller_thread);
  }
  claims_.Check(ghosts.size() == buyers_.size(),
                "the seller sees a ghost of its own for each buyer");

  std::vector<Pile> wires;
  for (const NetworkAccess& network : options_.networks) {
    wires.push_back({network.name + "'s wire", WireBytes(network)});
  }
  const Pile core = PileOf("the core's store", options_.data_folder + "/core");
  const Pile log = PileOf("the daemon's log", options_.log_file);
  CheckSecrets(wires, core, log);
}

void Story::CheckSecrets(const std::vector<Pile>& wires, const Pile& core, const Pile& log) {
  std::vector<const Party*> all = {&seller_};
  for (const Party& buyer : buyers_) all.push_back(&buyer);
  std::vector<Pile> inboxes;
  for (const Party* party : all) {
    inboxes.push_back({"what " + party->title + " received", party->phone->line().raw_inbox()});
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Party& party = *all[i];
    std::vector<const Pile*> elsewhere = {&core, &log};
    const Pile* own_wire = nullptr;
    for (std::size_t w = 0; w < wires.size(); ++w) {
      if (options_.networks[w].name == party.network->name) {
        own_wire = &wires[w];
      } else {
        elsewhere.push_back(&wires[w]);
      }
    }
    for (std::size_t j = 0; j < all.size(); ++j) {
      if (j != i) elsewhere.push_back(&inboxes[j]);
    }
    const bool has_scoped_ids =
        party.network->name == "messenger" || party.network->name == "instagram";
    const std::vector<std::string> addresses =
        has_scoped_ids ? RecipientsIn(own_wire->bytes) : std::vector<std::string>{party.address};
    claims_.Check(!addresses.empty(),
                  "(control) " + party.title + " has an address on its network");
    for (const std::string& address : addresses) {
      claims_.CheckAbsent("an address of " + party.title, address, elsewhere, *own_wire);
    }
  }
  std::vector<const Pile*> blind = {&core, &log};
  for (const Pile& wire : wires) blind.push_back(&wire);
  for (const Party& buyer : buyers_) {
    Pile said{"what its two ends saw", {}};
    for (const auto& text : buyer.talk.to_seller_seen) said.bytes += text + "\n";
    for (const auto& text : buyer.talk.to_buyer_seen) said.bytes += text + "\n";
    for (const auto* texts : {&buyer.talk.to_seller_sent, &buyer.talk.to_buyer_sent}) {
      for (const auto& text : *texts) {
        claims_.CheckAbsent("a text (" + Shown(text).substr(0, 12) + "…)", text, blind, said);
      }
    }
  }
}

}  // namespace trestle::sim
