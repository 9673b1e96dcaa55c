#include "adapters/messenger/codec.h"

#include <utility>

namespace trestle {
namespace {

constexpr std::size_t kMidsMax = 1000;  // in one delivery receipt

std::optional<WallTime> ReadWatermark(const Json& receipt) {
  const auto watermark = receipt["watermark"].integer_or_digits();
  if (!watermark || *watermark < 0) return std::nullopt;
  return WallTime{*watermark};
}

std::optional<SendApiEvent> ReadReceipt(const Json& event, std::string person,
                                        std::string identity) {
  if (const Json& delivery = event["delivery"]; delivery.is_object()) {
    SendApiDelivered out{std::move(person), std::move(identity)};
    out.watermark = ReadWatermark(delivery).value_or(WallTime{});
    for (const Json& mid : delivery["mids"].items()) {
      const std::string text = mid.TextOr("");
      const bool is_mid = !text.empty() && text.size() <= kSendApiMidBytesMax;
      if (is_mid && out.mids.size() < kMidsMax) out.mids.push_back(text);
    }
    return out;
  }
  if (const Json& read = event["read"]; read.is_object()) {
    const auto watermark = ReadWatermark(read);
    if (!watermark) return std::nullopt;
    return SendApiRead{std::move(person), std::move(identity), watermark};
  }
  return std::nullopt;
}

}  // namespace

const SendApiProfile& MessengerProfile() {
  static const SendApiProfile kProfile{
      .network = "messenger",
      .object = "page",
      .fields = "messages,message_deliveries,message_reads",
      .text_limit = {TextUnit::kCharacters, kMessengerTextCharactersMax},
      .has_messaging_type = true,
      .reports_delivered = true,
      .errors = kMessengerErrors,
      .read_event = &ReadReceipt,
  };
  return kProfile;
}

}  // namespace trestle
