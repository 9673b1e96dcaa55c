// What the edge's desk does for a plain phone and for the bridge, and what it refuses.
#include <fstream>

#include "tests/unit/edge/edge_world.h"

using namespace trestle;
using namespace trestle::edge;
using namespace trestle::edge::test;

TEST_CASE("A word goes to the bridge as texted, and JOIN is followed by keys") {
  EdgeWorld world;
  world.Joins();
  CHECK(world.Words() == std::vector<std::string>{"JOIN"});
  CHECK(world.keys.size() == People::kKeyPackages + 1);
}

TEST_CASE("Free text to the service number stays here and is answered once a minute") {
  EdgeWorld world;
  REQUIRE(world.Texts(EdgeWorld::kService, "hello, is anybody there?"));
  REQUIRE(world.Texts(EdgeWorld::kService, "hello?"));
  CHECK(world.bridge.offers.empty());
  CHECK(world.ShownFrom(0) == words::JoinHere());
}

TEST_CASE("An offer is put to the phone from its own number, with what agreeing means") {
  EdgeWorld world;
  world.Joins();
  world.link = LinkId::Mint(world.random);
  world.Delivers(world.person, Frame(ThreadOfferFrame{{}, ThreadRole::kOwner, "", "bicycle"}),
                 world.link);
  CHECK(world.session->units.back().identity == EdgeWorld::kGhost);
  CHECK(world.ShownFrom(0).find("bicycle") != std::string::npos);
  CHECK(world.ShownFrom(0).find("carriers can read") != std::string::npos);
  CHECK(world.LastAnswer().certainty == Certainty::kSent);
}

TEST_CASE("AGREE opens the thread, grants the request and agrees to the edge, in this order") {
  EdgeWorld world;
  world.Meets();
  CHECK(world.Offered<ThreadAcceptFrame>().size() == 1);
  CHECK(world.Offered<ConsentFrame>() ==
        std::vector<ConsentFrame>{ConsentFrame{ConsentAction::kGrant}});
  CHECK(world.Words().back() == "AGREE");
}

TEST_CASE("A requester who agrees grants nothing: the owner has") {
  EdgeWorld world;
  world.Meets(ThreadRole::kRequester);
  CHECK(world.Offered<ConsentFrame>().empty());
}

TEST_CASE("A message is opened and comes as labelled text from the contact's number") {
  EdgeWorld world;
  world.Meets();
  const std::size_t before = world.session->units.size();
  world.BuyerSays("Is it still there?");
  CHECK(world.ShownFrom(before) == "edge: Is it still there?");
  CHECK(world.session->units.back().identity == EdgeWorld::kGhost);
  CHECK(world.LastAnswer().certainty == Certainty::kSent);
}

TEST_CASE("A long text takes exactly the segments that were planned") {
  EdgeWorld world;
  world.Meets();
  std::string text;
  for (int i = 0; i < 60; ++i) text += "👩🏽‍🔧";
  const std::size_t planned = sms::PlanText(std::string(words::kLabel) + text)->segments;
  const std::size_t before = world.session->units.size();
  world.BuyerSays(text);
  CHECK(world.session->units.size() - before == planned);
  CHECK(world.ShownFrom(before) == std::string(words::kLabel) + text);
}

TEST_CASE("Nothing is opened for a phone whose owner has not agreed, or no more") {
  EdgeWorld world;
  world.Meets();
  SECTION("STOP") { REQUIRE(world.Texts(EdgeWorld::kGhost, "Stop.")); }
  SECTION("STOP to everything") { REQUIRE(world.Texts(EdgeWorld::kService, "STOP")); }
  SECTION("disagreed") { REQUIRE(world.Texts(EdgeWorld::kGhost, "DISAGREE")); }
  SECTION("the time has passed") { world.clock.Pass(Desk::kConsentSpan); }
  const std::size_t before = world.session->units.size();
  world.BuyerSays("Is it still there?");
  CHECK(world.session->units.size() == before);
  CHECK(world.LastAnswer().retry == Retry::kNever);
  CHECK(world.LastAnswer().rule == Rule::kEndToEndUnavailable);
}

TEST_CASE("STOP on the thread reaches the bridge as well") {
  EdgeWorld world;
  world.Meets();
  REQUIRE(world.Texts(EdgeWorld::kGhost, "STOP"));
  CHECK(world.Words().back() == "STOP");
}

TEST_CASE("What the phone writes is sealed, and the other side opens it octet for octet") {
  EdgeWorld world;
  world.Meets();
  REQUIRE(world.Texts(EdgeWorld::kGhost, "It is 👍🏽"));
  const Bytes payload = world.Offered<EnvelopeFrame>().back().payload;
  CHECK(world.buyer->Unseal("seller", payload)->message.text() == "It is 👍🏽");
}

TEST_CASE("What a phone writes before it agrees is not sent, and it is told so") {
  EdgeWorld world;
  world.Joins();
  world.link = LinkId::Mint(world.random);
  world.Delivers(world.person, Frame(ThreadOfferFrame{{}, ThreadRole::kOwner, "", ""}), world.link);
  const std::size_t before = world.session->units.size();
  REQUIRE(world.Texts(EdgeWorld::kGhost, "who is this?"));
  CHECK(world.ShownFrom(before) == words::AgreeFirst());
  CHECK(world.Offered<EnvelopeFrame>().empty());
}

TEST_CASE(
    "The other side's endpoint sees that this one stands at the edge, and refuses by itself") {
  EdgeWorld world;
  world.Meets();
  CHECK(*world.buyer->PeerStandsAtEdge("seller"));
  const auto sealed = world.buyer->Seal("seller", content::Message::Text("hi"), {});
  REQUIRE_FALSE(sealed);
  CHECK(sealed.error().reason == Reason::kPermissionDenied);
}

TEST_CASE("A delivery that comes again is answered as it ended, and sent once") {
  EdgeWorld world;
  world.Meets();
  world.BuyerSays("once");
  const std::size_t sent = world.session->units.size();
  world.Again();
  CHECK(world.session->units.size() == sent);
  CHECK(world.LastAnswer().certainty == Certainty::kSent);
}

TEST_CASE("A death while the only part was in hand leaves it in doubt, and never sends it twice") {
  EdgeWorld world;
  world.Meets();
  world.session->hold = true;
  world.BuyerSays("in hand");
  world.Crash();
  world.Again();
  CHECK(world.session->units.empty());
  CHECK(world.LastAnswer().certainty == Certainty::kMaybeSent);
  CHECK(world.LastAnswer().retry == Retry::kNever);
  CHECK(world.LastAnswer().rule == Rule::kNoAnswer);
}

TEST_CASE("A death before the last part goes on where it was, and the phone shows the text once") {
  EdgeWorld world;
  world.Meets();
  const std::string text(400, 'a');
  world.session->hold = true;
  world.BuyerSays(text);
  world.Crash();
  world.Again();
  CHECK(world.session->units.size() == 3);
  CHECK(world.ShownFrom(0) == std::string(words::kLabel) + text);
  CHECK(world.LastAnswer().certainty == Certainty::kSent);
}

TEST_CASE("What was sent before a death is known after it") {
  EdgeWorld world;
  world.Meets();
  world.BuyerSays("sent");
  world.Crash();
  world.Again();
  CHECK(world.session->units.empty());
  CHECK(world.LastAnswer().certainty == Certainty::kSent);
}

TEST_CASE("What the bridge has not taken is offered again after a death, under the same key") {
  EdgeWorld world;
  world.Meets();
  world.desk->Disconnected();
  REQUIRE(world.Texts(EdgeWorld::kGhost, "later"));
  world.Crash();
  REQUIRE(world.bridge.offers.size() == 1);
  const Bytes32 key = world.bridge.offers[0].key;
  world.desk->Disconnected();
  world.desk->Connected();
  CHECK(world.bridge.offers.back().key == key);
}

TEST_CASE("A throttled part comes again with the bridge's next try") {
  EdgeWorld world;
  world.Meets();
  world.session->script = {{.certainty = Certainty::kNotSent, .rule = Rule::kAdapterDown}};
  const std::size_t before = world.session->units.size();
  world.BuyerSays("slowly");
  CHECK(world.LastAnswer().certainty == Certainty::kNotSent);
  world.Again();
  CHECK(world.session->units.size() - before == 2);
  CHECK(world.LastAnswer().certainty == Certainty::kSent);
}

TEST_CASE("The phone's receipt is reported once, when all parts have arrived") {
  EdgeWorld world;
  world.Meets();
  const std::size_t before = world.session->units.size();
  const DeliveryId id = world.BuyerSays(std::string(200, 'a'));
  const auto arrives = [&](std::size_t unit) {
    world.desk->TakeReceipt("id" + std::to_string(unit), sms::MessageState::kDelivered);
  };
  arrives(before + 1);
  arrives(before + 1);
  CHECK(world.bridge.reports.empty());
  arrives(before + 2);
  REQUIRE(world.bridge.reports.size() == 1);
  CHECK(world.bridge.reports[0].id == id);
  CHECK(world.bridge.reports[0].level == ReceiptLevel::kDelivered);
}

TEST_CASE("A text of more segments than allowed is refused for good, and nothing of it is sent") {
  EdgeWorld world;
  world.Meets();
  const std::size_t before = world.session->units.size();
  world.BuyerSays(std::string(20 * 160, 'a'));
  CHECK(world.session->units.size() == before);
  CHECK(world.LastAnswer().rule == Rule::kUnitsOverBudget);
  CHECK(world.LastAnswer().retry == Retry::kNever);
}

TEST_CASE("What does not open is refused, and the conversation goes on") {
  EdgeWorld world;
  world.Meets();
  Bytes payload = world.Sealed(content::Message::Text("bent"));
  payload.back() ^= 1;
  world.Delivers(world.link, Frame(EnvelopeFrame{2, world.clock.wall_now(), payload}));
  CHECK(world.LastAnswer().rule == Rule::kMalformed);
  const std::size_t before = world.session->units.size();
  world.BuyerSays("straight");
  CHECK(world.ShownFrom(before) == "edge: straight");
}

TEST_CASE("A refusal of what the phone wrote is told to it; success is not") {
  EdgeWorld world;
  world.Meets();
  const std::size_t before = world.session->units.size();
  const auto told = [&](ReceiptLevel level, Rule rule) {
    world.Delivers(world.link, Frame(ReceiptFrame{EnvelopeId::Mint(world.random), level, rule}));
  };
  told(ReceiptLevel::kHandedOver, Rule::kNone);
  CHECK(world.session->units.size() == before);
  told(ReceiptLevel::kRefused, Rule::kEndToEndUnavailable);
  CHECK(world.ShownFrom(before) == words::NotDelivered(Rule::kEndToEndUnavailable));
}

TEST_CASE("What text cannot show is said to be so") {
  CHECK(words::Labelled(content::Message::Text("")) == words::kLabel);
  CHECK(words::Labelled(content::Message::Delete({})) == "edge: (a message was taken back)");
  content::ExternalPart file;
  file.content_type = "image/png";
  CHECK(words::Labelled(content::Message::Attachment(file)) ==
        "edge: (something that plain SMS cannot show)");
}

TEST_CASE("An edge that finds a second key does not open: its people's states have the first") {
  EdgeWorld world;
  world.desk.reset();
  std::ofstream(world.folder.path() + "/edge/addresses.key", std::ios::app | std::ios::binary)
      << std::string(32, 'k');
  const auto opened =
      Desk::Create(world.DeskOptions(), {*world.executor, world.clock, world.random, world.metrics},
                   *world.session, world.bridge);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().reason == Reason::kStorage);
}
