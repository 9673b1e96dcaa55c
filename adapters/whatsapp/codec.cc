#include "adapters/whatsapp/codec.h"

#include <algorithm>
#include <array>

#include "adapters/sdk/json.h"

namespace trestle {
namespace {

constexpr std::string_view kWaTag = "wa:";
constexpr std::string_view kBsuidTag = "bsuid:";
constexpr std::size_t kWamidBytesMax = 256;  // documented: 128 characters
constexpr std::size_t kBsuidBytesMax = 3 + 128;

bool IsDigit(char sign) { return sign >= '0' && sign <= '9'; }
bool IsLetter(char sign) { return (sign >= 'A' && sign <= 'Z') || (sign >= 'a' && sign <= 'z'); }

bool IsWamid(std::string_view text) {
  const bool is_printable =
      std::ranges::all_of(text, [](char sign) { return sign > 0x20 && sign < 0x7F; });
  return !text.empty() && text.size() <= kWamidBytesMax && is_printable;
}

// What a person sends to be read by somebody. Other kinds change or explain earlier messages.
bool IsForSomebody(std::string_view type) {
  constexpr std::array<std::string_view, 11> kTypes = {
      "text",     "image",    "audio", "video",       "document", "sticker",
      "location", "contacts", "order", "interactive", "button"};
  return std::ranges::find(kTypes, type) != kTypes.end();
}

std::optional<WhatsappMessage> ReadMessage(const std::string& identity, const Json& message) {
  WhatsappMessage out;
  out.identity = identity;
  out.id = message["id"].TextOr("");
  const std::string type = message["type"].TextOr("");
  if (!IsWamid(out.id) || !IsForSomebody(type)) return std::nullopt;
  const std::string wa_id = message["from"].TextOr("");
  const std::string bsuid = message["from_user_id"].TextOr("");
  const bool has_bsuid = IsBsuid(bsuid);
  if (IsWaId(wa_id)) {
    out.person = TagWaId(wa_id);
    if (has_bsuid) out.also_person = TagBsuid(bsuid);
  } else if (has_bsuid) {
    out.person = TagBsuid(bsuid);
  } else {
    return std::nullopt;
  }
  if (type == "text") out.text = message["text"]["body"].TextOr("");
  return out;
}

std::optional<WhatsappStatus> ReadStatus(const Json& status) {
  struct StateRow {
    std::string_view name;
    WhatsappState state;
  };
  constexpr std::array<StateRow, 5> kStates = {{{"sent", WhatsappState::kSent},
                                                {"delivered", WhatsappState::kDelivered},
                                                {"read", WhatsappState::kRead},
                                                {"played", WhatsappState::kRead},
                                                {"failed", WhatsappState::kFailed}}};
  WhatsappStatus out;
  out.id = status["id"].TextOr("");
  const std::string name = status["status"].TextOr("");
  const auto row = std::ranges::find(kStates, name, &StateRow::name);
  if (!IsWamid(out.id) || row == kStates.end()) return std::nullopt;
  out.state = row->state;
  const auto code = status["errors"].First()["code"].integer().value_or(0);
  out.error_code = static_cast<int>(std::clamp<std::int64_t>(code, 0, INT32_MAX));
  return out;
}

void ReadChange(const Json& change, std::vector<WhatsappEvent>& events) {
  if (change["field"].TextOr("") != "messages") return;
  const Json& value = change["value"];
  const std::string identity = value["metadata"]["phone_number_id"].TextOr("");
  if (value["messaging_product"].TextOr("") != "whatsapp" || !IsGraphId(identity)) return;
  for (const Json& message : value["messages"].items()) {
    if (auto one = ReadMessage(identity, message)) events.emplace_back(std::move(*one));
  }
  for (const Json& status : value["statuses"].items()) {
    if (auto one = ReadStatus(status)) events.emplace_back(std::move(*one));
  }
}

}  // namespace

std::string TagWaId(std::string_view wa_id) { return std::string(kWaTag).append(wa_id); }
std::string TagBsuid(std::string_view bsuid) { return std::string(kBsuidTag).append(bsuid); }

bool IsWaId(std::string_view text) {
  return text.size() >= 5 && text.size() <= 20 && std::ranges::all_of(text, IsDigit);
}

bool IsBsuid(std::string_view text) {
  if (text.size() < 4 || text.size() > kBsuidBytesMax || text[2] != '.') return false;
  const auto is_inner = [](char sign) { return IsDigit(sign) || IsLetter(sign) || sign == '.'; };
  return IsLetter(text[0]) && IsLetter(text[1]) && std::ranges::all_of(text.substr(3), is_inner);
}

Result<std::vector<WhatsappEvent>> ParseWhatsappWebhook(std::string_view body) {
  const Json json = TRESTLE_TRY(Json::Parse(body));
  if (json["object"].TextOr("") != "whatsapp_business_account") {
    return Fail(Reason::kMalformed, "not a WhatsApp webhook");
  }
  std::vector<WhatsappEvent> events;
  for (const Json& entry : json["entry"].items()) {
    for (const Json& change : entry["changes"].items()) {
      ReadChange(change, events);
      if (events.size() > kWhatsappEventsMax) {
        return Fail(Reason::kTooLarge, "a webhook with too many events");
      }
    }
  }
  return events;
}

std::string WriteWhatsappText(std::string_view person, std::string_view text) {
  const bool is_bsuid = person.starts_with(kBsuidTag);
  const std::string_view plain =
      person.substr(std::min(person.size(), is_bsuid                     ? kBsuidTag.size()
                                            : person.starts_with(kWaTag) ? kWaTag.size()
                                                                         : 0));
  JsonWriter json;
  json.BeginObject().TextMember("messaging_product", "whatsapp");
  json.TextMember("recipient_type", "individual");
  json.TextMember(is_bsuid ? "recipient" : "to", plain);
  json.TextMember("type", "text").ObjectMember("text").TextMember("body", text);
  json.FlagMember("preview_url", false).EndObject().EndObject();
  return std::move(json).Take();
}

Result<std::string> ReadWhatsappAnswer(std::string_view body) {
  constexpr JsonLimits kLimits = {.bytes_max = 64 * 1024, .depth_max = 8, .values_max = 1000};
  const Json json = TRESTLE_TRY(Json::Parse(body, kLimits));
  std::string id = json["messages"].First()["id"].TextOr("");
  if (!IsWamid(id)) return Fail(Reason::kMalformed, "an answer without a message id");
  return id;
}

// Cloud API, error codes. Rows in the order of the documentation's groups; the first that fits
// decides.
std::span<const GraphErrorRow> WhatsappErrors() {
  using enum GraphClass;
  static constexpr std::array kRows = {
      GraphErrorRow{0, 0, kAnySubcode, kStop, Rule::kAdapterDown},
      GraphErrorRow{190, 190, kAnySubcode, kStop, Rule::kAdapterDown},
      GraphErrorRow{3, 3, kAnySubcode, kStop, Rule::kAdapterDown},
      GraphErrorRow{10, 10, kAnySubcode, kStop, Rule::kAdapterDown},
      GraphErrorRow{200, 299, kAnySubcode, kStop, Rule::kAdapterDown},
      GraphErrorRow{131005, 131005, kAnySubcode, kStop, Rule::kAdapterDown},
      GraphErrorRow{1, 2, kAnySubcode, kRetry, Rule::kAdapterDown},
      GraphErrorRow{131000, 131000, kAnySubcode, kRetry, Rule::kAdapterDown},
      GraphErrorRow{131016, 131016, kAnySubcode, kRetry, Rule::kAdapterDown},
      GraphErrorRow{133004, 133004, kAnySubcode, kRetry, Rule::kAdapterDown},
      GraphErrorRow{4, 4, kAnySubcode, kBackOff, Rule::kAdapterDown},
      GraphErrorRow{80007, 80007, kAnySubcode, kBackOff, Rule::kAdapterDown},
      GraphErrorRow{130429, 130429, kAnySubcode, kBackOff, Rule::kAdapterDown},
      GraphErrorRow{131056, 131056, kAnySubcode, kBackOffPerson, Rule::kAdapterDown},
      GraphErrorRow{131048, 131048, kAnySubcode, kBackOffLong, Rule::kAdapterDown},
      GraphErrorRow{131064, 131064, kAnySubcode, kBackOffLong, Rule::kAdapterDown},
      GraphErrorRow{100, 100, kAnySubcode, kRefuse, Rule::kNetworkRefused},
      GraphErrorRow{33, 33, kAnySubcode, kRefuse, Rule::kNetworkRefused},
      GraphErrorRow{131008, 131009, kAnySubcode, kRefuse, Rule::kNetworkRefused},
      GraphErrorRow{131021, 131021, kAnySubcode, kRefuse, Rule::kNetworkRefused},
      // Undeliverable: blocked us, or is not there (any more).
      GraphErrorRow{131026, 131026, kAnySubcode, kRefusePerson, Rule::kPersonClosed},
      GraphErrorRow{131030, 131030, kAnySubcode, kRefuse, Rule::kNetworkRefused},
      GraphErrorRow{131031, 131031, kAnySubcode, kStop, Rule::kAdapterDown},
      GraphErrorRow{368, 368, kAnySubcode, kStop, Rule::kAdapterDown},
      GraphErrorRow{130497, 130497, kAnySubcode, kStop, Rule::kAdapterDown},
      GraphErrorRow{131042, 131042, kAnySubcode, kStop, Rule::kAdapterDown},
      GraphErrorRow{131045, 131045, kAnySubcode, kStop, Rule::kAdapterDown},
      GraphErrorRow{131057, 131057, kAnySubcode, kBackOffLong, Rule::kAdapterDown},
      // Only a new message of the person opens the window again: the thread is not open.
      GraphErrorRow{131047, 131047, kAnySubcode, kRefuse, Rule::kThreadNotOpen},
      GraphErrorRow{131049, 131051, kAnySubcode, kRefuse, Rule::kNetworkRefused},
      GraphErrorRow{130472, 130472, kAnySubcode, kRefuse, Rule::kNetworkRefused},
      GraphErrorRow{131052, 131053, kAnySubcode, kRetry, Rule::kAdapterDown},
      GraphErrorRow{131062, 131062, kAnySubcode, kRefusePerson, Rule::kNetworkRefused},
      GraphErrorRow{132000, 132016, kAnySubcode, kRefuse, Rule::kNetworkRefused},
      GraphErrorRow{137000, 137000, kAnySubcode, kRefusePerson, Rule::kNetworkRefused},
  };
  return kRows;
}

}  // namespace trestle
