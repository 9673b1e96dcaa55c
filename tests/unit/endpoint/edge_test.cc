// Endpoints at the SMS edge: they say so in their leaves, and a message is kept before its key is
// spent.
#include <catch2/catch.hpp>

#include "tests/unit/endpoint/world.h"

using namespace trestle;
using namespace trestle::endpoint;
using namespace trestle::endpoint::testing;

TEST_CASE("A peer at the edge is seen as such, whoever began the conversation") {
  World world;
  world.ben->StandAtEdge();
  SECTION("it joined") { world.Meet(); }
  SECTION("it began") {
    const Bytes key_package = Must(world.ana->MakeKeyPackages(1)).front();
    Must(world.ana->JoinThread("ben", Must(world.ben->StartThread("ana", key_package))));
  }
  CHECK(*world.ana->PeerStandsAtEdge("ben"));
  CHECK_FALSE(*world.ben->PeerStandsAtEdge("ana"));
}

TEST_CASE("The last resort of an endpoint at the edge says so too") {
  World world;
  world.ben->StandAtEdge();
  const Bytes key_package = Must(world.ben->LastResortKeyPackage());
  Must(world.ben->JoinThread("ana", Must(world.ana->StartThread("ben", key_package))));
  CHECK(*world.ana->PeerStandsAtEdge("ben"));
}

TEST_CASE("The mark outlives a renewal of the keys by either side") {
  World world;
  world.ben->StandAtEdge();
  world.Meet();
  const Bytes of_ben = Must(world.ben->Rekey("ana"));
  Must(world.ana->ApplyRekey("ben", of_ben));
  Must(world.ben->ConfirmRekey("ana", true));
  CHECK(*world.ana->PeerStandsAtEdge("ben"));
  const Bytes of_ana = Must(world.ana->Rekey("ben"));
  Must(world.ben->ApplyRekey("ana", of_ana));
  Must(world.ana->ConfirmRekey("ben", true));
  CHECK(*world.ana->PeerStandsAtEdge("ben"));
}

TEST_CASE("Nothing is sealed to an edge unless the person has agreed") {
  World world;
  world.ben->StandAtEdge();
  world.Meet();
  const auto refused = world.ana->Seal("ben", content::Message::Text("hi"), {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().reason == Reason::kPermissionDenied);
  SealOptions agreed;
  agreed.edge = EdgeUse::kAgreed;
  const auto sealed = world.ana->Seal("ben", content::Message::Text("hi"), agreed);
  REQUIRE(sealed);
  CHECK(world.ben->Unseal("ana", sealed->payload)->message.text() == "hi");
}

TEST_CASE("A message that could not be kept opens again") {
  World world;
  world.Meet();
  const Sealed sealed = world.AnaSays("kept");
  const auto full = [](const Opened&) -> Result<void> {
    return Fail(Reason::kStorage, "the disk is full");
  };
  CHECK_FALSE(world.ben->Receive("ana", sealed.payload, full));
  std::string kept;
  const auto keep = [&](const Opened& opened) -> Result<void> {
    kept = opened.message.text();
    return {};
  };
  CHECK(world.ben->Receive("ana", sealed.payload, keep));
  CHECK(kept == "kept");
  CHECK_FALSE(world.ben->Receive("ana", sealed.payload, keep));
}
