// The key package of last resort: marked as the draft says, for any number of threads, renewed in
// time, and no way back into a conversation that is over.
#include <catch2/catch.hpp>

#include "bridge/envelope/mls_framing.h"
#include "tests/unit/endpoint/world.h"

namespace trestle::endpoint {
namespace {

using namespace testing;

constexpr auto kDay = std::chrono::hours(24);

mls::KeyPackage Parsed(const Bytes& message) {
  return Must(mls::DecodeMessageAs<mls::KeyPackage>(message));
}

TEST_CASE("A last resort is marked by the draft's extension, which its leaf lists") {
  World world;
  const Bytes message = Must(world.ben->LastResortKeyPackage());
  const mls::KeyPackage parsed = Parsed(message);
  CHECK(parsed.is_last_resort());
  CHECK(parsed.leaf_node.capabilities.SupportsExtension(mls::kLastResortExtension));
  CHECK(IsLastResortKeyPackage(message));
  const Bytes once = Must(world.ben->MakeKeyPackages(1)).front();
  CHECK_FALSE(Parsed(once).is_last_resort());
  CHECK_FALSE(IsLastResortKeyPackage(once));
}

TEST_CASE("A last resort serves many peers, also after reopening") {
  World world;
  const Bytes message = Must(world.ben->LastResortKeyPackage());
  for (const std::string who : {"cleo", "dan", "eve"}) {
    auto peer = world.Open(who);
    Must(world.ben->JoinThread(who, Must(peer->StartThread("ben", message))));
    const Sealed sealed = Must(peer->Seal("ben", content::Message::Text("I am " + who), {}));
    CHECK(Must(world.ben->Unseal(who, sealed.payload)).message.text() == "I am " + who);
    world.ben.reset();
    world.ben = world.Open("ben");
  }
  CHECK(Must(world.ben->LastResortKeyPackage()) == message);
}

TEST_CASE("A key package for one use is gone while the last resort stays") {
  World world;
  const Bytes once = Must(world.ben->MakeKeyPackages(1)).front();
  Must(world.ben->LastResortKeyPackage());
  Must(world.ben->JoinThread("ana", Must(world.ana->StartThread("ben", once))));
  CHECK(world.ben->key_packages_kept() == 0);
  auto cleo = world.Open("cleo");
  CHECK(WhyNot(world.ben->JoinThread("cleo", Must(cleo->StartThread("ben", once)))) ==
        "a Welcome for none of our key packages");
}

TEST_CASE(
    "A last resort is renewed while a third of its life is left, and the old one still joins") {
  World world;
  const Bytes first = Must(world.ben->LastResortKeyPackage());
  world.clock.Advance(kDay * 59);
  CHECK(Must(world.ben->LastResortKeyPackage()) == first);
  world.clock.Advance(kDay * 2);
  CHECK(Must(world.ben->LastResortKeyPackage()) != first);
  Must(world.ben->JoinThread("ana", Must(world.ana->StartThread("ben", first))));
}

TEST_CASE("A last resort that has expired is forgotten at the next renewal") {
  World world;
  const Bytes first = Must(world.ben->LastResortKeyPackage());
  const Bytes welcome = Must(world.ana->StartThread("ben", first));
  world.clock.Advance(kDay * 91);
  Must(world.ben->LastResortKeyPackage());
  CHECK(WhyNot(world.ben->JoinThread("ana", welcome)) == "a Welcome for none of our key packages");
}

TEST_CASE("A Welcome by last resort does not lead back into a thread that was forgotten") {
  World world;
  const Bytes message = Must(world.ben->LastResortKeyPackage());
  const Bytes welcome = Must(world.ana->StartThread("ben", message));
  Must(world.ben->JoinThread("ana", welcome));
  CHECK(WhyNot(world.ben->JoinThread("again", welcome)) == "a group that we are or were in");
  Must(world.ben->ForgetPeer("ana"));
  world.ben.reset();
  world.ben = world.Open("ben");
  CHECK(WhyNot(world.ben->JoinThread("ana", welcome)) == "a group that we are or were in");
}

}  // namespace
}  // namespace trestle::endpoint
