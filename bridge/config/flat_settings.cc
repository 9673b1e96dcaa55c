#include "bridge/config/flat_settings.h"

#include <yaml-cpp/yaml.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "bridge/base/digest.h"

namespace trestle {
namespace {

constexpr int kDepthMax = 8;  // the deepest setting is at four

std::string HashOfFile(const std::string& folder, const std::string& path) {
  std::ifstream file(path.starts_with('/') ? path : folder + "/" + path, std::ios::binary);
  const std::string octets{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  return ToHex(Sha256(AsBytes(octets)));
}

std::string HashOfVariable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? "" : ToHex(Sha256(AsBytes(value)));
}

void Flatten(const YAML::Node& node, const std::string& path, const std::string& folder, int depth,
             std::map<std::string, std::string>& out) {
  if (depth > kDepthMax) return;
  if (node.IsMap()) {
    const std::string prefix = path.empty() ? "" : path + ".";
    for (const auto& each : node) {
      if (!each.first.IsScalar()) continue;
      Flatten(each.second, prefix + each.first.Scalar(), folder, depth + 1, out);
    }
  } else if (node.IsSequence()) {
    for (std::size_t i = 0; i < node.size(); ++i) {
      Flatten(node[i], path + "[" + std::to_string(i) + "]", folder, depth + 1, out);
    }
  } else if (node.IsScalar()) {
    std::string value = node.Scalar();
    const bool names_file =
        path.ends_with("_file") || path.find("_token_files.") != std::string::npos;
    if (names_file) value += " " + HashOfFile(folder, node.Scalar());
    if (path.ends_with("_env")) value += " " + HashOfVariable(node.Scalar());
    out.emplace(path, std::move(value));
  }
}

}  // namespace

std::map<std::string, std::string> FlatSettings(const std::string& path) {
  std::map<std::string, std::string> out;
  std::error_code error;
  const std::string folder = std::filesystem::absolute(path, error).parent_path().string();
  try {
    Flatten(YAML::LoadFile(path), "", folder, 0, out);
  } catch (const YAML::Exception&) {
    out.clear();
  }
  return out;
}

}  // namespace trestle
