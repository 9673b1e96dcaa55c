#include "bridge/adapter_api/service_words.h"

#include <algorithm>
#include <array>

#include "bridge/adapter_api/word_fold.h"

namespace trestle {
namespace {

enum class Argument { kNone, kOptional, kRequired };

struct VerbRow {
  ServiceVerb verb;
  std::string_view name;
  Argument argument;
};

constexpr std::array<VerbRow, kServiceVerbs> kVerbs = {{
    {ServiceVerb::kJoin, "JOIN", Argument::kOptional},
    {ServiceVerb::kCode, "CODE", Argument::kNone},
    {ServiceVerb::kAlias, "ALIAS", Argument::kOptional},
    {ServiceVerb::kReach, "REACH", Argument::kRequired},
    {ServiceVerb::kCancel, "CANCEL", Argument::kRequired},
    {ServiceVerb::kRotate, "ROTATE", Argument::kRequired},
    {ServiceVerb::kRelease, "RELEASE", Argument::kRequired},
    {ServiceVerb::kStop, "STOP", Argument::kNone},
    {ServiceVerb::kAgree, "AGREE", Argument::kNone},
    {ServiceVerb::kDisagree, "DISAGREE", Argument::kNone},
    {ServiceVerb::kHelp, "HELP", Argument::kNone},
    {ServiceVerb::kEcho, "ECHO", Argument::kRequired},
}};

struct WordRow {
  std::string_view language;
  ServiceVerb verb;
  std::string_view word;  // as FoldWords spells it
};

using enum ServiceVerb;
// What people of each language write. The English words for STOP are those that must be honoured in
// the United States (47 CFR 64.1200(a)(10)) and those that aggregators honour by themselves.
constexpr std::array kWords = {
    WordRow{"en", kJoin, "JOIN"},
    WordRow{"en", kJoin, "START"},
    WordRow{"en", kJoin, "UNSTOP"},
    WordRow{"en", kCode, "CODE"},
    WordRow{"en", kAlias, "ALIAS"},
    WordRow{"en", kReach, "REACH"},
    WordRow{"en", kReach, "CONTACT"},
    WordRow{"en", kCancel, "CANCEL"},
    WordRow{"en", kRotate, "ROTATE"},
    WordRow{"en", kRelease, "RELEASE"},
    WordRow{"en", kStop, "STOP"},
    WordRow{"en", kStop, "STOPALL"},
    WordRow{"en", kStop, "STOP ALL"},
    WordRow{"en", kStop, "UNSUBSCRIBE"},
    WordRow{"en", kStop, "CANCEL"},
    WordRow{"en", kStop, "END"},
    WordRow{"en", kStop, "QUIT"},
    WordRow{"en", kStop, "REVOKE"},
    WordRow{"en", kStop, "OPTOUT"},
    WordRow{"en", kStop, "OPT OUT"},
    WordRow{"en", kHelp, "HELP"},
    WordRow{"en", kHelp, "INFO"},
    WordRow{"en", kEcho, "ECHO"},
    WordRow{"de", kJoin, "BEITRETEN"},
    WordRow{"de", kJoin, "MITMACHEN"},
    WordRow{"de", kJoin, "ANMELDEN"},
    WordRow{"de", kAlias, "DECKNAME"},
    WordRow{"de", kReach, "ERREICHEN"},
    WordRow{"de", kReach, "KONTAKT"},
    WordRow{"de", kStop, "STOPP"},
    WordRow{"de", kStop, "ABMELDEN"},
    WordRow{"de", kStop, "ABBESTELLEN"},
    WordRow{"de", kStop, "BEENDEN"},
    WordRow{"de", kHelp, "HILFE"},
    WordRow{"es", kJoin, "UNIRSE"},
    WordRow{"es", kJoin, "UNIRME"},
    WordRow{"es", kJoin, "ALTA"},
    WordRow{"es", kCode, "CODIGO"},
    WordRow{"es", kAlias, "APODO"},
    WordRow{"es", kReach, "CONTACTAR"},
    WordRow{"es", kStop, "PARAR"},
    WordRow{"es", kStop, "BAJA"},
    WordRow{"es", kStop, "ALTO"},
    WordRow{"es", kStop, "CANCELAR"},
    WordRow{"es", kStop, "DETENER"},
    WordRow{"es", kHelp, "AYUDA"},
    WordRow{"fr", kJoin, "REJOINDRE"},
    WordRow{"fr", kJoin, "INSCRIRE"},
    WordRow{"fr", kAlias, "PSEUDO"},
    WordRow{"fr", kReach, "JOINDRE"},
    WordRow{"fr", kReach, "CONTACTER"},
    WordRow{"fr", kStop, "ARRET"},
    WordRow{"fr", kStop, "ARRETER"},
    WordRow{"fr", kStop, "ARRETEZ"},
    WordRow{"fr", kStop, "DESABONNER"},
    WordRow{"fr", kHelp, "AIDE"},
    WordRow{"pt", kJoin, "ENTRAR"},
    WordRow{"pt", kJoin, "ADERIR"},
    WordRow{"pt", kCode, "CODIGO"},
    WordRow{"pt", kAlias, "APELIDO"},
    WordRow{"pt", kReach, "CONTATAR"},
    WordRow{"pt", kReach, "CONTACTAR"},
    WordRow{"pt", kStop, "PARAR"},
    WordRow{"pt", kStop, "PARE"},
    WordRow{"pt", kStop, "SAIR"},
    WordRow{"pt", kStop, "CANCELAR"},
    WordRow{"pt", kHelp, "AJUDA"},
    WordRow{"it", kJoin, "ISCRIVIMI"},
    WordRow{"it", kJoin, "PARTECIPA"},
    WordRow{"it", kCode, "CODICE"},
    WordRow{"it", kAlias, "SOPRANNOME"},
    WordRow{"it", kReach, "CONTATTARE"},
    WordRow{"it", kStop, "FERMA"},
    WordRow{"it", kStop, "ANNULLA"},
    WordRow{"it", kStop, "DISISCRIVIMI"},
    WordRow{"it", kHelp, "AIUTO"},
    WordRow{"nl", kJoin, "AANMELDEN"},
    WordRow{"nl", kJoin, "MEEDOEN"},
    WordRow{"nl", kAlias, "SCHUILNAAM"},
    WordRow{"nl", kReach, "BEREIK"},
    WordRow{"nl", kStop, "STOPPEN"},
    WordRow{"nl", kStop, "AFMELDEN"},
    WordRow{"nl", kHelp, "HULP"},
    // About the SMS edge.
    WordRow{"en", kAgree, "AGREE"},
    WordRow{"en", kDisagree, "DISAGREE"},
    WordRow{"de", kAgree, "ZUSTIMMEN"},
    WordRow{"de", kAgree, "EINVERSTANDEN"},
    WordRow{"de", kDisagree, "WIDERRUFEN"},
    WordRow{"es", kAgree, "ACEPTO"},
    WordRow{"es", kAgree, "ACEPTAR"},
    WordRow{"es", kDisagree, "RECHAZO"},
    WordRow{"fr", kAgree, "ACCEPTE"},
    WordRow{"fr", kAgree, "ACCEPTER"},
    WordRow{"fr", kDisagree, "REFUSER"},
    WordRow{"pt", kAgree, "ACEITO"},
    WordRow{"pt", kAgree, "CONCORDO"},
    WordRow{"pt", kDisagree, "DISCORDO"},
    WordRow{"it", kAgree, "ACCETTO"},
    WordRow{"it", kDisagree, "RIFIUTO"},
    WordRow{"nl", kAgree, "AKKOORD"},
    WordRow{"nl", kDisagree, "WEIGER"},
};

const VerbRow& RowOf(ServiceVerb verb) { return kVerbs[static_cast<std::size_t>(verb)]; }

// At most so many octets of a text are looked at for words.
constexpr std::size_t kTextBytesMax = 320;

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// An alias and a code end with a letter or digit: what follows is the sentence's.
std::string_view WithoutFullStop(std::string_view argument) {
  const std::size_t last = argument.find_last_not_of(".,;:!?\"')");
  return argument.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

bool IsPrintable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char sign) {
    const auto octet = static_cast<unsigned char>(sign);
    return octet >= 0x20 && octet != 0x7F;
  });
}

}  // namespace

const std::vector<std::string_view>& ServiceWords::Languages() {
  static const std::vector<std::string_view> all = [] {
    std::vector<std::string_view> out;
    for (const WordRow& row : kWords) {
      if (std::ranges::count(out, row.language) == 0) out.push_back(row.language);
    }
    return out;
  }();
  return all;
}

const ServiceWords& ServiceWords::Standard() {
  static const ServiceWords all = [] {
    return *Create({Languages().begin(), Languages().end()}, {});
  }();
  return all;
}

Result<ServiceWords> ServiceWords::Create(const std::vector<std::string>& languages,
                                          const std::vector<Word>& own) {
  for (const std::string& language : languages) {
    if (std::ranges::count(Languages(), language) == 0) {
      return Fail(Reason::kInvalidArgument, "service words: there is no table for a language");
    }
  }
  if (own.size() > kWordsMax) {
    return Fail(Reason::kInvalidArgument, "service words: too many of your own");
  }
  Tables tables;
  for (const WordRow& row : kWords) {
    const bool is_always = row.language == "en" || row.verb == kStop;
    if (!is_always && std::ranges::count(languages, row.language) == 0) continue;
    TRESTLE_TRY(Add(tables, row.verb, row.word));
  }
  for (const Word& word : own) TRESTLE_TRY(Add(tables, word.verb, word.text));
  return ServiceWords(std::move(tables));
}

// A word for STOP stands alone, so a verb that needs an argument may share it: CANCEL, and
// CANCEL <alias>.
Result<void> ServiceWords::Add(Tables& tables, ServiceVerb verb, std::string_view word) {
  const std::string folded = FoldWords(word);
  if (folded.empty() || folded.size() > kWordBytesMax) {
    return Fail(Reason::kInvalidArgument, "service words: a word has no letter, or too many");
  }
  if (verb != kStop && folded.find(' ') != std::string::npos) {
    return Fail(Reason::kInvalidArgument, "service words: only stop may be several words");
  }
  const auto other = tables.verbs.find(folded);
  const bool is_taken =
      verb == kStop
          ? other != tables.verbs.end() && RowOf(other->second).argument != Argument::kRequired
          : (other != tables.verbs.end() && other->second != verb) ||
                (tables.stops.contains(folded) && RowOf(verb).argument != Argument::kRequired);
  if (is_taken) {
    return Fail(Reason::kInvalidArgument, "service words: a word stands for two verbs");
  }
  if (verb == kStop) {
    tables.stops.insert(folded);
  } else {
    tables.verbs.emplace(folded, verb);
  }
  return {};
}

// The whole as one entry, or nothing but entries of one word.
bool ServiceWords::IsStop(std::string_view folded) const {
  if (folded.empty()) return false;
  if (tables_->stops.contains(folded)) return true;
  while (!folded.empty()) {
    const std::size_t blank = folded.find(' ');
    if (!tables_->stops.contains(folded.substr(0, blank))) return false;
    folded.remove_prefix(blank == std::string_view::npos ? folded.size() : blank + 1);
  }
  return true;
}

std::optional<ServiceCommand> ServiceWords::Parse(std::string_view text) const {
  if (text.size() > kTextBytesMax) return std::nullopt;
  const std::string folded = FoldWords(text);
  if (IsStop(folded)) return ServiceCommand{kStop, ""};
  // What stands before the first letter does not count; what follows the first blank after it is
  // the argument, as it was written.
  std::string_view rest = Trimmed(text);
  std::string_view word;
  while (FoldWords(word).empty() && !rest.empty()) {
    word = rest.substr(0, rest.find_first_of(" \t\r\n"));
    rest = Trimmed(rest.substr(word.size()));
  }
  const auto row = tables_->verbs.find(FoldWords(word));
  if (row == tables_->verbs.end()) return std::nullopt;
  const Argument takes = RowOf(row->second).argument;
  const bool is_free = row->second == kAlias;
  std::string_view argument = is_free ? rest : WithoutFullStop(rest);
  if (FoldWords(argument).empty()) argument = {};
  if (takes == Argument::kNone && !argument.empty()) return std::nullopt;
  if (takes == Argument::kRequired && argument.empty()) return std::nullopt;
  if (argument.size() > kServiceArgumentBytesMax || !IsPrintable(argument)) return std::nullopt;
  return ServiceCommand{row->second, std::string(argument)};
}

std::optional<ServiceCommand> ParseServiceWord(std::string_view text) {
  return ServiceWords::Standard().Parse(text);
}

bool BelongsOnContact(ServiceVerb verb) {
  return verb == kStop || verb == kAgree || verb == kDisagree;
}

std::string_view ServiceVerbName(ServiceVerb verb) { return RowOf(verb).name; }

}  // namespace trestle
