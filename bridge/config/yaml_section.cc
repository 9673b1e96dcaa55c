#include "bridge/config/yaml_section.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <set>

namespace trestle {

struct Section::Node {
  YAML::Node yaml;
  std::set<std::string> asked;
  int line = 0;  // where the section begins, from 1
};

void Problems::Note(int line, const std::string& what) {
  if (any()) return;
  first_ = name_ + (line > 0 ? ":" + std::to_string(line) : "") + ": " + what;
}

std::string Problems::Absolute(const std::string& path) const {
  return path.empty() || path.front() == '/' ? path : folder_ + "/" + path;
}

namespace {

// yaml-cpp keeps both of two equal keys and answers one of them.
void RefuseRepeatedKeys(const YAML::Node& yaml, const std::string& path, Problems& problems) {
  std::set<std::string> seen;
  for (const auto& each : yaml) {
    if (!each.first.IsScalar()) {
      problems.Note(each.first.Mark().line + 1, path + ": a key must be plain text");
      return;
    }
    if (!seen.insert(each.first.Scalar()).second) {
      problems.Note(each.first.Mark().line + 1, path + each.first.Scalar() + ": stands twice");
    }
  }
}

std::optional<std::int64_t> NumberOf(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<Millis> SpanOf(std::string_view text) {
  struct Unit {
    std::string_view name;
    std::int64_t ms;
  };
  constexpr Unit kUnits[] = {
      {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
  const std::size_t digits = text.find_first_not_of("0123456789");
  if (digits == 0 || digits > 9) return std::nullopt;
  for (const Unit& unit : kUnits) {
    if (text.substr(digits) == unit.name) {
      return Millis{*NumberOf(text.substr(0, digits)) * unit.ms};
    }
  }
  return std::nullopt;
}

}  // namespace

Section::Section(std::unique_ptr<Node> node, std::string path, Problems& problems)
    : node_(std::move(node)), path_(std::move(path)), problems_(&problems) {
  if (node_->yaml.IsMap()) RefuseRepeatedKeys(node_->yaml, path_, problems);
}
Section::Section(Section&&) noexcept = default;
Section& Section::operator=(Section&&) noexcept = default;
Section::~Section() = default;

Section Section::Root(const std::string& text, Problems& problems) {
  auto node = std::make_unique<Node>();
  node->line = 1;
  if (text.size() > kFileBytesMax) {
    problems.Note(0, "is larger than 1 MiB");
  } else {
    try {
      node->yaml = YAML::Load(text);
      if (!node->yaml.IsMap()) problems.Note(1, "is not a YAML mapping");
    } catch (const YAML::Exception& error) {
      problems.Note(error.mark.line + 1, "is not YAML: " + error.msg);
    }
  }
  return Section(std::move(node), "", problems);
}

std::string Section::PathOf(const std::string& key) const { return path_ + key; }

int Section::LineOf(const std::string& key) const {
  if (!node_->yaml.IsMap()) return 0;
  for (const auto& each : node_->yaml) {
    if (each.first.IsScalar() && each.first.Scalar() == key) return each.first.Mark().line + 1;
  }
  return node_->line;
}

void Section::Refuse(const std::string& key, const std::string& what) {
  problems_->Note(LineOf(key), PathOf(key) + ": " + what);
}

bool Section::Has(const std::string& key) const {
  return !problems_->any() && node_->yaml.IsMap() && node_->yaml[key].IsDefined();
}

void Section::Finish() {
  if (problems_->any() || !node_->yaml.IsMap()) return;
  for (const auto& each : node_->yaml) {
    const std::string& key = each.first.Scalar();
    if (!node_->asked.contains(key)) return Refuse(key, "there is no such setting");
  }
}

Section Section::Child(const std::string& key) {
  node_->asked.insert(key);
  auto node = std::make_unique<Node>();
  if (Has(key)) {
    node->yaml = node_->yaml[key];
    node->line = LineOf(key);
    if (node->yaml.IsNull()) node->yaml = YAML::Node(YAML::NodeType::Map);
    if (!node->yaml.IsMap()) Refuse(key, "must hold settings of its own");
  }
  return Section(std::move(node), PathOf(key) + ".", *problems_);
}

std::vector<Section> Section::Children(const std::string& key) {
  node_->asked.insert(key);
  std::vector<Section> out;
  if (!Has(key)) return out;
  const YAML::Node list = node_->yaml[key];
  if (!list.IsSequence() || list.size() > kListItemsMax) {
    Refuse(key, "must be a list");
    return out;
  }
  for (std::size_t i = 0; i < list.size(); ++i) {
    auto node = std::make_unique<Node>();
    node->yaml = list[i];
    node->line = list[i].Mark().line + 1;
    const std::string path = PathOf(key) + "[" + std::to_string(i) + "].";
    if (!node->yaml.IsMap()) Refuse(key, "each item must hold settings of its own");
    out.push_back(Section(std::move(node), path, *problems_));
  }
  return out;
}

std::optional<std::string> Section::Scalar(const std::string& key) {
  node_->asked.insert(key);
  if (!Has(key)) return std::nullopt;
  const YAML::Node value = node_->yaml[key];
  if (!value.IsScalar()) {
    Refuse(key, "must be a single value");
    return std::nullopt;
  }
  if (value.Scalar().size() > kTextBytesMax) {
    Refuse(key, "is longer than 1,024 octets");
    return std::nullopt;
  }
  return value.Scalar();
}

std::string Section::Text(const std::string& key, std::string fallback) {
  return Scalar(key).value_or(std::move(fallback));
}

std::string Section::NeedText(const std::string& key) {
  const std::string text = Text(key, "");
  if (text.empty()) Refuse(key, "is required");
  return text;
}

bool Section::Flag(const std::string& key, bool fallback) {
  const std::optional<std::string> text = Scalar(key);
  if (!text) return fallback;
  if (text != "true" && text != "false") Refuse(key, "must be true or false");
  return text == "true";
}

std::int64_t Section::Number(const std::string& key, std::int64_t fallback,
                             Range<std::int64_t> range) {
  const std::optional<std::string> text = Scalar(key);
  if (!text) return fallback;
  const std::optional<std::int64_t> value = NumberOf(*text);
  if (value && *value >= range.least && *value <= range.most) return *value;
  Refuse(key, "must be a number from " + std::to_string(range.least) + " to " +
                  std::to_string(range.most));
  return fallback;
}

std::int64_t Section::NeedNumber(const std::string& key, Range<std::int64_t> range) {
  if (!Has(key)) Refuse(key, "is required");
  return Number(key, range.least, range);
}

Millis Section::Span(const std::string& key, Millis fallback, Range<Millis> range) {
  const std::optional<std::string> text = Scalar(key);
  if (!text) return fallback;
  const std::optional<Millis> value = SpanOf(*text);
  if (value && *value >= range.least && *value <= range.most) return *value;
  Refuse(key, "must be a time such as 500ms, 10s, 5m, 2h or 7d, from " +
                  std::to_string(range.least.count()) + " to " +
                  std::to_string(range.most.count()) + " ms");
  return fallback;
}

std::vector<std::string> Section::Texts(const std::string& key) {
  node_->asked.insert(key);
  std::vector<std::string> out;
  if (!Has(key)) return out;
  const YAML::Node list = node_->yaml[key];
  if (!list.IsSequence() || list.size() > kListItemsMax) {
    Refuse(key, "must be a list of at most 10,000 values");
    return out;
  }
  for (const YAML::Node& item : list) {
    if (!item.IsScalar() || item.Scalar().empty() || item.Scalar().size() > kTextBytesMax) {
      Refuse(key, "each item must be a single value");
      return out;
    }
    out.push_back(item.Scalar());
  }
  return out;
}

std::size_t Section::Choice(const std::string& key, std::size_t fallback,
                            const std::vector<std::string_view>& names) {
  const std::optional<std::string> text = Scalar(key);
  if (!text) return fallback;
  const auto found = std::find(names.begin(), names.end(), *text);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  std::string all;
  for (const std::string_view name : names) all.append(all.empty() ? "" : ", ").append(name);
  Refuse(key, "must be one of: " + all);
  return fallback;
}

Secret Section::NeedSecret(const std::string& key) {
  std::optional<Secret> secret = MaybeSecret(key);
  if (!secret) Refuse(key + "_file", "is required (or " + key + "_env)");
  return secret ? std::move(*secret) : Secret();
}

std::optional<Secret> Section::MaybeSecret(const std::string& key) {
  if (const std::optional<std::string> path = Scalar(key + "_file")) {
    node_->asked.insert(key + "_env");
    if (Has(key + "_env")) Refuse(key + "_env", "stands beside " + key + "_file; keep one");
    return SecretFrom(key + "_file", *path);
  }
  const std::optional<std::string> name = Scalar(key + "_env");
  if (!name) return std::nullopt;
  const char* value = std::getenv(name->c_str());
  if (value == nullptr || *value == '\0') {
    Refuse(key + "_env", "the environment variable is not set");
    return std::nullopt;
  }
  return Secret(value);
}

std::optional<Secret> Section::SecretFrom(const std::string& key, const std::string& path) {
  const int file = open(problems_->Absolute(path).c_str(), O_RDONLY | O_CLOEXEC);
  struct stat facts {};
  if (file < 0 || fstat(file, &facts) != 0 || !S_ISREG(facts.st_mode)) {
    if (file >= 0) close(file);
    Refuse(key, "the file " + path + " cannot be read");
    return std::nullopt;
  }
  std::string octets(kSecretBytesMax + 1, '\0');
  const ssize_t got = read(file, octets.data(), octets.size());
  close(file);
  octets.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  if ((facts.st_mode & 077) != 0) {
    Refuse(key, "others can read the file " + path + ": chmod 600 it");
  } else if (octets.size() > kSecretBytesMax) {
    Refuse(key, "the file " + path + " is larger than 4,096 octets");
  }
  if (octets.ends_with('\n')) octets.pop_back();
  if (octets.ends_with('\r')) octets.pop_back();
  if (octets.empty()) Refuse(key, "the file " + path + " is empty");
  Secret secret(octets);
  Wipe({reinterpret_cast<std::uint8_t*>(octets.data()), octets.size()});
  if (problems_->any()) return std::nullopt;
  return secret;
}

std::vector<std::pair<std::string, Secret>> Section::SecretFiles(const std::string& key) {
  std::vector<std::pair<std::string, Secret>> out;
  Section files = Child(key);
  if (problems_->any() || !files.node_->yaml.IsMap()) return out;
  for (const auto& each : files.node_->yaml) {
    const std::string name = each.first.Scalar();
    const std::optional<std::string> path = files.Scalar(name);
    if (!path) return out;
    std::optional<Secret> secret = files.SecretFrom(name, *path);
    if (!secret) return out;
    out.emplace_back(name, std::move(*secret));
  }
  return out;
}

}  // namespace trestle
