// The daemon's configuration for the simulated networks.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "sim/networks.h"

namespace trestle::sim {
namespace {

Result<void> WritePrivate(const std::string& path, const std::string& content) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return Fail(Reason::kUnavailable, "a file of the demo cannot be written");
  const auto written = write(file, content.data(), content.size());
  const bool closed = close(file) == 0;
  if (!closed || written != static_cast<ssize_t>(content.size())) {
    return Fail(Reason::kUnavailable, "a file of the demo cannot be written");
  }
  return {};
}

std::string Quoted(const nlohmann::json& text) { return text.dump(); }  // JSON is YAML

// Secrets of one network become files; the YAML names them.
Result<std::string> SecretLines(const nlohmann::json& network, const std::string& name,
                                const std::string& folder,
                                const std::vector<std::string>& secrets) {
  std::string lines;
  for (const std::string& secret : secrets) {
    const std::string file = "secrets/" + name + "." + secret;
    TRESTLE_TRY(WritePrivate(folder + "/" + file, network.value(secret, "")));
    lines += "    " + secret + "_file: " + file + "\n";
  }
  return lines;
}

struct MetaKeys {
  std::string name;
  std::string service;
  std::string ghosts;
  std::string url;
};

Result<std::string> MetaSection(const nlohmann::json& all, const MetaKeys& keys,
                                const std::string& folder) {
  const nlohmann::json& network = all.at(keys.name);
  std::string yaml = "  " + keys.name + ":\n";
  yaml += "    " + keys.service + ": " + Quoted(network.at("service")) + "\n";
  yaml += "    " + keys.ghosts + ": " + Quoted(network.at("ghosts")) + "\n";
  yaml += "    app_id: " + Quoted(network.at("app_id")) + "\n";
  yaml += "    " + keys.url + ": " + network.value("graph_url", "") + "\n";
  yaml +=
      TRESTLE_TRY(SecretLines(network, keys.name, folder, {"app_secret", "verify_token", "token"}));
  return yaml;
}

Result<std::string> SmsSection(const nlohmann::json& network, const std::string& folder) {
  std::string yaml = "  sms:\n";
  yaml += "    service_number: " + Quoted(network.at("service")) + "\n";
  yaml += "    ghost_numbers: " + Quoted(network.at("ghosts")) + "\n";
  yaml += "    host: " + network.value("host", "") + "\n";
  yaml += "    port: " + std::to_string(network.value("port", 0)) + "\n";
  yaml += "    system_id: " + network.value("system_id", "") + "\n";
  yaml += TRESTLE_TRY(SecretLines(network, "sms", folder, {"password"}));
  return yaml;
}

}  // namespace

Result<std::string> WriteDaemonConfig(const std::string& ready_json, const std::string& folder,
                                      Random& random) {
  TRESTLE_TRY(ReadAccess(ready_json));  // every network is there
  const auto all = nlohmann::json::parse(ready_json, nullptr, false);
  mkdir((folder + "/secrets").c_str(), 0700);
  Bytes32 token;
  random.Fill(token);
  TRESTLE_TRY(WritePrivate(folder + "/operator.token", ToBase64Url(token)));
  std::string yaml =
      "# Written by the demo for its simulated networks; config/trestle.yaml explains each line.\n"
      "listen: 127.0.0.1:0\nmetrics: 127.0.0.1:0\ndata_dir: .\n"
      "log:\n  path: logs/trestled.log\n  level: debug\n"
      "operator:\n  token_file: operator.token\nadapters:\n";
  yaml += TRESTLE_TRY(
      MetaSection(all, {"messenger", "service_page", "ghost_pages", "graph_url"}, folder));
  yaml += TRESTLE_TRY(
      MetaSection(all, {"instagram", "service_account", "ghost_accounts", "graph_url"}, folder));
  yaml += "    subscriptions_url: " + all.at("instagram").value("graph_url", "") + "\n";
  yaml +=
      TRESTLE_TRY(MetaSection(all, {"whatsapp", "service_identity", "ghosts", "api_url"}, folder));
  yaml += TRESTLE_TRY(SmsSection(all.at("sms"), folder));
  TRESTLE_TRY(WritePrivate(folder + "/trestle.yaml", yaml));
  return folder + "/trestle.yaml";
}

}  // namespace trestle::sim
