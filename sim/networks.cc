#include "sim/networks.h"

#include <cstdio>
#include <nlohmann/json.hpp>

namespace trestle::sim {
namespace {

// Identities of one kind: a first one and `count` that follow it.
struct Identities {
  std::string service;
  std::vector<std::string> ghosts;
};

Identities Numbered(const std::string& prefix, std::size_t ghosts) {
  Identities out{prefix + "00", {}};
  for (std::size_t i = 1; i <= ghosts; ++i) {
    out.ghosts.push_back(prefix + (i < 10 ? "0" : "") + std::to_string(i));
  }
  return out;
}

std::string RandomHex(Random& random) {
  Bytes16 octets;
  random.Fill(octets);
  return ToHex(octets);
}

std::string Loopback(std::uint16_t port) { return "http://127.0.0.1:" + std::to_string(port); }

// What an adapter needs to connect to a simulated Meta network, as the ready file shows it.
struct MetaSecrets {
  std::string app_id = "1010101010";
  std::string app_secret;
  std::string token;
  std::string verify_token;
};

MetaSecrets DrawSecrets(Random& random) {
  return {.app_secret = RandomHex(random),
          .token = RandomHex(random),
          .verify_token = RandomHex(random)};
}

nlohmann::json MetaReady(const Identities& identities, const MetaSecrets& secrets,
                         std::uint16_t api_port, std::uint16_t control_port) {
  return {{"control_url", Loopback(control_port)},
          {"graph_url", Loopback(api_port)},
          {"service", identities.service},
          {"ghosts", identities.ghosts},
          {"app_id", secrets.app_id},
          {"app_secret", secrets.app_secret},
          {"token", secrets.token},
          {"verify_token", secrets.verify_token}};
}

SendApiSim::Options SendApiOptions(const Identities& identities, const MetaSecrets& secrets) {
  SendApiSim::Options options;
  options.service = identities.service;
  options.ghosts = identities.ghosts;
  options.app_id = secrets.app_id;
  options.app_secret = secrets.app_secret;
  options.token = secrets.token;
  return options;
}

}  // namespace

Result<std::unique_ptr<Networks>> Networks::Start(std::size_t ghosts, const Clock& clock,
                                                  Random& random) {
  std::unique_ptr<Networks> networks(new Networks());
  nlohmann::json ready;

  const Identities pages = Numbered("1100000000000", ghosts);
  const MetaSecrets messenger = DrawSecrets(random);
  networks->messenger_ =
      TRESTLE_TRY(MessengerSim::Start(SendApiOptions(pages, messenger), clock, random));
  ready["messenger"] = MetaReady(pages, messenger, networks->messenger_->api_port(),
                                 networks->messenger_->control_port());

  const Identities accounts = Numbered("178414000000000", ghosts);
  const MetaSecrets instagram = DrawSecrets(random);
  networks->instagram_ =
      TRESTLE_TRY(InstagramSim::Start(SendApiOptions(accounts, instagram), clock, random));
  ready["instagram"] = MetaReady(accounts, instagram, networks->instagram_->api_port(),
                                 networks->instagram_->control_port());

  const Identities numbers = Numbered("1065403522429", ghosts);
  const MetaSecrets whatsapp = DrawSecrets(random);
  WhatsappSimOptions whatsapp_options;
  whatsapp_options.service = numbers.service;
  whatsapp_options.ghosts = numbers.ghosts;
  whatsapp_options.app_id = whatsapp.app_id;
  whatsapp_options.app_secret = whatsapp.app_secret;
  whatsapp_options.token = whatsapp.token;
  networks->whatsapp_ = TRESTLE_TRY(WhatsappSim::Start(whatsapp_options, clock, random));
  ready["whatsapp"] = MetaReady(numbers, whatsapp, networks->whatsapp_->api_port(),
                                networks->whatsapp_->control_port());

  // Numbers out of the range that North America keeps for fiction.
  const Identities pool = Numbered("120255501", ghosts);
  SmsSimOptions sms;
  sms.service_number = "12345";
  sms.ghost_numbers = pool.ghosts;
  sms.password = RandomHex(random).substr(0, 8);
  networks->sms_ = TRESTLE_TRY(SmsSim::Start(sms, clock, random));
  ready["sms"] = {{"control_url", Loopback(networks->sms_->control_port())},
                  {"service", sms.service_number},
                  {"ghosts", sms.ghost_numbers},
                  {"host", "127.0.0.1"},
                  {"port", networks->sms_->smpp_port()},
                  {"system_id", sms.system_id},
                  {"password", sms.password}};
  networks->ready_json_ = ready.dump(2);
  return networks;
}

Result<std::vector<NetworkAccess>> ReadAccess(const std::string& ready_json) {
  const auto ready = nlohmann::json::parse(ready_json, nullptr, false);
  // Octets of one native text: a fragment is ASCII, so characters and octets are the same.
  const std::vector<NetworkAccess> kinds = {
      {"whatsapp", "WhatsApp", "", "", LineKind::kText, 4096},
      {"messenger", "Messenger", "", "", LineKind::kText, 2000},
      {"instagram", "Instagram Direct", "", "", LineKind::kText, 1000},
      {"sms", "SMS", "", "", LineKind::kSms, 0},
  };
  std::vector<NetworkAccess> out;
  for (NetworkAccess access : kinds) {
    if (!ready.is_object() || !ready.contains(access.name)) {
      return Fail(Reason::kMalformed, "the ready file lacks a network");
    }
    access.control_url = ready[access.name].value("control_url", "");
    access.service = ready[access.name].value("service", "");
    out.push_back(std::move(access));
  }
  return out;
}

}  // namespace trestle::sim
