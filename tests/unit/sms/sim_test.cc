// The simulated SMS centre, asked octet by octet by a client that keeps no rules.
#include "raw_peer.h"
#include "sms_world.h"

namespace trestle::sms {
namespace {

MessageBody Plain(const std::string& text) {
  MessageBody body;
  body.source = {3, 0, SmsWorld::kService};
  body.destination = {1, 1, SmsWorld::kAna};
  body.short_message = ToBytes(text);
  return body;
}

// The status that a changed submit_sm gets.
CommandStatus StatusOf(RawPeer& peer, const std::function<void(MessageBody&)>& change,
                       std::vector<Tlv> tlvs = {}) {
  MessageBody body = Plain("hello");
  change(body);
  return peer.Ask({CommandId::kSubmitSm, 0, 0, body, std::move(tlvs)}).status;
}

}  // namespace

TEST_CASE("The centre binds who knows the password, and says its version") {
  SmsWorld world;
  RawPeer peer = RawPeer::ConnectTo(world.smpp_port());
  const Pdu answer = peer.Bind(CommandId::kBindTransceiver);
  CHECK(answer.status == status::kOk);
  CHECK(TlvU8(answer, tag::kScInterfaceVersion) == kInterfaceVersion);
}

TEST_CASE("The centre refuses a wrong password and an unknown system_id, and closes") {
  SmsWorld world;
  RawPeer first = RawPeer::ConnectTo(world.smpp_port());
  CHECK(first.Bind(CommandId::kBindTransceiver, "trestle", "wrong").status ==
        status::kInvalidPassword);
  CHECK_FALSE(first.Read().has_value());
  RawPeer second = RawPeer::ConnectTo(world.smpp_port());
  CHECK(second.Bind(CommandId::kBindReceiver, "nobody").status == status::kInvalidSystemId);
}

TEST_CASE("The centre refuses a second bind on one connection") {
  SmsWorld world;
  RawPeer peer = RawPeer::ConnectTo(world.smpp_port());
  peer.Bind(CommandId::kBindTransmitter);
  CHECK(peer.Bind(CommandId::kBindReceiver).status == status::kAlreadyBound);
}

TEST_CASE("Requests in a wrong state get their own response with RINVBNDSTS") {
  SmsWorld world;
  RawPeer peer = RawPeer::ConnectTo(world.smpp_port());
  CHECK(peer.Ask({CommandId::kSubmitSm, 0, 0, Plain("x")}).status == status::kInvalidBindStatus);
  CHECK(peer.Ask({CommandId::kUnbind}).status == status::kInvalidBindStatus);
  CHECK(peer.Ask({CommandId::kEnquireLink}).status == status::kOk);
  peer.Bind(CommandId::kBindReceiver);
  CHECK(peer.Ask({CommandId::kSubmitSm, 0, 0, Plain("x")}).status == status::kInvalidBindStatus);
  CHECK(peer.Ask({CommandId::kQuerySm, 0, 0, QueryBody{}}).status == status::kInvalidBindStatus);
}

TEST_CASE("An unknown command is nacked and the link goes on") {
  SmsWorld world;
  RawPeer peer = RawPeer::ConnectTo(world.smpp_port());
  peer.SendOctets(FromHex("00000010000000990000000000000007").value());
  const Pdu nack = peer.Expect(CommandId::kGenericNack);
  CHECK(nack.status == status::kInvalidCommandId);
  CHECK(nack.sequence == 7);
  CHECK(peer.Bind(CommandId::kBindTransceiver).status == status::kOk);
}

TEST_CASE("An impossible length is nacked and the link closed") {
  SmsWorld world;
  RawPeer peer = RawPeer::ConnectTo(world.smpp_port());
  peer.SendOctets(FromHex("00000004000000150000000000000001").value());
  CHECK(peer.Expect(CommandId::kGenericNack).status == status::kInvalidCommandLength);
  CHECK_FALSE(peer.Read().has_value());
}

TEST_CASE("A connection that never binds is closed") {
  SmsSimOptions options;
  options.bind_within = Millis{20};
  SmsWorld world(std::move(options));
  RawPeer peer = RawPeer::ConnectTo(world.smpp_port());
  CHECK_FALSE(peer.Read().has_value());
}

TEST_CASE("A client that is silent is asked, and dropped when it stays so") {
  SmsSimOptions options;
  options.enquire_after = Millis{20};
  options.answer_within = Millis{40};
  SmsWorld world(std::move(options));
  RawPeer peer = RawPeer::ConnectTo(world.smpp_port());
  peer.Bind(CommandId::kBindTransceiver);
  peer.Expect(CommandId::kEnquireLink);
  CHECK_FALSE(peer.Read().has_value());
}

TEST_CASE("An unbind is answered and the connection closed") {
  SmsWorld world;
  RawPeer peer = RawPeer::ConnectTo(world.smpp_port());
  peer.Bind(CommandId::kBindTransceiver);
  CHECK(peer.Ask({CommandId::kUnbind}).command == CommandId::kUnbindResp);
  CHECK_FALSE(peer.Read().has_value());
}

TEST_CASE("Each wrong field of a submit_sm gets the status that names it") {
  SmsWorld world;
  RawPeer peer = RawPeer::ConnectTo(world.smpp_port());
  peer.Bind(CommandId::kBindTransmitter);
  CHECK(StatusOf(peer, [](MessageBody&) {}) == status::kOk);
  CHECK(StatusOf(peer, [](auto& b) { b.source.text = "999"; }) == status::kInvalidSource);
  CHECK(StatusOf(peer, [](auto& b) { b.destination.text = "abc"; }) == status::kInvalidDestination);
  CHECK(StatusOf(peer, [](auto& b) { b.destination.text = ""; }) == status::kInvalidDestination);
  CHECK(StatusOf(peer, [](auto& b) { b.source.ton = 7; }) == status::kInvalidSourceTon);
  CHECK(StatusOf(peer, [](auto& b) { b.source.npi = 2; }) == status::kInvalidSourceNpi);
  CHECK(StatusOf(peer, [](auto& b) { b.destination.ton = 9; }) == status::kInvalidDestinationTon);
  CHECK(StatusOf(peer, [](auto& b) { b.destination.npi = 5; }) == status::kInvalidDestinationNpi);
  CHECK(StatusOf(peer, [](auto& b) { b.service_type = "ABC"; }) == status::kInvalidServiceType);
  CHECK(StatusOf(peer, [](auto& b) { b.esm_class = 0x04; }) == status::kInvalidEsmClass);
  CHECK(StatusOf(peer, [](auto& b) { b.esm_class = 0x40; }) == status::kInvalidEsmClass);
  CHECK(StatusOf(peer, [](auto& b) { b.priority_flag = 4; }) == status::kInvalidPriority);
  CHECK(StatusOf(peer, [](auto& b) { b.registered_delivery = 3; }) ==
        status::kInvalidRegisteredDelivery);
  CHECK(StatusOf(peer, [](auto& b) { b.replace_if_present_flag = 2; }) ==
        status::kInvalidReplaceFlag);
  CHECK(StatusOf(peer, [](auto& b) { b.sm_default_msg_id = 1; }) == 0x63);
  CHECK(StatusOf(peer, [](auto& b) { b.schedule_delivery_time = "soon"; }) ==
        status::kInvalidSchedule);
  for (const char* period : {"tomorrow", "000000000000000R", "200101000000000+", "261322182150000+",
                             "26112218215000X+"}) {
    CAPTURE(period);
    CHECK(StatusOf(peer, [&](auto& b) { b.validity_period = period; }) == status::kInvalidExpiry);
  }
  CHECK(StatusOf(peer, [](auto& b) { b.validity_period = "000000000100000R"; }) == status::kOk);
  CHECK(StatusOf(peer, [](auto& b) { b.validity_period = "991231235959948-"; }) == status::kOk);
}

TEST_CASE("A message longer than 140 octets on the air is refused") {
  SmsWorld world;
  RawPeer peer = RawPeer::ConnectTo(world.smpp_port());
  peer.Bind(CommandId::kBindTransmitter);
  const auto with = [&](std::size_t octets, std::uint8_t coding) {
    return StatusOf(peer, [&](auto& b) {
      b.data_coding = coding;
      b.short_message = Bytes(octets, 'a');
    });
  };
  CHECK(with(160, 0) == status::kOk);
  CHECK(with(161, 0) == status::kInvalidMessageLength);
  CHECK(with(140, 4) == status::kOk);
  CHECK(with(141, 4) == status::kInvalidMessageLength);
  CHECK(with(142, 8) == status::kInvalidMessageLength);
  const auto part = [&](std::size_t septets) {
    return StatusOf(peer, [&](auto& b) {
      b.esm_class = 0x40;
      b.short_message = FromHex("050003010201").value();
      b.short_message.insert(b.short_message.end(), septets, 'a');
    });
  };
  CHECK(part(153) == status::kOk);
  CHECK(part(154) == status::kInvalidMessageLength);
}

TEST_CASE("Wrong TLVs are refused, unknown ones ignored") {
  SmsWorld world;
  RawPeer peer = RawPeer::ConnectTo(world.smpp_port());
  peer.Bind(CommandId::kBindTransmitter);
  const auto none = [](MessageBody&) {};
  CHECK(StatusOf(peer, none, {Tlv{0x0204, {1}}}) == status::kInvalidTlvLength);
  CHECK(StatusOf(peer, none, {Tlv{0x0424, {'x'}}}) == status::kTlvNotAllowed);
  CHECK(StatusOf(peer, none, {Tlv{0x1401, {1, 2, 3}}}) == status::kOk);
}

TEST_CASE("A long message_payload reaches the phone as one text") {
  SmsWorld world;
  RawPeer peer = RawPeer::ConnectTo(world.smpp_port());
  peer.Bind(CommandId::kBindTransmitter);
  const Tlv payload{tag::kMessagePayload, Bytes(1000, 'y')};
  CHECK(StatusOf(peer, [](auto& b) { b.short_message.clear(); }, {payload}) == status::kOk);
  CHECK(world.Inbox(SmsWorld::kAna, 1)[0]["text"] == std::string(1000, 'y'));
}

TEST_CASE("data_sm and submit_multi reach phones too") {
  SmsWorld world;
  world.AddPhone("447700900002");
  RawPeer peer = RawPeer::ConnectTo(world.smpp_port());
  peer.Bind(CommandId::kBindTransmitter);
  const Address service{3, 0, SmsWorld::kService};
  const Address ana{1, 1, SmsWorld::kAna};
  const Pdu data = peer.Ask({CommandId::kDataSm,
                             0,
                             0,
                             DataBody{"", service, ana, 0, 0, 0},
                             {Tlv{tag::kMessagePayload, ToBytes("one")}}});
  CHECK(data.status == status::kOk);
  MultiBody multi;
  multi.source = service;
  multi.destinations = {{1, ana}, {1, {1, 1, "447700900002"}}, {2, {0, 0, "friends"}}};
  multi.short_message = ToBytes("two");
  const Pdu answer = peer.Ask({CommandId::kSubmitMulti, 0, 0, multi});
  const auto& unsuccessful = std::get<MultiRespBody>(answer.body).unsuccessful;
  REQUIRE(unsuccessful.size() == 1);
  CHECK(unsuccessful[0].error == status::kInvalidListName);
  CHECK(world.Inbox(SmsWorld::kAna, 2)[1]["text"] == "two");
  CHECK(world.Inbox("447700900002", 1)[0]["text"] == "two");
}

TEST_CASE("Above the rate the centre throttles") {
  SmsSimOptions options;
  options.submits_per_second = 3;
  SmsWorld world(std::move(options));
  RawPeer peer = RawPeer::ConnectTo(world.smpp_port());
  peer.Bind(CommandId::kBindTransmitter);
  int throttled = 0;
  for (int i = 0; i < 20; ++i) {
    throttled += StatusOf(peer, [](MessageBody&) {}) == status::kThrottled ? 1 : 0;
  }
  CHECK(throttled > 0);
}

TEST_CASE("Above the window the centre throttles") {
  SmsSimOptions options;
  options.window = 2;
  options.answer_after = Millis{50};
  SmsWorld world(std::move(options));
  RawPeer peer = RawPeer::ConnectTo(world.smpp_port());
  peer.Bind(CommandId::kBindTransmitter);
  for (std::uint32_t i = 10; i < 13; ++i) peer.Send({CommandId::kSubmitSm, 0, i, Plain("x")});
  CHECK(peer.Expect(CommandId::kSubmitSmResp).status == status::kThrottled);
  CHECK(peer.Expect(CommandId::kSubmitSmResp).status == status::kOk);
}

TEST_CASE("A receipt says DELIVRD for a phone that exists and UNDELIV for one that does not") {
  SmsWorld world;
  RawPeer peer = RawPeer::ConnectTo(world.smpp_port());
  peer.Bind(CommandId::kBindTransceiver);
  for (const bool exists : {true, false}) {
    MessageBody body = Plain("hello");
    body.registered_delivery = 1;
    if (!exists) body.destination.text = "447700900999";
    const Pdu answer = peer.Ask({CommandId::kSubmitSm, 0, 0, body});
    const Pdu receipt = peer.ExpectRequest(CommandId::kDeliverSm);
    peer.Answer(receipt, status::kOk, MessageIdBody{});
    const ShortMessage message = ReadShortMessage(receipt).value();
    CHECK(IsReceipt(message.esm_class));
    CHECK(message.source.text == body.destination.text);
    const auto read = ParseReceipt(receipt, message).value();
    CHECK(read.message_id == std::get<MessageIdBody>(answer.body).message_id);
    CHECK(read.state == (exists ? MessageState::kDelivered : MessageState::kUndeliverable));
    CHECK(ParseReceiptText(AsText(message.content)).value().state == read.state);
  }
}

TEST_CASE("A receipt on failure alone comes only for a failure") {
  SmsWorld world;
  RawPeer peer = RawPeer::ConnectTo(world.smpp_port());
  peer.Bind(CommandId::kBindTransceiver);
  MessageBody body = Plain("hello");
  body.registered_delivery = 2;
  peer.Ask({CommandId::kSubmitSm, 0, 0, body});
  body.destination.text = "447700900999";
  peer.Ask({CommandId::kSubmitSm, 0, 0, body});
  const Pdu receipt = peer.ExpectRequest(CommandId::kDeliverSm);
  CHECK(std::get<MessageBody>(receipt.body).source.text == "447700900999");
}

TEST_CASE("query_sm tells the state, cancel_sm and replace_sm come too late") {
  SmsWorld world;
  RawPeer peer = RawPeer::ConnectTo(world.smpp_port());
  peer.Bind(CommandId::kBindTransceiver);
  const Pdu answer = peer.Ask({CommandId::kSubmitSm, 0, 0, Plain("hello")});
  const std::string id = std::get<MessageIdBody>(answer.body).message_id;
  const Address service{3, 0, SmsWorld::kService};
  const Pdu query = peer.Ask({CommandId::kQuerySm, 0, 0, QueryBody{id, service}});
  CHECK(std::get<QueryRespBody>(query.body).message_state == 2);
  CHECK(std::get<QueryRespBody>(query.body).final_date.size() == 16);
  CHECK(peer.Ask({CommandId::kQuerySm, 0, 0, QueryBody{"77", service}}).status ==
        status::kInvalidMessageId);
  CHECK(peer.Ask({CommandId::kCancelSm, 0, 0, CancelBody{"", id, service, {}}}).status ==
        status::kCancelFailed);
  CHECK(
      peer.Ask({CommandId::kReplaceSm, 0, 0, ReplaceBody{id, service, "", "", 0, 0, {}}}).status ==
      status::kReplaceFailed);
}

TEST_CASE("A phone's message is brought again after RX_T_APPN, and not after 0") {
  SmsWorld world;
  RawPeer peer = RawPeer::ConnectTo(world.smpp_port());
  peer.Bind(CommandId::kBindReceiver);
  world.Sends(SmsWorld::kAna, SmsWorld::kService, "first");
  peer.Answer(peer.Expect(CommandId::kDeliverSm), status::kTemporaryAppError);
  const Pdu again = peer.Expect(CommandId::kDeliverSm);
  CHECK(AsText(std::get<MessageBody>(again.body).short_message) == "first");
  peer.Answer(again, status::kOk, MessageIdBody{});
  world.Sends(SmsWorld::kAna, SmsWorld::kService, "second");
  const Pdu second = peer.Expect(CommandId::kDeliverSm);
  CHECK(AsText(std::get<MessageBody>(second.body).short_message) == "second");
}

TEST_CASE("What was not answered is brought to the next bind") {
  SmsWorld world;
  RawPeer first = RawPeer::ConnectTo(world.smpp_port());
  first.Bind(CommandId::kBindReceiver);
  world.Sends(SmsWorld::kAna, SmsWorld::kService, "hello");
  first.Expect(CommandId::kDeliverSm);
  first.Close();
  RawPeer second = RawPeer::ConnectTo(world.smpp_port());
  second.Bind(CommandId::kBindReceiver);
  const Pdu pdu = second.ExpectRequest(CommandId::kDeliverSm);
  CHECK(AsText(std::get<MessageBody>(pdu.body).short_message) == "hello");
}

TEST_CASE("No more than the window is on its way to a client") {
  SmsSimOptions options;
  options.deliver_window = 2;
  SmsWorld world(std::move(options));
  RawPeer peer = RawPeer::ConnectTo(world.smpp_port());
  peer.Bind(CommandId::kBindReceiver);
  for (int i = 0; i < 3; ++i) {
    world.Sends(SmsWorld::kAna, SmsWorld::kService, "message " + std::to_string(i));
  }
  const Pdu first = peer.Expect(CommandId::kDeliverSm);
  peer.Expect(CommandId::kDeliverSm);
  // The answer to a question comes before the third message.
  peer.Send({CommandId::kEnquireLink, 0, 99});
  peer.Expect(CommandId::kEnquireLinkResp);
  peer.Answer(first, status::kOk, MessageIdBody{});
  peer.Expect(CommandId::kDeliverSm);
}

TEST_CASE("A phone's long text comes in parts, and its data with its header") {
  SmsWorld world;
  RawPeer peer = RawPeer::ConnectTo(world.smpp_port());
  peer.Bind(CommandId::kBindReceiver);
  world.Sends(SmsWorld::kAna, SmsWorld::kService, std::string(200, 'z'));
  for (std::uint8_t part = 1; part <= 2; ++part) {
    const Pdu pdu = peer.Expect(CommandId::kDeliverSm);
    peer.Answer(pdu, status::kOk, MessageIdBody{});
    const auto place = ReadShortMessage(pdu).value().header.concatenation;
    REQUIRE(place.has_value());
    CHECK(place->part == part);
    CHECK(place->total == 2);
  }
  Segment segment;
  segment.chunk = {1, 2, 3};
  const Bytes data = EncodeSegment(segment).value();
  world.SendsData(SmsWorld::kAna, SmsWorld::kService, data);
  const Pdu pdu = peer.Expect(CommandId::kDeliverSm);
  const auto& body = std::get<MessageBody>(pdu.body);
  CHECK(body.short_message == data);
  CHECK(body.data_coding == kCodingBinary);
  CHECK(body.esm_class == kEsmUserDataHeader);
}

TEST_CASE("What passes the wire is recorded both ways") {
  SmsWorld world;
  RawPeer peer = RawPeer::ConnectTo(world.smpp_port());
  peer.Bind(CommandId::kBindTransceiver);
  const auto records = world.Wire()["records"];
  REQUIRE(records.size() == 2);
  CHECK(records[0]["what"] == "bind_transceiver");
  CHECK(records[0]["direction"] == "from_bridge");
  CHECK(records[1]["what"] == "bind_transceiver_resp");
}

}  // namespace trestle::sms
