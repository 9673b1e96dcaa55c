#include "bridge/daemon/networks.h"

#include <cstdlib>

#include "adapters/instagram/factory.h"
#include "adapters/messenger/factory.h"
#include "adapters/sdk/send_api_adapter.h"
#include "adapters/sms/factory.h"
#include "adapters/sms/options_from.h"
#include "adapters/whatsapp/adapter.h"
#include "adapters/whatsapp/factory.h"
#include "bridge/adapter_api/service_words.h"

namespace trestle {
namespace {

// Meta's two Send API networks take the same settings under their own names.
template <class Options, class Settings>
void FillSendApi(Options& options, Settings& settings) {
  options.app_id = settings.app_id;
  options.app_secret = std::move(settings.app_secret);
  options.verify_token = std::move(settings.verify_token);
  options.token = std::move(settings.token);
  options.graph_url = settings.graph_url;
  options.graph_version = settings.graph_version;
  options.subscribes = settings.subscribes;
  options.callback_url = settings.callback_url;
  options.webhook_port = settings.webhook_port;
  options.webhook_path = settings.webhook_path;
  options.sends_per_second = settings.sends_per_second;
  options.units_max = settings.units_max;
  options.send_timeout_ms = settings.send_timeout.count();
}

MessengerOptions OptionsOf(MessengerConfig& settings) {
  MessengerOptions options;
  options.service_page = settings.service_page;
  options.ghost_pages = settings.ghost_pages;
  options.page_tokens = std::move(settings.page_tokens);
  FillSendApi(options, settings);
  return options;
}

InstagramOptions OptionsOf(InstagramConfig& settings) {
  InstagramOptions options;
  options.service_account = settings.service_account;
  options.ghost_accounts = settings.ghost_accounts;
  options.account_tokens = std::move(settings.account_tokens);
  options.subscriptions_url = settings.subscriptions_url;
  FillSendApi(options, settings);
  return options;
}

WhatsappOptions OptionsOf(const WhatsappConfig& settings) {
  WhatsappOptions options;
  options.api_url = settings.api_url;
  options.api_version = settings.api_version;
  options.app_id = settings.app_id;
  options.app_secret = settings.app_secret.Reveal(Purpose::kAuthenticate);
  options.verify_token = settings.verify_token.Reveal(Purpose::kAuthenticate);
  options.token = settings.token.Reveal(Purpose::kAuthenticate);
  options.service_identity = settings.service_identity;
  options.ghosts = settings.ghosts;
  options.webhook_port = settings.webhook_port;
  options.callback_url = settings.callback_url;
  options.subscribes = settings.subscribes;
  options.messages_per_second = settings.messages_per_second;
  return options;
}

Result<ServiceWords> WordsOf(const ServiceWordsConfig& settings) {
  std::vector<ServiceWords::Word> own;
  const auto add = [&own](ServiceVerb verb, const std::vector<std::string>& words) {
    for (const std::string& word : words) own.push_back({verb, word});
  };
  add(ServiceVerb::kJoin, settings.join);
  add(ServiceVerb::kCode, settings.code);
  add(ServiceVerb::kAlias, settings.alias);
  add(ServiceVerb::kReach, settings.reach);
  add(ServiceVerb::kCancel, settings.cancel);
  add(ServiceVerb::kRotate, settings.rotate);
  add(ServiceVerb::kRelease, settings.release);
  add(ServiceVerb::kAgree, settings.agree);
  add(ServiceVerb::kDisagree, settings.disagree);
  add(ServiceVerb::kStop, settings.stop);
  add(ServiceVerb::kHelp, settings.help);
  return ServiceWords::Create(settings.languages, own);
}

Capabilities CapabilitiesOf(const RemoteConfig& settings) {
  Capabilities capabilities;
  capabilities.network = settings.network;
  capabilities.unit_kind = settings.text_units ? UnitKind::kText : UnitKind::kBinary;
  capabilities.chunk_bytes = settings.chunk_bytes;
  capabilities.units_max = settings.units_max;
  capabilities.takes_idempotency_keys = settings.takes_idempotency_keys;
  capabilities.reports_delivered = settings.reports_delivered;
  capabilities.reports_read = settings.reports_read;
  capabilities.needs_sms_consent = settings.needs_sms_consent;
  capabilities.opens_messages = settings.opens_messages;
  return capabilities;
}

// systemd.exec(5), LoadCredential=: the folder of the service's credentials is in its environment.
KeySource KeySourceOf(std::string_view network, Millis rotate_every) {
  KeySource out;
  out.rotate_every = rotate_every;
  out.variable = "TRESTLE_ADDRESS_KEY_";
  for (const char sign : network) {
    out.variable.push_back(sign >= 'a' && sign <= 'z' ? static_cast<char>(sign - 'a' + 'A') : sign);
  }
  const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
  if (folder != nullptr)
    out.credential = std::string(folder) + "/address_key." + std::string(network);
  return out;
}

}  // namespace

Result<std::unique_ptr<Networks>> Networks::Make(Config& config, Seams seams, std::string& failed) {
  std::unique_ptr<Networks> networks(new Networks(seams));
  networks->all_.emplace_back(Network::Native(), &networks->native_);
  failed = "service_words";
  const ServiceWords words = TRESTLE_TRY(WordsOf(config.service_words));
  const auto context = [&](const char* network, const std::string& loopback) {
    failed = network;
    return AdapterContext{config.data_dir + "/" + network,
                          seams.clock,
                          seams.random,
                          seams.metrics,
                          words,
                          KeySourceOf(network, config.address_keys_rotate_every),
                          loopback};
  };
  if (config.messenger) {
    networks->Add(Network::Messenger(), TRESTLE_TRY(MakeMessengerAdapter(
                                            OptionsOf(*config.messenger),
                                            context("messenger", config.messenger->loopback))));
  }
  if (config.instagram) {
    networks->Add(Network::Instagram(), TRESTLE_TRY(MakeInstagramAdapter(
                                            OptionsOf(*config.instagram),
                                            context("instagram", config.instagram->loopback))));
  }
  if (config.whatsapp) {
    networks->Add(Network::Whatsapp(),
                  TRESTLE_TRY(MakeWhatsappAdapter(OptionsOf(*config.whatsapp),
                                                  context("whatsapp", config.whatsapp->loopback))));
  }
  if (config.sms) {
    networks->Add(Network::Sms(),
                  TRESTLE_TRY(MakeSmsAdapter(SmsOptionsFrom(*config.sms),
                                             context("sms", config.sms->loopback))));
  }
  for (const RemoteConfig& settings : config.remote) {
    auto adapter =
        std::make_unique<RemoteAdapter>(CapabilitiesOf(settings), seams.loop, seams.clock, words);
    networks->remote_.Add(*adapter);
    networks->Add(settings.network, std::move(adapter));
  }
  return networks;
}

void Networks::Add(const Network& network, std::unique_ptr<Adapter> adapter) {
  all_.emplace_back(network, adapter.get());
  owned_.push_back(std::move(adapter));
}

std::map<std::string, std::uint16_t> Networks::webhook_ports() const {
  std::map<std::string, std::uint16_t> ports;
  for (const auto& [network, adapter] : all_) {
    if (const auto* send_api = dynamic_cast<const SendApiAdapter*>(adapter)) {
      ports.emplace(network.name(), send_api->webhook_port());
    }
    if (const auto* whatsapp = dynamic_cast<const WhatsappAdapter*>(adapter)) {
      ports.emplace(network.name(), whatsapp->webhook_port());
    }
  }
  return ports;
}

}  // namespace trestle
