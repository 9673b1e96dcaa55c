#include "bridge/config/config.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace trestle;

namespace {

// A folder of its own with secret files in it.
class Folder {
 public:
  Folder() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "trestle-config-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }

  void Put(const std::string& name, const std::string& content, mode_t mode = 0600) const {
    const std::string file = path_ + "/" + name;
    std::ofstream(file, std::ios::binary) << content;
    chmod(file.c_str(), mode);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string ErrorOf(const std::string& text, const std::string& folder = "/nowhere") {
  const auto config = ParseConfig(text, folder, "t.yaml");
  return config ? "" : config.error().text;
}

Config ConfigOf(const std::string& text, const std::string& folder = "/nowhere") {
  auto config = ParseConfig(text, folder, "t.yaml");
  INFO((config ? "" : config.error().text));
  REQUIRE(config);
  return *std::move(config);
}

// The reference's commented settings, made real.
std::string Uncommented() {
  std::ifstream file("config/trestle.yaml");
  REQUIRE(file);
  std::string text;
  bool settings = false;
  for (std::string line; std::getline(file, line);) {
    settings = settings || line.starts_with("listen:");
    const bool is_setting = line.starts_with("# operator:") || line.starts_with("# limits:") ||
                            line.starts_with("# tls:") || line.starts_with("# adapters:") ||
                            line.starts_with("# stores:") || line.starts_with("# residency:") ||
                            line.starts_with("# address_keys:") ||
                            line.starts_with("# storage_keys:") ||
                            line.starts_with("# service_words:") || line.starts_with("#  ");
    if (settings && is_setting) line = line.substr(2);
    if (line.starts_with("  # path:")) line = "  path: trestled.log";
    text += line + "\n";
  }
  return text;
}

Folder WithAllSecrets() {
  Folder folder;
  for (const char* name : {"operator.token", "messenger.app_secret", "messenger.verify_token",
                           "messenger.token", "instagram.app_secret", "instagram.verify_token",
                           "instagram.token", "whatsapp.app_secret", "whatsapp.verify_token",
                           "whatsapp.token", "sms.password", "example.token", "storage.master"}) {
    folder.Put(name, std::string("secret of ") + name + ", and some more for its length\n");
  }
  return folder;
}

constexpr const char* kSms = R"(
data_dir: d
adapters:
  sms:
    service_number: "1000"
    ghost_numbers: ["1001"]
    system_id: trestle
    password_file: p
)";

}  // namespace

TEST_CASE("The reference configuration is right as it stands") {
  const auto config = LoadConfig("config/trestle.yaml");
  REQUIRE(config);
  CHECK(config->grpc.port == 7443);
  CHECK(config->metrics.port == 9464);
  CHECK(!config->sms);
}

TEST_CASE("Every setting of the reference is known, and stands there with its default") {
  const Folder folder = WithAllSecrets();
  const Config config = ConfigOf(Uncommented(), folder.path());
  const Limits limits;
  CHECK(config.limits.rows_per_thread_max == limits.rows_per_thread_max);
  CHECK(config.limits.backoff_max == limits.backoff_max);
  CHECK(config.limits.offer_age_max == limits.offer_age_max);
  CHECK(config.service_words.languages == ServiceWordsConfig().languages);
  CHECK(config.service_words.stop.empty());
  REQUIRE(config.messenger);
  CHECK(config.messenger->sends_per_second == MessengerConfig().sends_per_second);
  REQUIRE(config.instagram);
  CHECK(config.instagram->graph_url == InstagramConfig().graph_url);
  REQUIRE(config.whatsapp);
  CHECK(config.whatsapp->messages_per_second == WhatsappConfig().messages_per_second);
  REQUIRE(config.sms);
  CHECK(config.sms->units_max == SmsConfig().units_max);
  CHECK(config.sms->password.Reveal(Purpose::kCompare) ==
        "secret of sms.password, and some more for its length");
  REQUIRE(config.remote.size() == 1);
  CHECK(config.remote[0].chunk_bytes == 1500);
  CHECK(config.log.path == folder.path() + "/trestled.log");
  REQUIRE(config.stores.size() == 1);
  CHECK(config.stores[0].place == StorePlace());
  CHECK(config.residency == ResidencyWishes());
  CHECK(config.storage_keys.rotate_every == StorageKeysConfig().rotate_every);
  CHECK(config.storage_keys.master_key);
}

TEST_CASE("Without a word about stores there is one below data_dir, whose keys lie apart") {
  const Config config = ConfigOf("data_dir: /d\n");
  REQUIRE(config.stores.size() == 1);
  CHECK(config.stores[0].path == "/d/core");
  CHECK(config.storage_keys.path == "/d/keys");
}

TEST_CASE("A store states its place in the words that accounts use") {
  const Config config =
      ConfigOf("data_dir: /d\nstores: [{name: home, path: /e, region: eu, country: DE}]\n");
  CHECK(config.stores[0].place == StorePlace{"home", "eu", "DE"});
  CHECK(config.stores[0].path == "/e");
  CHECK(ErrorOf("data_dir: d\nstores: [{region: EU}]\n").find("stores[0].region: must be lower") !=
        std::string::npos);
  CHECK(ErrorOf("data_dir: d\nstores: [{country: de}]\n").find("two upper-case") !=
        std::string::npos);
}

TEST_CASE("Several stores have names and places of their own, home first") {
  const Config config =
      ConfigOf("data_dir: /d\nstores: [{name: home}, {name: away, path: /e, region: eu}]\n");
  REQUIRE(config.stores.size() == 2);
  CHECK(config.stores[0].path == "/d/core");
  CHECK(config.stores[1].place == StorePlace{"away", "eu", ""});
  const auto refuses = [](const std::string& stores, const char* words) {
    return ErrorOf("data_dir: d\nstores: [" + stores + "]\n").find(words) != std::string::npos;
  };
  CHECK(refuses("{name: a}, {name: b}", "stores[1].path: must say where this store's files lie"));
  CHECK(refuses("{name: a}, {name: a, path: /e}", "stores[1].name: another store has this name"));
  CHECK(refuses("{name: a, path: /e}, {name: b, path: /e}", "stores[1].path: another store lies"));
  std::string many = "{name: home}";
  for (char name = 'a'; name < 'i'; ++name) {
    many += std::string(", {name: ") + name + ", path: /" + name + "}";
  }
  CHECK(refuses(many, "stores: at most 8 stores"));
}

TEST_CASE("A store where the operator lets no data be kept is refused before anything starts") {
  const std::string us = "data_dir: d\nstores: [{region: us, country: US}]\n";
  CHECK(ErrorOf(us + "residency: {accepted: [eu]}\n").find("residency does not let") !=
        std::string::npos);
  CHECK(ErrorOf(us + "residency: {refused: [US]}\n").find("residency does not let") !=
        std::string::npos);
  CHECK(ErrorOf("data_dir: d\nresidency: {accepted: [eu]}\n").find("no store states a place") !=
        std::string::npos);
  CHECK(ErrorOf(us + "residency: {accepted: [Europe]}\n").find("a place is a region") !=
        std::string::npos);
  ConfigOf(us + "residency: {accepted: [us], refused: [CA]}\n");
}

TEST_CASE("A master key that is too short is refused") {
  const Folder folder = WithAllSecrets();
  const auto config =
      ParseConfig("data_dir: d\nstorage_keys: {master_key_file: short}\n", folder.path(), "t.yaml");
  REQUIRE_FALSE(config);
  folder.Put("short", "short\n");
  const auto again =
      ParseConfig("data_dir: d\nstorage_keys: {master_key_file: short}\n", folder.path(), "t.yaml");
  REQUIRE_FALSE(again);
  CHECK(again.error().text.find("at least 32 octets") != std::string::npos);
}

TEST_CASE("A price needs its currency, and a currency three capital letters") {
  const auto error_of = [](const std::string& setting) {
    return ErrorOf("data_dir: d\nadapters: {sms: {service_number: \"1\", ghost_numbers: [\"2\"], " +
                   setting + "}}\n");
  };
  CHECK(error_of("unit_price_micros: 7500").find("a price needs a currency") != std::string::npos);
  CHECK(error_of("currency: euro").find("three capital letters") != std::string::npos);
}

TEST_CASE("An unknown setting is named with its path and line") {
  CHECK(ErrorOf("data_dir: d\nlistne: 127.0.0.1:1\n") ==
        "t.yaml:2: listne: there is no such setting");
  CHECK(ErrorOf("data_dir: d\nlog:\n  levle: info\n") ==
        "t.yaml:3: log.levle: there is no such setting");
}

TEST_CASE("A setting that stands twice is refused") {
  CHECK(ErrorOf("data_dir: d\ndata_dir: e\n") == "t.yaml:2: data_dir: stands twice");
}

TEST_CASE("A required setting is named when it is missing") {
  CHECK(ErrorOf("log: {level: info}\n") == "t.yaml:1: data_dir: is required");
}

TEST_CASE("What is no YAML, or no mapping, is refused") {
  CHECK(ErrorOf("data_dir: [").find("t.yaml:") == 0);
  CHECK(ErrorOf("- a\n") == "t.yaml:1: is not a YAML mapping");
  CHECK(ErrorOf("") == "t.yaml:1: is not a YAML mapping");
}

TEST_CASE("An address beyond loopback is refused in one clear line") {
  CHECK(ErrorOf("data_dir: d\nlisten: 0.0.0.0:7443\n") ==
        "t.yaml:2: listen: must be a loopback address (127.0.0.1 or [::1]): it has no TLS");
  CHECK(ErrorOf("data_dir: d\nmetrics: 192.168.1.1:1\n") != "");
  CHECK(ConfigOf("data_dir: d\nlisten: \"[::1]:0\"\n").grpc.address == "::1");
}

TEST_CASE("With TLS gRPC may listen anywhere, and metrics still may not") {
  const std::string tls = "data_dir: d\ntls: {certificate: c.pem, key_file: /k.pem}\n";
  const Config config = ConfigOf(tls + "listen: 0.0.0.0:7443\n");
  CHECK(config.grpc.address == "0.0.0.0");
  REQUIRE(config.tls);
  CHECK(config.tls->certificate.ends_with("/c.pem"));
  CHECK(config.tls->key == "/k.pem");
  CHECK(ErrorOf(tls + "metrics: 192.168.1.1:1\n") != "");
  CHECK(ErrorOf("data_dir: d\ntls: {certificate: c.pem}\n").find("key_file") != std::string::npos);
}

TEST_CASE("A port is a number of the range of ports") {
  CHECK(ConfigOf("data_dir: d\nlisten: 127.0.0.1:0\n").grpc.port == 0);
  CHECK(ConfigOf("data_dir: d\nlisten: 127.0.0.1:65535\n").grpc.port == 65535);
  CHECK(ErrorOf("data_dir: d\nlisten: 127.0.0.1:65536\n") != "");
  CHECK(ErrorOf("data_dir: d\nlisten: 127.0.0.1\n") != "");
  CHECK(ErrorOf("data_dir: d\nlisten: 127.0.0.1:-1\n") != "");
}

TEST_CASE("Numbers and times keep their ranges at both ends") {
  CHECK(ConfigOf("data_dir: d\nlimits: {attempts_max: 1}\n").limits.attempts_max == 1);
  CHECK(ErrorOf("data_dir: d\nlimits: {attempts_max: 0}\n") ==
        "t.yaml:2: limits.attempts_max: must be a number from 1 to 1000");
  CHECK(ErrorOf("data_dir: d\nlimits: {attempts_max: 1e3}\n") != "");
  CHECK(ConfigOf("data_dir: d\nlimits: {backoff_max: 1h}\n").limits.backoff_max ==
        std::chrono::hours(1));
  CHECK(ErrorOf("data_dir: d\nlimits: {backoff_max: 61m}\n") != "");
  CHECK(ErrorOf("data_dir: d\nlimits: {backoff_max: 10}\n") != "");
}

TEST_CASE("Settings that contradict each other are refused") {
  CHECK(ErrorOf("data_dir: d\nlimits: {backoff_first: 10s, backoff_max: 5s}\n") ==
        "t.yaml:2: limits.backoff_first: must not be longer than backoff_max");
}

TEST_CASE("A secret's file loses one line end and nothing else") {
  Folder folder;
  folder.Put("p", " a b \n");
  CHECK(ConfigOf(kSms, folder.path()).sms->password.Reveal(Purpose::kCompare) == " a b ");
}

TEST_CASE("A secret's file that others can read is refused") {
  Folder folder;
  folder.Put("p", "x\n", 0640);
  CHECK(ErrorOf(kSms, folder.path()) ==
        "t.yaml:8: adapters.sms.password_file: others can read the file p: chmod 600 it");
}

TEST_CASE("A missing, empty or oversized secret's file is named, and its content never is") {
  Folder folder;
  CHECK(ErrorOf(kSms, folder.path()) ==
        "t.yaml:8: adapters.sms.password_file: the file p cannot be read");
  folder.Put("p", "\n");
  CHECK(ErrorOf(kSms, folder.path()).find("is empty") != std::string::npos);
  folder.Put("p", std::string(5000, 'S'));
  CHECK(ErrorOf(kSms, folder.path()).find("SSS") == std::string::npos);
}

TEST_CASE("A secret may stand in the environment, but not in both places and not in the file") {
  setenv("TRESTLE_CONFIG_TEST", "from env", 1);
  const Config config = ConfigOf("data_dir: d\noperator: {token_env: TRESTLE_CONFIG_TEST}\n");
  CHECK(config.operator_token->Reveal(Purpose::kCompare) == "from env");
  CHECK(ErrorOf("data_dir: d\noperator: {token_env: TRESTLE_CONFIG_TEST, token_file: f}\n")
            .find("keep one") != std::string::npos);
  CHECK(ErrorOf("data_dir: d\noperator: {token: hunter2}\n") ==
        "t.yaml:2: operator.token: there is no such setting");
  CHECK(ErrorOf("data_dir: d\noperator: {token_env: TRESTLE_NOT_SET_ANYWHERE}\n") ==
        "t.yaml:2: operator.token_env: the environment variable is not set");
}

TEST_CASE("An adapter's section needs its identities and its secrets") {
  CHECK(ErrorOf("data_dir: d\nadapters:\n  sms:\n    service_number: \"1\"\n") ==
        "t.yaml:3: adapters.sms.ghost_numbers: at least one is required: contacts appear under "
        "them");
  CHECK(ErrorOf("data_dir: d\nadapters:\n  messenger:\n") ==
        "t.yaml:3: adapters.messenger.service_page: is required");
}

TEST_CASE("The service identity is no ghost") {
  CHECK(ErrorOf("data_dir: d\nadapters: {sms: {service_number: \"1\", ghost_numbers: [\"1\"]}}\n")
            .find("must not be among them") != std::string::npos);
}

TEST_CASE("Several centres, their binds and TLS are read and bounded") {
  Folder folder;
  folder.Put("p", "x");
  folder.Put("k", "key");
  const std::string sms = kSms;
  const Config config = ConfigOf(sms + R"(    more_centres: ["smpp2.example.net:2776", "[::1]:2777"]
    binds: 3
    tls: true
    tls_ca_file: ca.pem
    tls_certificate_file: c.pem
    tls_key_file: k
    default_alphabet: latin1
    default_region: GB
)",
                                 folder.path());
  REQUIRE(config.sms->more_centres.size() == 2);
  CHECK(config.sms->more_centres[0].host == "smpp2.example.net");
  CHECK(config.sms->more_centres[1].host == "::1");
  CHECK(config.sms->more_centres[1].port == 2777);
  CHECK(config.sms->binds == 3);
  CHECK(config.sms->tls_ca_file == folder.path() + "/ca.pem");
  CHECK(config.sms->tls_key->Reveal(Purpose::kCompare) == "key");
  CHECK(config.sms->default_alphabet_is_latin1);
  const auto error = [&](const std::string& more) { return ErrorOf(sms + more, folder.path()); };
  CHECK(error("    more_centres: [\"nowhere\"]\n").find("host:port") != std::string::npos);
  CHECK(error("    more_centres: [\"a:70000\"]\n").find("host:port") != std::string::npos);
  CHECK(error("    binds: 65\n").find("binds") != std::string::npos);
  CHECK(error("    binds: 33\n    binds_apart: true\n").find("at most 64") != std::string::npos);
  CHECK(error("    tls_ca_file: ca.pem\n").find("must be true") != std::string::npos);
  CHECK(error("    tls: true\n    tls_certificate_file: c\n").find("needs its key") !=
        std::string::npos);
  CHECK(error("    default_region: gb\n").find("ISO 3166") != std::string::npos);
}

TEST_CASE("Words of an operator's own are read by verb") {
  const Config config =
      ConfigOf("data_dir: d\nservice_words: {languages: [en, de], stop: [\"no more\"]}\n");
  CHECK(config.service_words.languages == std::vector<std::string>{"en", "de"});
  CHECK(config.service_words.stop == std::vector<std::string>{"no more"});
  CHECK(ErrorOf("data_dir: d\nservice_words: {stpo: [x]}\n").find("no such setting") !=
        std::string::npos);
}

TEST_CASE("Plain http is for simulations on this machine only") {
  Folder folder = WithAllSecrets();
  const auto with = [](const std::string& url) {
    return "data_dir: d\nadapters:\n  whatsapp:\n    service_identity: \"1\"\n    ghosts: [\"2\"]\n"
           "    app_id: \"3\"\n    app_secret_file: whatsapp.app_secret\n"
           "    verify_token_file: whatsapp.verify_token\n    token_file: whatsapp.token\n"
           "    api_url: " +
           url + "\n";
  };
  CHECK(ErrorOf(with("http://127.0.0.1:80"), folder.path()) == "");
  CHECK(ErrorOf(with("http://example.org"), folder.path()).find("api_url") != std::string::npos);
}

TEST_CASE("A remote network needs a name of its own") {
  Folder folder = WithAllSecrets();
  const std::string head = "data_dir: d\nadapters:\n  remote:\n    - {network: ";
  const std::string tail = ", token_file: example.token, chunk_bytes: 100}\n";
  CHECK(ErrorOf(head + "example" + tail, folder.path()) == "");
  CHECK(ErrorOf(head + "sms" + tail, folder.path()).find("configured already") !=
        std::string::npos);
  CHECK(ErrorOf(head + "Example" + tail, folder.path()).find("lower-case") != std::string::npos);
}

TEST_CASE("A file that is not there is named") {
  const auto config = LoadConfig("/nowhere/trestle.yaml");
  REQUIRE(!config);
  CHECK(config.error().text == "/nowhere/trestle.yaml: cannot be read");
}
