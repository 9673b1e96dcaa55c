#include "bridge/config/common_sections.h"

#include <filesystem>
#include <fstream>

namespace trestle {

tl::expected<ConfigFile, ConfigError> ReadConfigFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::error_code error;
  if (!file || !std::filesystem::is_regular_file(path, error)) {
    return tl::unexpected(ConfigError{path + ": cannot be read"});
  }
  ConfigFile out;
  out.text.assign(Section::kFileBytesMax + 1, '\0');
  file.read(out.text.data(), static_cast<std::streamsize>(out.text.size()));
  out.text.resize(static_cast<std::size_t>(file.gcount()));
  out.folder = std::filesystem::absolute(path, error).parent_path().string();
  return out;
}

ListenAt ReadListen(Section& section, const std::string& key, const ListenAt& fallback,
                    Reach reach) {
  const std::string text =
      section.Text(key, fallback.address + ":" + std::to_string(fallback.port));
  const std::size_t colon = text.rfind(':');
  ListenAt out;
  if (colon != std::string::npos) out.address = text.substr(0, colon);
  if (out.address.starts_with('[') && out.address.ends_with(']')) {
    out.address = out.address.substr(1, out.address.size() - 2);
  }
  const std::string port = colon == std::string::npos ? "" : text.substr(colon + 1);
  const bool digits = !port.empty() && port.size() <= 5 &&
                      port.find_first_not_of("0123456789") == std::string::npos;
  if (!digits || std::stol(port) > UINT16_MAX) {
    section.Refuse(key,
                   "must be ADDRESS:PORT, such as 127.0.0.1:7443; port 0 lets the system choose");
    return fallback;
  }
  out.port = static_cast<std::uint16_t>(std::stol(port));
  const bool is_loopback = out.address.starts_with("127.") || out.address == "::1";
  if (!is_loopback && reach == Reach::kThisMachine) {
    section.Refuse(key, "must be a loopback address (127.0.0.1 or [::1]): it has no TLS");
  }
  return out;
}

LogConfig ReadLog(Section& parent, Problems& problems) {
  LogConfig log;
  Section section = parent.Child("log");
  const std::string path = section.Text("path", "");
  log.path = problems.Absolute(path);
  log.level = static_cast<Severity>(section.Choice("level", static_cast<std::size_t>(log.level),
                                                   {"debug", "info", "warning", "error"}));
  section.Finish();
  return log;
}

}  // namespace trestle
