// The Send API and its webhooks as Messenger and Instagram share them: bodies to and from structs.
// What differs between the two is data in a SendApiProfile, filled in by each adapter's codec.
// Pure; webhook bodies are hostile until proven otherwise: bounded, and with ids of the right
// shape.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "adapters/sdk/graph.h"
#include "adapters/sdk/json.h"
#include "bridge/base/seams.h"

namespace trestle {

inline constexpr std::size_t kSendApiEventsMax = 1000;  // in one webhook body
inline constexpr std::size_t kSendApiMidBytesMax = 512;

// Somebody wrote. The text is absent when it is an attachment only, or of an unsupported kind.
struct SendApiMessage {
  std::string person;    // PSID or IGSID
  std::string identity;  // the Page or professional account that was written to
  std::string mid;
  std::optional<std::string> text = {};
  bool operator==(const SendApiMessage&) const = default;
};

// These messages reached the person's device; also everything sent up to the watermark.
struct SendApiDelivered {
  std::string person;
  std::string identity;
  std::vector<std::string> mids = {};
  WallTime watermark{};
  bool operator==(const SendApiDelivered&) const = default;
};

// Read: everything sent up to the watermark (Messenger), or this one message (Instagram).
struct SendApiRead {
  std::string person;
  std::string identity;
  std::optional<WallTime> watermark = {};
  std::string mid = {};
  bool operator==(const SendApiRead&) const = default;
};

using SendApiEvent = std::variant<SendApiMessage, SendApiDelivered, SendApiRead>;

enum class TextUnit : std::uint8_t { kCharacters, kUtf8Bytes };

struct SendApiTextLimit {
  TextUnit unit;
  std::size_t max;
};

struct SendApiProfile {
  std::string_view network;  // "messenger"
  std::string_view object;   // of webhooks: "page"
  std::string_view fields;   // to subscribe, with commas
  SendApiTextLimit text_limit;
  bool has_messaging_type;
  bool reports_delivered;
  std::span<const GraphErrorRow> errors;
  // Reads what is peculiar to the network in an event that is no message; nullopt passes it by.
  std::optional<SendApiEvent> (*read_event)(const Json& event, std::string person,
                                            std::string identity);
};

// Whether a text keeps within the limit; false for what is not UTF-8.
bool FitsTextLimit(const SendApiTextLimit& limit, std::string_view text);

// kMalformed or kTooLarge for a body that is no webhook of this object. Events of kinds that we do
// not use, echoes of what we sent, and events without proper ids are left out.
Result<std::vector<SendApiEvent>> ParseSendApiWebhook(const SendApiProfile& profile,
                                                      std::string_view body);

std::string WriteSendApiText(const SendApiProfile& profile, std::string_view person,
                             std::string_view text);

// The message id of a successful send.
Result<std::string> ReadSendApiAnswer(std::string_view body);

}  // namespace trestle
