// What the configurations of all our programs have in common: where to listen, the log, and how a
// file is read. Called at start-up; blocks on the disk.
#pragma once

#include "bridge/config/config.h"
#include "bridge/config/yaml_section.h"

namespace trestle {

struct ConfigFile {
  std::string text;    // one octet more than allowed when the file is too large
  std::string folder;  // what relative paths are taken from
};
tl::expected<ConfigFile, ConfigError> ReadConfigFile(const std::string& path);

enum class Reach : std::uint8_t { kThisMachine, kAnywhere };

// "127.0.0.1:7443" or "[::1]:7443"; loopback alone, unless `reach` says more.
ListenAt ReadListen(Section& section, const std::string& key, const ListenAt& fallback,
                    Reach reach = Reach::kThisMachine);
LogConfig ReadLog(Section& parent, Problems& problems);

}  // namespace trestle
