// What the tests against other people's SMPP share: which peers can run here, how they are started,
// and two endpoints with a real MLS thread between them.
#pragma once

#include <filesystem>

#include "adapters/sms/receipts.h"
#include "cut_relay.h"
#include "endpoint/endpoint.h"
#include "peer_process.h"
#include "tests/unit/sms/sms_world.h"

namespace trestle::sms {

// A program that speaks SMPP, by what runs it. Each says so where it cannot run.
struct Peer {
  std::string name;
  std::vector<std::string> centre;  // how to start it as a centre; arguments follow
  std::vector<std::string> client;

  // npm `smpp` 0.5.1, installed below the build folder at first use.
  static std::optional<Peer> Node() {
    const std::string folder = TRESTLE_E2E_FOLDER;
    std::error_code ignored;
    std::filesystem::create_directories(folder, ignored);
    for (const char* file : {"package.json", "client.js", "centre.js"}) {
      std::filesystem::copy_file("tests/e2e/smpp/" + std::string(file), folder + "/" + file,
                                 std::filesystem::copy_options::overwrite_existing, ignored);
    }
    const bool is_there = std::filesystem::exists(folder + "/node_modules/smpp") ||
                          Succeeds("cd '" + folder +
                                   "' && command -v node && timeout 120 npm install --silent "
                                   "--no-audit --no-fund --ignore-scripts");
    if (is_there) return Peer{"smpp", {"node", "centre.js"}, {"node", "client.js"}};
    WARN("skipped: node or npm is not here, or `smpp` 0.5.1 cannot be installed");
    return std::nullopt;
  }
  static std::optional<Peer> Perl() {
    const std::string folder = std::filesystem::absolute("tests/e2e/smpp").string();
    if (Succeeds("perl -MNet::SMPP -e 1")) {
      return Peer{"Net::SMPP", {"perl", folder + "/centre.pl"}, {"perl", folder + "/client.pl"}};
    }
    WARN("skipped: the package libnet-smpp-perl is not installed");
    return std::nullopt;
  }
  static std::vector<Peer> All() {
    std::vector<Peer> out;
    if (auto node = Node()) out.push_back(*std::move(node));
    if (auto perl = Perl()) out.push_back(*std::move(perl));
    return out;
  }
};

inline std::unique_ptr<PeerProcess> StartPeer(std::vector<std::string> command,
                                              const std::vector<std::string>& arguments) {
  command.insert(command.end(), arguments.begin(), arguments.end());
  return std::make_unique<PeerProcess>(TRESTLE_E2E_FOLDER, std::move(command));
}

// Ana and Ben, each with an endpoint, and an MLS group of the two.
class SealedPair {
 public:
  SealedPair(Random& random, const Clock& clock) {
    std::string pattern = (std::filesystem::temp_directory_path() / "trestle-mls-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
    ana_ = endpoint::Endpoint::Open(folder_ + "/ana", random, clock).value();
    ben_ = endpoint::Endpoint::Open(folder_ + "/ben", random, clock).value();
    const std::vector<Bytes> keys = ben_->MakeKeyPackages(1).value();
    const Bytes welcome = ana_->StartThread("ben", keys[0]).value();
    REQUIRE(ben_->JoinThread("ana", welcome));
  }
  ~SealedPair() { std::filesystem::remove_all(folder_); }

  Frame Seal(const std::string& text) {
    EnvelopeFrame frame;
    frame.payload = ana_->Seal("ben", content::Message::Text(text), {}).value().payload;
    return frame;
  }
  std::string Open(const Frame& frame) {
    const auto opened = ben_->Unseal("ana", std::get<EnvelopeFrame>(frame).payload);
    INFO((opened ? "" : std::string(opened.error().what.view())));
    REQUIRE(opened);
    return opened->message.text();
  }

 private:
  std::string folder_;
  std::unique_ptr<endpoint::Endpoint> ana_;
  std::unique_ptr<endpoint::Endpoint> ben_;
};

}  // namespace trestle::sms
