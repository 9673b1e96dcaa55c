#include "adapters/sdk/address_book.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "bridge/base/digest.h"
#include "tests/unit/sdk/manual_seams.h"

namespace trestle {
namespace {

using test::CountingRandom;
using test::ManualClock;
using test::ScratchFolder;

constexpr std::string_view kNumber = "4915112345678";

struct World {
  ScratchFolder folder;
  ManualClock clock;
  CountingRandom random;
  std::unique_ptr<AddressBook> book = OpenBook();

  std::unique_ptr<AddressBook> OpenBook() {
    auto opened = AddressBook::Open(folder.path(), random, clock);
    REQUIRE(opened);
    return std::move(*opened);
  }
  void Restart() {
    book.reset();
    book = OpenBook();
  }
  EnrolmentId Enrol(std::string_view number) { return *book->EnrolmentOf(NativeAddress(number)); }
  LinkId NewLink() { return LinkId::Mint(random); }
  std::string AllFiles() const {
    std::string all;
    for (const auto& each : std::filesystem::directory_iterator(folder.path())) {
      if (each.path().extension() == ".key") continue;
      std::ifstream in(each.path(), std::ios::binary);
      all.append(std::istreambuf_iterator<char>(in), {});
    }
    return all;
  }
};

const GhostPool kPool{{"ghost-1", "ghost-2"}};

std::string Bcd(std::string_view digits, bool swapped) {
  std::string out;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    const int first = digits[i] - '0';
    const int second = digits[i + 1] - '0';
    out.push_back(static_cast<char>(swapped ? second << 4 | first : first << 4 | second));
  }
  return out;
}

}  // namespace

TEST_CASE("The address book gives a person the same enrolment at every sight") {
  World world;

  const EnrolmentId first = world.Enrol(kNumber);
  world.Restart();

  CHECK(world.Enrol(kNumber) == first);
  CHECK(world.Enrol("4915100000000") != first);
}

TEST_CASE("The address book answers the address of an enrolment as the network spelled it") {
  World world;
  const EnrolmentId enrolment = world.Enrol(kNumber);

  const auto address = world.book->AddressOf(enrolment);

  REQUIRE(address);
  REQUIRE(*address);
  CHECK((*address)->Reveal(Purpose::kCompare) == kNumber);
}

TEST_CASE("Asking who somebody is makes no enrolment") {
  World world;

  CHECK_FALSE(*world.book->FindEnrolment(NativeAddress(kNumber)));
  CHECK_FALSE(*world.book->FindEnrolment(NativeAddress(kNumber)));
}

TEST_CASE("Two addresses seen together are one person, also after a restart") {
  World world;
  const NativeAddress number("wa:4915112345678");
  const NativeAddress user("bsuid:DE.77");
  CHECK(world.book->Merge(number, user.Duplicate(Purpose::kCompare))->Equals(number));
  world.Restart();

  CHECK(world.book->Merge(user, std::nullopt)->Equals(number));
  CHECK(world.book->Merge(number, std::nullopt)->Equals(number));
}

TEST_CASE("A person keeps the address that was enrolled first") {
  World world;
  const NativeAddress number("wa:4915112345678");
  const NativeAddress user("bsuid:DE.77");
  REQUIRE(world.book->EnrolmentOf(user));

  CHECK(world.book->Merge(number, user.Duplicate(Purpose::kCompare))->Equals(user));
  CHECK(world.book->Merge(number, std::nullopt)->Equals(user));
}

TEST_CASE("Two people who were enrolled already are never merged") {
  World world;
  const NativeAddress number("wa:4915112345678");
  const NativeAddress user("bsuid:DE.77");
  REQUIRE(world.book->EnrolmentOf(user));
  REQUIRE(world.book->EnrolmentOf(number));

  CHECK(world.book->Merge(number, user.Duplicate(Purpose::kCompare))->Equals(number));
  CHECK(world.book->Merge(user, std::nullopt)->Equals(user));
}

TEST_CASE("No spelling of a number can be found in the files of the address book") {
  World world;
  const EnrolmentId enrolment = world.Enrol(kNumber);
  const auto row = world.book->OfferLink(world.NewLink(), enrolment, kPool);
  REQUIRE(world.book->Bind(row->ghost, row->bind_code, NativeAddress(kNumber)));
  REQUIRE(world.book->RememberSent("wamid." + std::string(kNumber), {}, world.clock.wall_now()));

  const std::string files = world.AllFiles();

  const Bytes32 plain_hash = Sha256(AsBytes(kNumber));
  const Bytes32 plus_hash = Sha256(AsBytes("+" + std::string(kNumber)));
  REQUIRE(files.size() > 4096);
  CHECK(files.find(kNumber) == std::string::npos);
  CHECK(files.find(ToHex(AsBytes(kNumber))) == std::string::npos);
  CHECK(files.find(Bcd(kNumber, false)) == std::string::npos);
  CHECK(files.find(Bcd(kNumber, true)) == std::string::npos);
  CHECK(files.find(ToBase64(AsBytes(kNumber)).substr(0, 12)) == std::string::npos);
  CHECK(files.find(AsText(plain_hash)) == std::string::npos);
  CHECK(files.find(ToHex(plain_hash)) == std::string::npos);
  CHECK(files.find(AsText(plus_hash)) == std::string::npos);
}

TEST_CASE("A bind code cannot be read from the files of the address book") {
  World world;
  const auto row = world.book->OfferLink(world.NewLink(), world.Enrol(kNumber), kPool);

  CHECK(world.AllFiles().find(AsText(row->bind_code)) == std::string::npos);
}

TEST_CASE("Sealed addresses do not tell the length of a number") {
  World world;
  world.Enrol("4915112345678");
  const auto short_size = std::filesystem::file_size(world.folder.path() + "/addresses.db-wal");
  World other;
  other.Enrol("49151123456789012");

  CHECK(std::filesystem::file_size(other.folder.path() + "/addresses.db-wal") == short_size);
}

TEST_CASE("A key file that others may read is refused") {
  World world;
  world.book.reset();
  REQUIRE(::chmod((world.folder.path() + "/addresses.key").c_str(), 0640) == 0);

  const auto opened = AddressBook::Open(world.folder.path(), world.random, world.clock);

  REQUIRE_FALSE(opened);
  CHECK(opened.error().what.view() == "the adapter's key file must have mode 0600");
}

TEST_CASE("A symbolic link in place of the key file is refused") {
  World world;
  world.book.reset();
  const std::string key = world.folder.path() + "/addresses.key";
  std::filesystem::rename(key, world.folder.path() + "/elsewhere");
  std::filesystem::create_symlink(world.folder.path() + "/elsewhere", key);

  const auto opened = AddressBook::Open(world.folder.path(), world.random, world.clock);

  CHECK_FALSE(opened);
}

TEST_CASE("A key file of the wrong size is refused") {
  World world;
  world.book.reset();
  std::ofstream(world.folder.path() + "/addresses.key", std::ios::app) << "x";

  const auto opened = AddressBook::Open(world.folder.path(), world.random, world.clock);

  REQUIRE_FALSE(opened);
  CHECK(opened.error().what.view() == "the adapter's key file must hold 32 octets for each key");
}

TEST_CASE("A lost key file is not replaced beside rows that it sealed") {
  World world;
  world.Enrol(kNumber);
  world.book.reset();
  std::filesystem::remove(world.folder.path() + "/addresses.key");

  const auto opened = AddressBook::Open(world.folder.path(), world.random, world.clock);

  REQUIRE_FALSE(opened);
  CHECK(opened.error().reason == Reason::kStorage);
  CHECK_FALSE(std::filesystem::exists(world.folder.path() + "/addresses.key"));
}

TEST_CASE("The key of another address book is refused") {
  World world;
  world.book.reset();
  const Bytes key(32, 7);
  std::ofstream(world.folder.path() + "/addresses.key", std::ios::binary) << AsText(key);

  const auto opened = AddressBook::Open(world.folder.path(), world.random, world.clock);

  REQUIRE_FALSE(opened);
  CHECK(opened.error().what.view() == "the adapter's key file belongs to another database");
}

TEST_CASE("A file that is no database is refused") {
  World world;
  world.book.reset();
  std::filesystem::remove(world.folder.path() + "/addresses.db");
  std::filesystem::remove(world.folder.path() + "/addresses.db-wal");
  std::ofstream(world.folder.path() + "/addresses.db") << std::string(8192, 'x');

  const auto opened = AddressBook::Open(world.folder.path(), world.random, world.clock);

  CHECK_FALSE(opened);
}

TEST_CASE("The folder and the files of the address book are private") {
  World world;
  world.Enrol(kNumber);
  struct stat folder {};
  struct stat database {};

  ::stat(world.folder.path().c_str(), &folder);
  ::stat((world.folder.path() + "/addresses.db").c_str(), &database);

  CHECK((folder.st_mode & 07777) == 0700);
  CHECK((database.st_mode & 07777) == 0600);
}

TEST_CASE("A link keeps its ghost and its code when it is offered again") {
  World world;
  const EnrolmentId enrolment = world.Enrol(kNumber);
  const LinkId link = world.NewLink();
  const auto first = world.book->OfferLink(link, enrolment, kPool);
  world.Restart();

  const auto again = world.book->OfferLink(link, enrolment, kPool);

  REQUIRE(again);
  CHECK(again->ghost == first->ghost);
  CHECK(again->bind_code == first->bind_code);
}

TEST_CASE("Two contacts of one person never share a ghost") {
  World world;
  const EnrolmentId enrolment = world.Enrol(kNumber);

  const auto first = world.book->OfferLink(world.NewLink(), enrolment, kPool);
  const auto second = world.book->OfferLink(world.NewLink(), enrolment, kPool);
  const auto third = world.book->OfferLink(world.NewLink(), enrolment, kPool);

  CHECK(first->ghost != second->ghost);
  REQUIRE_FALSE(third);
  CHECK(third.error().reason == Reason::kUnavailable);
}

TEST_CASE("The least used ghost is allotted first") {
  World world;
  const auto ana = world.book->OfferLink(world.NewLink(), world.Enrol("1"), kPool);

  const auto ben = world.book->OfferLink(world.NewLink(), world.Enrol("2"), kPool);

  CHECK(ana->ghost == "ghost-1");
  CHECK(ben->ghost == "ghost-2");
}

TEST_CASE("A link of one enrolment cannot be offered to another") {
  World world;
  const LinkId link = world.NewLink();
  REQUIRE(world.book->OfferLink(link, world.Enrol("1"), kPool));

  const auto stolen = world.book->OfferLink(link, world.Enrol("2"), kPool);

  REQUIRE_FALSE(stolen);
  CHECK(stolen.error().reason == Reason::kConflict);
}

TEST_CASE("A bind code works at its ghost, once per address, and again for the same address") {
  World world;
  const LinkId link = world.NewLink();
  const auto row = world.book->OfferLink(link, world.Enrol(kNumber), kPool);
  const NativeAddress ana("psid-of-ana");

  CHECK_FALSE(world.book->Bind("ghost-2", row->bind_code, ana));
  CHECK(world.book->Bind("ghost-1", row->bind_code, ana) == link);
  CHECK(world.book->Bind("ghost-1", row->bind_code, ana) == link);
  CHECK(world.book->Bind("ghost-1", row->bind_code, NativeAddress("mallory")).error().reason ==
        Reason::kNotFound);
}

TEST_CASE("A bind code older than a day is dead, and a new offer brings a new one") {
  World world;
  const EnrolmentId enrolment = world.Enrol(kNumber);
  const LinkId link = world.NewLink();
  const auto row = world.book->OfferLink(link, enrolment, kPool);
  world.clock.Pass(AddressBook::kBindCodeAgeMax + Millis{1});

  const auto late = world.book->Bind(row->ghost, row->bind_code, NativeAddress("ana"));
  const auto again = world.book->OfferLink(link, enrolment, kPool);

  CHECK_FALSE(late);
  CHECK(again->ghost == row->ghost);
  CHECK(again->bind_code != row->bind_code);
  CHECK(world.book->Bind(again->ghost, again->bind_code, NativeAddress("ana")) == link);
}

TEST_CASE("A bound link is found by its address at its ghost alone, also after a restart") {
  World world;
  const LinkId link = world.NewLink();
  const auto row = world.book->OfferLink(link, world.Enrol(kNumber), kPool);
  REQUIRE(world.book->Bind(row->ghost, row->bind_code, NativeAddress("ana")));
  world.Restart();

  CHECK(*world.book->LinkOf("ghost-1", NativeAddress("ana")) == link);
  CHECK_FALSE(*world.book->LinkOf("ghost-2", NativeAddress("ana")));
  CHECK_FALSE(*world.book->LinkOf("ghost-1", NativeAddress("ben")));
  CHECK((**world.book->FindLink(link)).address->Reveal(Purpose::kCompare) == "ana");
}

TEST_CASE("An unbound link has no address") {
  World world;
  const LinkId link = world.NewLink();
  REQUIRE(world.book->OfferLink(link, world.Enrol(kNumber), kPool));

  CHECK_FALSE((**world.book->FindLink(link)).address);
}

TEST_CASE("Units of a delivery are counted once each, whatever repeats") {
  World world;
  const auto delivery = DeliveryId::Mint(world.random);
  const WallTime now = world.clock.wall_now();
  REQUIRE(world.book->RememberSent("m0", {delivery, 0, 2}, now));
  REQUIRE(world.book->RememberSent("m0-again", {delivery, 0, 2}, now));
  REQUIRE(world.book->RememberSent("m1", {delivery, 1, 2}, now));

  CHECK(world.book->MarkDelivered("m0") == 1);
  CHECK(world.book->MarkDelivered("m0") == 1);
  CHECK(world.book->MarkDelivered("m0-again") == 1);
  CHECK(world.book->MarkRead("m1") == 1);
  CHECK(world.book->MarkDelivered("m1") == 2);
  CHECK(world.book->MarkDelivered("unknown").error().reason == Reason::kNotFound);
}

TEST_CASE("What was sent is forgotten after a week") {
  World world;
  REQUIRE(world.book->RememberSent("m0", {DeliveryId::Mint(world.random), 0, 1},
                                   world.clock.wall_now()));
  world.clock.Pass(AddressBook::kSentAgeMax - Millis{1});
  REQUIRE(world.book->EraseOld(world.clock.wall_now()));
  CHECK(*world.book->FindSent("m0"));
  world.clock.Pass(Millis{2});

  REQUIRE(world.book->EraseOld(world.clock.wall_now()));

  CHECK_FALSE(*world.book->FindSent("m0"));
}

}  // namespace trestle
