// Several binds at once: to one centre and to the nodes of a cluster, each written by the test.
#include <set>

#include "raw_peer.h"
#include "sms_world.h"

namespace trestle::sms {
namespace {

// The adapter with two binds to one centre.
struct TwoBinds {
  TwoBinds() {
    SmsOptions options = world.Options();
    options.port = centre.port();
    options.binds = 2;
    auto starting = world.BeginStart(std::move(options));
    for (int i = 0; i < 2; ++i) {
      peers.push_back(std::make_unique<RawPeer>(centre.AcceptBound()));
    }
    world.Await(std::move(starting));
  }
  ~TwoBinds() {
    for (auto& peer : peers) peer->Close();
  }

  EnrolmentId Join(const std::string& number, RawPeer& over) {
    over.Send(Text(number, "JOIN"));
    const auto inbound = world.host.Offers(++joins).back();
    over.Expect(CommandId::kDeliverSmResp);
    return std::get<EnrolmentId>(inbound.from);
  }
  Pdu Text(const std::string& number, const std::string& text) {
    MessageBody body;
    body.source = {1, 1, number};
    body.destination = {3, 0, SmsWorld::kService};
    body.short_message = ToBytes(text);
    return {CommandId::kDeliverSm, 0, ++sequence, body};
  }
  Pdu Receipt(const std::string& id) {
    Pdu pdu = Text(SmsWorld::kAna, "id:" + id + " stat:DELIVRD err:000 text:");
    std::get<MessageBody>(pdu.body).esm_class = kEsmReceipt;
    return pdu;
  }
  // Which of the two binds a submit for this person comes out of.
  std::size_t BindOf(const EnrolmentId& person) {
    auto attempt = world.BeginDeliver(DeliveryId::Mint(world.random), person, ServiceReply{"x"});
    const std::size_t bind = RawPeer::FirstToSend({peers[0].get(), peers[1].get()});
    RawPeer& peer = *peers[bind];
    peer.Answer(peer.Expect(CommandId::kSubmitSm), status::kOk, MessageIdBody{"1"});
    CHECK(world.Await(std::move(attempt)).certainty == Certainty::kSent);
    return bind;
  }

  SmsWorld world;
  RawCentre centre;
  std::vector<std::unique_ptr<RawPeer>> peers;
  std::uint32_t sequence = 0;
  std::size_t joins = 0;
};

}  // namespace

TEST_CASE("A thread keeps to one bind, and threads spread over all") {
  TwoBinds scene;
  std::set<std::size_t> used;
  for (int i = 0; i < 12; ++i) {
    const std::string number = "4477009000" + std::to_string(10 + i);
    const EnrolmentId person = scene.Join(number, *scene.peers[static_cast<std::size_t>(i % 2)]);
    const std::size_t bind = scene.BindOf(person);
    CHECK(scene.BindOf(person) == bind);
    CHECK(scene.BindOf(person) == bind);
    used.insert(bind);
  }
  CHECK(used.size() == 2);
  const auto count = [&](std::string_view event) {
    return scene.world.metrics.Read("trestle_smpp_bind_events_total", event);
  };
  CHECK(count("0.submitted") + count("1.submitted") == scene.world.Counted("sms.submitted"));
  CHECK(count("0.accepted") > 0);
  CHECK(count("1.accepted") > 0);
  CHECK(count("0.deliver") + count("1.deliver") == 12);
}

TEST_CASE("When its bind is gone, a thread goes on by the other") {
  TwoBinds scene;
  const EnrolmentId ana = scene.Join(SmsWorld::kAna, *scene.peers[0]);
  const std::size_t bind = scene.BindOf(ana);
  scene.peers[bind]->Close();
  RawPeer& other = *scene.peers[1 - bind];
  auto attempt =
      scene.world.BeginDeliver(DeliveryId::Mint(scene.world.random), ana, ServiceReply{"on"});
  other.Answer(other.Expect(CommandId::kSubmitSm), status::kOk, MessageIdBody{"2"});
  CHECK(scene.world.Await(std::move(attempt)).certainty == Certainty::kSent);
}

TEST_CASE("A receipt on another bind, before the answer, is the message's all the same") {
  TwoBinds scene;
  const EnrolmentId ana = scene.Join(SmsWorld::kAna, *scene.peers[0]);
  const std::size_t bind = scene.BindOf(ana);
  RawPeer& own = *scene.peers[bind];
  RawPeer& other = *scene.peers[1 - bind];
  const DeliveryId id = DeliveryId::Mint(scene.world.random);
  auto attempt = scene.world.BeginDeliver(id, ana, ServiceReply{std::string(200, 'a')});
  for (const char* part : {"31", "32"}) {
    const Pdu submit = own.Expect(CommandId::kSubmitSm);
    other.Send(scene.Receipt(part));
    other.Expect(CommandId::kDeliverSmResp);
    own.Answer(submit, status::kOk, MessageIdBody{part});
  }
  CHECK(scene.world.Await(std::move(attempt)).certainty == Certainty::kSent);
  const auto report = scene.world.host.Reports(1)[0];
  CHECK(report.id == id);
  CHECK(report.level == ReceiptLevel::kDelivered);
}

TEST_CASE("A node of a cluster that is down keeps nobody waiting") {
  SmsWorld world;
  RawCentre up;
  std::uint16_t closed_port = 0;
  {
    RawCentre gone;
    closed_port = gone.port();
  }
  SmsOptions options = world.Options();
  options.port = closed_port;
  options.more_centres = {{"127.0.0.1", up.port()}};
  auto starting = world.BeginStart(std::move(options));
  RawPeer peer = up.AcceptBound();
  world.Await(std::move(starting));
  world.host.WaitFor(Health::kHealthy);
  CHECK(world.metrics.Read("trestle_smpp_bind_up", "1") == 1);
  CHECK(world.metrics.Read("trestle_smpp_bind_up", "0") == 0);
  peer.Close();
}

TEST_CASE("Every bind says goodbye when the adapter stops") {
  TwoBinds scene;
  auto stopping = scene.world.BeginStop();
  for (auto& peer : scene.peers) peer->Answer(peer->Expect(CommandId::kUnbind));
  scene.world.EndStop(std::move(stopping));
  for (auto& peer : scene.peers) CHECK_FALSE(peer->Read().has_value());
}

TEST_CASE("Too many binds or centres, and lone TLS settings, are refused") {
  SmsWorld world;
  const AdapterContext context{"/nonexistent/trestle", world.clock, world.random, world.metrics};
  const auto refused = [&](const std::function<void(SmsOptions&)>& change) {
    SmsOptions options = world.Options();
    change(options);
    const auto made = MakeSmsAdapter(std::move(options), context);
    return !made && made.error().reason == Reason::kInvalidArgument;
  };
  CHECK(refused([](SmsOptions& options) { options.binds = 0; }));
  CHECK(refused([](SmsOptions& options) { options.binds = 65; }));
  CHECK(refused([](SmsOptions& options) { options.more_centres.resize(16, {"a", 1}); }));
  CHECK(refused([](SmsOptions& options) { options.more_centres = {{"", 1}}; }));
  CHECK(refused([](SmsOptions& options) { options.tls_ca_file = "ca.pem"; }));
  CHECK(refused([](SmsOptions& options) { options.tls_certificate_file = "c.pem"; }));
  CHECK(refused([](SmsOptions& options) { options.default_region = "XX"; }));
}

}  // namespace trestle::sms
