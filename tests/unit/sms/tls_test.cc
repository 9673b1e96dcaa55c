// The adapter and the simulated centre over TLS, with certificates made here and now.
#include <fstream>
#include <iterator>

#include "made_certificates.h"
#include "raw_peer.h"
#include "sms_world.h"

namespace trestle::sms {
namespace {

std::string Read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

SmsSimOptions Centre(const MadeCertificates& made, const std::string& leaf) {
  SmsSimOptions sim;
  sim.tls_certificate_file = made.Certificate(leaf);
  sim.tls_key_file = made.Key(leaf);
  return sim;
}

SmsOptions Client(SmsWorld& world, const MadeCertificates& made) {
  SmsOptions options = world.Options();
  options.tls = true;
  options.tls_ca_file = made.Certificate("ca");
  return options;
}

}  // namespace

TEST_CASE("Over TLS texts and frames go both ways, and a lost link comes back") {
  MadeCertificates made;
  made.MakeLeaf("centre", "IP:127.0.0.1");
  SmsWorld world(Centre(made, "centre"));
  world.StartAdapter(Client(world, made));
  const EnrolmentId ana = world.Join(SmsWorld::kAna);
  std::string text;
  for (int i = 0; i < 100; ++i) text += "part " + std::to_string(i) + "; ";
  CHECK(world.Deliver(ana, ServiceReply{text}).certainty == Certainty::kSent);
  CHECK(world.Inbox(SmsWorld::kAna, 1)[0]["text"] == text);
  CHECK(world.host.Reports(1)[0].level == ReceiptLevel::kDelivered);
  world.Faults({{"down", true}});
  world.host.WaitFor(Health::kDown);
  world.Faults({{"down", false}});
  world.host.WaitFor(Health::kHealthy);
  CHECK(world.Deliver(ana, ServiceReply{"again"}).certainty == Certainty::kSent);
}

TEST_CASE("A certificate of another authority is not trusted, and nothing is sent to it") {
  MadeCertificates made;
  MadeCertificates foreign;
  foreign.MakeLeaf("centre", "IP:127.0.0.1");
  SmsWorld world(Centre(foreign, "centre"));
  world.StartAdapter(Client(world, made));
  world.host.WaitFor(Health::kDown);
  CHECK(world.Counted("sms.tls_failed") >= 1);
  CHECK(world.Counted("sms.bound") == 0);
  CHECK(world.Wire()["records"].empty());
}

TEST_CASE("A certificate for another name is not trusted, unless that name is the one asked for") {
  MadeCertificates made;
  made.MakeLeaf("centre", "DNS:smpp.example.net");
  SmsWorld world(Centre(made, "centre"));
  world.StartAdapter(Client(world, made));
  world.host.WaitFor(Health::kDown);
  CHECK(world.Counted("sms.bound") == 0);
  world.StopAdapter();
  SmsOptions named = Client(world, made);
  named.tls_verify_name = "smpp.example.net";
  world.StartAdapter(std::move(named));
  world.host.WaitFor(Health::kHealthy);
}

TEST_CASE("A centre that asks for a certificate gets ours, and takes nobody without") {
  MadeCertificates made;
  made.MakeLeaf("centre", "IP:127.0.0.1");
  made.MakeLeaf("client", "DNS:bridge.example.net");
  SmsSimOptions sim = Centre(made, "centre");
  sim.tls_client_ca_file = made.Certificate("ca");
  SmsWorld world(std::move(sim));
  world.StartAdapter(Client(world, made));
  world.host.WaitFor(Health::kDown);
  world.StopAdapter();
  SmsOptions options = Client(world, made);
  options.tls_certificate_file = made.Certificate("client");
  options.tls_key = Secret(Read(made.Key("client")));
  world.StartAdapter(std::move(options));
  world.host.WaitFor(Health::kHealthy);
}

TEST_CASE("A client that speaks plainly to a TLS port is let go") {
  MadeCertificates made;
  made.MakeLeaf("centre", "IP:127.0.0.1");
  SmsWorld world(Centre(made, "centre"));
  RawPeer peer = RawPeer::ConnectTo(world.smpp_port());
  peer.Send({CommandId::kEnquireLink, 0, 1});
  std::array<std::uint8_t, 64> ignored{};
  // An alert record at most, then the end.
  while (peer.ReadSome(ignored) > 0) {
  }
}

TEST_CASE("A TLS file that is none stops the adapter before it starts") {
  MadeCertificates made;
  made.MakeLeaf("a", "IP:127.0.0.1");
  made.MakeLeaf("b", "IP:127.0.0.1");
  SmsWorld world;
  const AdapterContext context{"/nonexistent/trestle", world.clock, world.random, world.metrics};
  SmsOptions no_ca = Client(world, made);
  no_ca.tls_ca_file = made.Key("a");
  CHECK(MakeSmsAdapter(std::move(no_ca), context).error().reason == Reason::kInvalidArgument);
  SmsOptions other_key = Client(world, made);
  other_key.tls_certificate_file = made.Certificate("a");
  other_key.tls_key = Secret(Read(made.Key("b")));
  CHECK(MakeSmsAdapter(std::move(other_key), context).error().reason == Reason::kInvalidArgument);
}

}  // namespace trestle::sms
