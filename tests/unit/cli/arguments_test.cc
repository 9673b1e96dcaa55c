#include "cli/arguments.h"

#include <catch2/catch.hpp>

#include "cli/commands.h"

using namespace trestle::cli;

namespace {

tl::expected<Invocation, Misuse> Parse(const std::vector<std::string>& words) {
  static const std::vector<const CommandSpec*> kSpecs = CommandSpecs();
  return ParseCommandLine(words, kSpecs);
}

Invocation Parsed(const std::vector<std::string>& words) {
  auto out = Parse(words);
  REQUIRE(out.has_value());
  return *std::move(out);
}

std::string Complaint(const std::vector<std::string>& words) {
  const auto out = Parse(words);
  REQUIRE_FALSE(out.has_value());
  return out.error().sentence;
}

}  // namespace

TEST_CASE("Global options stand before the command") {
  const Invocation got =
      Parsed({"--server", "127.0.0.1:1", "--home=h", "--operator-token-file", "f", "watch"});

  CHECK(got.globals.server == "127.0.0.1:1");
  CHECK(got.globals.home == "h");
  CHECK(got.globals.operator_token_file == "f");
  CHECK(got.command->name == "watch");
}

TEST_CASE("Without --server the bridge is where trestled listens by default") {
  CHECK(Parsed({"status"}).globals.server == "127.0.0.1:7443");
}

TEST_CASE("A global option after the command is told where it belongs") {
  CHECK(Complaint({"status", "--server", "x"}).starts_with("--server stands before the command"));
}

TEST_CASE("A command of two words is found before one of one word") {
  CHECK(Parsed({"alias", "new", "bicycle"}).command->name == "alias new");
}

TEST_CASE("The first word of a pair alone lists what may follow") {
  CHECK(Complaint({"alias"}) ==
        "alias is followed by one of: new, list, revoke, rotate, restore, close");
}

TEST_CASE("An unknown command names the nearest one") {
  CHECK(Complaint({"inobx"}) == "there is no command \"inobx\". Did you mean \"inbox\"?");
}

TEST_CASE("A word far from every command gets no suggestion") {
  CHECK(Complaint({"frobnicate"}) == "there is no command \"frobnicate\".");
}

TEST_CASE("An unknown option names the nearest one of its command") {
  CHECK(Complaint({"send", "l", "t", "--tll", "1h"}) ==
        "there is no option \"--tll\" of send. Did you mean \"--ttl\"?");
}

TEST_CASE("An option may stand between positionals") {
  const Invocation got = Parsed({"send", "l", "--ttl", "1h", "two", "words"});

  CHECK(got.arguments.at(0) == "l");
  CHECK(got.arguments.RestFrom(1) == "two words");
  CHECK(got.arguments.value("--ttl") == "1h");
}

TEST_CASE("Two dashes end the options") {
  CHECK(Parsed({"send", "l", "--", "--ttl"}).arguments.RestFrom(1) == "--ttl");
}

TEST_CASE("An option without its value is refused with what it needs") {
  CHECK(Complaint({"send", "l", "t", "--ttl"}) == "--ttl needs 30s|5m|1h|24h|7d");
}

TEST_CASE("A switch takes no value") {
  CHECK(Complaint({"inbox", "--follow=yes"}) == "--follow takes no value");
}

TEST_CASE("An option is not said twice") {
  CHECK(Complaint({"send", "l", "t", "--ttl", "1h", "--ttl", "5m"}) == "--ttl is said twice");
}

TEST_CASE("An option that repeats keeps all its values") {
  const Invocation got = Parsed({"route", "explain", "l", "--down", "sms", "--down=whatsapp"});

  CHECK(got.arguments.values("--down") == std::vector<std::string>{"sms", "whatsapp"});
}

TEST_CASE("Too few positionals name what is missing") {
  CHECK(Complaint({"reach"}) == "reach needs ALIAS");
}

TEST_CASE("Too many positionals name the first that is too much") {
  CHECK(Complaint({"reach", "a", "b"}) == "reach takes no \"b\"");
}

TEST_CASE("An empty global value is refused") {
  CHECK(Complaint({"--home=", "status"}) == "--home may not be empty");
}

TEST_CASE("Words that are not UTF-8 are refused") {
  CHECK(Complaint({"reach", "\xff"}) == "\"?\" is not UTF-8");
}

TEST_CASE("No words at all are a misuse") { CHECK(Complaint({}) == "a command is missing"); }

TEST_CASE("Asking a command for help is a command of its own") {
  const Invocation got = Parsed({"alias", "new", "--help"});

  CHECK(got.command->name == "help");
  CHECK(got.arguments.RestFrom(0) == "alias new");
}

TEST_CASE("The demo's way to watch is understood") {
  const Invocation got =
      Parsed({"--server", "127.0.0.1:4", "--operator-token-file", "operator.token", "watch"});

  CHECK(got.command->name == "watch");
  CHECK(got.arguments.options.empty());
}

TEST_CASE("Every command has a help of its own") {
  for (const Command& command : Commands()) {
    std::ostringstream out;
    CHECK(PrintHelp(out, std::string(command.spec.name)));
    CHECK(out.str().find(command.spec.summary) != std::string::npos);
  }
}

TEST_CASE("The whole help names every command") {
  std::ostringstream out;
  PrintHelp(out);
  for (const Command& command : Commands()) {
    CHECK(out.str().find("\n  " + std::string(command.spec.name)) != std::string::npos);
  }
}
