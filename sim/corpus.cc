#include "sim/corpus.h"

#include <fstream>

namespace trestle::sim {
namespace {

constexpr std::size_t kOctetsMin = 8;
constexpr std::size_t kOctetsMax = 480;

bool Fits(const std::string& text) {
  return text.size() >= kOctetsMin && text.size() <= kOctetsMax;
}

// "ham" or "spam", a tab, the text.
std::vector<std::string> ReadEnglish(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<std::string> out;
  std::string line;
  while (out.size() < Corpus::kTextsMax && std::getline(file, line)) {
    const std::size_t tab = line.find('\t');
    if (tab == std::string::npos || line.compare(0, tab, "ham") != 0) continue;
    std::string text = line.substr(tab + 1);
    while (!text.empty() && text.back() == '\r') text.pop_back();
    if (Fits(text)) out.push_back(std::move(text));
  }
  return out;
}

// One text a line; \n, \r, \t and \\ are escaped and undone from left to right.
std::string Unescaped(const std::string& line) {
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

std::vector<std::string> ReadChinese(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<std::string> out;
  std::string line;
  while (out.size() < Corpus::kTextsMax && std::getline(file, line)) {
    std::string text = Unescaped(line);
    if (Fits(text)) out.push_back(std::move(text));
  }
  return out;
}

// "1F468 200D 1F9B3 ; fully-qualified # …": the sequence itself stands first behind the '#'.
std::vector<std::string> ReadEmoji(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<std::string> out;
  std::string line;
  while (out.size() < Corpus::kTextsMax && std::getline(file, line)) {
    const std::size_t hash = line.find("# ");
    if (hash == std::string::npos || hash == 0 || line.find("; fully-qualified") > hash) continue;
    const std::size_t end = line.find(' ', hash + 2);
    if (end != std::string::npos) out.push_back(line.substr(hash + 2, end - hash - 2));
  }
  return out;
}

const std::string& Pick(const std::vector<std::string>& texts, Random& random) {
  return texts[DrawBelow(random, texts.size())];
}

}  // namespace

Corpus Corpus::Load(const std::string& folder) {
  Corpus corpus;
  corpus.english_ = ReadEnglish(folder + "/sms-spam-collection.tsv");
  corpus.chinese_ = ReadChinese(folder + "/nus-sms-zh.txt");
  corpus.emoji_ = ReadEmoji(folder + "/emoji-test-15.0.txt");
  if (!corpus.english_.empty() && !corpus.chinese_.empty() && !corpus.emoji_.empty()) {
    corpus.origin_ = "real SMS (English, Chinese) and Unicode's emoji list";
    return corpus;
  }
  corpus.origin_ = "our own texts: the SMS corpora are not beside the project";
  corpus.english_ = {"Is the bicycle still there? I could come by on Saturday.",
                     "It is. New tyres, the bell is a little rusty.",
                     "Would you take 80 for it, lock included?"};
  corpus.chinese_ = {"自行车还在吗？我周六可以过来看看。", "还在的，轮胎是新换的，铃有点锈。",
                     "八十块连锁一起卖吗？"};
  corpus.emoji_ = {"🚲", "👍🏽", "👩‍🔧", "🏳️‍🌈"};
  return corpus;
}

std::string Corpus::Draw(Random& random) {
  switch (turn_++ % 3) {
    case 0:
      return Pick(english_, random);
    case 1:
      return Pick(chinese_, random);
    default:
      break;
  }
  std::string row;
  while (row.size() < kOctetsMin) row += Pick(emoji_, random);
  return row;
}

}  // namespace trestle::sim
