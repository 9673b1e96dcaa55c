// Whatever a bridge or a network may hand to a phone: key packages, Welcomes, messages and commits
// on a thread. The first octet chooses the door. Nothing crashes, and after all of it Ben still
// reads what Ana says.
#include "tests/fuzz/endpoint/endpoint_world.h"

namespace {

using namespace trestle;

void StillTalking(endpoint::fuzzing::EndpointWorld& world) {
  const auto sealed = world.ana->Seal("ben", content::Message::Text("still here"), {});
  TRESTLE_CHECK(sealed.has_value());
  const auto opened = world.ben->Unseal("ana", sealed->payload);
  TRESTLE_CHECK(opened.has_value() && opened->message.text() == "still here");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Made anew for each process; a run's first inputs are the seeds, so each seed is valid once.
  static endpoint::fuzzing::EndpointWorld world;
  // The seed of a message is Ana's first one; what she says from here on is not.
  static const bool skipped =
      world.ana->Seal("ben", content::Message::Text("the seed's"), {}).has_value();
  TRESTLE_CHECK(skipped);
  static std::uint64_t runs = 0;
  if (size == 0) return 0;
  const ByteView input(data + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      if (world.ana->StartThread("made", input))
        TRESTLE_CHECK(world.ana->ForgetPeer("made").has_value());
      break;
    case 1:
      if (world.ben->JoinThread("made", input))
        TRESTLE_CHECK(world.ben->ForgetPeer("made").has_value());
      break;
    case 2:
      (void)world.ben->Unseal("ana", input).has_value();
      break;
    default:
      // A seed may be a good commit; then Ben has moved on and Ana has not, until a new world.
      TRESTLE_CHECK(!world.ben->ApplyRekey("ana", input));
      break;
  }
  // Now and then, since it writes to disk.
  if (++runs % 4096 == 0) StillTalking(world);
  return 0;
}
