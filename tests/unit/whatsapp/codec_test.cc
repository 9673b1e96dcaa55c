#include "adapters/whatsapp/codec.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "adapters/sdk/json.h"

namespace trestle {
namespace {

// A webhook around one member of `value`, such as "messages":[…].
std::string Webhook(const std::string& member, const std::string& identity = R"("1001")") {
  return R"({"object":"whatsapp_business_account","entry":[{"id":"2","changes":[{"field":"messages",)"
         R"("value":{"messaging_product":"whatsapp","metadata":{"phone_number_id":)" +
         identity + "}," + member + "}}]}]}";
}

std::string TextFrom(const std::string& who) {
  return Webhook(R"("messages":[{)" + who +
                 R"(,"id":"wamid.A","timestamp":"1","type":"text","text":{"body":"hi"}}])");
}

std::vector<WhatsappEvent> Parse(const std::string& body) {
  auto events = ParseWhatsappWebhook(body);
  REQUIRE(events);
  return std::move(*events);
}

WhatsappMessage OnlyMessage(const std::string& body) {
  auto events = Parse(body);
  REQUIRE(events.size() == 1);
  return std::get<WhatsappMessage>(events.front());
}

WhatsappStatus OnlyStatus(const std::string& member) {
  auto events = Parse(Webhook(member));
  REQUIRE(events.size() == 1);
  return std::get<WhatsappStatus>(events.front());
}

// Meta's own examples (MIT), or null where the shared data are not beside the repository.
nlohmann::json MetaExamples(const std::string& path, const std::string& part) {
  std::ifstream in("../shared/data/whatsapp-cloud-api-v23-subset.openapi.json");
  if (!in) {
    WARN("skipped: ../shared/data is not there");
    return nullptr;
  }
  const auto api = nlohmann::json::parse(in);
  const auto& post = api["paths"][path]["post"];
  const auto& holder = part == "request" ? post["requestBody"] : post["responses"]["200"];
  return holder["content"]["application/json"]["examples"];
}

}  // namespace

TEST_CASE("A text is read with its number, identity and id") {
  const WhatsappMessage message = OnlyMessage(TextFrom(R"("from":"16505551234")"));

  CHECK(message.identity == "1001");
  CHECK(message.person == "wa:16505551234");
  CHECK_FALSE(message.also_person);
  CHECK(message.id == "wamid.A");
  CHECK(message.text == "hi");
}

TEST_CASE("Somebody who hides their number is known by their business-scoped id") {
  const WhatsappMessage message =
      OnlyMessage(TextFrom(R"("from_user_id":"US.13491208655302741918")"));

  CHECK(message.person == "bsuid:US.13491208655302741918");
}

TEST_CASE("A webhook that shows number and business-scoped id shows one person") {
  const WhatsappMessage message =
      OnlyMessage(TextFrom(R"("from":"16505551234","from_user_id":"US.1349")"));

  CHECK(message.person == "wa:16505551234");
  CHECK(message.also_person == "bsuid:US.1349");
}

TEST_CASE("A sender without an id of the right shape is left out") {
  CHECK(Parse(TextFrom(R"("from":16505551234)")).empty());
  CHECK(Parse(TextFrom(R"("from":"+16505551234")")).empty());
  CHECK(Parse(TextFrom(R"("from":"1650555123456789012345")")).empty());
  CHECK(Parse(TextFrom(R"("from_user_id":"US13491")")).empty());
  CHECK(Parse(TextFrom(R"("x":1)")).empty());
}

TEST_CASE("Escapes of the network are undone") {
  const auto message =
      OnlyMessage(Webhook(R"("messages":[{"from":"16505551234","id":"wamid.A","type":"text",)"
                          R"("text":{"body":"\u00e9\/\ud83d\udc4d"}}])"));

  CHECK(message.text == "é/👍");
}

TEST_CASE("A picture is a message without a text, a reaction is none") {
  const auto of_type = [](const std::string& type) {
    return Webhook(R"("messages":[{"from":"16505551234","id":"wamid.A","type":")" + type +
                   R"("}])");
  };

  CHECK(OnlyMessage(of_type("image")).text.empty());
  CHECK(Parse(of_type("reaction")).empty());
  CHECK(Parse(of_type("system")).empty());
  CHECK(Parse(of_type("something of 2031")).empty());
}

TEST_CASE("Statuses are read with their state and error") {
  CHECK(OnlyStatus(R"("statuses":[{"id":"wamid.A","status":"delivered"}])").state ==
        WhatsappState::kDelivered);
  CHECK(OnlyStatus(R"("statuses":[{"id":"wamid.A","status":"played"}])").state ==
        WhatsappState::kRead);
  const auto failed =
      OnlyStatus(R"("statuses":[{"id":"wamid.A","status":"failed","errors":[{"code":131047}]}])");
  CHECK(failed.state == WhatsappState::kFailed);
  CHECK(failed.error_code == 131047);
}

TEST_CASE("A status of an unknown name or without an id is left out") {
  CHECK(Parse(Webhook(R"("statuses":[{"id":"wamid.A","status":"pondered"}])")).empty());
  CHECK(Parse(Webhook(R"("statuses":[{"status":"read"}])")).empty());
  CHECK(Parse(Webhook(R"("statuses":[{"id":"","status":"read"}])")).empty());
}

TEST_CASE("Several entries, changes and events are read in order") {
  const std::string body =
      R"({"object":"whatsapp_business_account","unknown":{},"entry":[)"
      R"({"changes":[{"field":"messages","value":{"messaging_product":"whatsapp",)"
      R"("metadata":{"phone_number_id":"1"},"statuses":[{"id":"a","status":"sent"},)"
      R"({"id":"b","status":"sent"}]}},{"field":"other","value":1}]},)"
      R"({"changes":[{"field":"messages","value":{"messaging_product":"whatsapp",)"
      R"("metadata":{"phone_number_id":"2"},"statuses":[{"id":"c","status":"sent"}]}}]}]})";

  const auto events = Parse(body);

  REQUIRE(events.size() == 3);
  CHECK(std::get<WhatsappStatus>(events[0]).id == "a");
  CHECK(std::get<WhatsappStatus>(events[2]).id == "c");
}

TEST_CASE("A change without a right identity or product is left out") {
  const std::string status = R"("statuses":[{"id":"a","status":"sent"}])";

  CHECK(Parse(Webhook(status, "1001")).empty());
  CHECK(Parse(Webhook(status, R"("10 01")")).empty());
  CHECK(Parse(Webhook(status, "null")).empty());
}

TEST_CASE("A body that is no WhatsApp webhook is malformed") {
  CHECK_FALSE(ParseWhatsappWebhook(""));
  CHECK_FALSE(ParseWhatsappWebhook("[]"));
  CHECK_FALSE(ParseWhatsappWebhook(R"({"object":"page","entry":[]})"));
  CHECK_FALSE(ParseWhatsappWebhook("\xFF\xFE"));
}

TEST_CASE("A webhook that is cut anywhere is malformed") {
  const std::string body = TextFrom(R"("from":"16505551234")");
  std::size_t accepted = 0;

  for (std::size_t size = 0; size < body.size(); ++size) {
    accepted += ParseWhatsappWebhook(body.substr(0, size)).has_value() ? 1 : 0;
  }

  CHECK(accepted == 0);
}

TEST_CASE("Values of a wrong type anywhere are passed over without harm") {
  const auto body = nlohmann::json::parse(TextFrom(R"("from":"16505551234")"));
  const auto flat = body.flatten();
  std::size_t read = 0;

  for (const auto& [pointer, value] : flat.items()) {
    for (const auto& wrong : {nlohmann::json(), nlohmann::json(7), nlohmann::json(nullptr),
                              nlohmann::json::array({1}), nlohmann::json::object({{"a", 1}})}) {
      auto changed = body;
      changed[nlohmann::json::json_pointer(pointer)] = wrong;
      read += ParseWhatsappWebhook(changed.dump()).has_value() ? 1 : 0;
    }
  }

  CHECK(read == (flat.size() - 1) * 5);  // all but those that spoil "object"
}

TEST_CASE("Deep nesting and too many events are refused") {
  const std::string deep = std::string(100000, '[') + std::string(100000, ']');
  std::string many;
  for (std::size_t i = 0; i <= kWhatsappEventsMax; ++i) {
    many += std::string(i == 0 ? "" : ",") + R"({"id":"a","status":"sent"})";
  }

  CHECK(ParseWhatsappWebhook(Webhook(R"("messages":)" + deep)).error().reason == Reason::kTooLarge);
  CHECK(ParseWhatsappWebhook(Webhook(R"("statuses":[)" + many + "]")).error().reason ==
        Reason::kTooLarge);
}

TEST_CASE("A send names a number in to and a business-scoped id in recipient") {
  const auto to_number = Json::Parse(WriteWhatsappText("wa:16505551234", "hi \"é\""));
  const auto to_user = Json::Parse(WriteWhatsappText("bsuid:US.1349", "hi"));

  CHECK((*to_number)["to"].TextOr("") == "16505551234");
  CHECK((*to_number)["text"]["body"].TextOr("") == "hi \"é\"");
  CHECK((*to_number)["messaging_product"].TextOr("") == "whatsapp");
  CHECK((*to_user)["recipient"].TextOr("") == "US.1349");
  CHECK_FALSE((*to_user).Has("to"));
}

TEST_CASE("A send is Meta's own example, field by field") {
  const auto examples = MetaExamples("/{Version}/{Phone-Number-ID}/messages", "request");
  if (examples.is_null()) return;
  auto expected = examples["Send Text Message"]["value"];
  expected["to"] = "16505551234";

  const auto written = nlohmann::json::parse(
      WriteWhatsappText("wa:16505551234", expected["text"]["body"].get<std::string>()));

  CHECK(written == expected);
}

TEST_CASE("The answer's message id is read, and anything else is malformed") {
  CHECK(ReadWhatsappAnswer(R"({"messages":[{"id":"wamid.A"}]})") == "wamid.A");
  CHECK_FALSE(ReadWhatsappAnswer(R"({"messages":[]})"));
  CHECK_FALSE(ReadWhatsappAnswer(R"({"messages":[{"id":7}]})"));
  CHECK_FALSE(ReadWhatsappAnswer("<html>"));
}

TEST_CASE("Every answer among Meta's examples has a message id that can be read") {
  const auto examples = MetaExamples("/{Version}/{Phone-Number-ID}/messages", "response");
  if (examples.is_null()) return;
  std::size_t read = 0;
  std::size_t with_messages = 0;

  for (const auto& [name, example] : examples.items()) {
    if (!example["value"].contains("messages")) continue;
    ++with_messages;
    read += ReadWhatsappAnswer(example["value"].dump()).has_value() ? 1 : 0;
  }

  CHECK(with_messages > 10);
  CHECK(read == with_messages);
}

TEST_CASE("Every webhook among Meta's examples parses, and their messages are read") {
  const auto examples = MetaExamples("/whatsapp/webhooks", "request");
  if (examples.is_null()) return;
  std::size_t failed = 0;
  std::size_t messages = 0;

  for (const auto& [name, example] : examples.items()) {
    const auto events = ParseWhatsappWebhook(example["value"].dump());
    failed += events ? 0 : 1;
    messages += events ? events->size() : 0;
  }

  CHECK(examples.size() >= 16);
  CHECK(failed == 0);
  // Text, two texts with context, image, contacts, location, order, button, two interactive.
  CHECK(messages == 10);
  const auto text = OnlyMessage(examples["Text Message"]["value"].dump());
  CHECK(text.person == "wa:16505551234");
  CHECK(text.text == "Does it come in another color?");
}

TEST_CASE("Each error code has the class of the documentation") {
  struct Row {
    int code;
    GraphClass meaning;
    Rule rule;
  };
  const Row row =
      GENERATE(values<Row>({{0, GraphClass::kStop, Rule::kAdapterDown},
                            {190, GraphClass::kStop, Rule::kAdapterDown},
                            {3, GraphClass::kStop, Rule::kAdapterDown},
                            {10, GraphClass::kStop, Rule::kAdapterDown},
                            {200, GraphClass::kStop, Rule::kAdapterDown},
                            {299, GraphClass::kStop, Rule::kAdapterDown},
                            {131005, GraphClass::kStop, Rule::kAdapterDown},
                            {1, GraphClass::kRetry, Rule::kAdapterDown},
                            {2, GraphClass::kRetry, Rule::kAdapterDown},
                            {131000, GraphClass::kRetry, Rule::kAdapterDown},
                            {131016, GraphClass::kRetry, Rule::kAdapterDown},
                            {133004, GraphClass::kRetry, Rule::kAdapterDown},
                            {4, GraphClass::kBackOff, Rule::kAdapterDown},
                            {80007, GraphClass::kBackOff, Rule::kAdapterDown},
                            {130429, GraphClass::kBackOff, Rule::kAdapterDown},
                            {131056, GraphClass::kBackOffPerson, Rule::kAdapterDown},
                            {131048, GraphClass::kBackOffLong, Rule::kAdapterDown},
                            {131064, GraphClass::kBackOffLong, Rule::kAdapterDown},
                            {100, GraphClass::kRefuse, Rule::kNetworkRefused},
                            {33, GraphClass::kRefuse, Rule::kNetworkRefused},
                            {131008, GraphClass::kRefuse, Rule::kNetworkRefused},
                            {131009, GraphClass::kRefuse, Rule::kNetworkRefused},
                            {131021, GraphClass::kRefuse, Rule::kNetworkRefused},
                            {131026, GraphClass::kRefusePerson, Rule::kPersonClosed},
                            {131030, GraphClass::kRefuse, Rule::kNetworkRefused},
                            {131031, GraphClass::kStop, Rule::kAdapterDown},
                            {368, GraphClass::kStop, Rule::kAdapterDown},
                            {130497, GraphClass::kStop, Rule::kAdapterDown},
                            {131042, GraphClass::kStop, Rule::kAdapterDown},
                            {131045, GraphClass::kStop, Rule::kAdapterDown},
                            {131057, GraphClass::kBackOffLong, Rule::kAdapterDown},
                            {131047, GraphClass::kRefuse, Rule::kThreadNotOpen},
                            {131049, GraphClass::kRefuse, Rule::kNetworkRefused},
                            {131050, GraphClass::kRefuse, Rule::kNetworkRefused},
                            {131051, GraphClass::kRefuse, Rule::kNetworkRefused},
                            {130472, GraphClass::kRefuse, Rule::kNetworkRefused},
                            {131052, GraphClass::kRetry, Rule::kAdapterDown},
                            {131053, GraphClass::kRetry, Rule::kAdapterDown},
                            {131062, GraphClass::kRefusePerson, Rule::kNetworkRefused},
                            {132000, GraphClass::kRefuse, Rule::kNetworkRefused},
                            {132016, GraphClass::kRefuse, Rule::kNetworkRefused},
                            {137000, GraphClass::kRefusePerson, Rule::kNetworkRefused}}));

  const GraphVerdict verdict = ClassifyGraphError(WhatsappErrors(), {.code = row.code}, {});

  INFO(row.code);
  CHECK(verdict.meaning == row.meaning);
  CHECK(verdict.attempt.rule == row.rule);
  CHECK(verdict.attempt.certainty == Certainty::kNotSent);
}

}  // namespace trestle
