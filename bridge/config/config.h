// The daemon's configuration: read from one YAML file, checked to the last field, and frozen before
// anything starts. Unknown keys, wrong types, values out of range and unreadable secrets are
// refused with the file's line and the setting's path. Secrets stand in files of their own, or in
// environment variables, and never in the YAML. config/trestle.yaml is the annotated reference;
// each default stands beside its reason here.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bridge/base/event_log.h"
#include "bridge/base/sensitive.h"
#include "bridge/envelope/network.h"
#include "bridge/policy/limits.h"
#include "bridge/policy/residency.h"

namespace trestle {

struct ListenAt {
  std::string address = "127.0.0.1";  // beyond loopback with TLS only
  std::uint16_t port = 0;             // 0: the system chooses; the ready file tells
};

struct LogConfig {
  std::string path;  // empty: standard error, which a supervisor collects
  Severity level = Severity::kInfo;
};

struct MessengerConfig {
  std::string service_page;
  std::vector<std::string> ghost_pages;
  std::string app_id;
  Secret app_secret;
  Secret verify_token;
  Secret token;
  std::map<std::string, Secret> page_tokens;
  std::string graph_url = "https://graph.facebook.com";  // Meta's own
  std::string graph_version = "v23.0";                   // the one the adapter was written against
  bool subscribes = true;
  std::string callback_url;
  std::uint16_t webhook_port = 0;
  std::string webhook_path = "/webhook/messenger";
  std::int64_t sends_per_second = 250;  // Meta allows 300 for each Page
  std::size_t units_max = 255;          // what fragments can number
  Millis send_timeout = std::chrono::seconds(10);
  std::string loopback;  // the address of a peer that echoes; empty: none
};

struct InstagramConfig {
  std::string service_account;
  std::vector<std::string> ghost_accounts;
  std::string app_id;
  Secret app_secret;
  Secret verify_token;
  Secret token;
  std::map<std::string, Secret> account_tokens;
  std::string graph_url = "https://graph.instagram.com";
  std::string graph_version = "v23.0";
  bool subscribes = true;
  std::string subscriptions_url = "https://graph.facebook.com";  // subscriptions are the app's
  std::string callback_url;
  std::uint16_t webhook_port = 0;
  std::string webhook_path = "/webhook/instagram";
  std::int64_t sends_per_second = 250;  // Meta allows 300 for each account
  std::size_t units_max = 255;
  Millis send_timeout = std::chrono::seconds(10);
  std::string loopback;  // the address of a peer that echoes; empty: none
};

struct WhatsappConfig {
  std::string api_url = "https://graph.facebook.com";
  std::string api_version = "v23.0";
  std::string app_id;
  Secret app_secret;
  Secret verify_token;
  Secret token;
  std::string service_identity;
  std::vector<std::string> ghosts;
  std::uint16_t webhook_port = 0;
  std::string callback_url;
  bool subscribes = true;
  std::size_t messages_per_second = 80;  // Meta's throughput of a new phone number
  std::string loopback;                  // the address of a peer that echoes; empty: none
};

enum class IdSpelling : std::uint8_t { kText, kDecimal, kHex };

// How near a pool number is to be to the person who sees it.
enum class GhostMatch : std::uint8_t { kAny, kCountry, kRegion };

struct SmsConfig {
  std::string service_number;
  std::vector<std::string> ghost_numbers;
  GhostMatch ghost_match = GhostMatch::kRegion;          // people answer numbers from near by
  Millis ghost_cool_down = std::chrono::hours(90 * 24);  // as carriers rest a released number
  std::size_t units_max = 60;          // data messages that one frame may take: they cost money
  std::int64_t unit_price_micros = 0;  // of one message; the operator knows the contract
  std::int64_t frame_price_micros_max = 0;  // 0: no bound beside units_max
  std::string currency;
  Millis confirm_within = std::chrono::hours(1);    // a phone may be out of reach for a while
  Millis confirm_after = std::chrono::seconds(30);  // a carrier takes seconds, seldom longer
  int resend_rounds_max = 8;                        // a fifth of all segments may get lost
  Millis missing_after = std::chrono::seconds(10);
  std::string host = "127.0.0.1";
  std::uint16_t port = 2775;  // the port registered for SMPP
  std::string system_id;
  Secret password;
  std::string system_type;
  struct Centre {
    std::string host;
    std::uint16_t port = 0;
  };
  std::vector<Centre> more_centres;  // a cluster's other nodes
  std::size_t binds = 1;             // with each of them
  bool binds_apart = false;
  bool tls = false;
  std::string tls_ca_file;
  std::string tls_verify_name;
  std::string tls_certificate_file;
  std::optional<Secret> tls_key;
  std::size_t window = 10;                  // what most centres allow
  std::int64_t messages_per_minute = 3000;  // what the operator sold
  Millis connect_timeout = std::chrono::seconds(10);
  Millis response_timeout = std::chrono::seconds(30);
  Millis enquire_after = std::chrono::seconds(30);
  Millis reconnect_after_min = std::chrono::seconds(1);
  Millis reconnect_after_max = std::chrono::minutes(1);
  Millis throttle_pause = std::chrono::seconds(1);
  IdSpelling response_id_base = IdSpelling::kText;
  IdSpelling receipt_id_base = IdSpelling::kText;
  bool default_alphabet_is_latin1 = false;
  std::string default_region;         // of numbers in national spelling; "": none are understood
  std::uint8_t short_number_ton = 3;  // network specific, as short numbers are
  bool sends_user_message_reference = true;
  std::string loopback;  // the address of a peer that echoes; empty: none
};

// A network whose adapter is a process of its own (AdapterHost.Connect).
struct RemoteConfig {
  Network network = Network::Native();
  Secret token;
  bool text_units = true;
  std::size_t chunk_bytes = 0;
  std::size_t units_max = 1;
  bool takes_idempotency_keys = false;
  bool reports_delivered = false;
  bool reports_read = false;
  bool needs_sms_consent = false;
  bool opens_messages = false;
};

// One store of the core: where its files lie, and where on earth that is.
struct StoreConfig {
  StorePlace place;
  std::string path;  // a folder; of the first by default data_dir/core
};

inline constexpr std::size_t kStoresMax = 8;  // bridge/store/store.h: home and kPlacedMax

struct StorageKeysConfig {
  std::string path;                                // a folder; default: data_dir/keys. In no backup
  std::optional<Secret> master_key;                // none: made beside the keys at the first start
  Millis rotate_every = std::chrono::minutes(10);  // how long a copy may outlive an erasure at most
};

// The words people may text to the bridge; checked by bridge/adapter_api/service_words.h.
struct ServiceWordsConfig {
  std::vector<std::string> languages = {"en", "de", "es", "fr", "pt", "it", "nl"};
  // The operator's own, by verb.
  std::vector<std::string> join;
  std::vector<std::string> code;
  std::vector<std::string> alias;
  std::vector<std::string> reach;
  std::vector<std::string> cancel;
  std::vector<std::string> rotate;
  std::vector<std::string> release;
  std::vector<std::string> agree;
  std::vector<std::string> disagree;
  std::vector<std::string> stop;
  std::vector<std::string> help;
};

struct Config {
  ListenAt grpc{"127.0.0.1", 7443};
  ListenAt metrics{"127.0.0.1", 9464};  // where Prometheus expects an exporter of this kind
  std::string data_dir;                 // the core's store in core/, each adapter's in <network>/
  LogConfig log;
  struct Tls {
    std::string certificate;  // PEM files
    std::string key;
  };
  std::optional<Tls> tls;                // of gRPC; none: plain text, on loopback alone
  std::optional<Secret> operator_token;  // none: operator calls are refused
  Limits limits;
  ServiceWordsConfig service_words;
  std::vector<StoreConfig> stores;  // home, which has the directory, first; at least that one
  ResidencyWishes residency;        // where the operator lets data be kept
  StorageKeysConfig storage_keys;
  Millis address_keys_rotate_every = std::chrono::hours(24 * 90);  // 0: never
  bool forget_waiting = false;  // --forget-waiting: rows whose storage keys are lost are given up
  std::optional<MessengerConfig> messenger;
  std::optional<InstagramConfig> instagram;
  std::optional<WhatsappConfig> whatsapp;
  std::optional<SmsConfig> sms;
  std::vector<RemoteConfig> remote;
};

// One sentence that names the setting and its line, made for the operator's terminal. It holds
// names of settings and files, never a secret.
struct ConfigError {
  std::string text;
};

// Reads the file and every secret it names. Relative paths are taken from the file's own folder.
tl::expected<Config, ConfigError> LoadConfig(const std::string& path);
// The same for a text; `folder` is what relative paths are taken from, `name` what errors call it.
tl::expected<Config, ConfigError> ParseConfig(const std::string& text, const std::string& folder,
                                              const std::string& name);

}  // namespace trestle
