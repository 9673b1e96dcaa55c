// Any text as an Instagram webhook body: what is read has ids of the right shape, a read receipt
// names one message, and there are no delivery receipts.
#include "adapters/instagram/codec.h"
#include "bridge/base/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace trestle;
  const auto events = ParseSendApiWebhook(InstagramProfile(), AsText({data, size}));
  if (!events) return 0;
  TRESTLE_CHECK(events->size() <= kSendApiEventsMax);
  for (const SendApiEvent& event : *events) {
    TRESTLE_CHECK(!std::holds_alternative<SendApiDelivered>(event));
    if (const auto* message = std::get_if<SendApiMessage>(&event)) {
      TRESTLE_CHECK(IsGraphId(message->person) && IsGraphId(message->identity));
      TRESTLE_CHECK(!message->mid.empty() && message->mid.size() <= kSendApiMidBytesMax);
    }
    if (const auto* read = std::get_if<SendApiRead>(&event)) {
      TRESTLE_CHECK(!read->watermark && !read->mid.empty());
    }
  }
  return 0;
}
