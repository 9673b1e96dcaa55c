// The marketplace story, played with real input over the four simulated networks: a seller on
// WhatsApp makes an alias for a bicycle; buyers on Messenger, Instagram Direct and SMS reach it,
// are accepted, and they talk. Prints step by step what each phone sees, what each network saw on
// its wire and what the bridge saw; ends by checking its own claims. Runs on one thread and blocks.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/claims.h"
#include "sim/corpus.h"
#include "sim/phone.h"

namespace trestle::sim {

struct NetworkAccess {
  std::string name;   // "whatsapp"
  std::string title;  // "WhatsApp"
  std::string control_url;
  std::string service;  // the bridge's service identity
  LineKind kind = LineKind::kText;
  std::size_t text_bytes_max = 0;
};

class Story {
 public:
  struct Options {
    std::vector<NetworkAccess> networks;  // whatsapp, messenger, instagram, sms
    std::string phones_folder;
    std::string data_folder;  // the daemon's: the core's and each adapter's folder are below
    std::string log_file;     // the daemon's event log
    int rounds = 2;           // texts each way and buyer
    // Lines that the bridge showed since the last call (`trestle watch`).
    std::function<std::vector<std::string>()> bridge_lines;
  };

  Story(Options options, Line::Seams seams, Corpus corpus)
      : options_(std::move(options)), seams_(seams), corpus_(std::move(corpus)) {}

  // Plays all of it. An error names the step that did not come to its end.
  Result<void> Play();
  const Claims& claims() const { return claims_; }
  const std::string& alias() const { return alias_; }

 private:
  struct Conversation {
    std::string buyer_thread;   // the ghost that the buyer sees
    std::string seller_thread;  // the ghost that the seller sees
    std::vector<std::string> to_seller_sent, to_seller_seen;
    std::vector<std::string> to_buyer_sent, to_buyer_seen;
  };
  struct Party {
    std::string title;  // "the seller (WhatsApp)"
    std::string address;
    const NetworkAccess* network = nullptr;
    std::unique_ptr<Phone> phone;
    std::deque<PhoneEvent> events;
    Conversation talk;  // buyers only
  };

  Result<Party> Make(const std::string& role, const std::string& network, std::string address);
  Result<void> Join(Party& party);
  Result<void> MakeAlias();
  Result<void> Meet(Party& buyer);
  Result<void> Talk(Party& buyer);
  Result<void> SayAndSee(Party& from, const std::string& from_thread, Party& to,
                         const std::string& to_thread, std::vector<std::string>& sent,
                         std::vector<std::string>& seen);
  // The next event of this kind on this thread ("" any); what comes before it is kept for later.
  Result<PhoneEvent> Await(Party& party, PhoneEventKind kind, const std::string& thread = "");
  void CheckClaims();
  void CheckSecrets(const std::vector<Pile>& wires, const Pile& core, const Pile& log);

  void Step(const std::string& what);
  void Show(const Party& party, const PhoneEvent& event);
  void ShowWires();
  void ShowBridge();
  std::string WireBytes(const NetworkAccess& network);

  const Options options_;
  const Line::Seams seams_;
  Corpus corpus_;
  Claims claims_;
  Party seller_;
  std::vector<Party> buyers_;
  std::string alias_;
  WallTime begun_{};
  std::vector<std::uint64_t> wire_seen_;  // by network
};

}  // namespace trestle::sim
