// The words a person can text to the bridge itself. Adapters recognise them and offer a command;
// free text never leaves an adapter, so nothing that was meant for a person reaches the core by
// mistake. People write in their own language, so each verb has a table of words: this release's
// for the languages the operator chose, and the operator's own. The words that carriers require to
// end messages are known in every language, always.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/base/result.h"

namespace trestle {

enum class ServiceVerb : std::uint8_t {
  kJoin,     // JOIN, or JOIN <code> to add this network to an account that showed the code
  kCode,     // CODE: shows a code that joins another network to this account
  kAlias,    // ALIAS [label]: makes an alias
  kReach,    // REACH <alias>
  kCancel,   // CANCEL <alias>: takes back a REACH that nobody has answered
  kRotate,   // ROTATE <alias>: a new name in the place of an own one
  kRelease,  // RELEASE <alias>: nobody new reaches an own one
  kStop,     // STOP: on a contact's thread ends that contact, on the service thread ends everything
  kAgree,    // AGREE: on a contact's thread lets the SMS edge open what is said there
  kDisagree,  // DISAGREE: takes that back
  kHelp,
  kEcho,  // ECHO <nonce>: what a loop-back peer sends back; never a person's
};
inline constexpr std::size_t kServiceVerbs = 12;

struct ServiceCommand {
  ServiceVerb verb = ServiceVerb::kHelp;
  std::string argument;  // label, alias or code: at most kServiceArgumentBytesMax, printable UTF-8
  bool operator==(const ServiceCommand&) const = default;
};

inline constexpr std::size_t kServiceArgumentBytesMax = 64;

// Immutable and cheap to copy; any thread.
class ServiceWords {
 public:
  static constexpr std::size_t kWordBytesMax = 64;
  static constexpr std::size_t kWordsMax = 1000;  // of the operator's own

  struct Word {
    ServiceVerb verb = ServiceVerb::kHelp;
    std::string text;  // one word; of kStop also several
  };

  // The tables of this release, by ISO 639-1 code. English is always known.
  static const std::vector<std::string_view>& Languages();
  static const ServiceWords& Standard();  // all languages, no words of an operator's own
  // kInvalidArgument for an unknown language, a word that is empty, too long or of several words,
  // and for a word that stands for two verbs.
  static Result<ServiceWords> Create(const std::vector<std::string>& languages,
                                     const std::vector<Word>& own);

  // nullopt when the text is no service word, or its argument is missing, too long or holds control
  // characters. Letter case, accents, full-width letters and what surrounds the word (blanks,
  // punctuation, pictures) do not count. A text that only repeats words for STOP is a STOP.
  std::optional<ServiceCommand> Parse(std::string_view text) const;

 private:
  struct Tables {  // of folded words
    std::set<std::string, std::less<>> stops;
    std::map<std::string, ServiceVerb, std::less<>> verbs;  // all others
  };
  explicit ServiceWords(Tables tables)
      : tables_(std::make_shared<const Tables>(std::move(tables))) {}
  static Result<void> Add(Tables& tables, ServiceVerb verb, std::string_view word);
  bool IsStop(std::string_view folded) const;

  std::shared_ptr<const Tables> tables_;
};

// Words that mean something on a contact's thread; all others belong on the service thread.
bool BelongsOnContact(ServiceVerb verb);

// By the standard tables.
std::optional<ServiceCommand> ParseServiceWord(std::string_view text);
std::string_view ServiceVerbName(ServiceVerb verb);  // "JOIN", …

}  // namespace trestle
