#include "adapters/instagram/codec.h"

#include <catch2/catch.hpp>

namespace trestle {
namespace {

constexpr const char* kAccount = "17841400000000500";
constexpr const char* kPerson = "1584213296178832";

// One event in one entry of our account; single quotes stand for double ones.
std::string Webhook(std::string event, std::string_view object = "instagram") {
  std::string out = "{'object':'" + std::string(object) + "','entry':[{'id':'" + kAccount +
                    "','time':1767225600000,'messaging':[{'sender':{'id':'" + kPerson +
                    "'},'recipient':{'id':'" + kAccount + "'},'timestamp':1767225600000," +
                    std::move(event) + "}]}]}";
  for (char& sign : out) {
    if (sign == '\'') sign = '"';
  }
  return out;
}

Result<std::vector<SendApiEvent>> Parse(std::string_view body) {
  return ParseSendApiWebhook(InstagramProfile(), body);
}

TEST_CASE("A text comes with who wrote, to which account, and its id") {
  const auto events = Parse(Webhook("'message':{'mid':'aWdf','text':'hi'}"));

  REQUIRE(events);
  REQUIRE(events->size() == 1);
  const SendApiMessage expected{kPerson, kAccount, "aWdf", "hi"};
  CHECK(std::get<SendApiMessage>(events->front()) == expected);
}

TEST_CASE("A deleted message passes by, so nothing of it is kept") {
  CHECK(Parse(Webhook("'message':{'mid':'aWdf','is_deleted':true}"))->empty());
}

TEST_CASE("An unsupported message is one without a text") {
  const auto events = Parse(Webhook("'message':{'mid':'aWdf','is_unsupported':true}"));

  REQUIRE(events);
  REQUIRE(events->size() == 1);
  CHECK_FALSE(std::get<SendApiMessage>(events->front()).text);
}

TEST_CASE("A reply to a story is a message with its text") {
  const auto events = Parse(Webhook(
      "'message':{'mid':'aWdf','text':'nice','reply_to':{'story':{'id':'1','url':'https://x'}}}"));

  REQUIRE(events);
  REQUIRE(events->size() == 1);
  CHECK(std::get<SendApiMessage>(events->front()).text == "nice");
}

TEST_CASE("A read receipt names one message") {
  const auto events = Parse(Webhook("'read':{'mid':'aWdf'}"));

  REQUIRE(events);
  REQUIRE(events->size() == 1);
  const SendApiRead expected{kPerson, kAccount, std::nullopt, "aWdf"};
  CHECK(std::get<SendApiRead>(events->front()) == expected);
}

TEST_CASE("A read receipt without a message id passes by") {
  CHECK(Parse(Webhook("'read':{'watermark':1767225600000}"))->empty());
  CHECK(Parse(Webhook("'read':{'mid':5}"))->empty());
  CHECK(Parse(Webhook("'read':{'mid':''}"))->empty());
}

TEST_CASE("A delivery receipt is not of this network") {
  CHECK(Parse(Webhook("'delivery':{'mids':['aWdf'],'watermark':1}"))->empty());
}

TEST_CASE("Echoes of what we sent pass by") {
  CHECK(Parse(Webhook("'message':{'mid':'aWdf','text':'x','is_echo':true}"))->empty());
}

TEST_CASE("A webhook of another object is refused") {
  CHECK_FALSE(Parse(Webhook("'message':{'mid':'aWdf','text':'x'}", "page")));
}

TEST_CASE("A body cut at any octet is refused") {
  const std::string whole = Webhook("'read':{'mid':'aWdf'}");
  int refused = 0;
  for (std::size_t length = 0; length < whole.size(); ++length) {
    if (!Parse(std::string_view(whole).substr(0, length))) ++refused;
  }

  CHECK(refused == static_cast<int>(whole.size()));
}

TEST_CASE("A send has no messaging type") {
  CHECK(WriteSendApiText(InstagramProfile(), kPerson, "x") ==
        R"({"recipient":{"id":"1584213296178832"},"message":{"text":"x"}})");
}

TEST_CASE("A text is counted in octets") {
  std::string longest;
  for (int i = 0; i < 250; ++i) longest += "\xF0\x9F\x98\x80";

  CHECK(FitsTextLimit(InstagramProfile().text_limit, longest));
  CHECK_FALSE(FitsTextLimit(InstagramProfile().text_limit, longest + "x"));
}

}  // namespace
}  // namespace trestle
