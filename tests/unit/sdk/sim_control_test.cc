#include "adapters/sdk/sim_control.h"

#include <catch2/catch.hpp>
#include <future>

#include "adapters/sdk/http_client.h"
#include "adapters/sdk/json.h"
#include "bridge/base/system_seams.h"

namespace trestle {
namespace {

struct World {
  SystemClock clock;
  std::vector<SimMessage> sent;
  std::vector<SimFaults> changes;
  std::unique_ptr<SimControl> control = *SimControl::Start(
      {.name = "whatsapp",
       .service = "s1",
       .ghosts = {"g1", "g2"},
       .phone_sends = [this](const SimMessage& message) -> Result<std::string> {
         if (message.to == "nobody") return Fail(Reason::kInvalidArgument, "no such identity");
         sent.push_back(message);
         return "id-" + std::to_string(sent.size());
       },
       .faults_changed = [this](const SimFaults& faults) { changes.push_back(faults); }},
      clock);
  std::unique_ptr<HttpClient> client = *HttpClient::Create();

  ~World() { client->Stop(); }

  std::future<HttpAnswer> Begin(const std::string& method, const std::string& path,
                                std::string body = "") {
    auto promise = std::make_shared<std::promise<HttpAnswer>>();
    auto answered = promise->get_future();
    HttpCall call{.method = method,
                  .url = "http://127.0.0.1:" + std::to_string(control->port()) + path,
                  .body = std::move(body)};
    call.timeout = std::chrono::seconds(60);
    client->Send(std::move(call), [promise](Result<HttpAnswer> answer) {
      promise->set_value(answer ? std::move(*answer) : HttpAnswer{});
    });
    return answered;
  }
  HttpAnswer Get(const std::string& path) { return Begin("GET", path).get(); }
  HttpAnswer Post(const std::string& path, std::string body) {
    return Begin("POST", path, std::move(body)).get();
  }
  void AddPhone(const std::string& address) {
    REQUIRE(Post("/sim/phones", R"({"address":")" + address + R"("})").status == 200);
  }
  void Put(const std::string& to, const std::string& body) {
    control->PutInInbox({.from = "s1", .to = to, .id = "m", .body = body});
  }
};

Json Read(const HttpAnswer& answer) {
  auto json = Json::Parse(answer.body);
  REQUIRE(json);
  return std::move(*json);
}

}  // namespace

TEST_CASE("The control server tells what network it is") {
  World world;

  const Json about = Read(world.Get("/sim/about"));

  CHECK(about["network"].TextOr("") == "whatsapp");
  CHECK(about["service"].TextOr("") == "s1");
  CHECK(about["ghosts"].items().size() == 2);
}

TEST_CASE("A phone is registered once and again") {
  World world;

  world.AddPhone("4915112345678");
  world.AddPhone("4915112345678");

  CHECK(world.control->HasPhone("4915112345678"));
  CHECK_FALSE(world.control->HasPhone("4915100000000"));
}

TEST_CASE("An address that is not printable or too long is refused") {
  World world;

  CHECK(world.Post("/sim/phones", R"({"address":""})").status == 400);
  CHECK(world.Post("/sim/phones", R"({"address":"a b"})").status == 400);
  CHECK(world.Post("/sim/phones", R"({"address":")" + std::string(129, '1') + R"("})").status ==
        400);
  CHECK(world.Post("/sim/phones", "no json").status == 400);
}

TEST_CASE("What a phone sends reaches the network with its text") {
  World world;
  world.AddPhone("p1");

  const auto answer = world.Post("/sim/send", R"({"from":"p1","to":"s1","text":"JOIN"})");

  CHECK(Read(answer)["id"].TextOr("") == "id-1");
  REQUIRE(world.sent.size() == 1);
  CHECK(world.sent[0].body == "JOIN");
  CHECK_FALSE(world.sent[0].is_binary);
}

TEST_CASE("What a phone sends in base64 reaches the network as octets") {
  World world;
  world.AddPhone("p1");

  world.Post("/sim/send", R"({"from":"p1","to":"s1","data":"AP8="})");

  REQUIRE(world.sent.size() == 1);
  CHECK(world.sent[0].is_binary);
  CHECK(world.sent[0].body == std::string("\0\xFF", 2));
}

TEST_CASE("Sending is refused with a reason where the phone, a field or the identity is wrong") {
  World world;
  world.AddPhone("p1");

  CHECK(world.Post("/sim/send", R"({"from":"p2","to":"s1","text":"x"})").status == 404);
  CHECK(world.Post("/sim/send", R"({"from":"p1","to":"s1"})").status == 400);
  CHECK(world.Post("/sim/send", R"({"from":"p1","to":"s1","data":"!"})").status == 400);
  const auto refused = world.Post("/sim/send", R"({"from":"p1","to":"nobody","text":"x"})");
  CHECK(refused.status == 400);
  CHECK(Read(refused)["error"].TextOr("") == "no such identity");
}

TEST_CASE("An inbox answers what came after a number") {
  World world;
  world.AddPhone("p1");
  world.Put("p1", "one");
  world.Put("p1", "two");
  const Json first = Read(world.Get("/sim/inbox?address=p1"));
  const auto seq = first["messages"].First()["seq"].integer().value_or(0);

  const Json rest = Read(world.Get("/sim/inbox?address=p1&after=" + std::to_string(seq)));

  CHECK(first["messages"].items().size() == 2);
  REQUIRE(rest["messages"].items().size() == 1);
  CHECK(rest["messages"].First()["text"].TextOr("") == "two");
  CHECK(rest["messages"].First()["from"].TextOr("") == "s1");
}

TEST_CASE("A message of octets stands in the inbox as base64") {
  World world;
  world.AddPhone("p1");
  world.control->PutInInbox(
      {.from = "s1", .to = "p1", .id = "m", .is_binary = true, .body = std::string("\0\xFF", 2)});

  const Json inbox = Read(world.Get("/sim/inbox?address=p1"));

  CHECK(inbox["messages"].First()["data"].TextOr("") == "AP8=");
}

TEST_CASE("A long poll is answered when a message comes, and others are served meanwhile") {
  World world;
  world.AddPhone("p1");
  auto polled = world.Begin("GET", "/sim/inbox?address=p1&wait_ms=30000");
  CHECK(world.Get("/sim/about").status == 200);

  world.Put("p1", "news");

  CHECK(Read(polled.get())["messages"].First()["text"].TextOr("") == "news");
}

TEST_CASE("A long poll without news answers an empty list") {
  World world;
  world.AddPhone("p1");

  const auto answer = world.Get("/sim/inbox?address=p1&wait_ms=1");

  CHECK(answer.status == 200);
  CHECK(Read(answer)["messages"].items().empty());
}

TEST_CASE("The inbox of an unknown phone is not found, and messages to it are dropped") {
  World world;
  world.Put("p1", "lost");
  CHECK(world.Get("/sim/inbox?address=p1").status == 404);

  world.AddPhone("p1");

  CHECK(Read(world.Get("/sim/inbox?address=p1"))["messages"].items().empty());
}

TEST_CASE("An inbox keeps a bounded number of messages, the newest") {
  World world;
  world.AddPhone("p1");
  for (std::size_t i = 0; i <= SimControl::kInboxMessagesMax; ++i) world.Put("p1", "x");

  const Json inbox = Read(world.Get("/sim/inbox?address=p1"));

  CHECK(inbox["messages"].First()["seq"].integer() == 2);
}

TEST_CASE("The wire shows what was recorded, cut and in order") {
  World world;
  world.control->RecordWire(
      {.direction = "from_bridge", .what = "send", .octets = 7, .shows = "a"});
  world.control->RecordWire({.direction = "to_bridge",
                             .what = "webhook",
                             .octets = 9000,
                             .shows = std::string(9000, 'b')});

  const Json all = Read(world.Get("/sim/wire"));
  const Json one = Read(world.Get("/sim/wire?limit=1"));
  const Json later = Read(world.Get("/sim/wire?after=1"));

  CHECK(all["records"].items().size() == 2);
  CHECK(one["records"].items().size() == 1);
  CHECK(later["records"].First()["what"].TextOr("") == "webhook");
  CHECK(later["records"].First()["octets"].integer() == 9000);
  CHECK(later["records"].First()["shows"].TextOr("").size() == 4096);
}

TEST_CASE("Faults are ordered one by one, told to the network and used up") {
  World world;

  world.Post("/sim/faults", R"({"reject_next":1,"reject_code":131047})");
  const Json answer = Read(world.Post("/sim/faults", R"({"down":true})"));

  CHECK(answer["down"].flag() == true);
  CHECK(answer["reject_next"].integer() == 1);
  REQUIRE(world.changes.size() == 2);
  CHECK(world.changes[1].down);
  CHECK(world.control->TakeFault(&SimFaults::reject_next));
  CHECK_FALSE(world.control->TakeFault(&SimFaults::reject_next));
  CHECK(world.control->faults().reject_code == 131047);
}

TEST_CASE("Faults of the wrong type are refused and change nothing") {
  World world;

  CHECK(world.Post("/sim/faults", R"({"down":1})").status == 400);
  CHECK(world.Post("/sim/faults", R"({"reject_next":-1})").status == 400);
  CHECK(world.Post("/sim/faults", "[]").status == 400);
  CHECK_FALSE(world.control->faults().down);
}

TEST_CASE("Other paths and methods are not found") {
  World world;

  CHECK(world.Get("/sim/other").status == 404);
  CHECK(world.Get("/sim/send").status == 404);
}

}  // namespace trestle
