// The adapter against a centre whose every octet is written by the test: what the field sends and
// the simulated centre does not.
#include "adapters/sms/receipts.h"
#include "raw_peer.h"
#include "sms_world.h"

namespace trestle::sms {
namespace {

// The adapter, bound to a scripted centre.
struct Scene {
  explicit Scene(const std::function<void(SmsOptions&)>& change = [](SmsOptions&) {}) {
    SmsOptions options = world.Options();
    options.port = centre.port();
    options.response_timeout = std::chrono::seconds(5);
    change(options);
    auto starting = world.BeginStart(std::move(options));
    peer = std::make_unique<RawPeer>(centre.AcceptBound());
    world.Await(std::move(starting));
  }
  ~Scene() {
    // The centre goes first: the adapter need not wait for its goodbye to be answered.
    peer->Close();
  }

  EnrolmentId Join() {
    peer->Send(From(SmsWorld::kAna, "JOIN"));
    const auto inbound = world.host.Offers(1)[0];
    peer->Expect(CommandId::kDeliverSmResp);
    return std::get<EnrolmentId>(inbound.from);
  }
  Pdu From(const std::string& number, const std::string& text) {
    MessageBody body;
    body.source = {1, 1, number};
    body.destination = {3, 0, SmsWorld::kService};
    body.short_message = ToBytes(text);
    return {CommandId::kDeliverSm, 0, ++sequence, body};
  }
  std::future<Attempt> Delivering(const EnrolmentId& to, const std::string& text) {
    return world.BeginDeliver(last, to, ServiceReply{text});
  }
  void Answer(const Pdu& request, const std::string& id) {
    peer->Answer(request, status::kOk, MessageIdBody{id});
  }

  SmsWorld world;
  RawCentre centre;
  std::unique_ptr<RawPeer> peer;
  std::uint32_t sequence = 0;
  DeliveryId last = DeliveryId::Mint(world.random);
};

Pdu ReceiptOf(Scene& scene, const std::string& id, const std::string& stat) {
  Pdu pdu = scene.From(SmsWorld::kAna, "id:" + id + " stat:" + stat + " err:000 text:");
  std::get<MessageBody>(pdu.body).esm_class = kEsmReceipt;
  return pdu;
}

}  // namespace

TEST_CASE("A submit carries numbers, a validity period and the wish for a receipt") {
  Scene scene;
  const EnrolmentId ana = scene.Join();
  auto attempt = scene.Delivering(ana, "hello");
  const Pdu submit = scene.peer->Expect(CommandId::kSubmitSm);
  scene.Answer(submit, "1");
  const auto& body = std::get<MessageBody>(submit.body);
  CHECK(body.source == Address{3, 0, SmsWorld::kService});
  CHECK(body.destination == Address{1, 1, SmsWorld::kAna});
  CHECK(body.registered_delivery == 1);
  // Five minutes, or a moment less.
  CHECK(body.validity_period >= "000000000459000R");
  CHECK(body.validity_period <= "000000000500000R");
  CHECK(TlvU16(submit, tag::kUserMessageReference).has_value());
  CHECK(attempt.get().certainty == Certainty::kSent);
}

TEST_CASE("An error response without a body is understood") {
  Scene scene;
  const EnrolmentId ana = scene.Join();
  auto attempt = scene.Delivering(ana, "hello");
  scene.peer->Answer(scene.peer->Expect(CommandId::kSubmitSm), 0x0A);
  CHECK(attempt.get().retry == Retry::kNever);
}

TEST_CASE("A generic_nack refuses the request it names") {
  Scene scene;
  const EnrolmentId ana = scene.Join();
  auto attempt = scene.Delivering(ana, "hello");
  const Pdu submit = scene.peer->Expect(CommandId::kSubmitSm);
  scene.peer->Send({CommandId::kGenericNack, status::kInvalidCommandId, submit.sequence});
  CHECK(attempt.get().certainty == Certainty::kNotSent);
  CHECK(scene.world.Counted("sms.generic_nack") == 1);
}

TEST_CASE("An answer that nobody waits for changes nothing") {
  Scene scene;
  scene.peer->Send({CommandId::kSubmitSmResp, 0, 4711, MessageIdBody{"9"}});
  scene.Join();
  CHECK(scene.world.Counted("sms.late_response") == 1);
}

TEST_CASE("An outbind is ignored and an unknown request nacked") {
  Scene scene;
  scene.peer->Send({CommandId::kOutbind, 0, 1, OutbindBody{"smsc", "pw"}});
  scene.peer->SendOctets(FromHex("00000010000000990000000000000009").value());
  const Pdu nack = scene.peer->Expect(CommandId::kGenericNack);
  CHECK(nack.status == status::kInvalidCommandId);
  CHECK(nack.sequence == 9);
  CHECK(scene.world.Counted("sms.outbind_ignored") == 1);
}

TEST_CASE("The centre's enquire_link is answered, a request of the wrong kind refused") {
  Scene scene;
  CHECK(scene.peer->Ask({CommandId::kEnquireLink}).status == status::kOk);
  CHECK(scene.peer->Ask({CommandId::kSubmitSm, 0, 0, MessageBody{}}).status ==
        status::kInvalidBindStatus);
}

TEST_CASE("After the centre's unbind the adapter comes back") {
  Scene scene;
  CHECK(scene.peer->Ask({CommandId::kUnbind}).command == CommandId::kUnbindResp);
  scene.peer = std::make_unique<RawPeer>(scene.centre.AcceptBound());
  CHECK(scene.peer->Ask({CommandId::kEnquireLink}).status == status::kOk);
}

TEST_CASE("A submit that the centre never answers has an open outcome, and the link is asked") {
  Scene scene([](SmsOptions& options) { options.response_timeout = Millis{60}; });
  const EnrolmentId ana = scene.Join();
  auto attempt = scene.Delivering(ana, "hello");
  scene.peer->Expect(CommandId::kSubmitSm);
  CHECK(attempt.get().certainty == Certainty::kMaybeSent);
  scene.peer->Expect(CommandId::kEnquireLink);
}

TEST_CASE("A link that stays silent when asked is given up for a new one") {
  Scene scene([](SmsOptions& options) {
    options.response_timeout = Millis{60};
    options.enquire_after = Millis{30};
  });
  scene.peer->Expect(CommandId::kEnquireLink);
  RawPeer next = scene.centre.AcceptOne();
  CHECK(next.Read()->command == CommandId::kBindTransceiver);
}

TEST_CASE("No more than the window is on its way to the centre") {
  Scene scene([](SmsOptions& options) { options.window = 2; });
  std::vector<std::future<Attempt>> attempts;
  // Three threads, because a thread has one message under way at a time.
  std::vector<EnrolmentId> persons;
  for (int i = 1; i <= 3; ++i) {
    scene.peer->Send(scene.From("44770090000" + std::to_string(i), "JOIN"));
    persons.push_back(
        std::get<EnrolmentId>(scene.world.host.Offers(static_cast<std::size_t>(i)).back().from));
    scene.peer->Expect(CommandId::kDeliverSmResp);
  }
  for (const EnrolmentId& person : persons) {
    attempts.push_back(scene.world.BeginDeliver(DeliveryId::Mint(scene.world.random), person,
                                                ServiceReply{"hello"}));
  }
  const Pdu first = scene.peer->Expect(CommandId::kSubmitSm);
  const Pdu second = scene.peer->Expect(CommandId::kSubmitSm);
  // The answer to a question comes before the third submit.
  CHECK(scene.peer->Ask({CommandId::kEnquireLink}).status == status::kOk);
  scene.Answer(second, "2");
  scene.Answer(scene.peer->ExpectRequest(CommandId::kSubmitSm), "3");
  scene.Answer(first, "1");
  for (auto& attempt : attempts) CHECK(attempt.get().certainty == Certainty::kSent);
}

TEST_CASE("A receipt of failure is reported with its reason") {
  Scene scene;
  const EnrolmentId ana = scene.Join();
  auto attempt = scene.Delivering(ana, "hello");
  scene.Answer(scene.peer->Expect(CommandId::kSubmitSm), "00AF");
  attempt.get();
  scene.peer->Send(ReceiptOf(scene, "0af", "EXPIRED"));
  scene.peer->Expect(CommandId::kDeliverSmResp);
  const auto report = scene.world.host.Reports(1)[0];
  CHECK(report.id == scene.last);
  CHECK(report.level == ReceiptLevel::kFailed);
  CHECK(report.rule == Rule::kExpired);
}

TEST_CASE("A receipt on the way is no report, and an unreadable one is acknowledged") {
  Scene scene;
  const EnrolmentId ana = scene.Join();
  auto attempt = scene.Delivering(ana, "hello");
  scene.Answer(scene.peer->Expect(CommandId::kSubmitSm), "7");
  attempt.get();
  for (const char* stat : {"ENROUTE", "ACCEPTD", "", "DELIVRD"}) {
    scene.peer->Send(ReceiptOf(scene, "7", stat));
    CHECK(scene.peer->Expect(CommandId::kDeliverSmResp).status == status::kOk);
  }
  CHECK(scene.world.host.Reports(1).size() == 1);
  CHECK(scene.world.Counted("sms.receipt_unreadable") == 1);
}

TEST_CASE("One part of a text that fails makes the text fail, once") {
  Scene scene;
  const EnrolmentId ana = scene.Join();
  auto attempt = scene.Delivering(ana, std::string(400, 'a'));
  // The receipts of the first two parts overtake their answers.
  for (const char* id : {"21", "22", "23"}) {
    const Pdu submit = scene.peer->Expect(CommandId::kSubmitSm);
    scene.peer->Send(ReceiptOf(scene, id, std::string(id) == "22" ? "UNDELIV" : "DELIVRD"));
    scene.peer->Expect(CommandId::kDeliverSmResp);
    scene.Answer(submit, id);
  }
  CHECK(attempt.get().certainty == Certainty::kSent);
  const auto reports = scene.world.host.Reports(1);
  CHECK(reports.size() == 1);
  CHECK(reports[0].level == ReceiptLevel::kFailed);
}

TEST_CASE("The same word again is the same message soon after, unless the phone numbers it") {
  Scene scene;
  scene.peer->Send(scene.From(SmsWorld::kAna, "JOIN"));
  scene.peer->Send(scene.From(SmsWorld::kAna, "JOIN"));
  for (const std::uint16_t number : {std::uint16_t{1}, std::uint16_t{2}}) {
    Pdu numbered = scene.From(SmsWorld::kAna, "JOIN");
    numbered.tlvs = {MakeTlvU16(tag::kUserMessageReference, number)};
    scene.peer->Send(numbered);
  }
  const auto offers = scene.world.host.Offers(4);
  CHECK(offers[0].key == offers[1].key);
  CHECK(offers[2].key != offers[1].key);
  CHECK(offers[3].key != offers[2].key);
}

TEST_CASE("A message that is unread when the link breaks has its key on the next link") {
  Scene scene;
  scene.world.host.FailNext(1);
  scene.peer->Send(scene.From(SmsWorld::kAna, "JOIN"));
  CHECK(scene.peer->Expect(CommandId::kDeliverSmResp).status == status::kTemporaryAppError);
  scene.peer->Close();
  scene.peer = std::make_unique<RawPeer>(scene.centre.AcceptBound());
  scene.peer->Send(scene.From(SmsWorld::kAna, "JOIN"));
  CHECK(scene.peer->Expect(CommandId::kDeliverSmResp).status == status::kOk);
  const auto offers = scene.world.host.Offers(2);
  CHECK(offers[0].key == offers[1].key);
}

TEST_CASE("STOP is offered as often as it is meant, and comes again when the core is busy") {
  Scene scene;
  for (const char* text : {"JOIN", "STOP", "JOIN", "stop!"}) {
    scene.peer->Send(scene.From(SmsWorld::kAna, text));
    CHECK(scene.peer->Expect(CommandId::kDeliverSmResp).status == status::kOk);
  }
  // Not the same octets, so told apart anyway; the next is the first STOP's very text.
  scene.world.host.FailNext(1);
  const Pdu again = scene.From(SmsWorld::kAna, "STOP");
  scene.peer->Send(again);
  CHECK(scene.peer->Expect(CommandId::kDeliverSmResp).status == status::kTemporaryAppError);
  scene.peer->Send(again);
  CHECK(scene.peer->Expect(CommandId::kDeliverSmResp).status == status::kOk);
  const auto offers = scene.world.host.Offers(6);
  CHECK(offers[4].key == offers[5].key);
  CHECK(offers[4].key != offers[1].key);
  for (const std::size_t at : {1, 3, 4, 5}) {
    CHECK(std::get<ServiceCommand>(offers[at].body).verb == ServiceVerb::kStop);
  }
  CHECK(offers[0].key == offers[2].key);  // a repeated JOIN joins nobody again
}

TEST_CASE("STOP is heard in every coding that a centre may label it with") {
  Scene scene;
  struct Row {
    int coding;
    const char* hex;
  };
  std::size_t seen = 0;
  for (const Row& row : {Row{0x00, "53544f50"}, Row{0x01, "73746f70"}, Row{0x03, "53746f702e"},
                         Row{0x04, "53544f50"}, Row{0x08, "00530054004f0050"},
                         Row{0x18, "00730074006f0070"}, Row{0x10, "53544f5021"},
                         Row{0xF1, "2053544f5020"}, Row{0xF5, "53544f50"}, Row{0x0E, "53544f50"}}) {
    CAPTURE(row.coding);
    Pdu pdu = scene.From(SmsWorld::kAna, "");
    auto& body = std::get<MessageBody>(pdu.body);
    body.data_coding = static_cast<std::uint8_t>(row.coding);
    body.short_message = FromHex(row.hex).value();
    pdu.tlvs = {MakeTlvU16(tag::kUserMessageReference, static_cast<std::uint16_t>(seen + 1))};
    scene.peer->Send(pdu);
    CHECK(scene.peer->Expect(CommandId::kDeliverSmResp).status == status::kOk);
    const auto offer = scene.world.host.Offers(++seen).back();
    CHECK(std::get<ServiceCommand>(offer.body).verb == ServiceVerb::kStop);
  }
}

TEST_CASE("A person is the same in every spelling, and is answered in the one seen first") {
  Scene scene([](SmsOptions& options) { options.default_region = "GB"; });
  Pdu national = scene.From("07700900001", "JOIN");
  std::get<MessageBody>(national.body).source = {2, 8, "07700900001"};
  scene.peer->Send(national);
  scene.peer->Expect(CommandId::kDeliverSmResp);
  scene.peer->Send(scene.From("+447700900001", "CODE"));
  scene.peer->Expect(CommandId::kDeliverSmResp);
  const auto offers = scene.world.host.Offers(2);
  const auto person = std::get<EnrolmentId>(offers[0].from);
  CHECK(std::get<EnrolmentId>(offers[1].from) == person);
  auto attempt = scene.Delivering(person, "hello");
  const Pdu submit = scene.peer->Expect(CommandId::kSubmitSm);
  CHECK(std::get<MessageBody>(submit.body).destination == Address{2, 8, "07700900001"});
  scene.Answer(submit, "1");
  CHECK(attempt.get().certainty == Certainty::kSent);
}

TEST_CASE("An error response whose body is cut refuses as its header says") {
  Scene scene;
  const EnrolmentId ana = scene.Join();
  auto attempt = scene.Delivering(ana, "hello");
  const Pdu submit = scene.peer->Expect(CommandId::kSubmitSm);
  // RINVDSTADR with a message_id that has no end.
  Bytes octets =
      EncodePdu({CommandId::kSubmitSmResp, 0x0B, submit.sequence, MessageIdBody{"7"}}).value();
  octets.pop_back();
  octets[3] = static_cast<std::uint8_t>(octets.size());
  scene.peer->SendOctets(octets);
  const Attempt outcome = attempt.get();
  CHECK(outcome.certainty == Certainty::kNotSent);
  CHECK(outcome.retry == Retry::kNever);
}

TEST_CASE("Alphanumeric senders and other applications' data are taken and dropped") {
  Scene scene;
  Pdu advertiser = scene.From("SHOP", "JOIN");
  std::get<MessageBody>(advertiser.body).source.ton = 5;
  scene.peer->Send(advertiser);
  CHECK(scene.peer->Expect(CommandId::kDeliverSmResp).status == status::kOk);
  Pdu other = scene.From(SmsWorld::kAna, "");
  std::get<MessageBody>(other.body).esm_class = kEsmUserDataHeader;
  std::get<MessageBody>(other.body).short_message = FromHex("06050423f0000041").value();
  scene.peer->Send(other);
  CHECK(scene.peer->Expect(CommandId::kDeliverSmResp).status == status::kOk);
  CHECK(scene.world.Counted("sms.unanswerable_sender") == 1);
  CHECK(scene.world.Counted("sms.foreign_port") == 1);
}

TEST_CASE("A message whose header passes its end is refused for good") {
  Scene scene;
  Pdu broken = scene.From(SmsWorld::kAna,
                          "\x7F"
                          "abc");
  std::get<MessageBody>(broken.body).esm_class = kEsmUserDataHeader;
  scene.peer->Send(broken);
  CHECK(scene.peer->Expect(CommandId::kDeliverSmResp).status == status::kPermanentAppError);
}

TEST_CASE("A service word is understood in data_sm, in UCS-2, and with a plus before the number") {
  Scene scene;
  DataBody body;
  body.source = {1, 1, "+" + std::string(SmsWorld::kAna)};
  body.destination = {0, 0, SmsWorld::kService};
  body.data_coding = kCodingUcs2;
  scene.peer->Send({CommandId::kDataSm,
                    0,
                    5,
                    body,
                    {Tlv{tag::kMessagePayload, FromHex("006a006f0069006e").value()}}});
  CHECK(scene.peer->Expect(CommandId::kDataSmResp).status == status::kOk);
  const auto first = scene.world.host.Offers(1)[0];
  CHECK(std::get<ServiceCommand>(first.body).verb == ServiceVerb::kJoin);
}

TEST_CASE("Stopping says goodbye to the centre") {
  Scene scene;
  auto stopping = scene.world.BeginStop();
  scene.peer->Answer(scene.peer->Expect(CommandId::kUnbind));
  scene.world.EndStop(std::move(stopping));
  CHECK_FALSE(scene.peer->Read().has_value());
}

}  // namespace trestle::sms
