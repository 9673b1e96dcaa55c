#include "bridge/config/config.h"

#include <algorithm>
#include <set>

#include "bridge/config/adapter_sections.h"
#include "bridge/config/common_sections.h"
#include "bridge/config/yaml_section.h"

namespace trestle {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t kRemoteMax = 16;

struct CountRow {
  const char* key;
  std::size_t Limits::*field;
  Range<std::int64_t> range;
};
struct WholeRow {
  const char* key;
  int Limits::*field;
  Range<std::int64_t> range;
};
struct SpanRow {
  const char* key;
  Millis Limits::*field;
  Range<Millis> range;
};

// Every limit of bridge/policy/limits.h under its own name. The ends of the ranges are where the
// core still works; the reasons of the defaults stand there.
constexpr CountRow kCounts[] = {
    {"enrolments_per_account_max", &Limits::enrolments_per_account_max, {1, 8}},
    {"aliases_per_account_max", &Limits::aliases_per_account_max, {1, 256}},
    {"names_per_account_max", &Limits::names_per_account_max, {1, 100'000}},
    {"lookups_per_account_max", &Limits::lookups_per_account_max, {1, 1'000'000}},
    {"lookups_per_network_max", &Limits::lookups_per_network_max, {1, 100'000'000}},
    {"lookups_max", &Limits::lookups_max, {1, 100'000'000}},
    {"errands_per_turn_max", &Limits::errands_per_turn_max, {1, 1000}},
    {"withdrawn_rows_max", &Limits::withdrawn_rows_max, {1, 10'000}},
    {"key_log_entries_max", &Limits::key_log_entries_max, {100, 1'000'000}},
    {"open_requests_per_owner_max", &Limits::open_requests_per_owner_max, {1, 10'000}},
    {"contacts_per_account_max", &Limits::contacts_per_account_max, {1, 2000}},
    {"key_packages_per_account_max", &Limits::key_packages_per_account_max, {1, 64}},
    {"rows_per_thread_max", &Limits::rows_per_thread_max, {1, 100'000}},
    {"rows_per_sender_max", &Limits::rows_per_sender_max, {1, 10'000'000}},
    {"in_flight_per_receiver_max", &Limits::in_flight_per_receiver_max, {1, 1024}},
    {"store_items_max", &Limits::store_items_max, {16, 1'000'000}},
    {"directory_cache_max", &Limits::directory_cache_max, {1, 10'000'000}},
    {"store_bytes_max", &Limits::store_bytes_max, {2'000'000, 4'000'000'000}},
    {"submits_per_second", &Limits::submits_per_second, {1, 1'000'000}},
    {"submits_burst", &Limits::submits_burst, {1, 1'000'000}},
    {"calls_per_second", &Limits::calls_per_second, {1, 1'000'000}},
    {"calls_burst", &Limits::calls_burst, {1, 1'000'000}},
    {"enrolments_per_second", &Limits::enrolments_per_second, {1, 1'000'000}},
    {"enrolments_burst", &Limits::enrolments_burst, {1, 1'000'000}},
    {"inbound_per_second", &Limits::inbound_per_second, {1, 1'000'000}},
    {"inbound_burst", &Limits::inbound_burst, {1, 1'000'000}},
    {"rows_total_max", &Limits::rows_total_max, {100, 100'000'000}},
    {"in_flight_per_adapter_max", &Limits::in_flight_per_adapter_max, {1, 1024}},
    {"watchers_max", &Limits::watchers_max, {1, 1024}},
    {"watch_events_max", &Limits::watch_events_max, {16, 65'536}},
    {"sweep_rows_max", &Limits::sweep_rows_max, {1, 10'000}},
};
constexpr WholeRow kWholes[] = {
    {"key_claims_per_contact_max", &Limits::key_claims_per_contact_max, {1, 16}},
    {"join_tries_max", &Limits::join_tries_max, {1, 20}},
    {"native_join_tries_max", &Limits::native_join_tries_max, {1, 1000}},
    {"attempts_max", &Limits::attempts_max, {1, 1000}},
    {"canary_misses_max", &Limits::canary_misses_max, {1, 100}},
};
constexpr SpanRow kSpans[] = {
    {"join_code_age_max", &Limits::join_code_age_max, {minutes(1), hours(1)}},
    {"names_window", &Limits::names_window, {minutes(1), hours(720)}},
    {"alias_quarantine", &Limits::alias_quarantine, {hours(1), hours(24 * 3650)}},
    {"lookups_window", &Limits::lookups_window, {minutes(1), hours(24)}},
    {"consent_entry_age_max", &Limits::consent_entry_age_max, {hours(24), hours(24 * 3650)}},
    {"backoff_first", &Limits::backoff_first, {Millis(10), minutes(1)}},
    {"backoff_max", &Limits::backoff_max, {Millis(10), hours(1)}},
    {"attempt_age_max", &Limits::attempt_age_max, {seconds(5), minutes(30)}},
    {"fallback_after", &Limits::fallback_after, {seconds(1), hours(24)}},
    {"canary_interval", &Limits::canary_interval, {seconds(1), hours(24)}},
    {"canary_patience", &Limits::canary_patience, {seconds(1), hours(1)}},
    {"waiting_age_max", &Limits::waiting_age_max, {seconds(1), hours(24)}},
    {"waiting_age_deaf", &Limits::waiting_age_deaf, {seconds(1), hours(24)}},
    {"inbound_age_max", &Limits::inbound_age_max, {Millis(0), hours(168)}},
    {"restart_first", &Limits::restart_first, {seconds(1), hours(1)}},
    {"restart_max", &Limits::restart_max, {seconds(1), hours(24)}},
    {"drain_patience", &Limits::drain_patience, {Millis(0), seconds(25)}},
    {"lease_span", &Limits::lease_span, {minutes(2), hours(1)}},
    {"sweep_interval", &Limits::sweep_interval, {Millis(100), minutes(5)}},
    {"seen_inbound_age_max", &Limits::seen_inbound_age_max, {hours(1), hours(720)}},
    {"trace_age_min", &Limits::trace_age_min, {minutes(1), hours(168)}},
    {"trace_age_max", &Limits::trace_age_max, {hours(1), hours(720)}},
    {"receipt_age_max", &Limits::receipt_age_max, {minutes(1), hours(168)}},
    {"reply_age_max", &Limits::reply_age_max, {minutes(1), hours(168)}},
    {"offer_age_max", &Limits::offer_age_max, {minutes(1), hours(720)}},
};

Limits ReadLimits(Section& parent) {
  Limits limits;
  Section section = parent.Child("limits");
  for (const CountRow& row : kCounts) {
    limits.*row.field = static_cast<std::size_t>(
        section.Number(row.key, static_cast<std::int64_t>(limits.*row.field), row.range));
  }
  for (const WholeRow& row : kWholes) {
    limits.*row.field = static_cast<int>(section.Number(row.key, limits.*row.field, row.range));
  }
  for (const SpanRow& row : kSpans) {
    limits.*row.field = section.Span(row.key, limits.*row.field, row.range);
  }
  if (limits.backoff_first > limits.backoff_max) {
    section.Refuse("backoff_first", "must not be longer than backoff_max");
  }
  if (limits.attempt_age_max >= limits.lease_span) {
    section.Refuse("attempt_age_max", "must be shorter than lease_span");
  }
  if (limits.restart_first > limits.restart_max) {
    section.Refuse("restart_first", "must not be longer than restart_max");
  }
  if (limits.trace_age_min > limits.trace_age_max) {
    section.Refuse("trace_age_min", "must not be longer than trace_age_max");
  }
  section.Finish();
  return limits;
}

std::vector<std::string> ReadPlaces(Section& section, const std::string& key) {
  std::vector<std::string> places = section.Texts(key);
  if (places.size() > kPlacesMax) section.Refuse(key, "at most 16 places");
  if (!std::ranges::all_of(places, IsPlace)) {
    section.Refuse(key, "a place is a region such as eu or a country such as DE");
  }
  return places;
}

ResidencyWishes ReadResidency(Section& parent) {
  Section section = parent.Child("residency");
  ResidencyWishes wishes;
  wishes.accepted = ReadPlaces(section, "accepted");
  wishes.refused = ReadPlaces(section, "refused");
  section.Finish();
  return wishes;
}

// A placed store stands elsewhere than home: where its files lie is for the operator to say.
void CheckIsAnother(Section& section, const std::string& path, const StoreConfig& store,
                    const Config& config) {
  if (!config.stores.empty() && path.empty()) {
    section.Refuse("path", "must say where this store's files lie: only the first has a default");
  }
  for (const StoreConfig& each : config.stores) {
    if (each.place.name == store.place.name) {
      section.Refuse("name", "another store has this name already");
    }
    if (each.path == store.path) section.Refuse("path", "another store lies there already");
  }
}

StoreConfig ReadStore(Section& section, const Config& config, const Problems& problems) {
  StoreConfig store;
  store.place.name = section.Text("name", store.place.name);
  if (!IsRegion(store.place.name)) {
    section.Refuse("name", "must be lower-case letters, digits and hyphens");
  }
  const std::string path = section.Text("path", "");
  store.path = path.empty() ? config.data_dir + "/core" : problems.Absolute(path);
  CheckIsAnother(section, path, store, config);
  store.place.region = section.Text("region", "");
  if (!store.place.region.empty() && !IsRegion(store.place.region)) {
    section.Refuse("region", "must be lower-case letters, digits and hyphens, such as eu");
  }
  store.place.country = section.Text("country", "");
  if (!store.place.country.empty() && !IsCountry(store.place.country)) {
    section.Refuse("country", "must be two upper-case letters (ISO 3166-1), such as DE");
  }
  if (!MayKeep(config.residency, store.place)) {
    section.Refuse("region", "residency does not let data be kept in this store's place");
  }
  section.Finish();
  return store;
}

void ReadStores(Section& root, Config& config, const Problems& problems) {
  config.residency = ReadResidency(root);
  for (Section& section : root.Children("stores")) {
    config.stores.push_back(ReadStore(section, config, problems));
  }
  if (config.stores.size() > kStoresMax) root.Refuse("stores", "at most 8 stores");
  if (!config.stores.empty()) return;
  config.stores.push_back({StorePlace{}, config.data_dir + "/core"});
  if (!MayKeep(config.residency, config.stores[0].place)) {
    root.Refuse("residency", "no store states a place that this accepts: say it under stores");
  }
}

StorageKeysConfig ReadStorageKeys(Section& parent, const Config& config, const Problems& problems) {
  Section section = parent.Child("storage_keys");
  StorageKeysConfig keys;
  const std::string path = section.Text("path", "");
  keys.path = path.empty() ? config.data_dir + "/keys" : problems.Absolute(path);
  keys.master_key = section.MaybeSecret("master_key");
  constexpr std::size_t kMasterBytesMin = 32;  // bridge/store/storage_keys.h
  if (keys.master_key && keys.master_key->Reveal(Purpose::kSealForStore).size() < kMasterBytesMin) {
    section.Refuse("master_key_file",
                   "must have at least 32 octets, such as `openssl rand -hex 32`");
  }
  keys.rotate_every = section.Span("rotate_every", keys.rotate_every, {minutes(1), hours(24)});
  section.Finish();
  return keys;
}

ServiceWordsConfig ReadServiceWords(Section& parent) {
  ServiceWordsConfig out;
  Section section = parent.Child("service_words");
  if (section.Has("languages")) out.languages = section.Texts("languages");
  out.join = section.Texts("join");
  out.code = section.Texts("code");
  out.alias = section.Texts("alias");
  out.reach = section.Texts("reach");
  out.cancel = section.Texts("cancel");
  out.rotate = section.Texts("rotate");
  out.release = section.Texts("release");
  out.agree = section.Texts("agree");
  out.disagree = section.Texts("disagree");
  out.stop = section.Texts("stop");
  out.help = section.Texts("help");
  section.Finish();
  return out;
}

void ReadAdapters(Section& parent, Config& config, Problems& problems) {
  Section adapters = parent.Child("adapters");
  if (adapters.Has("messenger")) config.messenger = ReadMessenger(adapters.Child("messenger"));
  if (adapters.Has("instagram")) config.instagram = ReadInstagram(adapters.Child("instagram"));
  if (adapters.Has("whatsapp")) config.whatsapp = ReadWhatsapp(adapters.Child("whatsapp"));
  if (adapters.Has("sms")) config.sms = ReadSms(adapters.Child("sms"), problems);
  std::set<std::string> names = {"messenger", "instagram", "whatsapp", "sms", "native"};
  for (Section& section : adapters.Children("remote")) {
    config.remote.push_back(ReadRemote(section));
    if (!names.insert(config.remote.back().network.name()).second) {
      section.Refuse("network", "this network is configured already, or built in");
    }
  }
  if (config.remote.size() > kRemoteMax) adapters.Refuse("remote", "at most 16 networks");
  adapters.Finish();
}

std::optional<Config::Tls> ReadTls(Section& root, const Problems& problems) {
  if (!root.Has("tls")) return std::nullopt;
  Section section = root.Child("tls");
  Config::Tls tls{problems.Absolute(section.NeedText("certificate")),
                  problems.Absolute(section.NeedText("key_file"))};
  section.Finish();
  return tls;
}

}  // namespace

tl::expected<Config, ConfigError> ParseConfig(const std::string& text, const std::string& folder,
                                              const std::string& name) {
  Problems problems(name, folder);
  Section root = Section::Root(text, problems);
  Config config;
  config.tls = ReadTls(root, problems);
  config.grpc =
      ReadListen(root, "listen", config.grpc, config.tls ? Reach::kAnywhere : Reach::kThisMachine);
  config.metrics = ReadListen(root, "metrics", config.metrics);
  config.data_dir = problems.Absolute(root.NeedText("data_dir"));
  config.log = ReadLog(root, problems);
  Section operators = root.Child("operator");
  config.operator_token = operators.MaybeSecret("token");
  operators.Finish();
  config.limits = ReadLimits(root);
  config.service_words = ReadServiceWords(root);
  ReadStores(root, config, problems);
  config.storage_keys = ReadStorageKeys(root, config, problems);
  Section address_keys = root.Child("address_keys");
  config.address_keys_rotate_every = address_keys.Span(
      "rotate_every", config.address_keys_rotate_every, {Millis{0}, std::chrono::hours(24 * 3650)});
  address_keys.Finish();
  ReadAdapters(root, config, problems);
  root.Finish();
  if (problems.any()) return tl::unexpected(ConfigError{problems.first()});
  return config;
}

tl::expected<Config, ConfigError> LoadConfig(const std::string& path) {
  const auto file = ReadConfigFile(path);
  if (!file) return tl::unexpected(file.error());
  return ParseConfig(file->text, file->folder, path);
}

}  // namespace trestle
