#include "bridge/adapter_api/service_words.h"

#include <algorithm>
#include <array>

namespace trestle {
namespace {

enum class Argument { kNone, kOptional, kRequired };

struct WordRow {
  std::string_view word;
  ServiceVerb verb;
  Argument argument;
};

constexpr std::array kWords = {
    WordRow{"JOIN", ServiceVerb::kJoin, Argument::kOptional},
    WordRow{"CODE", ServiceVerb::kCode, Argument::kNone},
    WordRow{"ALIAS", ServiceVerb::kAlias, Argument::kOptional},
    WordRow{"REACH", ServiceVerb::kReach, Argument::kRequired},
    WordRow{"STOP", ServiceVerb::kStop, Argument::kNone},
    WordRow{"HELP", ServiceVerb::kHelp, Argument::kNone},
};

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

bool EqualsIgnoringCase(std::string_view text, std::string_view upper_case) {
  const auto upper = [](char sign) {
    return sign >= 'a' && sign <= 'z' ? static_cast<char>(sign - 'a' + 'A') : sign;
  };
  return std::ranges::equal(text, upper_case, {}, upper);
}

bool IsPrintable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char sign) {
    const auto octet = static_cast<unsigned char>(sign);
    return octet >= 0x20 && octet != 0x7F;
  });
}

}  // namespace

std::optional<ServiceCommand> ParseServiceWord(std::string_view text) {
  const std::string_view trimmed = Trimmed(text);
  const std::size_t blank = trimmed.find_first_of(" \t\r\n");
  const std::string_view word = trimmed.substr(0, blank);
  const std::string_view argument =
      blank == std::string_view::npos ? std::string_view{} : Trimmed(trimmed.substr(blank));
  const auto row = std::find_if(kWords.begin(), kWords.end(), [&](const WordRow& each) {
    return EqualsIgnoringCase(word, each.word);
  });
  if (row == kWords.end()) return std::nullopt;
  if (row->argument == Argument::kNone && !argument.empty()) return std::nullopt;
  if (row->argument == Argument::kRequired && argument.empty()) return std::nullopt;
  if (argument.size() > kServiceArgumentBytesMax || !IsPrintable(argument)) return std::nullopt;
  return ServiceCommand{row->verb, std::string(argument)};
}

std::string_view ServiceVerbName(ServiceVerb verb) {
  const auto row = std::find_if(kWords.begin(), kWords.end(),
                                [&](const WordRow& each) { return each.verb == verb; });
  return row->word;
}

}  // namespace trestle
