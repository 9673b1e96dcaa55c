// The SMPP codec: every PDU to octets and back, vectors made by other people's code, and hostile
// input cut, stretched and altered at every octet.
#include "adapters/sms/codec.h"

#include <catch2/catch.hpp>

#include "adapters/sms/pdu_json.h"
#include "some_pdus.h"

namespace trestle::sms {
namespace {

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
  PduFault fault;
  const auto decoded = DecodePdu(Hex("00000010000000990000000000000001"), &fault);
  CHECK(decoded.error().reason == Reason::kUnsupported);
  CHECK(fault.status == status::kInvalidCommandId);
}

TEST_CASE("A C-octet string without its NUL in its size is refused with RINVCMDLEN") {
  Pdu pdu{CommandId::kOutbind, 0, 1, OutbindBody{"123456789012345", "pw"}};
  Bytes octets = EncodePdu(pdu).value();
  octets[kHeaderBytes + 15] = 'x';
  PduFault fault;
  CHECK_FALSE(DecodePdu(octets, &fault).has_value());
  CHECK(fault.status == status::kInvalidCommandLength);
  CHECK(fault.field == "system_id");
  CHECK(fault.at == kHeaderBytes);
}

TEST_CASE("A short_message longer than the PDU is refused with RINVMSGLEN") {
  Bytes octets = EncodePdu({CommandId::kSubmitSm, 0, 1, SomeMessage()}).value();
  octets[octets.size() - 8] = 200;  // sm_length stands before the seven octets
  PduFault fault;
  CHECK_FALSE(DecodePdu(octets, &fault).has_value());
  CHECK(fault.status == status::kInvalidMessageLength);
  CHECK(fault.field == "short_message");
}

TEST_CASE("A TLV that passes the end is refused with RINVOPTPARSTREAM") {
  Bytes octets = EncodePdu({CommandId::kEnquireLink, 0, 1, EmptyBody{}, {Tlv{5, {1}}}}).value();
  octets[kHeaderBytes + 3] = 2;
  PduFault fault;
  CHECK_FALSE(DecodePdu(octets, &fault).has_value());
  CHECK(fault.status == status::kInvalidTlvStream);
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

TEST_CASE("What does not fit names its field") {
  PduFault fault;
  CHECK_FALSE(EncodePdu({CommandId::kOutbind, 0, 1, OutbindBody{"x", "123456789"}}, &fault));
  CHECK(fault.field == "password");
  MessageBody body;
  body.destination.text = std::string(21, '1');
  CHECK_FALSE(EncodePdu({CommandId::kSubmitSm, 0, 1, body}, &fault));
  CHECK(fault.field == "text");
  std::string field;
  CHECK_FALSE(PduFromJson(R"({"command":"submit_sm","body":{"esm_class":256}})", &field));
  CHECK(field == "esm_class");
  CHECK_FALSE(PduFromJson(R"({"command":"submit_sm","body":{"esm_clas":1}})", &field));
  CHECK(field == "esm_clas");
  CHECK_FALSE(PduFromJson(R"({"command":"unbind","seqence":1})", &field));
  CHECK(field == "seqence");
}

TEST_CASE("Sequence numbers of nought and above 2^31 pass, and so does any interface version") {
  for (const std::uint32_t sequence : {0u, 0x80000000u, 0xFFFFFFFFu}) {
    const Bytes octets = EncodePdu({CommandId::kEnquireLinkResp, 0, sequence}).value();
    CHECK(DecodePdu(octets).value().sequence == sequence);
  }
  for (const int number : {0x00, 0x33, 0x50, 0xFF}) {
    const auto version = static_cast<std::uint8_t>(number);
    const BindBody bind{"a", "b", "", version, {}};
    const Bytes octets = EncodePdu({CommandId::kBindTransceiver, 0, 1, bind}).value();
    CHECK(std::get<BindBody>(DecodePdu(octets).value().body).interface_version == version);
  }
}

TEST_CASE("Every optional parameter of the specification has its name, tag and size") {
  // SMPP 3.4, Section 5.3.1 and 5.3.2: 44 of them.
  const std::vector<std::pair<std::uint16_t, std::string_view>> all = {
      {0x0005, "dest_addr_subunit"},
      {0x0006, "dest_network_type"},
      {0x0007, "dest_bearer_type"},
      {0x0008, "dest_telematics_id"},
      {0x000D, "source_addr_subunit"},
      {0x000E, "source_network_type"},
      {0x000F, "source_bearer_type"},
      {0x0010, "source_telematics_id"},
      {0x0017, "qos_time_to_live"},
      {0x0019, "payload_type"},
      {0x001D, "additional_status_info_text"},
      {0x001E, "receipted_message_id"},
      {0x0030, "ms_msg_wait_facilities"},
      {0x0201, "privacy_indicator"},
      {0x0202, "source_subaddress"},
      {0x0203, "dest_subaddress"},
      {0x0204, "user_message_reference"},
      {0x0205, "user_response_code"},
      {0x020A, "source_port"},
      {0x020B, "destination_port"},
      {0x020C, "sar_msg_ref_num"},
      {0x020D, "language_indicator"},
      {0x020E, "sar_total_segments"},
      {0x020F, "sar_segment_seqnum"},
      {0x0210, "sc_interface_version"},
      {0x0302, "callback_num_pres_ind"},
      {0x0303, "callback_num_atag"},
      {0x0304, "number_of_messages"},
      {0x0381, "callback_num"},
      {0x0420, "dpf_result"},
      {0x0421, "set_dpf"},
      {0x0422, "ms_availability_status"},
      {0x0423, "network_error_code"},
      {0x0424, "message_payload"},
      {0x0425, "delivery_failure_reason"},
      {0x0426, "more_messages_to_send"},
      {0x0427, "message_state"},
      {0x0501, "ussd_service_op"},
      {0x1201, "display_time"},
      {0x1203, "sms_signal"},
      {0x1204, "ms_validity"},
      {0x130C, "alert_on_message_delivery"},
      {0x1380, "its_reply_type"},
      {0x1383, "its_session_info"},
  };
  CHECK(all.size() == 44);
  for (const auto& [tag, name] : all) {
    CAPTURE(name);
    REQUIRE(FindTag(tag) != nullptr);
    CHECK(FindTag(tag)->name == name);
    REQUIRE(FindTag(name) != nullptr);
    CHECK(FindTag(name)->tag == tag);
  }
}

TEST_CASE("Every optional parameter comes back from its JSON, at its smallest and largest") {
  for (int tag = 0; tag <= 0x1400; ++tag) {
    const TagRow* row = FindTag(static_cast<std::uint16_t>(tag));
    if (row == nullptr) continue;
    for (const std::uint32_t size : {row->bytes_min, std::min(row->bytes_max, 300u)}) {
      const Pdu pdu{CommandId::kDataSm, 0, 1, DataBody{}, {Tlv{row->tag, Bytes(size, 0xA5)}}};
      CAPTURE(row->name);
      CHECK(CheckTlvSizes(pdu) == status::kOk);
      CHECK(PduFromJson(PduToJson(pdu)).value() == pdu);
    }
  }
}

TEST_CASE("A TLV in JSON may be named, and filled by its number or text") {
  const Pdu pdu = PduFromJson(R"({"command":"deliver_sm","tlvs":[
      {"name":"user_message_reference","number":513},
      {"name":"receipted_message_id","text":"0a1b"},
      {"tag":5120,"number":258}, {"name":"qos_time_to_live","number":1}]})")
                      .value();
  CHECK(pdu.tlvs == std::vector<Tlv>{MakeTlvU16(0x0204, 513), MakeTlvText(0x001E, "0a1b"),
                                     Tlv{0x1400, {1, 2}}, Tlv{0x0017, {0, 0, 0, 1}}});
  std::string field;
  CHECK_FALSE(PduFromJson(R"({"command":"unbind","tlvs":[{"name":"message_state","number":256}]})",
                          &field));
  CHECK(field == "tlvs.number");
  CHECK_FALSE(PduFromJson(R"({"command":"unbind","tlvs":[{"name":"no_such","number":1}]})"));
  CHECK_FALSE(PduFromJson(R"({"command":"unbind","tlvs":[{"tag":5}]})"));
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
