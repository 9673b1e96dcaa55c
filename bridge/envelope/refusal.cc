#include "bridge/envelope/refusal.h"

namespace trestle {

std::string_view RuleName(Rule rule) {
  switch (rule) {
    case Rule::kNone:
      return "none";
    case Rule::kNotJoined:
      return "not_joined";
    case Rule::kNoConsent:
      return "no_consent";
    case Rule::kNoContact:
      return "no_contact";
    case Rule::kMalformed:
      return "malformed";
    case Rule::kTooLarge:
      return "too_large";
    case Rule::kBadPadding:
      return "bad_padding";
    case Rule::kWrongGroup:
      return "wrong_group";
    case Rule::kEpochTooOld:
      return "epoch_too_old";
    case Rule::kWrongEpoch:
      return "wrong_epoch";
    case Rule::kIdReused:
      return "id_reused";
    case Rule::kExpired:
      return "expired";
    case Rule::kPlainText:
      return "plain_text";
    case Rule::kKeysExhausted:
      return "keys_exhausted";
    case Rule::kNotEnrolled:
      return "not_enrolled";
    case Rule::kEndToEndUnavailable:
      return "e2ee_unavailable";
    case Rule::kRefusedByRecipient:
      return "refused_by_recipient";
    case Rule::kSmsNotAllowed:
      return "sms_not_allowed";
    case Rule::kAdapterDown:
      return "adapter_down";
    case Rule::kAdapterDraining:
      return "adapter_draining";
    case Rule::kUnitsOverBudget:
      return "units_over_budget";
    case Rule::kThreadNotOpen:
      return "thread_not_open";
    case Rule::kLessPreferred:
      return "less_preferred";
    case Rule::kNoRoute:
      return "no_route";
    case Rule::kQueueFull:
      return "queue_full";
    case Rule::kGivenUp:
      return "given_up";
    case Rule::kNetworkRefused:
      return "network_refused";
    case Rule::kLeftOut:
      return "left_out";
    case Rule::kResidency:
      return "residency";
    case Rule::kNotConfirmed:
      return "not_confirmed";
    case Rule::kPriceOverBudget:
      return "price_over_budget";
    case Rule::kPersonClosed:
      return "person_closed";
    case Rule::kGhostsExhausted:
      return "ghosts_exhausted";
    case Rule::kOverLimit:
      return "over_limit";
    case Rule::kNoAnswer:
      return "no_answer";
    case Rule::kAdapterDeaf:
      return "adapter_deaf";
    case Rule::kMaybeSentThere:
      return "maybe_sent_there";
    case Rule::kEdgeNotAgreed:
      return "edge_not_agreed";
    case Rule::kOpenedAtEdge:
      return "opened_at_edge";
  }
  return "unknown";
}

std::string_view ReceiptLevelName(ReceiptLevel level) {
  switch (level) {
    case ReceiptLevel::kAccepted:
      return "accepted";
    case ReceiptLevel::kHandedOver:
      return "handed_over";
    case ReceiptLevel::kDelivered:
      return "delivered";
    case ReceiptLevel::kRead:
      return "read";
    case ReceiptLevel::kFailed:
      return "failed";
    case ReceiptLevel::kExpired:
      return "expired";
    case ReceiptLevel::kRefused:
      return "refused";
    case ReceiptLevel::kUnknown:
      return "unknown";
  }
  return "unknown";
}

}  // namespace trestle
