// The edge's journal: what it keeps, hides and forgets.
#include <fstream>

#include "tests/unit/edge/edge_world.h"

using namespace trestle;
using namespace trestle::edge;
using namespace trestle::edge::test;

namespace {

struct Pages {
  CountingRandom random;
  ScratchFolder folder;
  std::unique_ptr<Journal> journal = Open();

  std::unique_ptr<Journal> Open() {
    auto keys = AdapterKeys::Open(folder.path(), {}, random, MissingKey::kMake).value();
    return Journal::Open(folder.path(), std::move(keys), random).value();
  }
  TextJob Keep(const std::string& text, WallTime now = WallTime{1000}) {
    TextJob job;
    job.delivery = DeliveryId::Mint(random);
    job.identity = "12345";
    job.to = NativeAddress("447700900001");
    job.expires_at = now + std::chrono::hours(1);
    REQUIRE(journal->KeepText(job, sms::MakeTextSegments(text, 7).value(), now));
    return journal->FindText(job.delivery).value().value();
  }
  std::string OnDisk() const {
    std::string out;
    for (const char* name : {"/edge.db", "/edge.db-wal"}) {
      std::ifstream file(folder.path() + name, std::ios::binary);
      out.append(std::istreambuf_iterator<char>(file), {});
    }
    return out;
  }
};

}  // namespace

TEST_CASE("Neither texts nor numbers stand on the disk") {
  Pages pages;
  pages.Keep("a text that nobody is to find");
  REQUIRE(pages.journal->AddOffer(LinkId(), std::string("a word that nobody is to find"),
                                  WallTime{1000}));
  CHECK(pages.OnDisk().find("nobody is to find") == std::string::npos);
  CHECK(pages.OnDisk().find("447700900001") == std::string::npos);
}

TEST_CASE("A sent text leaves no part, and is known for as long as its delivery may come") {
  Pages pages;
  TextJob job = pages.Keep("gone");
  REQUIRE(pages.journal->Handed(job));
  REQUIRE(pages.journal->PartSent(job, "id1"));
  CHECK_FALSE(pages.journal->NextPart(job));
  REQUIRE(pages.journal->EraseOld(WallTime{1000} + std::chrono::hours(24 * 7)));
  CHECK(pages.journal->FindText(job.delivery)->has_value());
  REQUIRE(pages.journal->EraseOld(WallTime{1000} + Journal::kTextAgeMax));
  CHECK_FALSE(pages.journal->FindText(job.delivery)->has_value());
}

TEST_CASE("Offers stand in the order of their thread, and above the bound comes busy") {
  Pages pages;
  const LinkId link = LinkId::Mint(pages.random);
  for (const char* word : {"one", "two"}) {
    REQUIRE(pages.journal->AddOffer(link, std::string(word), WallTime{1000}));
  }
  const auto heads = pages.journal->OfferHeads(10).value();
  REQUIRE(heads.size() == 1);
  CHECK(std::get<std::string>(heads[0].body) == "one");
  REQUIRE(pages.journal->EraseOffer(heads[0].number));
  CHECK(std::get<std::string>(pages.journal->OfferHeads(10).value()[0].body) == "two");
}

TEST_CASE("What was said and not acknowledged before a death is a repetition after it, once") {
  Pages pages;
  const Bytes32 said = pages.journal->NameOf(NativeAddress("447700900001"), "1", "hello");
  REQUIRE(pages.journal->AddOffer(LinkId(), std::string("x"), WallTime{1000}, said));
  pages.journal = pages.Open();
  CHECK(*pages.journal->WasKeptUnacknowledged(said, WallTime{2000}));
  REQUIRE(pages.journal->Acknowledged(said));
  CHECK_FALSE(*pages.journal->WasKeptUnacknowledged(said, WallTime{2000}));
}

TEST_CASE("An agreement ends at its time, and can be given anew") {
  Pages pages;
  const LinkId link = LinkId::Mint(pages.random);
  const EnrolmentId person = EnrolmentId::Mint(pages.random);
  REQUIRE(pages.journal->SetSide(link, person, ThreadRole::kOwner));
  REQUIRE(pages.journal->SetAgreed(link, WallTime{5000}));
  CHECK(pages.journal->AgreedUntil(link).value() == WallTime{5000});
  REQUIRE(pages.journal->EraseOld(WallTime{5000}));
  CHECK_FALSE(pages.journal->AgreedUntil(link).value());
  CHECK(pages.journal->RoleOf(link).value() == ThreadRole::kOwner);
}
