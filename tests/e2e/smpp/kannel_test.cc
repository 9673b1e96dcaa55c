// Kannel 1.4.5 as a client of the simulated centre: bearerbox holds the bind, smsbox answers texts
// and sends what is asked for over HTTP. All on loopback, ports from the system, files in a folder
// of the test's own. Without the package `kannel` the tests say so and pass.
#include <fstream>

#include "adapters/sms/user_data.h"
#include "peers.h"

namespace trestle::sms {
namespace {

std::uint16_t FreePort() {
  boost::asio::io_context io;
  boost::asio::ip::tcp::acceptor acceptor(io, {boost::asio::ip::address_v4::loopback(), 0});
  return acceptor.local_endpoint().port();
}

bool HasKannel() {
  if (Succeeds("test -x /usr/sbin/bearerbox && test -x /usr/sbin/smsbox")) return true;
  WARN("skipped: the package kannel is not installed");
  return false;
}

class Kannel {
 public:
  explicit Kannel(std::uint16_t smpp_port) {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "trestle-kannel-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
    std::ofstream(folder_ + "/kannel.conf") << Configuration(smpp_port);
    http_ = HttpClient::Create().value();
    // -v 0: what goes over the wire is in the log, which is how we know that it is bound.
    bearerbox_ = Start("/usr/sbin/bearerbox");
    bearerbox_->LineWith("bind_transceiver_resp");
    smsbox_ = Start("/usr/sbin/smsbox");
    smsbox_->LineWith("Connected to bearerbox");
  }
  ~Kannel() {
    http_->Stop();
    smsbox_.reset();
    bearerbox_.reset();
    std::filesystem::remove_all(folder_);
  }

  // Has smsbox send; `query` is what follows the account and the numbers, escaped.
  void Send(const std::string& query) {
    const std::string url =
        "http://127.0.0.1:" + std::to_string(send_port_) +
        "/cgi-bin/sendsms?username=test&password=test&from=" + SmsWorld::kService +
        "&to=" + SmsWorld::kAna + query;
    const HttpAnswer answer = Get(url);
    INFO(answer.body);
    CHECK(answer.status == 202);  // accepted for delivery
  }
  // A receipt has come to bearerbox: smsbox asks the URL that Send named.
  PeerProcess& bearerbox() { return *bearerbox_; }

 private:
  std::string Configuration(std::uint16_t smpp_port) {
    admin_port_ = FreePort();
    box_port_ = FreePort();
    send_port_ = FreePort();
    return "group = core\nadmin-port = " + std::to_string(admin_port_) +
           "\nadmin-interface = 127.0.0.1\nadmin-password = test\nsmsbox-port = " +
           std::to_string(box_port_) +
           "\nsmsbox-interface = 127.0.0.1\nbox-allow-ip = 127.0.0.1\nlog-level = 0\n"
           "dlr-storage = internal\n\n"
           "group = smsc\nsmsc = smpp\nsmsc-id = sim\nhost = 127.0.0.1\nport = " +
           std::to_string(smpp_port) +
           "\ntransceiver-mode = true\nsmsc-username = trestle\nsmsc-password = secret\n"
           "system-type = \"\"\nsource-addr-ton = 3\nsource-addr-npi = 0\ndest-addr-ton = 1\n"
           "dest-addr-npi = 1\n\n"
           "group = smsbox\nbearerbox-host = 127.0.0.1\nsendsms-port = " +
           std::to_string(send_port_) +
           "\nsendsms-interface = 127.0.0.1\nglobal-sender = 12345\nlog-level = 0\n\n"
           "group = sendsms-user\nusername = test\npassword = test\nmax-messages = 10\n"
           "concatenation = true\n\n"
           "group = sms-service\nkeyword = default\ntext = \"Kannel heard you\"\n";
  }
  std::unique_ptr<PeerProcess> Start(const std::string& program) {
    return std::make_unique<PeerProcess>(
        folder_, std::vector<std::string>{program, "-v", "0", folder_ + "/kannel.conf"});
  }
  HttpAnswer Get(const std::string& url) {
    std::promise<Result<HttpAnswer>> done;
    HttpCall call{"GET", url};
    call.timeout = kPatience;
    http_->Send(std::move(call), [&](Result<HttpAnswer> answer) { done.set_value(answer); });
    return done.get_future().get().value();
  }

  std::string folder_;
  std::uint16_t admin_port_ = 0;
  std::uint16_t box_port_ = 0;
  std::uint16_t send_port_ = 0;
  std::unique_ptr<HttpClient> http_;
  std::unique_ptr<PeerProcess> bearerbox_;
  std::unique_ptr<PeerProcess> smsbox_;
};

}  // namespace

TEST_CASE("Kannel is served by the simulated centre, both ways, in both alphabets and in parts") {
  if (!HasKannel()) return;
  SmsWorld world;
  const CutRelay relay(world.smpp_port());
  Kannel kannel(relay.port());

  world.Sends(SmsWorld::kAna, SmsWorld::kService, "hello Kannel");
  CHECK(world.Inbox(SmsWorld::kAna, 1)[0]["text"] == "Kannel heard you");

  kannel.Send("&charset=UTF-8&coding=0&text=price:%205%E2%82%AC%20%40%20%7Bhome%7D");
  kannel.Send("&charset=UTF-8&coding=2&text=%E4%B8%96%E7%95%8C%20%F0%9F%98%80");
  std::string long_text;
  for (int i = 0; i < 40; ++i) long_text += "0123456789";
  kannel.Send("&coding=0&text=" + long_text);
  const auto inbox = world.Inbox(SmsWorld::kAna, 4);
  CHECK(inbox[1]["text"] == "price: 5€ @ {home}");
  CHECK(inbox[2]["text"] == "世界 \U0001F600");
  CHECK(inbox[3]["text"] == long_text);
}

TEST_CASE("Kannel's data messages keep their header, and it gets its receipts") {
  if (!HasKannel()) return;
  SmsWorld world;
  const CutRelay relay(world.smpp_port());
  Kannel kannel(relay.port());
  kannel.Send(
      "&coding=1&udh=%06%05%04%3E%FB%3E%80&text=%00%01%02%FF"
      "&dlr-mask=3&dlr-url=http://127.0.0.1:9/none");
  const auto message = world.Inbox(SmsWorld::kAna, 1)[0];
  const Bytes data = FromBase64(message["data"].get<std::string>()).value();
  CHECK(ToHex(data) == "0605043efb3e80000102ff");
  // The receipt finds the message by its id: only then Kannel says so.
  kannel.bearerbox().LineWith("DLR[internal]: created DLR message for URL");
}

}  // namespace trestle::sms
