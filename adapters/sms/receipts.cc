#include "adapters/sms/receipts.h"

#include <algorithm>
#include <array>

namespace trestle::sms {
namespace {

constexpr std::size_t kIdCharactersMax = 64;
constexpr std::size_t kHexDigitsMax = 32;  // a number of 128 bits; what is longer is no number

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string LowerCase(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), Lower);
  return out;
}

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\0'; }

// The word behind `key` (written small, with its colon), or "" when the key is not there. A key
// stands at the start or after a blank, so that "id:" is not found inside "mid:".
std::string_view WordAfter(std::string_view lowered, std::string_view original,
                           std::string_view key) {
  for (std::size_t at = lowered.find(key); at != std::string_view::npos;
       at = lowered.find(key, at + 1)) {
    if (at > 0 && !IsBlank(lowered[at - 1])) continue;
    const std::size_t after = at + key.size();
    std::size_t begin = after;
    while (begin < original.size() && original[begin] == ' ') ++begin;
    std::size_t end = begin;
    while (end < original.size() && !IsBlank(original[end])) ++end;
    const std::string_view word = original.substr(begin, end - begin);
    // Behind a blank, another key means that this one has nothing to say.
    const bool is_next_key = begin > after && word.find(':') != std::string_view::npos;
    return is_next_key ? std::string_view() : word;
  }
  return "";
}

std::string_view CutNul(std::string_view text) {
  while (!text.empty() && text.back() == '\0') text.remove_suffix(1);
  return text;
}

int DigitValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// A hexadecimal number of any length in decimal digits.
std::string HexToDecimal(std::string_view hex) {
  std::string digits = "0";  // least significant first
  for (const char c : hex) {
    int carry = DigitValue(c);
    for (char& digit : digits) {
      const int value = (digit - '0') * 16 + carry;
      digit = static_cast<char>('0' + value % 10);
      carry = value / 10;
    }
    while (carry > 0) {
      digits.push_back(static_cast<char>('0' + carry % 10));
      carry /= 10;
    }
  }
  std::reverse(digits.begin(), digits.end());
  return digits;
}

}  // namespace

bool IsReceipt(std::uint8_t esm_class) {
  const int type = esm_class & kEsmTypeMask;
  return type == kEsmReceipt || type == kEsmIntermediate;
}

Result<DeliveryReceipt> ParseReceiptText(std::string_view text) {
  const std::string lowered = LowerCase(text);
  // What follows "text:" is the message's own and may hold anything, another "stat:" too; so it is
  // read only where the fields before it say nothing.
  std::size_t own = lowered.find(" text:");
  if (own == std::string::npos) own = lowered.size();
  const auto find = [&](std::string_view key) {
    const std::string_view low(lowered);
    const std::string_view first = WordAfter(low.substr(0, own), text.substr(0, own), key);
    return first.empty() ? WordAfter(low, text, key) : first;
  };
  DeliveryReceipt out;
  out.message_id = std::string(find("id:").substr(0, kIdCharactersMax));
  const std::string_view word = find("stat:");
  if (out.message_id.empty() || word.empty()) {
    return Fail(Reason::kMalformed, "a receipt names no message or no state");
  }
  // Some centres cut the words to fewer letters or add signs; seven letters tell the states apart.
  out.state = StateOfWord(word.substr(0, 7)).value_or(MessageState::kUnknown);
  out.error = std::string(find("err:").substr(0, 8));
  return out;
}

Result<DeliveryReceipt> ParseReceipt(const Pdu& pdu, const ShortMessage& message) {
  Result<DeliveryReceipt> from_text = ParseReceiptText(CutNul(AsText(message.content)));
  const Tlv* id = FindTlv(pdu, tag::kReceiptedMessageId);
  const auto state = TlvU8(pdu, tag::kMessageState);
  DeliveryReceipt out = from_text ? *from_text : DeliveryReceipt{};
  if (id != nullptr)
    out.message_id = std::string(CutNul(AsText(id->value)).substr(0, kIdCharactersMax));
  const bool is_known_state = state && *state >= 1 && *state <= 8;
  if (is_known_state) out.state = static_cast<MessageState>(*state);
  const bool is_complete = !out.message_id.empty() && (is_known_state || from_text);
  if (!is_complete) return Fail(Reason::kMalformed, "a receipt names no message or no state");
  return out;
}

std::string FormatReceiptText(const ReceiptFacts& facts) {
  const bool is_delivered = facts.state == MessageState::kDelivered;
  return "id:" + facts.message_id + " sub:001 dlvrd:" + (is_delivered ? "001" : "000") +
         " submit date:" + facts.submitted_at + " done date:" + facts.done_at +
         " stat:" + std::string(StateWord(facts.state)) + " err:" + facts.error +
         " text:" + facts.text_start;
}

std::string CanonicalMessageId(std::string_view id, IdBase base) {
  std::string out = LowerCase(CutNul(id).substr(0, kIdCharactersMax));
  out.erase(0, std::min(out.find_first_not_of('0'), out.empty() ? 0 : out.size() - 1));
  if (base != IdBase::kHex || out.empty() || out.size() > kHexDigitsMax) return out;
  const bool is_hex =
      std::all_of(out.begin(), out.end(), [](char c) { return DigitValue(c) >= 0; });
  return is_hex ? HexToDecimal(out) : out;
}

}  // namespace trestle::sms
