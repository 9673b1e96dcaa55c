// The adapter and the simulated centre against other people's SMPP: npm `smpp` 0.5.1 and Debian's
// Net::SMPP 1.19, each as centre and as client, always through a relay that cuts the stream into
// seven octets. Where one cannot run, the tests say which package is missing and go on.
#include "peers.h"
#include "tests/unit/sms/made_certificates.h"

namespace trestle::sms {
namespace {

constexpr int kTriesMax = 200;  // of one delivery in bad weather

// The adapter with somebody else's centre behind the relay.
struct Scene {
  Scene(const Peer& peer, const std::string& behaviour, std::size_t binds = 1) {
    centre = StartPeer(peer.centre,
                       {"trestle", "secret", SmsWorld::kService, SmsWorld::kAna, behaviour});
    const std::string port = centre->Line();
    REQUIRE(port.starts_with("port "));
    relay = std::make_unique<CutRelay>(static_cast<std::uint16_t>(std::stoi(port.substr(5))));
    SmsOptions options = world.Options();
    options.port = relay->port();
    options.binds = binds;
    options.messages_per_minute = 1'000'000;  // halved at every throttling answer
    options.response_id_base = IdBase::kHex;
    options.receipt_id_base = IdBase::kDecimal;
    options.enquire_after = Millis{50};
    options.response_timeout = std::chrono::seconds(10);
    world.StartAdapter(std::move(options));
    ana = std::get<EnrolmentId>(world.host.Offers(1)[0].from);
    CHECK(centre->Line() == "answered 0");
  }
  ~Scene() { world.StopAdapter(); }

  // As the core does it: the same delivery again until it is certain.
  DeliveryId Deliver(const std::variant<Frame, ServiceReply>& body) {
    const DeliveryId id = DeliveryId::Mint(world.random);
    Attempt attempt;
    for (int tries = 0; tries < kTriesMax && attempt.certainty != Certainty::kSent; ++tries) {
      world.host.WaitFor(Health::kHealthy);
      attempt = world.Deliver(id, ana, body);
    }
    CHECK(attempt.certainty == Certainty::kSent);
    return id;
  }
  bool IsDelivered(const DeliveryId& id) {
    for (std::size_t count = 1;; ++count) {
      const DeliveryReport report = world.host.Reports(count)[count - 1];
      if (report.id == id) return report.level == ReceiptLevel::kDelivered;
    }
  }

  SmsWorld world;
  std::unique_ptr<PeerProcess> centre;
  std::unique_ptr<CutRelay> relay;
  EnrolmentId ana = {};
};

// A text, and a sealed message that the phone sends back, through whatever the centre does.
void RoundTrip(const Peer& peer, const std::string& behaviour, std::size_t binds = 1) {
  CAPTURE(peer.name, behaviour);
  Scene scene(peer, behaviour, binds);
  SealedPair pair(scene.world.random, scene.world.clock);
  std::string words;
  for (int i = 0; i < 40; ++i) words += "žluťoučký kůň \U0001F469\U0001F3FD\u200D\U0001F680 ";
  const Frame sealed = pair.Seal(words);
  const DeliveryId text = scene.Deliver(ServiceReply{"hello @ 5"});
  const DeliveryId frame = scene.Deliver(sealed);
  const Inbound back = scene.world.host.Offers(2)[1];
  CHECK(std::get<Frame>(back.body) == sealed);
  CHECK(pair.Open(std::get<Frame>(back.body)) == words);
  CHECK(scene.IsDelivered(text));
  CHECK(scene.IsDelivered(frame));
  const auto does = [&](const char* what) { return behaviour.find(what) != std::string::npos; };
  CHECK((scene.world.Counted("sms.throttled") > 0) == does("throttle"));
  CHECK((scene.world.Counted("sms.link_lost") > 0) == does("lose"));
  CHECK((scene.world.Counted("sms.outcome_unknown") > 0) == does("lose"));
}

// A client does all that its script expects, both ways.
void ServeClient(const Peer& peer, SmsWorld& world, const std::string& ca_file) {
  const CutRelay relay(world.smpp_port());
  const auto client = StartPeer(peer.client, {std::to_string(relay.port()), "trestle", "secret",
                                              SmsWorld::kService, SmsWorld::kAna, ca_file});
  REQUIRE(client->Line() == "bound");
  world.Sends(SmsWorld::kAna, SmsWorld::kService, "Grüße, 世界");
  Segment segment;
  segment.chunk = {0, 1, 2, 0xFF};
  world.SendsData(SmsWorld::kAna, SmsWorld::kService, EncodeSegment(segment).value());
  std::string seen;
  for (std::string line = client->Line(); !line.empty(); line = client->Line()) {
    seen += line + "; ";
  }
  INFO(seen);
  CHECK(client->Wait() == 0);
  const auto inbox = world.Inbox(SmsWorld::kAna, 2);
  CHECK(inbox[0]["text"] == "price: 5€ @ {home}");
  std::string long_text;
  for (int i = 0; i < 30; ++i) long_text += "žluťoučký ";
  CHECK(inbox[1]["text"] == long_text);
}

}  // namespace

TEST_CASE("A sealed message crosses other centres and comes back") {
  for (const Peer& peer : Peer::All()) RoundTrip(peer, "echo");
}

TEST_CASE("A sealed message crosses other centres that throttle and tell early") {
  for (const Peer& peer : Peer::All()) RoundTrip(peer, "throttle,early,echo");
}

TEST_CASE("A sealed message crosses other centres that drop the link and tell late") {
  for (const Peer& peer : Peer::All()) RoundTrip(peer, "lose,late,echo");
}

TEST_CASE("A sealed message crosses another centre by two binds in the worst of weather") {
  if (const auto node = Peer::Node()) RoundTrip(*node, "throttle,lose,early,echo", 2);
}

TEST_CASE("Throttling by other centres feeds the limiter") {
  for (const Peer& peer : Peer::All()) {
    CAPTURE(peer.name);
    Scene scene(peer, "throttle");
    for (int i = 0; i < 3; ++i) scene.Deliver(ServiceReply{"x"});
    CHECK(scene.world.Counted("sms.throttled") == 1);
    CHECK(scene.world.Counted("sms.accepted") == 3);
  }
}

TEST_CASE("Another centre is spoken to over TLS") {
  const auto node = Peer::Node();
  if (!node) return;
  MadeCertificates made;
  made.MakeLeaf("centre", "IP:127.0.0.1");
  SmsWorld world;
  const auto centre =
      StartPeer(node->centre, {"trestle", "secret", SmsWorld::kService, SmsWorld::kAna, "",
                               made.Key("centre"), made.Certificate("centre")});
  const std::string port = centre->Line();
  REQUIRE(port.starts_with("port "));
  const CutRelay relay(static_cast<std::uint16_t>(std::stoi(port.substr(5))));
  SmsOptions options = world.Options();
  options.port = relay.port();
  options.tls = true;
  options.tls_ca_file = made.Certificate("ca");
  options.response_id_base = IdBase::kHex;
  options.receipt_id_base = IdBase::kDecimal;
  world.StartAdapter(std::move(options));
  const auto ana = std::get<EnrolmentId>(world.host.Offers(1)[0].from);
  CHECK(world.Deliver(ana, ServiceReply{"wörld @ 5€"}).certainty == Certainty::kSent);
  CHECK(centre->LineWith("text") == "text wörld @ 5€");
  CHECK(world.host.Reports(1)[0].level == ReceiptLevel::kDelivered);
  world.StopAdapter();
}

TEST_CASE("Other clients are served by the simulated centre") {
  for (const Peer& peer : Peer::All()) {
    CAPTURE(peer.name);
    SmsWorld world;
    ServeClient(peer, world, "");
  }
}

TEST_CASE("Another client is served over TLS by the simulated centre") {
  const auto node = Peer::Node();
  if (!node) return;
  MadeCertificates made;
  made.MakeLeaf("centre", "IP:127.0.0.1");
  SmsSimOptions sim;
  sim.tls_certificate_file = made.Certificate("centre");
  sim.tls_key_file = made.Key("centre");
  SmsWorld world(std::move(sim));
  ServeClient(*node, world, made.Certificate("ca"));
}

}  // namespace trestle::sms
