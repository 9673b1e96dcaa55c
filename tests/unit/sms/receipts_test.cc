// Delivery receipts as centres really write them, and message ids in their spellings.
#include "adapters/sms/receipts.h"

#include <catch2/catch.hpp>

namespace trestle::sms {
namespace {

constexpr std::string_view kPlain =
    "id:0123456789 sub:001 dlvrd:001 submit date:2611221821 done date:2611221822 stat:DELIVRD "
    "err:000 text:hello";

Pdu ReceiptPdu(std::string_view text, std::vector<Tlv> tlvs) {
  MessageBody body;
  body.esm_class = kEsmReceipt;
  body.short_message = ToBytes(text);
  return {CommandId::kDeliverSm, 0, 1, body, std::move(tlvs)};
}

Result<DeliveryReceipt> Read(const Pdu& pdu) {
  return ParseReceipt(pdu, ReadShortMessage(pdu).value());
}

}  // namespace

TEST_CASE("A receipt as the specification writes it is read") {
  const DeliveryReceipt receipt = ParseReceiptText(kPlain).value();
  CHECK(receipt.message_id == "0123456789");
  CHECK(receipt.state == MessageState::kDelivered);
  CHECK(receipt.error == "000");
}

TEST_CASE("Every state word is read in any letter case") {
  for (int i = 1; i <= 8; ++i) {
    const auto state = static_cast<MessageState>(i);
    CHECK(ParseReceiptText("id:1 stat:" + std::string(StateWord(state))).value().state == state);
  }
  CHECK(ParseReceiptText("ID:1 Stat:undeliv").value().state == MessageState::kUndeliverable);
  CHECK(ParseReceiptText("id:1 stat:SOMETHING").value().state == MessageState::kUnknown);
}

TEST_CASE("Fields may be missing, reordered or spelled otherwise") {
  for (const char* text :
       {"stat:DELIVRD id:abc", "id:abc stat:DELIVRD Text:", "err:0A1 stat:DELIVRD id:abc text:x",
        "id:abc sub:1 done date:261122182255 stat:DELIVRD err:0", "id: abc stat: DELIVRD",
        "Id:abc\nStat:DELIVRD", "text: id:abc stat:DELIVRD"}) {
    CAPTURE(text);
    const DeliveryReceipt receipt = ParseReceiptText(text).value();
    CHECK(receipt.message_id == "abc");
    CHECK(receipt.state == MessageState::kDelivered);
  }
}

TEST_CASE("The message's own text does not change the receipt") {
  const auto receipt = ParseReceiptText("id:1 stat:UNDELIV err:1 text:id:2 stat:DELIVRD").value();
  CHECK(receipt.message_id == "1");
  CHECK(receipt.state == MessageState::kUndeliverable);
}

TEST_CASE("A receipt cut at any octet is refused or names the same message") {
  for (std::size_t size = 0; size <= kPlain.size(); ++size) {
    const auto receipt = ParseReceiptText(kPlain.substr(0, size));
    if (receipt) CHECK(receipt->message_id == "0123456789");
  }
  CHECK_FALSE(ParseReceiptText("id:1").has_value());
  CHECK_FALSE(ParseReceiptText("stat:DELIVRD").has_value());
}

TEST_CASE("TLVs win over the text") {
  const auto receipt = Read(ReceiptPdu(kPlain, {MakeTlvText(tag::kReceiptedMessageId, "77"),
                                                MakeTlvU8(tag::kMessageState, 5)}))
                           .value();
  CHECK(receipt.message_id == "77");
  CHECK(receipt.state == MessageState::kUndeliverable);
}

TEST_CASE("TLVs suffice without a text, and a text without TLVs") {
  CHECK(Read(ReceiptPdu("", {MakeTlvText(tag::kReceiptedMessageId, "77"),
                             MakeTlvU8(tag::kMessageState, 2)}))
            .value()
            .state == MessageState::kDelivered);
  CHECK(Read(ReceiptPdu(std::string(kPlain) + '\0', {})).value().message_id == "0123456789");
  CHECK_FALSE(Read(ReceiptPdu("", {MakeTlvU8(tag::kMessageState, 2)})).has_value());
  CHECK_FALSE(Read(ReceiptPdu("", {MakeTlvText(tag::kReceiptedMessageId, "77"),
                                   MakeTlvU8(tag::kMessageState, 99)}))
                  .has_value());
}

TEST_CASE("Receipts are told by their bits, whatever else esm_class holds") {
  for (const int esm : {0x04, 0x07, 0x44, 0x20, 0x84})
    CHECK(IsReceipt(static_cast<std::uint8_t>(esm)));
  for (const int esm : {0x00, 0x40, 0x03, 0x08, 0x10}) {
    CHECK_FALSE(IsReceipt(static_cast<std::uint8_t>(esm)));
  }
}

TEST_CASE("A receipt that is written is read again") {
  const ReceiptFacts facts{"00af", MessageState::kExpired, "2611221821", "2611221822", "012", "hi"};
  const DeliveryReceipt receipt = ParseReceiptText(FormatReceiptText(facts)).value();
  CHECK(receipt.message_id == "00af");
  CHECK(receipt.state == MessageState::kExpired);
  CHECK(receipt.error == "012");
}

TEST_CASE("Letter case and leading zeros do not tell ids apart") {
  CHECK(CanonicalMessageId("00AbC", IdBase::kText) == CanonicalMessageId("abc", IdBase::kText));
  CHECK(CanonicalMessageId("000", IdBase::kText) == "0");
  CHECK(CanonicalMessageId("", IdBase::kText).empty());
  CHECK(CanonicalMessageId(std::string("77\0", 3), IdBase::kText) == "77");
}

TEST_CASE("An id in hexadecimal and in decimal is one id where the bases are known") {
  struct Row {
    std::string hex;
    std::string decimal;
  };
  for (const Row& row : {Row{"0A1B", "2587"}, Row{"ff", "0255"}, Row{"0", "0"},
                         Row{"FFFFFFFFFFFFFFFF", "18446744073709551615"},
                         Row{"10000000000000000", "18446744073709551616"}}) {
    CHECK(CanonicalMessageId(row.hex, IdBase::kHex) ==
          CanonicalMessageId(row.decimal, IdBase::kDecimal));
  }
}

TEST_CASE("An id that is no number in its base is text") {
  CHECK(CanonicalMessageId("7f3a-XY", IdBase::kHex) == "7f3a-xy");
}

}  // namespace trestle::sms
