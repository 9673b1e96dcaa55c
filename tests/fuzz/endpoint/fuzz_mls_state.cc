// The stored forms: a group, and what an endpoint keeps beside its groups. Damaged state is refused
// or loads, never crashes; what loads is written as it was. (Storage is sealed, so only a defect of
// ours or a thief of the key gets here.) The first octet chooses.
#include "endpoint/directory.h"
#include "tests/fuzz/endpoint/fuzz_world.h"

namespace {

using namespace trestle;

void StoredGroup(ByteView input) {
  static mls::fuzzing::FuzzWorld world;
  TlsReader in(input);
  auto group = mls::Group::Read(world.services(), in);
  if (!group) return;
  // Maps are written in order and each once, so the first writing may differ; the second may not.
  const Bytes once = mls::Encode(*group);
  TlsReader again(once);
  const auto same = mls::Group::Read(world.services(), again);
  TRESTLE_CHECK(same.has_value() && ConstantTimeEqual(mls::Encode(*same), once));
  if (!group->is_active()) return;
  (void)group->Protect({}, AsBytes("x"), mls::Padding::kNone).has_value();
  (void)group->Commit({}).has_value();
}

void StoredDirectory(ByteView input) {
  const auto directory = mls::Decode<endpoint::Directory>(input);
  if (!directory) return;
  const Bytes once = mls::Encode(*directory);
  const auto same = mls::Decode<endpoint::Directory>(once);
  TRESTLE_CHECK(same.has_value() && ConstantTimeEqual(mls::Encode(*same), once));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView input(data + 1, size - 1);
  if (data[0] % 2 == 0) {
    StoredGroup(input);
  } else {
    StoredDirectory(input);
  }
  return 0;
}
