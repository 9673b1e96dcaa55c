// The texts of `../shared/data`, beside the project: both SMS corpora and every sequence of
// Unicode's emoji list. A sample by default, all of them with TRESTLE_CORPUS=all; none when they
// are not there.
#pragma once

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace trestle::corpus {

inline constexpr const char* kFolder = "../shared/data/";
inline constexpr std::size_t kSampleEvery = 97;  // prime: no pattern of the lists

inline std::vector<std::string> Lines(const std::string& name) {
  std::ifstream file(kFolder + name, std::ios::binary);
  std::vector<std::string> out;
  for (std::string line; std::getline(file, line);) out.push_back(line);
  return out;
}

// \n, \r, \t and \\ stand for themselves in the Chinese corpus.
inline std::string Unescaped(const std::string& line) {
  std::string out;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] != '\\' || i + 1 == line.size()) {
      out.push_back(line[i]);
      continue;
    }
    const char sign = line[++i];
    out.push_back(sign == 'n' ? '\n' : sign == 'r' ? '\r' : sign == 't' ? '\t' : sign);
  }
  return out;
}

inline void AppendUtf8(std::uint32_t point, std::string& out) {
  const auto add = [&out](std::uint32_t octet) { out.push_back(static_cast<char>(octet)); };
  if (point < 0x80) return add(point);
  if (point < 0x800) {
    add(0xC0 | point >> 6);
  } else if (point < 0x10000) {
    add(0xE0 | point >> 12);
    add(0x80 | (point >> 6 & 0x3F));
  } else {
    add(0xF0 | point >> 18);
    add(0x80 | (point >> 12 & 0x3F));
    add(0x80 | (point >> 6 & 0x3F));
  }
  add(0x80 | (point & 0x3F));
}

// "1F468 200D 1F9B3 ; fully-qualified # …", of every status.
inline std::string Sequence(const std::string& line) {
  std::string out;
  std::istringstream points(line.substr(0, line.find(';')));
  for (std::string point; points >> point;) {
    AppendUtf8(static_cast<std::uint32_t>(std::stoul(point, nullptr, 16)), out);
  }
  return out;
}

inline std::vector<std::string> AllTexts() {
  std::vector<std::string> out;
  for (const std::string& line : Lines("sms-spam-collection.tsv")) {
    out.push_back(line.substr(line.find('\t') + 1));
  }
  for (const std::string& line : Lines("nus-sms-zh.txt")) out.push_back(Unescaped(line));
  for (const std::string& line : Lines("emoji-test-15.0.txt")) {
    if (line.find(';') < line.find('#')) out.push_back(Sequence(line));
  }
  return out;
}

inline std::vector<std::string> TextsToSend() {
  std::vector<std::string> all = AllTexts();
  const char* wish = std::getenv("TRESTLE_CORPUS");
  if (wish != nullptr && std::string(wish) == "all") return all;
  std::vector<std::string> out;
  for (std::size_t i = 0; i < all.size(); i += kSampleEvery) out.push_back(std::move(all[i]));
  return out;
}

}  // namespace trestle::corpus
