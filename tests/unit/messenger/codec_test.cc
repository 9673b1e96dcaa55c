#include "adapters/messenger/codec.h"

#include <catch2/catch.hpp>

namespace trestle {
namespace {

constexpr const char* kPage = "100200300400500";
constexpr const char* kPerson = "6120040014717321";

// One event in one entry of our Page; single quotes stand for double ones.
std::string Webhook(std::string event, std::string_view object = "page") {
  std::string out = "{'object':'" + std::string(object) + "','entry':[{'id':'" + kPage +
                    "','time':1767225600000,'messaging':[{'sender':{'id':'" + kPerson +
                    "'},'recipient':{'id':'" + kPage + "'},'timestamp':1767225600000," +
                    std::move(event) + "}]}]}";
  for (char& sign : out) {
    if (sign == '\'') sign = '"';
  }
  return out;
}

Result<std::vector<SendApiEvent>> Parse(std::string_view body) {
  return ParseSendApiWebhook(MessengerProfile(), body);
}

TEST_CASE("A text comes with who wrote, to which Page, and its id") {
  const auto events = Parse(Webhook("'message':{'mid':'m_a','text':'hi \\u00e9 \\/'}"));

  REQUIRE(events);
  REQUIRE(events->size() == 1);
  const SendApiMessage expected{kPerson, kPage, "m_a", "hi \xC3\xA9 /"};
  CHECK(std::get<SendApiMessage>(events->front()) == expected);
}

TEST_CASE("An attachment alone is a message without a text") {
  const auto events =
      Parse(Webhook("'message':{'mid':'m_a','attachments':[{'type':'image','payload':{}}]}"));

  REQUIRE(events);
  REQUIRE(events->size() == 1);
  CHECK_FALSE(std::get<SendApiMessage>(events->front()).text);
}

TEST_CASE("A delivery receipt has its ids and its watermark") {
  const auto events = Parse(Webhook("'delivery':{'mids':['m_a','m_b'],'watermark':1767225600123}"));

  REQUIRE(events);
  REQUIRE(events->size() == 1);
  const SendApiDelivered expected{kPerson, kPage, {"m_a", "m_b"}, WallTime{1767225600123}};
  CHECK(std::get<SendApiDelivered>(events->front()) == expected);
}

TEST_CASE("A delivery receipt without ids has its watermark, also as a text") {
  const auto events = Parse(Webhook("'delivery':{'watermark':'1767225600123'}"));

  REQUIRE(events);
  REQUIRE(events->size() == 1);
  const auto& delivered = std::get<SendApiDelivered>(events->front());
  CHECK(delivered.mids.empty());
  CHECK(delivered.watermark == WallTime{1767225600123});
}

TEST_CASE("A read receipt has a watermark or is none") {
  CHECK(Parse(Webhook("'read':{'watermark':5}"))->size() == 1);
  CHECK(Parse(Webhook("'read':{}"))->empty());
  CHECK(Parse(Webhook("'read':{'watermark':-5}"))->empty());
  CHECK(Parse(Webhook("'read':{'watermark':1.5}"))->empty());
}

TEST_CASE("Echoes of what we sent pass by") {
  CHECK(Parse(Webhook("'message':{'mid':'m_a','text':'x','is_echo':true}"))->empty());
}

TEST_CASE("Events of kinds that we do not use pass by") {
  for (const std::string event :
       {"'reaction':{'mid':'m_a'}", "'postback':{'payload':'x'}", "'optin':{}",
        "'message_edit':{'mid':'m_a','text':'x','num_edit':1}", "'unknown':[[[1]]]"}) {
    INFO(event);
    const auto events = Parse(Webhook(event));
    REQUIRE(events);
    CHECK(events->empty());
  }
}

TEST_CASE("Unknown fields are ignored at every level") {
  const auto events = Parse(
      Webhook("'message':{'mid':'m_a','text':'x','nlp':{'a':[1,2]},'new':null},'extra':{'b':1}"));

  REQUIRE(events);
  CHECK(events->size() == 1);
}

TEST_CASE("Several entries and several events in one body are all read") {
  const std::string one = Webhook("'message':{'mid':'m_a','text':'x'}");
  const std::size_t begin = one.find("[{\"id\"") + 1;
  const std::string entry = one.substr(begin, one.size() - begin - 2);
  const std::string body = R"({"object":"page","entry":[)" + entry + "," + entry + "]}";

  const auto events = Parse(body);

  REQUIRE(events);
  CHECK(events->size() == 2);
}

TEST_CASE("A webhook of another object is refused") {
  CHECK_FALSE(Parse(Webhook("'message':{'mid':'m_a','text':'x'}", "instagram")));
  CHECK_FALSE(Parse("{}"));
  CHECK_FALSE(Parse("[]"));
  CHECK_FALSE(Parse(R"({"object":"page","entry":{}})"));
}

TEST_CASE("Ids of the wrong type or shape make no message") {
  for (const std::string message :
       {"'message':{'mid':5,'text':'x'}", "'message':{'text':'x'}", "'message':{'mid':''}",
        "'message':'m_a'", "'message':['m_a']", "'message':null"}) {
    INFO(message);
    const auto events = Parse(Webhook(message));
    REQUIRE(events);
    CHECK(events->empty());
  }
}

TEST_CASE("A sender that is a number or no decimal id makes no message") {
  const std::string right = Webhook("'message':{'mid':'m_a','text':'x'}");
  const std::string sender = "\"" + std::string(kPerson) + "\"";
  for (const std::string& wrong : {std::string("6120040014717321"), std::string("\"abc\""),
                                   std::string("\"\""), "\"" + std::string(33, '1') + "\""}) {
    std::string body = right;
    body.replace(body.find(sender), sender.size(), wrong);
    INFO(body);
    const auto events = Parse(body);
    REQUIRE(events);
    CHECK(events->empty());
  }
}

TEST_CASE("An event for another Page than its entry's is left out") {
  std::string body = Webhook("'message':{'mid':'m_a','text':'x'}");
  const std::string recipient = "\"recipient\":{\"id\":\"" + std::string(kPage);
  body.replace(body.find(recipient), recipient.size(), "\"recipient\":{\"id\":\"999999999999999");

  CHECK(Parse(body)->empty());
}

TEST_CASE("A body cut at any octet is refused") {
  const std::string whole = Webhook("'message':{'mid':'m_a','text':'\\u00e9'}");
  int refused = 0;
  for (std::size_t length = 0; length < whole.size(); ++length) {
    if (!Parse(std::string_view(whole).substr(0, length))) ++refused;
  }

  CHECK(refused == static_cast<int>(whole.size()));
}

TEST_CASE("Deep nesting is refused before a tree exists") {
  const std::string deep(100'000, '[');

  const auto events = Parse(Webhook("'message':{'mid':'m_a','x':" + deep));

  REQUIRE_FALSE(events);
  CHECK(events.error().reason == Reason::kTooLarge);
}

TEST_CASE("A body of too many events is refused") {
  std::string body = R"({"object":"page","entry":[{"id":"1","messaging":[{})";
  for (std::size_t i = 0; i < kSendApiEventsMax; ++i) body += ",{}";
  body += "]}]}";

  const auto events = Parse(body);

  REQUIRE_FALSE(events);
  CHECK(events.error().reason == Reason::kTooLarge);
}

TEST_CASE("A send names its recipient, its type and its text") {
  CHECK(WriteSendApiText(MessengerProfile(), kPerson, "a\"b") ==
        R"({"recipient":{"id":"6120040014717321"},"messaging_type":"RESPONSE",)"
        R"("message":{"text":"a\"b"}})");
}

TEST_CASE("A text is counted in characters") {
  std::string longest;
  for (int i = 0; i < 2000; ++i) longest += "\xF0\x9F\x98\x80";

  CHECK(FitsTextLimit(MessengerProfile().text_limit, longest));
  CHECK_FALSE(FitsTextLimit(MessengerProfile().text_limit, longest + "x"));
}

TEST_CASE("The answer to a send has a message id or cannot be read") {
  CHECK(*ReadSendApiAnswer(R"({"recipient_id":"1","message_id":"m_a"})") == "m_a");
  CHECK_FALSE(ReadSendApiAnswer(R"({"recipient_id":"1"})"));
  CHECK_FALSE(ReadSendApiAnswer(R"({"message_id":7})"));
  CHECK_FALSE(ReadSendApiAnswer("<html>"));
  CHECK_FALSE(ReadSendApiAnswer(""));
}

}  // namespace
}  // namespace trestle
