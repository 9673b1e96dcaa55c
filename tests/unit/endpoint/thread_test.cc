#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "bridge/envelope/mls_framing.h"
#include "tests/unit/endpoint/world.h"

namespace trestle::endpoint {
namespace {

using namespace testing;

TEST_CASE("Two endpoints meet and talk both ways") {
  World world;
  world.Meet();

  const Sealed there = world.AnaSays("hello Ben");
  CHECK(world.BenReads(there) == "hello Ben");
  const Sealed back = Must(world.ben->Seal("ana", content::Message::Text("hello Ana"), {}));
  const Opened opened = Must(world.ana->Unseal("ben", back.payload));

  CHECK(opened.message.text() == "hello Ana");
  CHECK(opened.id == back.id);
  CHECK(opened.message_id == back.message_id);
}

TEST_CASE("A payload is what the bridge accepts, and its header is the sender's") {
  World world;
  world.Meet();
  const Sealed sealed = Must(world.ana->Seal("ben", content::Message::Text("x"),
                                             {TtlClass::kHour, DeliveryClass::kEphemeral}));

  const ApplicationMessage clear = Must(ParseApplicationMessage(sealed.payload));

  CHECK(clear.ciphertext_bytes == 256);
  CHECK(clear.header.envelope_id == sealed.id);
  CHECK(clear.header.ttl == TtlClass::kHour);
  CHECK(clear.header.delivery == DeliveryClass::kEphemeral);
}

TEST_CASE("Each length of text falls into a bucket, up to the largest") {
  World world;
  world.Meet();
  for (const std::size_t length : {0UL, 50UL, 97UL, 98UL, 1000UL, 16383UL, 16384UL, 65000UL}) {
    const Sealed sealed = world.AnaSays(std::string(length, 'a'));
    CHECK(IsBucket(Must(ParseApplicationMessage(sealed.payload)).ciphertext_bytes));
    CHECK(world.BenReads(sealed).size() == length);
  }
}

TEST_CASE("A text that fits no bucket is refused") {
  World world;
  world.Meet();
  const auto sealed = world.ana->Seal("ben", content::Message::Text(std::string(66000, 'a')), {});
  CHECK(WhyNot(sealed) == "the content does not fit the largest bucket of 64 KiB");
}

TEST_CASE("Key package and Welcome stay within four and eight SMS segments") {
  World world;
  const Bytes key_package = Must(world.ben->MakeKeyPackages(1)).front();
  const Bytes welcome = Must(world.ana->StartThread("ben", key_package));
  CHECK(key_package.size() <= 4 * 128);
  CHECK(welcome.size() <= 8 * 128);
}

TEST_CASE("Messages may arrive in any order, each once") {
  World world;
  world.Meet();
  std::vector<Sealed> sent;
  for (int i = 0; i < 6; ++i) sent.push_back(world.AnaSays(std::to_string(i)));

  for (const int i : {5, 0, 3, 1, 4, 2}) {
    CHECK(world.BenReads(sent[static_cast<std::size_t>(i)]) == std::to_string(i));
  }
  for (const Sealed& one : sent) {
    CHECK(WhyNot(world.ben->Unseal("ana", one.payload)) ==
          "a generation that was used already or is no longer held");
  }
}

TEST_CASE("Both sides show the same safety number of sixty digits") {
  World world;
  world.Meet();
  const std::string number = Must(world.ana->SafetyNumber("ben"));
  CHECK(number == Must(world.ben->SafetyNumber("ana")));
  CHECK(number.size() == 60 + 11);
}

TEST_CASE("A thread survives reopening, and so does the refusal of replays") {
  World world;
  world.Meet();
  const Sealed first = world.AnaSays("before");
  CHECK(world.BenReads(first) == "before");

  world.ana.reset();
  world.ben.reset();
  world.ana = world.Open("ana");
  world.ben = world.Open("ben");

  CHECK(world.BenReads(world.AnaSays("after")) == "after");
  CHECK_FALSE(world.ben->Unseal("ana", first.payload).has_value());
}

TEST_CASE("A state that is opened twice is refused") {
  World world;
  CHECK(WhyNot(Endpoint::Open(world.folder / "ana", world.random, world.clock)) ==
        "another process has this endpoint open");
}

TEST_CASE("State at rest is sealed and private to its owner") {
  World world;
  world.Meet();
  for (const auto& entry : std::filesystem::directory_iterator(world.folder / "ana")) {
    struct stat about {};
    REQUIRE(::stat(entry.path().c_str(), &about) == 0);
    CHECK((about.st_mode & 0777) == 0600);
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string all((std::istreambuf_iterator<char>(file)), {});
    CHECK(all.find(AsText(world.ana->handle())) == std::string::npos);
  }
  struct stat about {};
  REQUIRE(::stat((world.folder / "ana").c_str(), &about) == 0);
  CHECK((about.st_mode & 0777) == 0700);
}

TEST_CASE("A damaged state file is refused") {
  World world;
  world.ana.reset();
  std::fstream file(world.folder / "ana/directory",
                    std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(40);
  file.put('x');
  file.close();
  CHECK(WhyNot(Endpoint::Open(world.folder / "ana", world.random, world.clock)) ==
        "the AEAD tag does not verify");
}

TEST_CASE(
    "A flipped bit anywhere in a payload is refused, and the payload still opens afterwards") {
  World world;
  world.Meet();
  const Sealed sealed = world.AnaSays("intact");
  for (std::size_t i = 0; i < sealed.payload.size(); ++i) {
    Bytes broken = sealed.payload;
    broken[i] ^= static_cast<std::uint8_t>(1U << (i % 8));
    CHECK_FALSE(world.ben->Unseal("ana", broken).has_value());
  }
  CHECK(world.BenReads(sealed) == "intact");
}

TEST_CASE("A truncated payload is refused at every length") {
  World world;
  world.Meet();
  const Sealed sealed = world.AnaSays("whole");
  for (std::size_t length = 0; length < sealed.payload.size(); ++length) {
    CHECK_FALSE(world.ben->Unseal("ana", ByteView(sealed.payload).first(length)).has_value());
  }
  CHECK(world.BenReads(sealed) == "whole");
}

TEST_CASE("A key package serves one Welcome") {
  World world;
  const Bytes key_package = Must(world.ben->MakeKeyPackages(1)).front();
  Must(world.ben->JoinThread("ana", Must(world.ana->StartThread("ben", key_package))));
  const Bytes second = Must(world.ana->StartThread("ben again", key_package));
  CHECK(WhyNot(world.ben->JoinThread("ana again", second)) ==
        "a Welcome for none of our key packages");
}

TEST_CASE("A Welcome with any bit flipped is refused, and the Welcome still works afterwards") {
  World world;
  const Bytes key_package = Must(world.ben->MakeKeyPackages(1)).front();
  const Bytes welcome = Must(world.ana->StartThread("ben", key_package));
  for (std::size_t i = 0; i < welcome.size(); ++i) {
    Bytes broken = welcome;
    broken[i] ^= 1;
    CHECK_FALSE(world.ben->JoinThread("ana", broken).has_value());
  }
  Must(world.ben->JoinThread("ana", welcome));
}

TEST_CASE("A key package with any bit flipped is refused") {
  World world;
  const Bytes key_package = Must(world.ben->MakeKeyPackages(1)).front();
  for (std::size_t i = 0; i < key_package.size(); ++i) {
    Bytes broken = key_package;
    broken[i] ^= 1;
    CHECK_FALSE(world.ana->StartThread("ben", broken).has_value());
  }
}

TEST_CASE("An expired key package is refused") {
  World world;
  const Bytes key_package = Must(world.ben->MakeKeyPackages(1)).front();
  world.clock.Advance(std::chrono::hours(24 * 91));
  CHECK(WhyNot(world.ana->StartThread("ben", key_package)) == "a key package outside its lifetime");
}

TEST_CASE("A thread that was forgotten keeps its pin") {
  World world;
  world.Meet();
  auto mallory = world.Open("mallory");
  Must(world.ana->ForgetThread("ben"));
  const Bytes key_package = Must(mallory->MakeKeyPackages(1)).front();
  CHECK(WhyNot(world.ana->StartThread("ben", key_package)) ==
        "the peer's identity key is not the pinned one");
  Must(world.ana->ForgetPeer("ben"));
  CHECK(world.ana->StartThread("ben", key_package).has_value());
}

TEST_CASE("A rekey moves both to fresh keys, and late messages of the old epoch still open") {
  World world;
  world.Meet();
  const Sealed late = world.AnaSays("late");
  const Bytes commit = Must(world.ana->Rekey("ben"));
  Must(world.ana->ConfirmRekey("ben", true));
  const Sealed fresh = world.AnaSays("fresh");
  CHECK_FALSE(world.ben->Unseal("ana", fresh.payload).has_value());
  Must(world.ben->ApplyRekey("ana", commit));
  CHECK(world.BenReads(fresh) == "fresh");
  CHECK(world.BenReads(late) == "late");
}

TEST_CASE("A rekey that lost is dropped for the one that won") {
  World world;
  world.Meet();
  Must(world.ana->Rekey("ben"));
  const Bytes winner = Must(world.ben->Rekey("ana"));
  Must(world.ben->ConfirmRekey("ana", true));
  Must(world.ana->ApplyRekey("ben", winner));
  CHECK(WhyNot(world.ana->ConfirmRekey("ben", true)) == "no rekey waits for a confirmation");
  CHECK(world.BenReads(world.AnaSays("on")) == "on");
}

}  // namespace
}  // namespace trestle::endpoint
