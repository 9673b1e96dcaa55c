// Identity bindings: what parses encodes to what it was, and checking one never crashes.
#include "endpoint/identity.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace trestle;
  const ByteView input(data, size);
  const auto binding = endpoint::IdentityBinding::Parse(input);
  if (!binding) return 0;
  TRESTLE_CHECK(ConstantTimeEqual(binding->Encode(), input));
  const Bytes32 leaf_key{};
  (void)binding->Verify(leaf_key, 1).has_value();
  return 0;
}
