// Reports of read states: what decodes encodes to what it was.
#include "endpoint/content/message_status.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace trestle;
  const ByteView input(data, size);
  const auto statuses = content::DecodeStatuses(input);
  if (!statuses) return 0;
  const auto again = content::EncodeStatuses(*statuses);
  TRESTLE_CHECK(again.has_value() && ConstantTimeEqual(*again, input));
  const auto message = content::StatusReport(*statuses);
  TRESTLE_CHECK(message.has_value() && content::StatusesOf(*message) == *statuses);
  return 0;
}
