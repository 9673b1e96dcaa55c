#include "adapters/instagram/codec.h"

#include <utility>

namespace trestle {
namespace {

// Field messaging_seen. Instagram has no delivery receipts.
std::optional<SendApiEvent> ReadSeen(const Json& event, std::string person, std::string identity) {
  std::string mid = event["read"]["mid"].TextOr("");
  if (mid.empty() || mid.size() > kSendApiMidBytesMax) return std::nullopt;
  SendApiRead out{std::move(person), std::move(identity)};
  out.mid = std::move(mid);
  return out;
}

}  // namespace

const SendApiProfile& InstagramProfile() {
  static const SendApiProfile kProfile{
      .network = "instagram",
      .object = "instagram",
      .fields = "messages,messaging_seen",
      .text_limit = {TextUnit::kUtf8Bytes, kInstagramTextBytesMax},
      .has_messaging_type = false,
      .reports_delivered = false,
      .errors = kInstagramErrors,
      .read_event = &ReadSeen,
  };
  return kProfile;
}

}  // namespace trestle
