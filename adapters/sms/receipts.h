// Delivery receipts (SMPP 3.4, Appendix B) and message ids as centres spell them. A receipt is read
// from its TLVs where it has them and from its text otherwise; the text is free-form, so fields may
// be missing, reordered, cut short or in any letter case. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "adapters/sms/user_data.h"

namespace trestle::sms {

struct DeliveryReceipt {
  std::string message_id;  // as it came
  MessageState state = MessageState::kUnknown;
  std::string error;  // the network's own code, as it came
};

bool IsReceipt(std::uint8_t esm_class);  // also intermediate notifications

// kMalformed when neither the TLVs nor the text name a message id and a state.
Result<DeliveryReceipt> ParseReceipt(const Pdu& pdu, const ShortMessage& message);
Result<DeliveryReceipt> ParseReceiptText(std::string_view text);

struct ReceiptFacts {
  std::string message_id;
  MessageState state = MessageState::kDelivered;
  std::string submitted_at;  // YYMMDDhhmm
  std::string done_at;
  std::string error = "000";
  std::string text_start;  // at most 20 characters of the message
};
std::string FormatReceiptText(const ReceiptFacts& facts);

// How a centre spells ids in one place. Some write hexadecimal in submit_sm_resp and decimal in
// receipts, or the other way round.
enum class IdBase : std::uint8_t { kText, kDecimal, kHex };

// One spelling for one id: letters small, no leading zeros, and a number written in decimal when
// the base is known. An id that is no number in the stated base is taken as text. At most 64
// characters count.
std::string CanonicalMessageId(std::string_view id, IdBase base);

}  // namespace trestle::sms
