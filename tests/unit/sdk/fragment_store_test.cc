#include "adapters/sdk/fragment_store.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>

#include "adapters/sdk/address_book.h"
#include "tests/unit/sdk/manual_seams.h"

namespace trestle {
namespace {

struct World {
  test::ScratchFolder folder;
  test::ManualClock clock;
  test::CountingRandom random;
  FragmentStore::Limits limits = {};
  std::unique_ptr<AddressBook> book = std::move(*AddressBook::Open(folder.path(), random, clock));
  std::unique_ptr<FragmentStore> store = OpenStore();
  std::string identity = "ghost-1";

  std::unique_ptr<FragmentStore> OpenStore() {
    return std::move(*FragmentStore::Open(folder.path(), book->keys(), limits));
  }
  void Restart(FragmentStore::Limits with) {
    store.reset();
    limits = with;
    store = OpenStore();
  }
  Result<std::optional<FragmentStore::Whole>> Add(std::string_view ref, std::uint8_t index,
                                                  std::uint8_t count, std::string_view chunk,
                                                  std::string_view native_id = "m",
                                                  std::string_view from = "ana") {
    const NativeAddress address(from);
    const std::string id = std::string(native_id) + std::to_string(index);
    return store->Add({address, identity, ref, id, index, count, AsBytes(chunk)}, clock.wall_now());
  }
};

}  // namespace

TEST_CASE("Fragments in any order make the frame with the last one, also over a restart") {
  World world;
  CHECK_FALSE(*world.Add("r", 2, 3, "CC"));
  CHECK_FALSE(*world.Add("r", 0, 3, "AA"));
  world.Restart({});

  const auto whole = world.Add("r", 1, 3, "BB");

  REQUIRE(*whole);
  CHECK(AsText((*whole)->frame) == "AABBCC");
}

TEST_CASE("A frame stays until it is erased, and has the same key when it is whole again") {
  World world;
  CHECK_FALSE(*world.Add("r", 0, 2, "AA"));
  const auto first = world.Add("r", 1, 2, "BB");

  const auto repeated = world.Add("r", 0, 2, "AA");
  REQUIRE(world.store->Erase((*first)->set));
  CHECK_FALSE(*world.Add("r", 1, 2, "BB"));
  const auto all_again = world.Add("r", 0, 2, "AA");

  CHECK((*repeated)->key == (*first)->key);
  CHECK((*all_again)->key == (*first)->key);
}

TEST_CASE("A frame sent again under new message ids has a new key") {
  World world;
  CHECK_FALSE(*world.Add("r", 0, 2, "AA", "first"));
  const auto first = world.Add("r", 1, 2, "BB", "first");
  REQUIRE(world.store->Erase((*first)->set));
  CHECK_FALSE(*world.Add("r", 0, 2, "AA", "second"));

  const auto second = world.Add("r", 1, 2, "BB", "second");

  CHECK((*second)->key != (*first)->key);
}

TEST_CASE("A frame of one message has a key by its identity and message id") {
  World world;

  CHECK(world.store->KeyOf("ghost-1", "m1") == world.store->KeyOf("ghost-1", "m1"));
  CHECK(world.store->KeyOf("ghost-1", "m1") != world.store->KeyOf("ghost-2", "m1"));
  CHECK(world.store->KeyOf("ghost-1", "m1") != world.store->KeyOf("ghost-1", "m2"));
}

TEST_CASE("Fragments of two people never make one frame") {
  World world;
  CHECK_FALSE(*world.Add("r", 0, 2, "AA", "m", "ana"));

  CHECK_FALSE(*world.Add("r", 1, 2, "BB", "m", "mallory"));
}

TEST_CASE("A fragment that contradicts its set begins a new one") {
  World world;
  CHECK_FALSE(*world.Add("r", 0, 2, "AA"));
  CHECK_FALSE(*world.Add("r", 0, 2, "XX"));

  const auto whole = world.Add("r", 1, 2, "BB");

  CHECK(AsText((*whole)->frame) == "XXBB");
}

TEST_CASE("Another count begins a new set") {
  World world;
  CHECK_FALSE(*world.Add("r", 0, 3, "AA"));
  CHECK_FALSE(*world.Add("r", 0, 2, "AA"));

  const auto whole = world.Add("r", 1, 2, "BB");

  CHECK(AsText((*whole)->frame) == "AABB");
}

TEST_CASE("Incomplete frames are given up after ten minutes") {
  World world;
  CHECK_FALSE(*world.Add("r", 0, 2, "AA"));
  world.clock.Pass(world.limits.age_max + Millis{1});

  CHECK(world.store->EraseOld(world.clock.wall_now()) == 1);
  CHECK_FALSE(*world.Add("r", 1, 2, "BB"));
}

TEST_CASE("A sender at the bound must come again, and keeps what was acknowledged") {
  World world;
  FragmentStore::Limits limits;
  limits.sets_per_sender_max = 2;
  world.Restart(limits);
  CHECK_FALSE(*world.Add("1", 0, 2, "AA"));
  CHECK_FALSE(*world.Add("2", 0, 2, "AA"));

  const auto third = world.Add("3", 0, 2, "AA");

  REQUIRE_FALSE(third);
  CHECK(third.error().reason == Reason::kBusy);
  CHECK_FALSE(*world.Add("ben", 0, 2, "AA", "m", "ben"));
  CHECK(*world.Add("1", 1, 2, "BB"));
  CHECK(world.store->sets_held() == 3);
}

TEST_CASE("A new set is never the one that a bound drops, also where all began in one moment") {
  FragmentStore::Limits small;
  small.bytes_max = 100;
  FragmentStore::Limits full;
  full.sets_max = 2;
  for (const FragmentStore::Limits& limits : {small, full}) {
    World world;
    world.Restart(limits);
    for (const std::string_view ref : {"1", "2", "3", "4", "5", "6", "7", "8"}) {
      REQUIRE(world.Add(ref, 0, 2, std::string(60, 'a')));
      CHECK(world.Add(ref, 1, 2, std::string(60, 'b')).value());
    }
  }
}

TEST_CASE("The store holds a bounded number of octets and drops the oldest set") {
  World world;
  FragmentStore::Limits limits;
  limits.bytes_max = 100;
  world.Restart(limits);
  CHECK_FALSE(*world.Add("1", 0, 3, std::string(60, 'a')));
  world.clock.Pass(Millis{1});

  CHECK_FALSE(*world.Add("2", 0, 2, std::string(60, 'b')));

  CHECK(world.store->sets_held() == 1);
}

TEST_CASE("A frame above the limit is refused and its set erased") {
  World world;
  FragmentStore::Limits limits;
  limits.frame_bytes_max = 100;
  world.Restart(limits);
  CHECK_FALSE(*world.Add("r", 0, 3, std::string(60, 'a')));

  const auto refused = world.Add("r", 1, 3, std::string(60, 'a'));

  REQUIRE_FALSE(refused);
  CHECK(refused.error().reason == Reason::kTooLarge);
  CHECK(world.store->sets_held() == 0);
}

TEST_CASE("A fragment beyond its count is malformed") {
  World world;

  CHECK(world.Add("r", 2, 2, "AA").error().reason == Reason::kMalformed);
  CHECK(world.Add("r", 0, 0, "AA").error().reason == Reason::kMalformed);
}

TEST_CASE("Erased fragments are gone from the file and its log") {
  World world;
  const std::string chunk = "octets-that-must-not-stay";
  CHECK_FALSE(*world.Add("r", 0, 2, chunk));
  const auto whole = world.Add("r", 1, 2, chunk);

  REQUIRE(world.store->Erase((*whole)->set));

  std::string files;
  for (const char* name : {"/fragments.db", "/fragments.db-wal"}) {
    std::ifstream in(world.folder.path() + name, std::ios::binary);
    files.append(std::istreambuf_iterator<char>(in), {});
  }
  CHECK(files.size() >= 4096);
  CHECK(files.find(chunk) == std::string::npos);
}

}  // namespace trestle
