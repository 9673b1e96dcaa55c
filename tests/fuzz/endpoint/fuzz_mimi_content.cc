// MIMI content: what decodes encodes to what it was, since franking tags are over these octets.
#include "endpoint/content/message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace trestle;
  const ByteView input(data, size);
  const auto message = content::Decode(input);
  if (!message) return 0;
  const auto again = content::Encode(*message);
  TRESTLE_CHECK(again.has_value() && ConstantTimeEqual(*again, input));
  TRESTLE_CHECK(message->text().size() <= size);
  TRESTLE_CHECK(content::Decode(*again) == *message);
  return 0;
}
