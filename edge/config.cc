#include "edge/config.h"

#include "bridge/config/adapter_sections.h"
#include "bridge/config/common_sections.h"

namespace trestle::edge {

tl::expected<EdgeConfig, ConfigError> ParseEdgeConfig(const std::string& text,
                                                      const std::string& folder,
                                                      const std::string& name) {
  Problems problems(name, folder);
  Section root = Section::Root(text, problems);
  EdgeConfig out;
  out.metrics = ReadListen(root, "metrics", out.metrics);
  out.data_dir = problems.Absolute(root.NeedText("data_dir"));
  out.log = ReadLog(root, problems);
  Section bridge = root.Child("bridge");
  out.ca_file = problems.Absolute(bridge.Text("ca_file", ""));
  out.server = ReadListen(bridge, "server", out.server,
                          out.ca_file.empty() ? Reach::kThisMachine : Reach::kAnywhere);
  const Result<Network> network = Network::Parse(bridge.Text("network", "sms_edge"));
  if (network) {
    out.network = *network;
  } else {
    bridge.Refuse("network", "must be lower-case letters, digits and underscores, at most 32");
  }
  out.token = bridge.NeedSecret("token");
  bridge.Finish();
  out.sms = ReadSms(root.Child("sms"), problems);
  root.Finish();
  if (problems.any()) return tl::unexpected(ConfigError{problems.first()});
  return out;
}

tl::expected<EdgeConfig, ConfigError> LoadEdgeConfig(const std::string& path) {
  const auto file = ReadConfigFile(path);
  if (!file) return tl::unexpected(file.error());
  return ParseEdgeConfig(file->text, file->folder, path);
}

}  // namespace trestle::edge
