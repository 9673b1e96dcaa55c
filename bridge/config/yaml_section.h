// One mapping of the YAML, read key by key: each getter checks type and bounds, and Finish refuses
// the keys that nobody asked for. The first problem of the whole file is kept in the Problems that
// all sections share; after it, getters answer their fallbacks and change nothing. yaml-cpp and its
// exceptions stay in yaml_section.cc.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/base/result.h"
#include "bridge/base/sensitive.h"

namespace trestle {

// Where relative paths start, what the file is called, and the first thing wrong with it.
class Problems {
 public:
  Problems(std::string name, std::string folder)
      : name_(std::move(name)), folder_(std::move(folder)) {}

  // `line` counts from 1; 0 when there is none.
  void Note(int line, const std::string& what);
  bool any() const { return !first_.empty(); }
  const std::string& first() const { return first_; }
  std::string Absolute(const std::string& path) const;

 private:
  const std::string name_;
  const std::string folder_;
  std::string first_;
};

template <class Number>
struct Range {
  Number least;
  Number most;
};

class Section {
 public:
  static constexpr std::size_t kFileBytesMax = 1024 * 1024;
  static constexpr std::size_t kListItemsMax = 10'000;  // a pool of ghosts
  static constexpr std::size_t kTextBytesMax = 1024;
  static constexpr std::size_t kSecretBytesMax = 4096;

  // The whole file. A text that is no YAML mapping is a problem.
  static Section Root(const std::string& text, Problems& problems);
  Section(Section&&) noexcept;
  Section& operator=(Section&&) noexcept;
  ~Section();

  bool Has(const std::string& key) const;
  // Empty (and a problem, unless it may be missing) when there is none.
  Section Child(const std::string& key);
  // A list of mappings.
  std::vector<Section> Children(const std::string& key);

  std::string Text(const std::string& key, std::string fallback);
  std::string NeedText(const std::string& key);
  bool Flag(const std::string& key, bool fallback);
  std::int64_t Number(const std::string& key, std::int64_t fallback, Range<std::int64_t> range);
  std::int64_t NeedNumber(const std::string& key, Range<std::int64_t> range);
  // "250ms", "10s", "5m", "1h", "7d".
  Millis Span(const std::string& key, Millis fallback, Range<Millis> range);
  std::vector<std::string> Texts(const std::string& key);
  // One of the names; answers its index.
  std::size_t Choice(const std::string& key, std::size_t fallback,
                     const std::vector<std::string_view>& names);
  // From the file named by <key>_file, or the environment variable named by <key>_env. A file that
  // others can read is a problem. One trailing line end does not count.
  Secret NeedSecret(const std::string& key);
  std::optional<Secret> MaybeSecret(const std::string& key);
  // A mapping of names to files with secrets.
  std::vector<std::pair<std::string, Secret>> SecretFiles(const std::string& key);

  // Notes a problem with a value that was read; for rules that span settings.
  void Refuse(const std::string& key, const std::string& what);
  void Finish();

 private:
  struct Node;
  Section(std::unique_ptr<Node> node, std::string path, Problems& problems);

  std::string PathOf(const std::string& key) const;
  int LineOf(const std::string& key) const;
  // The scalar's text; nullopt when the key is missing, and after a problem.
  std::optional<std::string> Scalar(const std::string& key);
  std::optional<Secret> SecretFrom(const std::string& key, const std::string& path);

  std::unique_ptr<Node> node_;
  std::string path_;
  Problems* problems_;
};

}  // namespace trestle
