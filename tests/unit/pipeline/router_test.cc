// The router alone: a table of rules, a ranking, and a reason for every candidate.
#include <catch2/catch.hpp>

#include "bridge/pipeline/router.h"

using namespace trestle;

namespace {

RouteCandidate Candidate(const Network& network) {
  RouteCandidate out;
  out.network = network;
  out.enrolled = true;
  out.link = LinkId(Bytes16{1});
  out.bound = true;
  out.health = Health::kHealthy;
  out.capabilities.network = network;
  out.capabilities.chunk_bytes = 100;
  out.capabilities.units_max = 40;
  out.capabilities.needs_sms_consent = network == Network::Sms();
  return out;
}

RouteQuestion Question(std::vector<RouteCandidate> candidates) {
  RouteQuestion out;
  out.frame_bytes = 450;
  out.candidates = std::move(candidates);
  return out;
}

RouteDecision Alone(const RouteCandidate& candidate) { return Decide(Question({candidate})); }

}  // namespace

TEST_CASE("The only acceptable candidate is chosen, with its units") {
  const RouteDecision decision = Alone(Candidate(Network::Whatsapp()));
  CHECK(decision.chosen == 0U);
  CHECK(decision.assurance == Assurance::kSealed);
  CHECK(decision.candidates[0].rule == Rule::kNone);
  CHECK(decision.candidates[0].units == 5);
}

TEST_CASE("Without candidates there is no route") {
  const RouteDecision decision = Decide(Question({}));
  CHECK_FALSE(decision.chosen);
  CHECK(decision.rule == Rule::kNoRoute);
}

TEST_CASE("A recipient without an endpoint is unreachable on every network, enrolled or not") {
  RouteQuestion question =
      Question({Candidate(Network::Whatsapp()), Candidate(Network::Messenger())});
  question.candidates[1].enrolled = false;
  question.recipient_has_endpoint = false;
  const RouteDecision decision = Decide(question);
  CHECK(decision.assurance == Assurance::kE2eeUnavailable);
  CHECK_FALSE(decision.chosen);
  CHECK_FALSE(decision.waits_for);
  CHECK(decision.candidates[0].rule == Rule::kEndToEndUnavailable);
  CHECK(decision.candidates[1].rule == Rule::kEndToEndUnavailable);
}

TEST_CASE("Each rule refuses with what it measured and what it allows") {
  RouteCandidate candidate = Candidate(Network::Sms());
  RouteQuestion question = Question({candidate});
  question.preferences.sms_allowed = true;
  SECTION("not enrolled") {
    question.candidates[0].enrolled = false;
    CHECK(Decide(question).candidates[0].rule == Rule::kNotEnrolled);
  }
  SECTION("switched off by the recipient") {
    question.preferences.refused = {Network::Sms()};
    CHECK(Decide(question).candidates[0].rule == Rule::kRefusedByRecipient);
  }
  SECTION("SMS was not chosen") {
    question.preferences.sms_allowed = false;
    CHECK(Decide(question).candidates[0].rule == Rule::kSmsNotAllowed);
  }
  SECTION("too many native messages") {
    question.frame_bytes = 6050;
    const CandidateVerdict verdict = Decide(question).candidates[0];
    CHECK(verdict.rule == Rule::kUnitsOverBudget);
    CHECK(verdict.measured == 61);
    CHECK(verdict.limit == 40);
  }
  SECTION("too expensive") {
    question.candidates[0].capabilities.unit_price_micros = 7500;
    question.candidates[0].capabilities.frame_price_micros_max = 37'499;
    const CandidateVerdict verdict = Decide(question).candidates[0];
    CHECK(verdict.rule == Rule::kPriceOverBudget);
    CHECK(verdict.measured == 37'500);  // five native messages
    CHECK(verdict.limit == 37'499);
    CHECK_FALSE(Decide(question).waits_for);
  }
  SECTION("draining") {
    question.candidates[0].draining = true;
    CHECK(Decide(question).candidates[0].rule == Rule::kAdapterDraining);
    CHECK_FALSE(Decide(question).waits_for);
  }
  SECTION("no store where all accept it") {
    question.residency.stores = {{"a", "us", "US"}, {"b", "us", "CA"}};
    question.preferences.residency.accepted = {"eu"};
    const RouteDecision decision = Decide(question);
    CHECK(decision.candidates[0].rule == Rule::kResidency);
    CHECK(decision.candidates[0].measured == 0);
    CHECK(decision.candidates[0].limit == 1);
    CHECK_FALSE(decision.store);
    CHECK_FALSE(decision.waits_for);
  }
  SECTION("left out by the caller") {
    question.only = Network::Whatsapp();
    CHECK(Decide(question).candidates[0].rule == Rule::kLeftOut);
  }
  CHECK_FALSE(Decide(question).chosen);
}

TEST_CASE(
    "The price is known before sending, and of two that are liked the same the cheaper goes") {
  RouteQuestion question =
      Question({Candidate(Network::Messenger()), Candidate(Network::Whatsapp())});
  question.candidates[0].capabilities.unit_price_micros = 7500;
  question.candidates[0].capabilities.frame_price_micros_max = 37'500;
  question.candidates[0].capabilities.currency = "EUR";
  const RouteDecision decision = Decide(question);
  CHECK(decision.chosen == 1U);
  CHECK(decision.candidates[0].rule == Rule::kLessPreferred);
  CHECK(decision.candidates[0].price_micros == 37'500);
  CHECK(decision.candidates[0].currency == "EUR");
  question.preferences.order = {Network::Messenger()};
  CHECK(Decide(question).chosen == 0U);
}

TEST_CASE("The store is the first that sender, recipient and operator accept") {
  RouteQuestion question = Question({Candidate(Network::Whatsapp())});
  question.residency.stores = {{"a", "us", "US"}, {"b", "eu", "DE"}, {"c", "eu", "FR"}};
  CHECK(Decide(question).store == 0U);
  question.preferences.residency.accepted = {"eu"};
  CHECK(Decide(question).store == 1U);
  question.sender_residency.refused = {"DE"};
  CHECK(Decide(question).store == 2U);
  CHECK(Decide(question).place == StorePlace{"c", "eu", "FR"});
  question.residency.operators.refused = {"FR"};
  CHECK_FALSE(Decide(question).store);
  CHECK_FALSE(Decide(question).chosen);
  CHECK(Decide(question).rule == Rule::kResidency);
}

TEST_CASE("A store in which something of the contact waits is the only one that takes more") {
  RouteQuestion question = Question({Candidate(Network::Whatsapp())});
  question.residency.stores = {{"a", "us", "US"}, {"b", "eu", "DE"}};
  question.held_in = 1;
  CHECK(Decide(question).store == 1U);
  question.sender_residency.accepted = {"us"};
  CHECK_FALSE(Decide(question).store);
  CHECK(Decide(question).rule == Rule::kResidency);
  CHECK(Decide(question).candidates[0].measured == 0);
  question.held_in.reset();
  CHECK(Decide(question).store == 0U);
}

TEST_CASE("A down adapter and a closed thread are waited for, since both pass") {
  RouteCandidate down = Candidate(Network::Whatsapp());
  down.health = Health::kDown;
  CHECK(Alone(down).waits_for == 0U);
  CHECK(Alone(down).rule == Rule::kAdapterDown);
  RouteCandidate closed = Candidate(Network::Whatsapp());
  closed.bound = false;
  CHECK(Alone(closed).waits_for == 0U);
  CHECK(Alone(closed).rule == Rule::kThreadNotOpen);
}

TEST_CASE("What is open now is preferred to what must be waited for") {
  RouteQuestion question =
      Question({Candidate(Network::Whatsapp()), Candidate(Network::Messenger())});
  question.preferences.order = {Network::Whatsapp()};
  question.candidates[0].bound = false;
  const RouteDecision decision = Decide(question);
  CHECK(decision.chosen == 1U);
  CHECK_FALSE(decision.waits_for);
}

TEST_CASE("Of those to wait for, the most preferred one is") {
  RouteQuestion question =
      Question({Candidate(Network::Whatsapp()), Candidate(Network::Messenger())});
  question.preferences.order = {Network::Messenger()};
  question.candidates[0].health = Health::kDown;
  question.candidates[1].bound = false;
  CHECK(Decide(question).waits_for == 1U);
}

TEST_CASE("The recipient's order comes before health, health before units") {
  RouteQuestion question =
      Question({Candidate(Network::Messenger()), Candidate(Network::Whatsapp())});
  SECTION("order before health") {
    question.preferences.order = {Network::Whatsapp(), Network::Messenger()};
    question.candidates[1].health = Health::kDegraded;
    CHECK(Decide(question).chosen == 1U);
  }
  SECTION("healthy before degraded") {
    question.candidates[0].health = Health::kDegraded;
    CHECK(Decide(question).chosen == 1U);
  }
  SECTION("degraded before deaf, which is quarantined") {
    question.candidates[0].health = Health::kDeaf;
    question.candidates[1].health = Health::kDegraded;
    CHECK(Decide(question).chosen == 1U);
    CHECK(Decide(question).candidates[0].rule == Rule::kAdapterDeaf);
  }
  SECTION("fewer units") {
    question.candidates[1].capabilities.chunk_bytes = 1000;
    CHECK(Decide(question).chosen == 1U);
  }
}

TEST_CASE("A preferred network that is down for a moment is waited for, then another one is used") {
  RouteQuestion question =
      Question({Candidate(Network::Whatsapp()), Candidate(Network::Messenger())});
  question.preferences.order = {Network::Whatsapp()};
  question.fallback_after = Millis{1000};
  question.candidates[0].health = Health::kDown;
  question.candidates[0].down_for = Millis{999};
  RouteDecision decision = Decide(question);
  CHECK_FALSE(decision.chosen);
  CHECK(decision.waits_for == 0U);
  CHECK(decision.rule == Rule::kAdapterDown);
  CHECK(decision.candidates[0].down_for == Millis{999});
  CHECK(decision.candidates[1].rule == Rule::kLessPreferred);
  question.candidates[0].down_for = Millis{1000};
  decision = Decide(question);
  CHECK(decision.chosen == 1U);
  CHECK(decision.candidates[0].rule == Rule::kAdapterDown);
}

TEST_CASE("A network that is down and not preferred is not waited for") {
  RouteQuestion question =
      Question({Candidate(Network::Whatsapp()), Candidate(Network::Messenger())});
  question.fallback_after = Millis{1000};
  question.candidates[0].health = Health::kDown;
  CHECK(Decide(question).chosen == 1U);
}

TEST_CASE("A deaf adapter is waited for when there is no other") {
  RouteCandidate deaf = Candidate(Network::Whatsapp());
  deaf.health = Health::kDeaf;
  CHECK(Alone(deaf).waits_for == 0U);
  CHECK(Alone(deaf).rule == Rule::kAdapterDeaf);
}

TEST_CASE("An acceptable candidate that was not chosen says at which place it stands") {
  const RouteDecision decision =
      Decide(Question({Candidate(Network::Messenger()), Candidate(Network::Whatsapp())}));
  REQUIRE(decision.chosen == 0U);
  CHECK(decision.candidates[1].rule == Rule::kLessPreferred);
  CHECK(decision.candidates[1].measured == 2);
  CHECK(decision.candidates[1].limit == 1);
}

TEST_CASE("When none is left the reason is the one of the candidate that came furthest") {
  RouteQuestion question = Question({Candidate(Network::Messenger()), Candidate(Network::Sms())});
  question.candidates[0].enrolled = false;
  CHECK(Decide(question).rule == Rule::kSmsNotAllowed);
}
