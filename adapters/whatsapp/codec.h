// WhatsApp Cloud API bodies (Graph API v23 to v25): webhooks read, sends written, answers read, and
// what each error code means. Pure functions; foreign octets are read with bounds, ids are texts,
// unknown fields and event types are passed over.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "adapters/sdk/graph.h"
#include "bridge/base/result.h"

namespace trestle {

inline constexpr std::size_t kWhatsappTextCharactersMax = 4096;  // Cloud API, text messages
inline constexpr std::size_t kWhatsappEventsMax = 2000;          // of one webhook body

// A person is a tagged text, because a number and a business-scoped user id (BSUID) are different
// kinds of key: "wa:16505551234" or "bsuid:US.13491208655302741918". The network's own spelling of
// the number is kept: Mexico, Brazil and Argentina have numbers that are not what was dialled.
std::string TagWaId(std::string_view wa_id);
std::string TagBsuid(std::string_view bsuid);
bool IsWaId(std::string_view text);   // 5 to 20 digits
bool IsBsuid(std::string_view text);  // "CC." and up to 128 letters, digits and dots

// A message that a person sent. `text` is empty when it was something else than a text.
struct WhatsappMessage {
  std::string identity;  // our phone_number_id
  std::string person;    // tagged; by number where the network shows one
  std::optional<std::string> also_person = std::nullopt;  // tagged, when it shows both
  std::string id;                                         // "wamid…"
  std::string text;
};

enum class WhatsappState : std::uint8_t { kSent, kDelivered, kRead, kFailed };

struct WhatsappStatus {
  std::string id;
  WhatsappState state = WhatsappState::kSent;
  int error_code = 0;  // for kFailed
};

using WhatsappEvent = std::variant<WhatsappMessage, WhatsappStatus>;

// Messages and statuses of all entries and changes, in order. Events whose ids do not have the
// right shape, and kinds that mean nothing to a bridge (reactions, edits, system notices), are left
// out. kMalformed or kTooLarge for a body that is not a WhatsApp webhook at all.
Result<std::vector<WhatsappEvent>> ParseWhatsappWebhook(std::string_view body);

// The body of POST /{phone_number_id}/messages. `person` is tagged.
std::string WriteWhatsappText(std::string_view person, std::string_view text);

// The wamid of a successful answer; kMalformed when there is none.
Result<std::string> ReadWhatsappAnswer(std::string_view body);

// Error codes of the messages endpoint and of failed statuses.
std::span<const GraphErrorRow> WhatsappErrors();

}  // namespace trestle
