// A webhook body, and the same octets as an answer to a send: whatever is read has ids of the right
// shape, and what would be sent to a person is JSON that can be read back.
#include <algorithm>

#include "adapters/sdk/json.h"
#include "adapters/whatsapp/codec.h"

namespace {

using namespace trestle;

void CheckMessage(const WhatsappMessage& message) {
  TRESTLE_CHECK(IsGraphId(message.identity));
  TRESTLE_CHECK(!message.id.empty());
  TRESTLE_CHECK(message.person.starts_with("wa:") || message.person.starts_with("bsuid:"));
  const auto body = Json::Parse(WriteWhatsappText(message.person, message.text));
  TRESTLE_CHECK(body.has_value());
  TRESTLE_CHECK((*body)["text"]["body"].TextOr("") == message.text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body = AsText(ByteView(data, size));
  const auto events = ParseWhatsappWebhook(body);
  if (events) {
    TRESTLE_CHECK(events->size() <= kWhatsappEventsMax);
    for (const WhatsappEvent& event : *events) {
      if (const auto* message = std::get_if<WhatsappMessage>(&event)) CheckMessage(*message);
    }
  }
  const auto id = ReadWhatsappAnswer(body);
  TRESTLE_CHECK(!id || !id->empty());
  return 0;
}
