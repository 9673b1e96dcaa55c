// The command lines of the programs with one configuration file.
#include "bridge/config/program_words.h"

#include <catch2/catch.hpp>

using namespace trestle;

TEST_CASE("The words of a program are read in any order") {
  const auto words =
      ReadProgramWords({"--ready-file", "ready", "--forget", "--config", "file", "--check"},
                       {"--forget", "--other"});
  REQUIRE(words);
  CHECK(words->config == "file");
  CHECK(words->ready_file == "ready");
  CHECK(words->check);
  CHECK_FALSE(words->help);
  CHECK(words->Has("--forget"));
  CHECK_FALSE(words->Has("--other"));
}

TEST_CASE("Help needs no configuration") {
  const std::string asked = GENERATE("--help", "-h");
  const auto words = ReadProgramWords({asked});
  REQUIRE(words);
  CHECK(words->help);
}

TEST_CASE("Words that are not the program's are refused, and so is one without its value") {
  const auto words =
      GENERATE(std::vector<std::string>{}, std::vector<std::string>{"--check"},
               std::vector<std::string>{"--config"}, std::vector<std::string>{"--config", "a", "b"},
               std::vector<std::string>{"--config", "a", "--ready-file"},
               std::vector<std::string>{"--config", "a", "--forget"});
  CHECK_FALSE(ReadProgramWords(words, {"--other"}));
}
