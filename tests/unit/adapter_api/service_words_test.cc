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

TEST_CASE("Every verb's name is the word that makes it") {
  for (const ServiceVerb verb : {ServiceVerb::kJoin, ServiceVerb::kCode, ServiceVerb::kAlias,
                                 ServiceVerb::kReach, ServiceVerb::kStop, ServiceVerb::kHelp}) {
    const auto parsed = ParseServiceWord(std::string(ServiceVerbName(verb)) +
                                         (verb == ServiceVerb::kReach ? " x" : ""));
    REQUIRE(parsed);
    CHECK(parsed->verb == verb);
  }
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

TEST_CASE("Certainty and health have names of their own") {
  CHECK(CertaintyName(Certainty::kMaybeSent) == "maybe_sent");
  CHECK(HealthName(Health::kDeaf) == "deaf");
}
