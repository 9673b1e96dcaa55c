// Any text as a Messenger webhook body and as the answer to a send: what is read has ids of the
// right shape and keeps the bounds.
#include "adapters/messenger/codec.h"
#include "bridge/base/bytes.h"

namespace {

using namespace trestle;

bool IsMid(const std::string& mid) { return !mid.empty() && mid.size() <= kSendApiMidBytesMax; }

void Check(const SendApiEvent& event) {
  if (const auto* message = std::get_if<SendApiMessage>(&event)) {
    TRESTLE_CHECK(IsGraphId(message->person) && IsGraphId(message->identity));
    TRESTLE_CHECK(IsMid(message->mid));
  }
  if (const auto* delivered = std::get_if<SendApiDelivered>(&event)) {
    TRESTLE_CHECK(delivered->watermark >= WallTime{0});
    for (const std::string& mid : delivered->mids) TRESTLE_CHECK(IsMid(mid));
  }
  if (const auto* read = std::get_if<SendApiRead>(&event)) {
    TRESTLE_CHECK(read->watermark && *read->watermark >= WallTime{0});
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = AsText({data, size});
  if (const auto events = ParseSendApiWebhook(MessengerProfile(), text)) {
    TRESTLE_CHECK(events->size() <= kSendApiEventsMax);
    for (const SendApiEvent& event : *events) Check(event);
  }
  if (const auto mid = ReadSendApiAnswer(text)) TRESTLE_CHECK(IsMid(*mid));
  return 0;
}
