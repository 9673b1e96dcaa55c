#include "bridge/rpc/convert.h"

#include <catch2/catch.hpp>

#include <set>

#include "bridge/rpc/native_codec.h"
#include "bridge/rpc/sentences.h"
#include "bridge/rpc/validator.h"

using namespace trestle;

namespace {

// "RULE_NO_CONSENT" for RULE and "no_consent".
std::string ProtoName(std::string prefix, std::string_view name) {
  for (const char letter : name) {
    prefix.push_back(
        static_cast<char>(letter >= 'a' && letter <= 'z' ? letter - 'a' + 'A' : letter));
  }
  return prefix;
}

std::vector<Rule> AllRules() {
  std::vector<Rule> rules;
  for (int n = 0; n < 256; ++n) {
    const Rule rule = static_cast<Rule>(n);
    if (RuleName(rule) != "unknown") rules.push_back(rule);
  }
  return rules;
}

CandidateVerdict VerdictOf(const Network& network, Rule rule, std::int64_t units) {
  CandidateVerdict verdict;
  verdict.network = network;
  verdict.rule = rule;
  verdict.units = units;
  return verdict;
}

Delivery DeliveryOf(Frame frame) {
  Delivery delivery;
  delivery.body = std::move(frame);
  return delivery;
}

RouteDecision DecisionOf(std::vector<CandidateVerdict> candidates,
                         std::optional<std::size_t> chosen) {
  RouteDecision decision;
  decision.chosen = chosen;
  decision.candidates = std::move(candidates);
  return decision;
}

}  // namespace

TEST_CASE("Every rule has the same number and name in the API") {
  std::set<int> numbers;
  for (const Rule rule : AllRules()) {
    numbers.insert(static_cast<int>(rule));
    const std::string& name = v1::Rule_Name(ProtoOf(rule));
    if (rule == Rule::kNone) CHECK(name == "RULE_UNSPECIFIED");
    if (rule == Rule::kEndToEndUnavailable) CHECK(name == "RULE_END_TO_END_UNAVAILABLE");
    if (rule == Rule::kNone || rule == Rule::kEndToEndUnavailable) continue;
    CHECK(name == ProtoName("RULE_", RuleName(rule)));
    CHECK(RuleOf(ProtoOf(rule)) == rule);
  }
  CHECK(numbers.size() == static_cast<std::size_t>(v1::Rule_descriptor()->value_count()));
}

TEST_CASE("Every receipt level has the same number and name in the API") {
  for (int n = 1; n <= 8; ++n) {
    const auto level = static_cast<ReceiptLevel>(n);
    CHECK(v1::ReceiptLevel_Name(ProtoOf(level)) ==
          ProtoName("RECEIPT_LEVEL_", ReceiptLevelName(level)));
  }
}

TEST_CASE("Contact states, alias policies and assurances have the same numbers in the API") {
  for (int n = 1; n <= 5; ++n) {
    const auto state = static_cast<ContactState>(n);
    CHECK(v1::ContactState_Name(ProtoOf(state)) ==
          ProtoName("CONTACT_STATE_", ContactStateName(state)));
  }
  for (int n = 1; n <= 3; ++n) {
    const auto policy = static_cast<AliasPolicy>(n);
    CHECK(v1::AliasPolicy_Name(ProtoOf(policy)) ==
          ProtoName("ALIAS_POLICY_", AliasPolicyName(policy)));
  }
  CHECK(ProtoOf(Assurance::kSealed) == v1::ASSURANCE_SEALED);
  CHECK(ProtoOf(Assurance::kE2eeUnavailable) == v1::ASSURANCE_E2EE_UNAVAILABLE);
}

TEST_CASE("Every rule has a sentence that fits its field and ends as one") {
  for (const Rule rule : AllRules()) {
    const std::string sentence = SentenceFor(rule, 70000, 65536);
    INFO(RuleName(rule));
    CHECK(sentence.size() <= 256);
    CHECK(sentence.ends_with("."));
  }
}

TEST_CASE("A candidate over its budget is explained with both numbers") {
  CandidateVerdict sms = VerdictOf(Network::Sms(), Rule::kUnitsOverBudget, 61);
  sms.measured = 61;
  sms.limit = 40;
  const RouteDecision decision =
      DecisionOf({VerdictOf(Network::Whatsapp(), Rule::kNone, 1), sms}, 0);
  CHECK(SentenceFor(decision.candidates[1], decision) ==
        "sms would take 61 native messages; 40 are allowed.");
  CHECK(SummaryOf(decision) ==
        "It would go over whatsapp, sealed end to end, in 1 native message.");
}

TEST_CASE("A price is said in its currency, and one over the budget with both figures") {
  CandidateVerdict sms = VerdictOf(Network::Sms(), Rule::kNone, 4);
  sms.price_micros = 30'000;
  sms.currency = "EUR";
  CHECK(SummaryOf(DecisionOf({sms}, 0)) ==
        "It would go over sms, sealed end to end, in 4 native messages, for 0.03 EUR.");
  CHECK(SentenceFor(sms, DecisionOf({sms}, 0)) ==
        "sms carries it in 4 native messages, for 0.03 EUR.");
  sms.rule = Rule::kPriceOverBudget;
  sms.measured = 1'507'500;
  sms.limit = 1'000'000;
  CHECK(SentenceFor(sms, DecisionOf({sms}, std::nullopt)) ==
        "sms would cost 1.5075 EUR; 1.00 EUR is allowed.");
}

TEST_CASE("An adapter that cannot be used is called by its state") {
  CandidateVerdict sms = VerdictOf(Network::Sms(), Rule::kAdapterDown, 1);
  sms.measured = HealthRank(Health::kStarting);
  CHECK(SentenceFor(sms, DecisionOf({sms}, std::nullopt)) == "The adapter of sms is starting.");
  sms.measured = HealthRank(Health::kDown);
  CHECK(SentenceFor(sms, DecisionOf({sms}, std::nullopt)) == "The adapter of sms is down.");
}

TEST_CASE("A less preferred candidate names the one that ranks higher") {
  const RouteDecision decision =
      DecisionOf({VerdictOf(Network::Messenger(), Rule::kNone, 1),
                  VerdictOf(Network::Instagram(), Rule::kLessPreferred, 2)},
                 0);
  CHECK(SentenceFor(decision.candidates[1], decision) ==
        "instagram would do, and messenger ranks higher.");
}

TEST_CASE("A refused submission keeps its rule, measure and limit, and carries no stamp") {
  SubmitAnswer answer;
  answer.rule = Rule::kTooLarge;
  answer.seq = 7;
  answer.measured = 70000;
  answer.limit = 65536;
  const v1::SubmitResponse response = ProtoOf(answer);
  CHECK(response.refusal().rule() == v1::RULE_TOO_LARGE);
  CHECK(response.refusal().measured() == 70000);
  CHECK(response.refusal().limit() == 65536);
  CHECK(response.seq() == 0);
  CHECK(!response.has_accepted_at());
}

TEST_CASE("A number that does not fit its field is clamped") {
  CHECK(Clamped(INT64_MAX) == INT32_MAX);
  CHECK(Clamped(INT64_MIN) == -INT32_MAX);
  CHECK(Clamped(-5) == -5);
}

TEST_CASE("Times keep their milliseconds") {
  const google::protobuf::Timestamp at = TimestampOf(WallTime{1'767'225'600'123});
  CHECK(at.seconds() == 1'767'225'600);
  CHECK(at.nanos() == 123'000'000);
}

TEST_CASE("A thread offer tells its link, and no ghost and no bind code") {
  const LinkId link = *LinkId::FromHex("000102030405060708090a0b0c0d0e0f");
  ThreadOfferFrame offer;
  offer.role = ThreadRole::kOwner;
  offer.ghost = "g";
  offer.label = "bicycle";
  Delivery delivery = DeliveryOf(offer);
  delivery.offers_link = link;
  const std::optional<v1::Inbound> inbound = InboundOf(delivery);
  REQUIRE(inbound);
  CHECK(inbound->thread_offer().link_id() == OctetsOf(link));
  CHECK(inbound->thread_offer().role() == v1::THREAD_ROLE_OWNER);
  CHECK(inbound->thread_offer().label() == "bicycle");
  CHECK(inbound->link_id().empty());
}

TEST_CASE("What a native client is handed keeps the limits of its proto") {
  EnvelopeFrame envelope;
  envelope.payload = Bytes(66048);
  Delivery delivery = DeliveryOf(envelope);
  delivery.to = LinkId();
  CHECK(Validate(*InboundOf(delivery)).empty());
}

TEST_CASE("Frames that travel the other way are not handed to a client") {
  CHECK(!InboundOf(DeliveryOf(PublishKeysFrame{})));
}
