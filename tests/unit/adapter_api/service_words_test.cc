#include "bridge/adapter_api/service_words.h"

#include <catch2/catch.hpp>

#include "bridge/adapter_api/adapter.h"

using namespace trestle;

TEST_CASE("A service word is read in any letter case, with blanks around it") {
  CHECK(ParseServiceWord("JOIN") == ServiceCommand{ServiceVerb::kJoin, ""});
  CHECK(ParseServiceWord("  join\r\n") == ServiceCommand{ServiceVerb::kJoin, ""});
  CHECK(ParseServiceWord("Stop") == ServiceCommand{ServiceVerb::kStop, ""});
}

TEST_CASE("The argument is what follows the word, trimmed") {
  CHECK(ParseServiceWord("alias  market stall ") ==
        ServiceCommand{ServiceVerb::kAlias, "market stall"});
  CHECK(ParseServiceWord("REACH\tbrisk-otter-4821") ==
        ServiceCommand{ServiceVerb::kReach, "brisk-otter-4821"});
}

TEST_CASE("What is no service word stays with the adapter") {
  CHECK_FALSE(ParseServiceWord(""));
  CHECK_FALSE(ParseServiceWord("   "));
  CHECK_FALSE(ParseServiceWord("JOINT"));
  CHECK_FALSE(ParseServiceWord("please STOP"));
  CHECK_FALSE(ParseServiceWord("STOP it"));  // a word that takes no argument
  CHECK_FALSE(ParseServiceWord("REACH"));    // one that needs one
}

TEST_CASE("Arguments that are too long or hold control characters are refused") {
  CHECK(ParseServiceWord("ALIAS " + std::string(kServiceArgumentBytesMax, 'a')));
  CHECK_FALSE(ParseServiceWord("ALIAS " + std::string(kServiceArgumentBytesMax + 1, 'a')));
  CHECK_FALSE(ParseServiceWord("ALIAS a\x01z"));
  CHECK_FALSE(ParseServiceWord("ALIAS a\nz"));
  CHECK(ParseServiceWord("ALIAS caf\xC3\xA9"));
}

TEST_CASE("STOP is heard whatever stands around it and however it is written") {
  for (const char* text :
       {"stop", "STOP.", "Stop!", "...stop...", "\"STOP\"", "\u201Cstop\u201D", "(stop)",
        "STOP\u00A0", "\uFEFFstop", "\U0001F6D1 STOP \U0001F6D1", "stop\r\n\r\n", "STOP,", "-stop-",
        "\u00A1PARAR!", "stop stop", "STOP!STOP!STOP!", "\uFF33\uFF34\uFF2F\uFF30", "STOP\uFE0F",
        "stop; unsubscribe"}) {
    CAPTURE(text);
    CHECK(ParseServiceWord(text) == ServiceCommand{ServiceVerb::kStop, ""});
  }
}

TEST_CASE("STOP is heard in every word that carriers ask for, in every language") {
  const ServiceWords english = ServiceWords::Create({"en"}, {}).value();
  for (const char* text :
       {"STOP",  "STOPALL",  "stop all", "STOP-ALL",    "UNSUBSCRIBE", "CANCEL",
        "END",   "QUIT",     "REVOKE",   "OPTOUT",      "opt-out",     "Opt out.",
        "ARRET", "arrêt",    "ARRÊT",    "arre\u0302t", "PARAR",       "BAJA",
        "Stopp", "abmelden", "SAIR",     "afmelden",    "annulla"}) {
    CAPTURE(text);
    CHECK(english.Parse(text) == ServiceCommand{ServiceVerb::kStop, ""});
  }
}

TEST_CASE("A sentence that holds STOP among other words is no STOP") {
  for (const char* text : {"please STOP", "STOP it", "bus stop", "stop 3 times", "unstoppable",
                           "opt in", "end of story"}) {
    CAPTURE(text);
    const auto word = ParseServiceWord(text);
    CHECK((!word || word->verb != ServiceVerb::kStop));
  }
}

TEST_CASE("Each language has words for its people, when it is chosen") {
  const ServiceWords english = ServiceWords::Create({"en"}, {}).value();
  const ServiceWords german = ServiceWords::Create({"de"}, {}).value();
  CHECK(german.Parse("hilfe!") == ServiceCommand{ServiceVerb::kHelp, ""});
  CHECK(german.Parse("Erreichen brisk-otter-4821.") ==
        ServiceCommand{ServiceVerb::kReach, "brisk-otter-4821"});
  CHECK_FALSE(english.Parse("HILFE"));
  CHECK(german.Parse("HELP") == ServiceCommand{ServiceVerb::kHelp, ""});  // English always
  CHECK(ParseServiceWord("código") == ServiceCommand{ServiceVerb::kCode, ""});
  CHECK(ParseServiceWord("Ajuda") == ServiceCommand{ServiceVerb::kHelp, ""});
  CHECK(ParseServiceWord("aide ?") == ServiceCommand{ServiceVerb::kHelp, ""});
  for (const std::string_view language : ServiceWords::Languages()) {
    CHECK(ServiceWords::Create({std::string(language)}, {}).has_value());
  }
}

TEST_CASE("An operator's own words come on top, and must make sense") {
  using Word = ServiceWords::Word;
  const auto own = ServiceWords::Create({}, {Word{ServiceVerb::kStop, "No more"},
                                             Word{ServiceVerb::kJoin, "вступить"},
                                             Word{ServiceVerb::kHelp, "ヘルプ"}})
                       .value();
  CHECK(own.Parse("no more!") == ServiceCommand{ServiceVerb::kStop, ""});
  CHECK(own.Parse("ВСТУПИТЬ 123456") == ServiceCommand{ServiceVerb::kJoin, "123456"});
  CHECK(own.Parse("ヘルプ。") == ServiceCommand{ServiceVerb::kHelp, ""});
  CHECK_FALSE(ServiceWords::Create({"xx"}, {}));
  CHECK_FALSE(ServiceWords::Create({}, {Word{ServiceVerb::kJoin, "stop"}}));
  CHECK_FALSE(ServiceWords::Create({}, {Word{ServiceVerb::kJoin, "let me in"}}));
  CHECK_FALSE(ServiceWords::Create({}, {Word{ServiceVerb::kHelp, "?!"}}));
  CHECK_FALSE(ServiceWords::Create({}, {Word{ServiceVerb::kHelp, std::string(65, 'A')}}));
}

TEST_CASE("What ends a sentence is no part of an alias or a code, but is of a label") {
  CHECK(ParseServiceWord("Reach brisk-otter-4821!") ==
        ServiceCommand{ServiceVerb::kReach, "brisk-otter-4821"});
  CHECK(ParseServiceWord("JOIN.") == ServiceCommand{ServiceVerb::kJoin, ""});
  CHECK(ParseServiceWord("ALIAS Bikes & Co.") ==
        ServiceCommand{ServiceVerb::kAlias, "Bikes & Co."});
  CHECK_FALSE(ParseServiceWord("REACH ..."));
}

TEST_CASE("Every verb's name is the word that makes it") {
  for (const ServiceVerb verb : {ServiceVerb::kJoin, ServiceVerb::kCode, ServiceVerb::kAlias,
                                 ServiceVerb::kStop, ServiceVerb::kHelp}) {
    CHECK(ParseServiceWord(ServiceVerbName(verb))->verb == verb);
  }
  for (const ServiceVerb verb :
       {ServiceVerb::kReach, ServiceVerb::kCancel, ServiceVerb::kRotate, ServiceVerb::kRelease}) {
    CHECK(ParseServiceWord(std::string(ServiceVerbName(verb)) + " x")->verb == verb);
  }
}

TEST_CASE("A word for STOP may also begin a request that names something") {
  CHECK(ParseServiceWord("CANCEL brisk-otter-4821") ==
        ServiceCommand{ServiceVerb::kCancel, "brisk-otter-4821"});
  CHECK(ParseServiceWord("CANCEL") == ServiceCommand{ServiceVerb::kStop, ""});
}

TEST_CASE("Capabilities count units in whole native messages") {
  Capabilities capabilities;
  capabilities.chunk_bytes = 100;
  capabilities.units_max = 4;
  CHECK(capabilities.UnitsOf(0) == 1);
  CHECK(capabilities.UnitsOf(100) == 1);
  CHECK(capabilities.UnitsOf(101) == 2);
  CHECK(capabilities.frame_bytes_max() == 400);
}

TEST_CASE("Capabilities without a chunk size carry nothing, and divide by nothing") {
  const Capabilities capabilities;
  CHECK(capabilities.UnitsOf(0) > capabilities.units_max);
  CHECK(capabilities.UnitsOf(1) > capabilities.units_max);
}

TEST_CASE("An attempt that names no trouble is classed by what it says") {
  CHECK(TroubleOf({.rule = Rule::kAdapterDown}) == Trouble::kPasses);
  CHECK(TroubleOf({.rule = Rule::kThreadNotOpen}) == Trouble::kNobodyThere);
  CHECK(TroubleOf({.rule = Rule::kQueueFull}) == Trouble::kOwn);
  CHECK(TroubleOf({.certainty = Certainty::kMaybeSent}) == Trouble::kNoAnswer);
  CHECK(TroubleOf({.rule = Rule::kQueueFull, .trouble = Trouble::kNoLink}) == Trouble::kNoLink);
}

TEST_CASE("Certainty and health have names of their own") {
  CHECK(CertaintyName(Certainty::kMaybeSent) == "maybe_sent");
  CHECK(HealthName(Health::kDeaf) == "deaf");
}
