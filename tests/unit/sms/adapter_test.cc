// The SMS adapter against the simulated centre, over real sockets on loopback.
#include "sms_world.h"

namespace trestle::sms {
namespace {

Frame EnvelopeOf(std::size_t bytes) {
  EnvelopeFrame frame;
  frame.seq = 7;
  frame.payload = Bytes(bytes);
  for (std::size_t i = 0; i < bytes; ++i) {
    frame.payload[i] = static_cast<std::uint8_t>(i * 31 + i / 256);
  }
  return frame;
}

// Joins, gets an offer for a link, and accepts it from the phone.
LinkId OpenThread(SmsWorld& world, const EnrolmentId& enrolment, std::string& ghost) {
  const LinkId link = LinkId::Mint(world.random);
  ThreadOfferFrame offer;
  offer.label = "home";
  const std::size_t before = world.host.Offers(0).size();
  REQUIRE(world.Deliver(enrolment, Frame(offer), std::chrono::minutes(5), link).certainty ==
          Certainty::kSent);
  const auto shown = std::get<ThreadOfferFrame>(world.FrameOf(world.Inbox(SmsWorld::kAna, 1)));
  ghost = shown.ghost;
  world.SendsFrame(SmsWorld::kAna, ghost, ThreadAcceptFrame{shown.bind_code});
  const auto offers = world.host.Offers(before + 1);
  CHECK(std::get<LinkId>(offers.back().from) == link);
  return link;
}

}  // namespace

TEST_CASE("JOIN reaches the core with an enrolment, the same at every time") {
  SmsWorld world;
  world.StartAdapter();
  const EnrolmentId first = world.Join(SmsWorld::kAna);
  world.Sends(SmsWorld::kAna, SmsWorld::kService, "alias home");
  const Inbound second = world.host.Offers(2).back();
  CHECK(std::get<EnrolmentId>(second.from) == first);
  CHECK(std::get<ServiceCommand>(second.body) == ServiceCommand{ServiceVerb::kAlias, "home"});
}

TEST_CASE("A reply from the bridge reaches the phone as text from the service number") {
  SmsWorld world;
  world.StartAdapter();
  const EnrolmentId ana = world.Join(SmsWorld::kAna);
  CHECK(world.Deliver(ana, ServiceReply{"Welcome @ the {bridge}"}).certainty == Certainty::kSent);
  const auto message = world.Inbox(SmsWorld::kAna, 1)[0];
  CHECK(message["text"] == "Welcome @ the {bridge}");
  CHECK(message["from"] == SmsWorld::kService);
}

TEST_CASE("Long replies arrive whole in both alphabets") {
  SmsWorld world;
  world.StartAdapter();
  const EnrolmentId ana = world.Join(SmsWorld::kAna);
  std::string plain;
  std::string wide;
  for (int i = 0; i < 60; ++i) plain += "part " + std::to_string(i) + " [x] ";
  for (int i = 0; i < 60; ++i) wide += "bro\u010Der \U0001F469\U0001F3FD\u200D\U0001F680 ";
  CHECK(world.Deliver(ana, ServiceReply{plain}).certainty == Certainty::kSent);
  CHECK(world.Deliver(ana, ServiceReply{wide}).certainty == Certainty::kSent);
  const auto inbox = world.Inbox(SmsWorld::kAna, 2);
  CHECK(inbox[0]["text"] == plain);
  CHECK(inbox[1]["text"] == wide);
}

TEST_CASE("A frame of many segments goes out octet for octet") {
  SmsWorld world;
  world.StartAdapter();
  const EnrolmentId ana = world.Join(SmsWorld::kAna);
  std::string ghost;
  const LinkId link = OpenThread(world, ana, ghost);
  const Frame frame = EnvelopeOf(5000);
  CHECK(world.Deliver(link, frame).certainty == Certainty::kSent);
  const auto inbox = world.Inbox(SmsWorld::kAna, 41);
  CHECK(world.FrameOf({inbox.begin() + 1, inbox.end()}) == frame);
  CHECK(inbox[1]["from"] == ghost);
}

TEST_CASE("A frame of many segments comes in octet for octet, in any order") {
  SmsWorld world;
  world.StartAdapter();
  const EnrolmentId ana = world.Join(SmsWorld::kAna);
  std::string ghost;
  const LinkId link = OpenThread(world, ana, ghost);
  const Frame frame = EnvelopeOf(4000);
  world.SendsFrame(SmsWorld::kAna, ghost, frame);
  const Inbound inbound = world.host.Offers(3).back();
  CHECK(std::get<LinkId>(inbound.from) == link);
  CHECK(std::get<Frame>(inbound.body) == frame);
}

TEST_CASE("STOP on a contact's thread ends that contact, however it is written") {
  SmsWorld world;
  world.StartAdapter();
  const EnrolmentId ana = world.Join(SmsWorld::kAna);
  std::string ghost;
  const LinkId link = OpenThread(world, ana, ghost);
  std::size_t seen = world.host.Offers(0).size();
  for (const char* text : {" stop!", "\u00ABARR\u00CAT\u00BB", "Parar.", "UNSUBSCRIBE"}) {
    CAPTURE(text);
    world.Sends(SmsWorld::kAna, ghost, text);
    const Inbound inbound = world.host.Offers(++seen).back();
    CHECK(std::get<LinkId>(inbound.from) == link);
    CHECK(std::get<ServiceCommand>(inbound.body).verb == ServiceVerb::kStop);
  }
  // No other word counts there: it is meant for the peer, and the peer is not to be guessed at.
  world.Sends(SmsWorld::kAna, ghost, "HELP");
  world.Sends(SmsWorld::kAna, ghost, "stop");
  const Inbound inbound = world.host.Offers(++seen).back();
  CHECK(std::get<ServiceCommand>(inbound.body).verb == ServiceVerb::kStop);
}

TEST_CASE("An operator's own words reach the core as the verbs they stand for") {
  SmsWorld world;
  world.words =
      ServiceWords::Create({"de"}, {{ServiceVerb::kJoin, "grüezi"}, {ServiceVerb::kStop, "gnueg"}})
          .value();
  world.StartAdapter();
  world.Sends(SmsWorld::kAna, SmsWorld::kService, "Grüezi!");
  world.Sends(SmsWorld::kAna, SmsWorld::kService, "GNUEG");
  const auto offers = world.host.Offers(2);
  CHECK(std::get<ServiceCommand>(offers[0].body).verb == ServiceVerb::kJoin);
  CHECK(std::get<ServiceCommand>(offers[1].body).verb == ServiceVerb::kStop);
}

TEST_CASE("A frame above the budget of messages is refused before anything is sent") {
  SmsWorld world;
  SmsOptions options = world.Options();
  options.units_max = 10;
  world.StartAdapter(std::move(options));
  const EnrolmentId ana = world.Join(SmsWorld::kAna);
  const Attempt attempt = world.Deliver(ana, EnvelopeOf(128 * 10));
  CHECK(attempt.certainty == Certainty::kNotSent);
  CHECK(attempt.rule == Rule::kUnitsOverBudget);
  CHECK(world.Counted("sms.submitted") == 0);
}

TEST_CASE("Links survive a restart of the adapter") {
  SmsWorld world;
  world.StartAdapter();
  const EnrolmentId ana = world.Join(SmsWorld::kAna);
  std::string ghost;
  const LinkId link = OpenThread(world, ana, ghost);
  world.StopAdapter();
  world.StartAdapter();
  CHECK(world.Deliver(link, EnvelopeOf(300)).certainty == Certainty::kSent);
  CHECK(world.Inbox(SmsWorld::kAna, 4)[3]["from"] == ghost);
}

TEST_CASE("With the network down nothing was sent, and health says so") {
  SmsWorld world;
  world.StartAdapter();
  const EnrolmentId ana = world.Join(SmsWorld::kAna);
  world.Faults({{"down", true}});
  world.host.WaitFor(Health::kDown);
  const Attempt attempt = world.Deliver(ana, ServiceReply{"hello"});
  CHECK(attempt.certainty == Certainty::kNotSent);
  CHECK(attempt.retry == Retry::kLater);
}

TEST_CASE("The adapter comes back when the network does") {
  SmsWorld world;
  world.StartAdapter();
  const EnrolmentId ana = world.Join(SmsWorld::kAna);
  world.Faults({{"down", true}});
  world.host.WaitFor(Health::kDown);
  world.Faults({{"down", false}});
  world.host.WaitFor(Health::kHealthy);
  CHECK(world.Deliver(ana, ServiceReply{"hello"}).certainty == Certainty::kSent);
}

TEST_CASE("A lost answer leaves the outcome open") {
  SmsWorld world;
  world.StartAdapter();
  const EnrolmentId ana = world.Join(SmsWorld::kAna);
  world.Faults({{"lose_answer_next", 1}});
  CHECK(world.Deliver(ana, ServiceReply{"hello"}).certainty == Certainty::kMaybeSent);
  CHECK(world.Inbox(SmsWorld::kAna, 1)[0]["text"] == "hello");
}

TEST_CASE("A message that the network brings twice has one key") {
  SmsWorld world;
  world.StartAdapter();
  world.Faults({{"duplicate_next", 1}});
  world.Sends(SmsWorld::kAna, SmsWorld::kService, "JOIN");
  const auto offers = world.host.Offers(2);
  CHECK(offers[0].key == offers[1].key);
}

TEST_CASE("A message that the core did not keep comes again with the same key") {
  SmsWorld world;
  world.StartAdapter();
  world.host.FailNext(2);
  world.Sends(SmsWorld::kAna, SmsWorld::kService, "JOIN");
  const auto offers = world.host.Offers(3);
  CHECK(offers[0].key == offers[2].key);
  CHECK(world.Counted("sms.not_kept") == 2);
}

TEST_CASE("A wrong password leaves the adapter down and everything unsent") {
  SmsWorld world;
  SmsOptions options = world.Options();
  options.password = Secret("wrong");
  world.StartAdapter(std::move(options));
  world.host.WaitFor(Health::kDown);
  CHECK(world.Counted("sms.bind_refused") >= 1);
  CHECK(world.Deliver(EnrolmentId::Mint(world.random), ServiceReply{"hello"}).certainty ==
        Certainty::kNotSent);
}

TEST_CASE("A throttled message was not sent and says when to come again") {
  SmsWorld world;
  world.StartAdapter();
  const EnrolmentId ana = world.Join(SmsWorld::kAna);
  world.Faults({{"reject_next", 1}, {"reject_code", 0x58}});
  const Attempt attempt = world.Deliver(ana, ServiceReply{"hello"});
  CHECK(attempt.certainty == Certainty::kNotSent);
  CHECK(attempt.retry == Retry::kLater);
  CHECK(attempt.retry_after == Millis{20});
  CHECK(world.Deliver(ana, ServiceReply{"hello"}).certainty == Certainty::kSent);
  CHECK(world.Counted("sms.throttled") == 1);
}

TEST_CASE("A message that the network refuses for good is never tried again") {
  SmsWorld world;
  world.StartAdapter();
  const EnrolmentId ana = world.Join(SmsWorld::kAna);
  world.Faults({{"reject_next", 1}, {"reject_code", 0x0B}});
  const Attempt attempt = world.Deliver(ana, ServiceReply{"hello"});
  CHECK(attempt.retry == Retry::kNever);
  CHECK(attempt.rule == Rule::kNetworkRefused);
}

TEST_CASE("A bind that the centre no longer knows is made anew") {
  SmsWorld world;
  world.StartAdapter();
  const EnrolmentId ana = world.Join(SmsWorld::kAna);
  world.Faults({{"reject_next", 1}, {"reject_code", 0x04}});
  CHECK(world.Deliver(ana, ServiceReply{"hello"}).retry == Retry::kLater);
  world.host.WaitFor(Health::kHealthy);
  while (world.Deliver(ana, ServiceReply{"hello"}).certainty != Certainty::kSent) {
  }
  CHECK(world.Counted("sms.bound") == 2);
}

TEST_CASE("A receipt of arrival is reported for its delivery, in every spelling of ids") {
  for (const auto style : {SmsSimOptions::IdStyle::kDecimal, SmsSimOptions::IdStyle::kHex,
                           SmsSimOptions::IdStyle::kMixed}) {
    for (const auto form : {SmsSimOptions::ReceiptForm::kText, SmsSimOptions::ReceiptForm::kTlvs}) {
      SmsSimOptions sim;
      sim.id_style = style;
      sim.receipt_form = form;
      SmsWorld world(std::move(sim));
      SmsOptions options = world.Options();
      if (style == SmsSimOptions::IdStyle::kMixed) {
        options.response_id_base = IdBase::kHex;
        options.receipt_id_base = IdBase::kDecimal;
      }
      world.StartAdapter(std::move(options));
      const EnrolmentId ana = world.Join(SmsWorld::kAna);
      const DeliveryId delivery = DeliveryId::Mint(world.random);
      world.Deliver(delivery, ana, ServiceReply{"hello"});
      const auto reports = world.host.Reports(1);
      CHECK(reports[0].id == delivery);
      CHECK(reports[0].level == ReceiptLevel::kDelivered);
    }
  }
}

TEST_CASE("A receipt that overtakes its answer still counts") {
  SmsSimOptions sim;
  sim.receipt_before_answer = true;
  sim.answer_after = Millis{30};
  SmsWorld world(std::move(sim));
  world.StartAdapter();
  const EnrolmentId ana = world.Join(SmsWorld::kAna);
  const DeliveryId delivery = DeliveryId::Mint(world.random);
  world.Deliver(delivery, ana, ServiceReply{"hello"});
  CHECK(world.host.Reports(1)[0].id == delivery);
}

TEST_CASE("A text of several parts is reported once, when all have arrived") {
  SmsWorld world;
  world.StartAdapter();
  const EnrolmentId ana = world.Join(SmsWorld::kAna);
  const DeliveryId delivery = DeliveryId::Mint(world.random);
  world.Deliver(delivery, ana, ServiceReply{std::string(400, 'a')});
  const DeliveryId last = DeliveryId::Mint(world.random);
  world.Deliver(last, ana, ServiceReply{"end"});
  const auto reports = world.host.Reports(2);
  CHECK(reports.size() == 2);
  CHECK(reports[0].id == delivery);
}

TEST_CASE("What has less than a second to live is not submitted") {
  SmsWorld world;
  world.StartAdapter();
  const EnrolmentId ana = world.Join(SmsWorld::kAna);
  const Attempt attempt = world.Deliver(ana, ServiceReply{"hello"}, Millis{900});
  CHECK(attempt.certainty == Certainty::kNotSent);
  CHECK(attempt.rule == Rule::kExpired);
  CHECK(world.Counted("sms.submitted") == 0);
}

TEST_CASE("Plain text is answered with help and never offered") {
  SmsWorld world;
  world.StartAdapter();
  world.Sends(SmsWorld::kAna, SmsWorld::kService, std::string(500, 'x'));
  const auto answer = world.Inbox(SmsWorld::kAna, 1)[0];
  CHECK(answer["from"] == SmsWorld::kService);
  world.Join(SmsWorld::kAna);
  CHECK(world.host.Offers(1).size() == 1);
}

TEST_CASE("STOP on a contact's thread reaches the core from that link") {
  SmsWorld world;
  world.StartAdapter();
  const EnrolmentId ana = world.Join(SmsWorld::kAna);
  std::string ghost;
  const LinkId link = OpenThread(world, ana, ghost);
  world.Sends(SmsWorld::kAna, ghost, "Stop");
  const Inbound inbound = world.host.Offers(3).back();
  CHECK(std::get<LinkId>(inbound.from) == link);
  CHECK(std::get<ServiceCommand>(inbound.body).verb == ServiceVerb::kStop);
}

TEST_CASE("A transmitter and a receiver apart carry both ways") {
  SmsWorld world;
  SmsOptions options = world.Options();
  options.binds_apart = true;
  world.StartAdapter(std::move(options));
  world.host.WaitFor(Health::kHealthy);
  const EnrolmentId ana = world.Join(SmsWorld::kAna);
  CHECK(world.Deliver(ana, ServiceReply{"hello"}).certainty == Certainty::kSent);
  world.Inbox(SmsWorld::kAna, 1);
}

TEST_CASE("The adapter above the centre's rate slows down and loses nothing") {
  SmsSimOptions sim;
  sim.submits_per_second = 8;  // below the window of 10, which goes out in one go
  SmsWorld world(std::move(sim));
  world.StartAdapter();
  const EnrolmentId ana = world.Join(SmsWorld::kAna);
  const Frame frame = EnvelopeOf(3200);  // 26 messages
  const DeliveryId delivery = DeliveryId::Mint(world.random);
  int attempts = 0;
  Attempt attempt;
  do {
    attempt = world.Deliver(delivery, ana, frame);
    ++attempts;
  } while (attempt.certainty != Certainty::kSent && attempts < 200);
  CHECK(attempt.certainty == Certainty::kSent);
  CHECK(attempts > 1);
  CHECK(world.FrameOf(world.Inbox(SmsWorld::kAna, 26)) == frame);
}

TEST_CASE("Wrong options are refused with the option's name") {
  SmsWorld world;
  const auto refused = [&](auto change) {
    SmsOptions options = world.Options();
    change(options);
    const auto made = MakeSmsAdapter(std::move(options),
                                     {"/nonexistent", world.clock, world.random, world.metrics});
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().reason == Reason::kInvalidArgument);
  };
  refused([](SmsOptions& o) { o.service_number = "+123"; });
  refused([](SmsOptions& o) { o.ghost_numbers.push_back("12345"); });
  refused([](SmsOptions& o) { o.ghost_numbers.push_back("x"); });
  refused([](SmsOptions& o) { o.system_id.clear(); });
  refused([](SmsOptions& o) { o.password = Secret("123456789"); });
  refused([](SmsOptions& o) { o.units_max = 256; });
  refused([](SmsOptions& o) { o.window = 0; });
  refused([](SmsOptions& o) { o.port = 0; });
  refused([](SmsOptions& o) { o.response_timeout = Millis{0}; });
}

}  // namespace trestle::sms
