// The keys of an address book are replaced while it is in use.
#include <sqlite3.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "adapters/sdk/address_book.h"
#include "adapters/sdk/fragment_store.h"
#include "tests/unit/sdk/manual_seams.h"

namespace trestle {
namespace {

using test::CountingRandom;
using test::ManualClock;
using test::ScratchFolder;

constexpr Millis kNinetyDays = std::chrono::hours(24 * 90);
constexpr const char* kVariable = "TRESTLE_ADDRESS_KEY_TEST";
const GhostPool kOld{{"old"}};
const GhostPool kNew{{"new", "other"}};

// A book with a row of each kind in it.
struct World {
  World() {
    ::unsetenv(kVariable);
    Open();
    ana = *book->EnrolmentOf(NativeAddress("ana"));
    REQUIRE(book->Merge(NativeAddress("ana"), NativeAddress("ana-too")));
    moved = LinkId::Mint(random);
    Bind(moved, kOld, "ana");
    REQUIRE(book->MoveLink(moved, kNew));
    bound = LinkId::Mint(random);
    Bind(bound, kNew, "ana");
    offered = LinkId::Mint(random);
    code = book->OfferLink(offered, *book->EnrolmentOf(NativeAddress("ben")), kNew)->bind_code;
    REQUIRE(book->RememberSent("native-1", {DeliveryId(), 0, 1}, clock.wall_now()));
  }
  ~World() { ::unsetenv(kVariable); }

  void Open(const KeySource& source = {}) {
    book.reset();
    auto opened = AddressBook::Open(folder.path(), random, clock, source);
    REQUIRE(opened);
    book = std::move(*opened);
  }
  void Bind(LinkId link, const GhostPool& pool, std::string_view from) {
    const auto row = book->OfferLink(link, ana, pool);
    REQUIRE(row);
    REQUIRE(book->Bind(row->ghost, row->bind_code, NativeAddress(from)));
  }
  void CheckAllFound() {
    CHECK(*book->FindEnrolment(NativeAddress("ana")) == ana);
    CHECK((*book->AddressOf(ana))->Equals(NativeAddress("ana")));
    CHECK(book->Merge(NativeAddress("ana-too"), std::nullopt)->Equals(NativeAddress("ana")));
    CHECK(*book->LinkOf("old", NativeAddress("ana")) == moved);
    CHECK(*book->LinkOf((*book->FindLink(bound))->ghost, NativeAddress("ana")) == bound);
    CHECK((*book->FindLink(offered))->bind_code == code);
  }
  AddressBook::KeyAge Tend(Millis rotate_every = kNinetyDays) {
    const auto age = book->TendKeys(rotate_every);
    REQUIRE(age);
    return *age;
  }
  // The key is replaced, every row is brought under the new one.
  void Rotate() {
    Tend();
    clock.Pass(kNinetyDays);
    REQUIRE(Tend().keys == 2);
    Tend();
  }
  std::string KeyFile() const {
    std::ifstream in(folder.path() + "/addresses.key", std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void PutKeyFile(const std::string& octets) {
    std::ofstream(folder.path() + "/addresses.key", std::ios::binary) << octets;
  }
  void Execute(const char* sql) {
    sqlite3* file = nullptr;
    REQUIRE(sqlite3_open((folder.path() + "/addresses.db").c_str(), &file) == SQLITE_OK);
    CHECK(sqlite3_exec(file, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(file);
  }

  ScratchFolder folder;
  ManualClock clock;
  CountingRandom random;
  std::unique_ptr<AddressBook> book;
  EnrolmentId ana;
  LinkId moved;
  LinkId bound;
  LinkId offered;
  Bytes16 code{};
};

}  // namespace

TEST_CASE("A key is replaced when it is old enough, and not before") {
  World world;
  CHECK(world.Tend().keys == 1);
  world.clock.Pass(kNinetyDays - Millis{1});
  CHECK(world.Tend().keys == 1);
  CHECK(world.Tend(Millis{0}).keys == 1);
  world.clock.Pass(Millis{1});
  CHECK(world.Tend(Millis{0}).keys == 1);
  CHECK(world.Tend().keys == 2);
  CHECK(world.KeyFile().size() == 64);
}

TEST_CASE("What was written under the old key is found before, during and after the change") {
  World world;
  world.Tend();
  world.clock.Pass(kNinetyDays);
  REQUIRE(world.Tend().keys == 2);
  world.CheckAllFound();
  CHECK(*world.book->FindSent("native-1"));
  CHECK(*world.book->MarkDelivered("native-1") == 1);
  world.Tend();
  world.CheckAllFound();
  world.Open();
  world.CheckAllFound();
}

TEST_CASE("The old key goes when no row needs it, and nothing needs it then") {
  World world;
  world.Rotate();
  CHECK(world.Tend().rows_left == std::size_t{1});  // the sent id
  world.clock.Pass(AddressBook::kSentAgeMax + Millis{1});
  REQUIRE(world.book->EraseOld(world.clock.wall_now()));
  CHECK(world.Tend().keys == 1);
  CHECK(world.KeyFile().size() == 32);
  world.CheckAllFound();
  world.Open();
  world.CheckAllFound();
}

TEST_CASE("The old key alone opens nothing any more: the file belongs to the new one") {
  World world;
  const std::string old_key = world.KeyFile();
  world.Rotate();
  world.book.reset();
  world.PutKeyFile(old_key);
  const auto opened = AddressBook::Open(world.folder.path(), world.random, world.clock);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().what.view() == "the adapter's key file belongs to another database");
}

TEST_CASE("A death between the key file and the database loses nothing") {
  World world;
  world.book.reset();
  world.PutKeyFile(std::string(32, 'n') + world.KeyFile());
  world.Open();
  world.CheckAllFound();
  world.Tend();
  CHECK(world.Tend().rows_left == std::size_t{1});
  world.CheckAllFound();
}

TEST_CASE("A code offered before the change opens its thread after it, once") {
  World world;
  world.Tend();
  world.clock.Pass(Millis{1});
  REQUIRE(world.Tend(Millis{1}).keys == 2);
  const std::string ghost = (*world.book->FindLink(world.offered))->ghost;
  CHECK(*world.book->Bind(ghost, world.code, NativeAddress("ben")) == world.offered);
  world.Tend();
  CHECK(*world.book->Bind(ghost, world.code, NativeAddress("ben")) == world.offered);
  CHECK_FALSE(world.book->Bind(ghost, world.code, NativeAddress("eve")));
}

TEST_CASE("Two contacts never share a ghost, whichever key their rows are under") {
  World world;
  const std::string ghost = (*world.book->FindLink(world.bound))->ghost;
  world.Tend();
  world.clock.Pass(kNinetyDays);
  REQUIRE(world.Tend().keys == 2);  // and no row renewed yet
  const LinkId second = LinkId::Mint(world.random);
  const auto row = world.book->OfferLink(second, *world.book->EnrolmentOf(NativeAddress("cat")),
                                         GhostPool{{ghost}});
  REQUIRE(row);
  CHECK_FALSE(world.book->Bind(ghost, row->bind_code, NativeAddress("ana")));
  CHECK(world.book->Bind(ghost, row->bind_code, NativeAddress("cat")));
}

TEST_CASE("With keys from outside the operator puts the new one in front and takes the old away") {
  ScratchFolder folder;
  ManualClock clock;
  CountingRandom random;
  const KeySource source{kVariable};
  const std::string first(64, 'a');
  const std::string second(64, 'b');
  ::setenv(kVariable, first.c_str(), 1);
  const auto open = [&] { return AddressBook::Open(folder.path(), random, clock, source); };
  const EnrolmentId ana = *(*open())->EnrolmentOf(NativeAddress("ana"));

  ::setenv(kVariable, (second + "," + first).c_str(), 1);
  {
    const auto book = open();
    REQUIRE(book);
    CHECK(*(*book)->FindEnrolment(NativeAddress("ana")) == ana);
    const auto age = (*book)->TendKeys(kNinetyDays);
    CHECK(age->keys == 2);
    CHECK(age->rows_left == std::size_t{0});
    CHECK((*book)->TendKeys(kNinetyDays)->keys == 2);  // not ours to drop
  }
  ::setenv(kVariable, second.c_str(), 1);
  CHECK(*(*open())->FindEnrolment(NativeAddress("ana")) == ana);
  ::setenv(kVariable, first.c_str(), 1);
  CHECK_FALSE(open());
  ::setenv(kVariable, (first + "," + first + "," + first + "," + first + "," + first).c_str(), 1);
  CHECK_FALSE(open());
  ::unsetenv(kVariable);
}

TEST_CASE("A book of version 2 is brought up, and its rows are renewed as their people write") {
  World world;
  world.book.reset();
  world.Execute(
      "ALTER TABLE enrolment DROP COLUMN under; ALTER TABLE second_address DROP COLUMN second;"
      "ALTER TABLE second_address DROP COLUMN under; ALTER TABLE link DROP COLUMN under;"
      "ALTER TABLE former DROP COLUMN sealed; ALTER TABLE former DROP COLUMN under;"
      "ALTER TABLE sent DROP COLUMN under; DELETE FROM about WHERE name = 'key_since_ms';"
      "PRAGMA user_version = 2");
  world.Open();
  world.Rotate();
  world.clock.Pass(AddressBook::kSentAgeMax + Millis{1});
  REQUIRE(world.book->EraseOld(world.clock.wall_now()));
  // The second address and the former ghost, of which the file holds a hash alone.
  CHECK(world.Tend().rows_left == std::size_t{2});
  world.CheckAllFound();
  CHECK(world.Tend().keys == 1);
  world.CheckAllFound();
}

TEST_CASE("A frame under way when the key changes is put together all the same") {
  World world;
  const auto store = FragmentStore::Open(world.folder.path(), world.book->keys(), {}).value();
  const NativeAddress from("ana");
  const std::string identity = "old";
  const auto add = [&](std::uint8_t index, std::string_view native_id) {
    return store->Add({from, identity, "ref", native_id, index, 2, AsBytes("chunk")},
                      world.clock.wall_now());
  };
  world.Tend();
  world.clock.Pass(kNinetyDays);
  CHECK_FALSE(*add(0, "a"));
  REQUIRE(world.Tend().keys == 2);
  CHECK(*add(1, "b"));
}

}  // namespace trestle
