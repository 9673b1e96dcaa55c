#include "cli/home.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "bridge/base/system_seams.h"
#include "folder.h"

using namespace trestle;
using namespace trestle::cli;

namespace {

unsigned ModeOf(const std::string& path) {
  struct stat about {};
  REQUIRE(::stat(path.c_str(), &about) == 0);
  return about.st_mode & 0777U;
}

void Write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

}  // namespace

TEST_CASE("A home without a token has nobody enrolled") {
  const Folder folder;
  const Home home = *Home::At(folder / "h");

  CHECK(*home.Token() == std::nullopt);
}

TEST_CASE("Tokens are readable by their owner alone") {
  const Folder folder;
  Home home = *Home::At(folder / "deep/h");
  REQUIRE(home.SaveToken("abc-DEF_1"));

  CHECK(*home.Token() == "abc-DEF_1");
  CHECK(ModeOf(folder / "deep/h") == 0700);
  CHECK(ModeOf(folder / "deep/h/token") == 0600);
}

TEST_CASE("A home that cannot be made says so") {
  const Folder folder;
  Write(folder / "file", "x");
  const Home home = *Home::At(folder / "file");

  CHECK(home.Save("a", {}).error().reason == Reason::kStorage);
}

TEST_CASE("The endpoint of a home is the same every time") {
  const Folder folder;
  SystemRandom random;
  const SystemClock clock;
  const Home home = *Home::At(folder / "h");
  const Bytes32 handle = (*home.Endpoint(random, clock))->handle();

  CHECK((*home.Endpoint(random, clock))->handle() == handle);
}

TEST_CASE("Names come in order and without unfinished files") {
  const Folder folder;
  const Home home = *Home::At(folder / "h");
  REQUIRE(home.Save("early-b", {}));
  REQUIRE(home.Save("early-a", {}));
  REQUIRE(home.Save("other", {}));
  Write(folder / "h/early-c.new", "x");

  CHECK(*home.Names("early-") == std::vector<std::string>{"early-a", "early-b"});
}

TEST_CASE("An operator's token is the first line of its file") {
  const Folder folder;
  Write(folder / "t", "secret-1\r\nmore\n");

  CHECK(*ReadTokenFile(folder / "t") == "secret-1");
}

TEST_CASE("A token file without a token is refused") {
  const Folder folder;
  Write(folder / "empty", "\n");
  Write(folder / "spaces", "a b\n");
  Write(folder / "long", std::string(300, 'x'));

  CHECK(ReadTokenFile(folder / "empty").error().reason == Reason::kMalformed);
  CHECK(ReadTokenFile(folder / "spaces").error().reason == Reason::kMalformed);
  CHECK(ReadTokenFile(folder / "long").error().reason == Reason::kMalformed);
  CHECK(ReadTokenFile(folder / "absent").error().reason == Reason::kNotFound);
  CHECK_FALSE(ReadTokenFile(folder / "").has_value());
}
