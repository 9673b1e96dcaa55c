// The stored form of a group: damaged state is refused or loads, never crashes. (Storage is sealed,
// so only a defect of ours or a thief of the key gets here.)
#include "tests/fuzz/endpoint/fuzz_world.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace trestle;
  static mls::fuzzing::FuzzWorld world;
  TlsReader in(ByteView(data, size));
  auto group = mls::Group::Read(world.services(), in);
  if (!group || !group->is_active()) return 0;
  (void)group->Protect({}, AsBytes("x"), mls::Padding::kNone).has_value();
  return 0;
}
