// Any octets as a frame: what decodes encodes to the same octets again, so one frame has one
// spelling.
#include <algorithm>

#include "bridge/envelope/frame.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace trestle;
  const ByteView octets(data, size);
  const Result<Frame> frame = DecodeFrame(octets);
  if (frame) TRESTLE_CHECK(std::ranges::equal(EncodeFrame(*frame), octets));
  return 0;
}
