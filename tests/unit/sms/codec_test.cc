// The SMPP codec: every PDU to octets and back, vectors made by other people's code, and hostile
// input cut, stretched and altered at every octet.
#include "adapters/sms/codec.h"

#include <catch2/catch.hpp>

#include "adapters/sms/pdu_json.h"

namespace trestle::sms {
namespace {

MessageBody SomeMessage() {
  MessageBody body;
  body.service_type = "CMT";
  body.source = {5, 0, "Trestle"};
  body.destination = {1, 1, "447700900123"};
  body.esm_class = 0x40;
  body.protocol_id = 1;
  body.priority_flag = 2;
  body.schedule_delivery_time = "261122182150000+";
  body.validity_period = "000001000000000R";
  body.registered_delivery = 0x11;
  body.replace_if_present_flag = 1;
  body.data_coding = 4;
  body.sm_default_msg_id = 7;
  body.short_message = {0x05, 0x00, 0x03, 0x01, 0x02, 0x01, 0xFF};
  return body;
}

MultiBody SomeMulti() {
  MultiBody body;
  body.source = {1, 1, "12345"};
  body.destinations = {{1, {1, 1, "447700900001"}}, {2, {0, 0, "friends"}}};
  body.data_coding = 8;
  body.short_message = {0, 0x41};
  return body;
}

// One PDU of each kind, with every field away from its default.
std::vector<Pdu> OneOfEach() {
  const BindBody bind{"trestle", "secret", "VMA", 0x34, {1, 1, "^44"}};
  const Address a{1, 1, "447700900123"};
  const Address b{3, 9, "12345"};
  return {
      {CommandId::kBindReceiver, 0, 1, bind},
      {CommandId::kBindTransmitter, 0, 2, bind},
      {CommandId::kBindTransceiver, 0, 0x7FFFFFFF, bind},
      {CommandId::kBindReceiverResp, 0, 1, BindRespBody{"smsc"}, {MakeTlvU8(0x0210, 0x34)}},
      {CommandId::kBindTransmitterResp, 0, 2, BindRespBody{"smsc"}},
      {CommandId::kBindTransceiverResp, 0x0E, 3},
      {CommandId::kOutbind, 0, 4, OutbindBody{"smsc", "pw"}},
      {CommandId::kUnbind, 0, 5},
      {CommandId::kUnbindResp, 0, 5},
      {CommandId::kEnquireLink, 0, 6},
      {CommandId::kEnquireLinkResp, 0, 6},
      {CommandId::kGenericNack, 3, 0},
      {CommandId::kSubmitSm, 0, 7, SomeMessage(), {MakeTlvU16(0x0204, 513)}},
      {CommandId::kSubmitSmResp, 0, 7, MessageIdBody{"0A1b2C"}},
      {CommandId::kSubmitSmResp, 0x58, 7},
      {CommandId::kDeliverSm, 0, 8, SomeMessage(), {Tlv{0x1400, {1, 2, 3}}, Tlv{0x130C, {}}}},
      {CommandId::kDeliverSmResp, 0, 8, MessageIdBody{}},
      {CommandId::kDeliverSmResp, 0, 8},
      {CommandId::kDataSm, 0, 9, DataBody{"", a, b, 3, 1, 8}, {Tlv{0x0424, Bytes(300, 0x41)}}},
      {CommandId::kDataSmResp, 0, 9, MessageIdBody{"77"}, {MakeTlvU8(0x0425, 1)}},
      {CommandId::kQuerySm, 0, 10, QueryBody{"77", a}},
      {CommandId::kQuerySmResp, 0, 10, QueryRespBody{"77", "261122182150000+", 2, 9}},
      {CommandId::kCancelSm, 0, 11, CancelBody{"CMT", "77", a, b}},
      {CommandId::kCancelSmResp, 0, 11},
      {CommandId::kReplaceSm, 0, 12, ReplaceBody{"77", a, "", "000001000000000R", 1, 2, {0x68}}},
      {CommandId::kReplaceSmResp, 0x13, 12},
      {CommandId::kSubmitMulti, 0, 13, SomeMulti()},
      {CommandId::kSubmitMultiResp, 0, 13, MultiRespBody{"78", {{a, 0x0B}}}},
      {CommandId::kAlertNotification, 0, 14, AlertBody{a, b}, {MakeTlvU8(0x0422, 0)}},
  };
}

Bytes Hex(std::string_view hex) { return FromHex(hex).value(); }

}  // namespace

TEST_CASE("Every PDU comes back from its octets as it was") {
  for (const Pdu& pdu : OneOfEach()) {
    CAPTURE(CommandName(pdu.command));
    const Bytes octets = EncodePdu(pdu).value();
    CHECK(DecodePdu(octets).value() == pdu);
  }
}

TEST_CASE("Every PDU comes back from its JSON as it was") {
  for (const Pdu& pdu : OneOfEach()) {
    const std::string json = PduToJson(pdu);
    CAPTURE(json);
    CHECK(EncodePdu(PduFromJson(json).value()).value() == EncodePdu(pdu).value());
  }
}

TEST_CASE("A submit_sm made by hand from the specification decodes to its fields") {
  const Bytes octets =
      Hex("00000037000000040000000000000005"  // header
          "00"                                // service_type
          "020235353500"                      // source
          "010135353535353535353500"          // destination
          "000000"                            // esm_class, protocol_id, priority_flag
          "0000"                              // no times
          "00000a000a48656c6c6f20776f726c");  // registered, replace, coding, default, text
  const Pdu pdu = DecodePdu(octets).value();
  const auto& body = std::get<MessageBody>(pdu.body);
  CHECK(pdu.command == CommandId::kSubmitSm);
  CHECK(pdu.sequence == 5);
  CHECK(body.source == Address{2, 2, "555"});
  CHECK(body.destination == Address{1, 1, "555555555"});
  CHECK(body.data_coding == 10);
  CHECK(AsText(body.short_message) == "Hello worl");
}

TEST_CASE("A PDU cut at any octet is refused and never read past its end") {
  for (const Pdu& pdu : OneOfEach()) {
    const Bytes whole = EncodePdu(pdu).value();
    for (std::size_t size = 0; size < whole.size(); ++size) {
      Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      // As it is the length contradicts; with the length corrected the fields end early.
      CHECK_FALSE(DecodePdu(cut).has_value());
      if (size < kHeaderBytes) continue;
      cut[3] = static_cast<std::uint8_t>(size);
      cut[2] = static_cast<std::uint8_t>(size >> 8);
      const auto decoded = DecodePdu(cut);
      // What still decodes lost whole TLVs or, in a response, its body: it encodes to what it was.
      if (decoded) CHECK(EncodePdu(*decoded).value() == cut);
    }
  }
}

TEST_CASE("A PDU with one altered octet is refused or encodes to the same octets again") {
  for (const Pdu& pdu : OneOfEach()) {
    const Bytes whole = EncodePdu(pdu).value();
    for (std::size_t at = kHeaderBytes; at < whole.size(); ++at) {
      for (const int change : {0x01, 0x80, 0xFF}) {
        Bytes altered = whole;
        altered[at] = static_cast<std::uint8_t>(altered[at] ^ change);
        const auto decoded = DecodePdu(altered);
        if (decoded) CHECK(EncodePdu(*decoded).value() == altered);
      }
    }
  }
}

TEST_CASE("An unknown command is unsupported and asks for RINVCMDID") {
  CommandStatus refusal = 0;
  const auto decoded = DecodePdu(Hex("00000010000000990000000000000001"), &refusal);
  CHECK(decoded.error().reason == Reason::kUnsupported);
  CHECK(refusal == status::kInvalidCommandId);
}

TEST_CASE("A C-octet string without its NUL in its size is refused with RINVCMDLEN") {
  Pdu pdu{CommandId::kOutbind, 0, 1, OutbindBody{"123456789012345", "pw"}};
  Bytes octets = EncodePdu(pdu).value();
  octets[kHeaderBytes + 15] = 'x';
  CommandStatus refusal = 0;
  CHECK_FALSE(DecodePdu(octets, &refusal).has_value());
  CHECK(refusal == status::kInvalidCommandLength);
}

TEST_CASE("A short_message longer than the PDU is refused with RINVMSGLEN") {
  Bytes octets = EncodePdu({CommandId::kSubmitSm, 0, 1, SomeMessage()}).value();
  octets[octets.size() - 8] = 200;  // sm_length stands before the seven octets
  CommandStatus refusal = 0;
  CHECK_FALSE(DecodePdu(octets, &refusal).has_value());
  CHECK(refusal == status::kInvalidMessageLength);
}

TEST_CASE("A TLV that passes the end is refused with RINVOPTPARSTREAM") {
  Bytes octets = EncodePdu({CommandId::kEnquireLink, 0, 1, EmptyBody{}, {Tlv{5, {1}}}}).value();
  octets[kHeaderBytes + 3] = 2;
  CommandStatus refusal = 0;
  CHECK_FALSE(DecodePdu(octets, &refusal).has_value());
  CHECK(refusal == status::kInvalidTlvStream);
}

TEST_CASE("A successful submit_sm_resp without a body is refused") {
  CHECK_FALSE(DecodePdu(Hex("00000010800000040000000000000001")).has_value());
}

TEST_CASE("A field that does not fit its place is not encoded") {
  CHECK_FALSE(EncodePdu({CommandId::kOutbind, 0, 1, OutbindBody{"1234567890123456", ""}}));
  CHECK_FALSE(EncodePdu({CommandId::kOutbind, 0, 1, OutbindBody{std::string("a\0b", 3), ""}}));
  MessageBody body;
  body.short_message = Bytes(255, 0);
  CHECK_FALSE(EncodePdu({CommandId::kSubmitSm, 0, 1, body}));
  CHECK_FALSE(EncodePdu({CommandId::kSubmitSm, 0, 1, QueryBody{}}));
}

TEST_CASE("Known TLVs of a wrong size are told, unknown ones pass") {
  CHECK(CheckTlvSizes({CommandId::kSubmitSm, 0, 1, MessageBody{}, {Tlv{0x0204, {1}}}}) ==
        status::kInvalidTlvLength);
  CHECK(CheckTlvSizes({CommandId::kSubmitSm, 0, 1, MessageBody{}, {Tlv{0x3999, {1}}}}) ==
        status::kOk);
}

TEST_CASE("The reader gives the same PDUs whatever the cuts of the stream") {
  Bytes stream;
  std::vector<Bytes> expected;
  for (const Pdu& pdu : OneOfEach()) {
    expected.push_back(EncodePdu(pdu).value());
    stream.insert(stream.end(), expected.back().begin(), expected.back().end());
  }
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{100}, stream.size()}) {
    PduReader reader;
    std::vector<Bytes> got;
    for (std::size_t at = 0; at < stream.size(); at += step) {
      reader.Feed(ByteView(stream).subspan(at, std::min(step, stream.size() - at)));
      while (auto next = reader.Next().value()) got.push_back(*next);
    }
    CHECK(got == expected);
    CHECK(reader.held_bytes() == 0);
  }
}

TEST_CASE("The reader refuses a length below 16 or above the bound, for good") {
  for (const char* hex : {"0000000f", "00000000", "ffffffff", "00010801"}) {
    PduReader reader;
    reader.Feed(Hex(hex));
    CHECK(reader.Next().error().reason == Reason::kMalformed);
    reader.Feed(Hex("00000010000000150000000000000001"));
    CHECK_FALSE(reader.Next().has_value());
  }
}

TEST_CASE("JSON that is nested deep, mistyped or cut makes no PDU") {
  CHECK_FALSE(PduFromJson(std::string(100000, '[')).has_value());
  std::string nested;
  for (int i = 0; i < 1000; ++i) nested += "{\"body\":";
  CHECK_FALSE(PduFromJson(nested).has_value());
  CHECK_FALSE(PduFromJson(R"({"command":"submit_sm","sequence":"1"})").has_value());
  CHECK_FALSE(PduFromJson(R"({"command":"query_sm","body":{"message_id":7}})").has_value());
  CHECK_FALSE(PduFromJson(R"({"command":"no_such"})").has_value());
  CHECK_FALSE(PduFromJson(R"({"command":"unbind","tlvs":[{"tag":70000,"value":""}]})").has_value());
}

TEST_CASE("Each command_status has the class that the table of wire facts gives it") {
  struct Row {
    std::vector<CommandStatus> codes;
    StatusClass what;
  };
  const std::vector<Row> rows = {
      {{0x58, 0x14}, StatusClass::kSlowDown},
      {{0x08, 0x45, 0x64, 0xFE, 0xFF, 0x400, 0x4FF, 0x12345678}, StatusClass::kRetry},
      {{0x01, 0x0A, 0x0B, 0x15, 0x42, 0x43, 0x48, 0x49, 0x50, 0x51,
        0x61, 0x62, 0x63, 0x65, 0x66, 0xC0, 0xC1, 0xC2, 0xC3, 0xC4},
       StatusClass::kPermanent},
      {{0x04, 0x05, 0x0D, 0x0E, 0x0F, 0x53}, StatusClass::kLink},
      {{0x00}, StatusClass::kOk},
  };
  for (const Row& row : rows) {
    for (const CommandStatus code : row.codes) {
      CAPTURE(code);
      CHECK(ClassOf(code) == row.what);
    }
  }
}

}  // namespace trestle::sms
