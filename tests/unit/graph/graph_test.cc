#include "adapters/sdk/graph.h"

#include <catch2/catch.hpp>

namespace trestle {
namespace {

constexpr GraphErrorRow kTable[] = {
    {10, 10, 7, GraphClass::kRefuse, Rule::kThreadNotOpen},
    {10, 10, kAnySubcode, GraphClass::kStop, Rule::kAdapterDown},
    {200, 299, kAnySubcode, GraphClass::kBackOffPerson, Rule::kAdapterDown},
};

HttpRequest Signed(const std::string& secret, std::string body) {
  HttpRequest request;
  request.headers["x-hub-signature-256"] = SignWebhook(Secret(secret), body);
  request.body = std::move(body);
  return request;
}

Result<HttpAnswer> Answered(int status, std::string body,
                            std::map<std::string, std::string> headers = {}) {
  return HttpAnswer{status, std::move(headers), std::move(body), Certainty::kSent};
}

TEST_CASE("A signature is HMAC-SHA256 over the raw octets in lower-case hex") {
  // RFC 4231, Section 4.3.
  CHECK(SignWebhook(Secret("Jefe"), "what do ya want for nothing?") ==
        "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_CASE("A signature holds for its secret and its octets only") {
  CHECK(HasWebhookSignature(Secret("s"), Signed("s", "{}")));
  CHECK_FALSE(HasWebhookSignature(Secret("s"), Signed("t", "{}")));
  HttpRequest changed = Signed("s", "{}");
  changed.body = "{ }";
  CHECK_FALSE(HasWebhookSignature(Secret("s"), changed));
  CHECK_FALSE(HasWebhookSignature(Secret("s"), HttpRequest{}));
}

TEST_CASE("A signature in another spelling is refused") {
  HttpRequest request = Signed("s", "{}");
  std::string& header = request.headers["x-hub-signature-256"];
  const std::string right = header;
  for (const std::string& wrong :
       {right.substr(7), right + " ", "SHA256=" + right.substr(7), right.substr(0, 70)}) {
    header = wrong;
    CHECK_FALSE(HasWebhookSignature(Secret("s"), request));
  }
}

TEST_CASE("Verification answers the challenge to the right mode and token only") {
  HttpRequest request;
  request.query = {
      {"hub.mode", "subscribe"}, {"hub.verify_token", "t"}, {"hub.challenge", "1158201444"}};

  CHECK(AnswerVerification(request, Secret("t")).body == "1158201444");
  CHECK(AnswerVerification(request, Secret("t")).content_type == "text/plain");
  CHECK(AnswerVerification(request, Secret("u")).status == 403);
  CHECK(AnswerVerification(request, Secret()).status == 403);
  request.query["hub.mode"] = "unsubscribe";
  CHECK(AnswerVerification(request, Secret("t")).status == 403);
}

TEST_CASE("An error object is read and written alike") {
  const GraphError error{.code = 131047,
                         .subcode = 7,
                         .message = "(#131047) Re-engagement \"message\"",
                         .details = "More than 24 hours",
                         .is_transient = true};

  const auto read = ReadGraphError(WriteGraphError(error, "Axyz"));

  REQUIRE(read);
  CHECK(read->code == 131047);
  CHECK(read->subcode == 7);
  CHECK(read->message == error.message);
  CHECK(read->details == error.details);
  CHECK(read->is_transient);
}

TEST_CASE("An error object of odd types is read as far as it goes") {
  const auto read = ReadGraphError(R"({"error":{"code":100,"error_data":"a text","message":5}})");

  REQUIRE(read);
  CHECK(read->code == 100);
  CHECK(read->message.empty());
  CHECK_FALSE(ReadGraphError(R"({"error":{"code":"100"}})"));
  CHECK_FALSE(ReadGraphError(R"({"error":"x"})"));
  CHECK_FALSE(ReadGraphError("<html>502</html>"));
}

TEST_CASE("The first row that fits decides") {
  CHECK(ClassifyGraphError(kTable, {.code = 10, .subcode = 7}, {}).meaning == GraphClass::kRefuse);
  CHECK(ClassifyGraphError(kTable, {.code = 10, .subcode = 8}, {}).meaning == GraphClass::kStop);
  CHECK(ClassifyGraphError(kTable, {.code = 250}, {}).meaning == GraphClass::kBackOffPerson);
}

TEST_CASE("An error object says that nothing was sent, whatever the HTTP status") {
  for (const int status : {400, 429, 500, 503}) {
    const auto verdict = ClassifyGraphAnswer(kTable, Answered(status, R"({"error":{"code":2}})"));
    CHECK(verdict.attempt.certainty == Certainty::kNotSent);
  }
}

TEST_CASE("A gateway that gave up leaves it open whether it was sent") {
  for (const int status : {302, 500, 502, 504}) {
    CHECK(ClassifyGraphAnswer(kTable, Answered(status, "<html>")).attempt.certainty ==
          Certainty::kMaybeSent);
  }
}

TEST_CASE("A refusal without an error object was not sent") {
  CHECK(ClassifyGraphAnswer(kTable, Answered(404, "")).attempt.certainty == Certainty::kNotSent);
  CHECK(ClassifyGraphAnswer(kTable, Answered(429, "")).meaning == GraphClass::kBackOff);
}

TEST_CASE("No answer is as certain as the client says") {
  CHECK(
      ClassifyGraphAnswer(kTable, HttpAnswer{.certainty = Certainty::kNotSent}).attempt.certainty ==
      Certainty::kNotSent);
  CHECK(ClassifyGraphAnswer(kTable, HttpAnswer{.certainty = Certainty::kMaybeSent})
            .attempt.certainty == Certainty::kMaybeSent);
}

TEST_CASE("A call that the client never took was not sent, and one cut off at stop may have been") {
  CHECK(ClassifyGraphAnswer(kTable, Fail(Reason::kBusy, "full")).attempt.certainty ==
        Certainty::kNotSent);
  CHECK(ClassifyGraphAnswer(kTable, Fail(Reason::kCancelled, "stop")).attempt.certainty ==
        Certainty::kMaybeSent);
}

TEST_CASE("Usage is the highest figure of both headers") {
  const auto usage = ReadGraphUsage(
      {{"x-app-usage", R"({"call_count":28,"total_time":25,"total_cputime":25.7})"},
       {"x-business-use-case-usage",
        R"({"1":[{"type":"messenger","call_count":97,"estimated_time_to_regain_access":19}]})"}});

  REQUIRE(usage);
  CHECK(usage->percent == 97);
  CHECK(usage->regain_after == Millis{std::chrono::minutes(19)});
}

TEST_CASE("Usage that cannot be read is no usage") {
  CHECK_FALSE(ReadGraphUsage({}));
  CHECK_FALSE(ReadGraphUsage({{"x-app-usage", "nonsense"}}));
  CHECK(ReadGraphUsage({{"x-app-usage", R"({"call_count":"x"})"}})->percent == 0);
  CHECK(ReadGraphUsage({{"x-app-usage", R"({"call_count":1e300})"}})->percent == 1000);
}

TEST_CASE("The network's own time to regain access is the time to retry") {
  const auto verdict =
      ClassifyGraphAnswer(kTable, Answered(400, R"({"error":{"code":250}})",
                                           {{"x-business-use-case-usage",
                                             R"({"1":[{"estimated_time_to_regain_access":3}]})"}}));

  CHECK(verdict.attempt.retry_after == Millis{std::chrono::minutes(3)});
}

TEST_CASE("A send carries its token in a header and its proof in the query") {
  const HttpCall call = GraphSendCall({"https://graph.facebook.com", "v23.0"}, "123", Secret("tok"),
                                      Secret("s"), "{}");

  CHECK(call.url.starts_with("https://graph.facebook.com/v23.0/123/messages?appsecret_proof="));
  CHECK(call.url.ends_with(AppSecretProof(Secret("s"), Secret("tok"))));
  CHECK(call.url.find("tok") == std::string::npos);
  CHECK(call.headers.at("Authorization") == "Bearer tok");
}

TEST_CASE("Ids are decimal texts") {
  CHECK(IsGraphId("17841400000000500"));
  CHECK_FALSE(IsGraphId(""));
  CHECK_FALSE(IsGraphId("12a"));
  CHECK_FALSE(IsGraphId("-1"));
  CHECK_FALSE(IsGraphId(std::string(33, '1')));
}

}  // namespace
}  // namespace trestle
