// Where the key of an address book comes from.
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "adapters/sdk/address_book.h"
#include "tests/unit/sdk/manual_seams.h"

namespace trestle {
namespace {

using test::CountingRandom;
using test::ManualClock;
using test::ScratchFolder;

const std::string kKey(64, 'a');
const std::string kOtherKey(64, 'b');
constexpr const char* kVariable = "TRESTLE_ADDRESS_KEY_TEST";

struct World {
  World() { ::unsetenv(kVariable); }
  ~World() { ::unsetenv(kVariable); }

  void Credential(const std::string& content, mode_t mode) {
    ::unlink(source.credential.c_str());
    std::ofstream(source.credential) << content;
    ::chmod(source.credential.c_str(), mode);
  }
  Result<std::unique_ptr<AddressBook>> Open() {
    return AddressBook::Open(folder.path() + "/book", random, clock, source);
  }
  bool HasOwnKeyFile() const {
    return std::filesystem::exists(folder.path() + "/book/addresses.key");
  }
  std::string WhyNot() {
    const auto opened = Open();
    return opened ? "it opened" : std::string(opened.error().what.view());
  }

  ScratchFolder folder;
  ManualClock clock;
  CountingRandom random;
  KeySource source{kVariable, folder.path() + "/credential"};
};

}  // namespace

TEST_CASE("Without a key from outside the address book makes its own") {
  World world;
  CHECK(world.Open());
  CHECK(world.HasOwnKeyFile());
}

TEST_CASE("A key from the environment leaves no key on the disk, and opens the book again") {
  World world;
  ::setenv(kVariable, kKey.c_str(), 1);
  const EnrolmentId enrolment = *(*world.Open())->EnrolmentOf(NativeAddress("4915112345678"));
  CHECK_FALSE(world.HasOwnKeyFile());
  CHECK(*(*world.Open())->EnrolmentOf(NativeAddress("4915112345678")) == enrolment);
}

TEST_CASE("A credential serves as octets and as digits, and the environment goes before it") {
  World world;
  world.Credential(kKey + "\n", 0400);
  CHECK(world.Open());
  std::string octets;
  for (int i = 0; i < 32; ++i) octets.push_back('\xAA');
  world.Credential(octets, 0400);
  CHECK(world.Open());
  CHECK_FALSE(world.HasOwnKeyFile());
  ::setenv(kVariable, kOtherKey.c_str(), 1);
  CHECK(world.WhyNot() == "the adapter's key file belongs to another database");
}

TEST_CASE("A credential that others can read is refused") {
  World world;
  world.Credential(kKey, 0440);
  CHECK(world.WhyNot() == "the credential of the address book key is open to others");
}

TEST_CASE("A key that is none is refused, and no other takes its place") {
  World world;
  ::setenv(kVariable, "secret", 1);
  CHECK(world.WhyNot() == "an address book key is not 64 hexadecimal digits");
  CHECK_FALSE(world.HasOwnKeyFile());
}

TEST_CASE("A book that was sealed under its own file does not open under a key from outside") {
  World world;
  REQUIRE(world.Open());
  ::setenv(kVariable, kKey.c_str(), 1);
  CHECK(world.WhyNot() == "the adapter's key file belongs to another database");
}

}  // namespace trestle
