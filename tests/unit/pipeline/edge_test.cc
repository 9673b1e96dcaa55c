// Edge delivery in the core: nothing with content crosses without both sides, each for a time, and
// everybody is told. The owner, ben, has his endpoint at the edge; ana is on Messenger.
#include <catch2/catch.hpp>

#include "tests/unit/pipeline/people.h"

using namespace trestle;
using namespace trestle::test;

namespace {

struct EdgeScene {
  World world{WithEdge()};
  Pair pair = world.Meet(Network::Messenger(), EdgeNetwork());

  static WorldOptions WithEdge() {
    WorldOptions options;
    options.has_edge = true;
    return options;
  }

  void BothAgree() {
    world.Consents(pair.ana, pair.ana_link, ConsentAction::kAllowEdge);
    world.Consents(pair.ben, pair.ben_link, ConsentAction::kAllowEdge);
  }
  EnvelopeId SendFrom(const Person& person, const LinkId& link) {
    const EnvelopeId id = world.NewEnvelopeId();
    TRESTLE_CHECK(
        world.Sends(person, link, EnvelopeFrame{0, {}, world.Seal(pair, {.id = id})}).has_value());
    return id;
  }
  EnvelopeId AnaSends() { return SendFrom(pair.ana, pair.ana_link); }
  std::vector<ReceiptFrame> ToldToAna() {
    return world.On(Network::Messenger()).To<ReceiptFrame>(pair.ana_link);
  }
  std::size_t ToBen() { return EnvelopesTo(world, pair.ben, pair.ben_link); }
  RouteDecision Explained() {
    ExplainQuestion question;
    question.sender_link = pair.ana_link;
    return world
        .Ask<RouteDecision>([&](auto done) { world.core().Explain(question, std::move(done)); })
        .value();
  }
  const CandidateVerdict& VerdictOn(const RouteDecision& decision, const Network& network) {
    return *std::ranges::find(decision.candidates, network, &CandidateVerdict::network);
  }
  std::vector<ConsentEntry> EntriesOf(const Person& person) {
    std::vector<ConsentEntry> out;
    for (const ConsentRecord& each : HistoryOf(world, person)) out.push_back(each.entry);
    return out;
  }
};

}  // namespace

TEST_CASE("Without either side's consent the answer is E2EE_UNAVAILABLE, and nothing waits") {
  EdgeScene scene;
  SECTION("nobody agrees") {}
  SECTION("the sender alone") {
    scene.world.Consents(scene.pair.ana, scene.pair.ana_link, ConsentAction::kAllowEdge);
  }
  SECTION("the recipient alone") {
    scene.world.Consents(scene.pair.ben, scene.pair.ben_link, ConsentAction::kAllowEdge);
  }
  scene.AnaSends();
  REQUIRE(scene.ToldToAna().size() == 1);
  CHECK(scene.ToldToAna()[0].level == ReceiptLevel::kRefused);
  CHECK(scene.ToldToAna()[0].rule == Rule::kEndToEndUnavailable);
  CHECK(scene.ToBen() == 0);
  CHECK(scene.Explained().assurance == Assurance::kE2eeUnavailable);
}

TEST_CASE("Explain says how many sides agree, as the edge's own reason") {
  EdgeScene scene;
  scene.world.Consents(scene.pair.ana, scene.pair.ana_link, ConsentAction::kAllowEdge);
  const RouteDecision decision = scene.Explained();
  const CandidateVerdict verdict = scene.VerdictOn(decision, EdgeNetwork());
  CHECK(verdict.rule == Rule::kEdgeNotAgreed);
  CHECK(verdict.measured == 1);
  CHECK(verdict.limit == 2);
}

TEST_CASE("With both sides' consent it passes, and Explain and receipts say edge") {
  EdgeScene scene;
  scene.BothAgree();
  CHECK(scene.Explained().assurance == Assurance::kEdge);
  const EnvelopeId id = scene.AnaSends();
  CHECK(scene.ToBen() == 1);
  CHECK(scene.ToldToAna().back() ==
        ReceiptFrame{id, ReceiptLevel::kHandedOver, Rule::kOpenedAtEdge});
}

TEST_CASE("The network's word that it arrived is labelled too") {
  EdgeScene scene;
  scene.BothAgree();
  const EnvelopeId id = scene.AnaSends();
  const DeliveryId delivery = scene.world.On(EdgeNetwork()).FindEnvelope()->id;
  scene.world.core()
      .HostFor(EdgeNetwork())
      .Report({.id = delivery, .level = ReceiptLevel::kDelivered, .rule = Rule::kNone});
  scene.world.Run();
  CHECK(scene.ToldToAna().back() ==
        ReceiptFrame{id, ReceiptLevel::kDelivered, Rule::kOpenedAtEdge});
}

TEST_CASE("What comes from the edge needs both sides as well") {
  EdgeScene scene;
  scene.SendFrom(scene.pair.ben, scene.pair.ben_link);
  CHECK(EnvelopesTo(scene.world, scene.pair.ana, scene.pair.ana_link) == 0);
  scene.BothAgree();
  scene.SendFrom(scene.pair.ben, scene.pair.ben_link);
  CHECK(EnvelopesTo(scene.world, scene.pair.ana, scene.pair.ana_link) == 1);
}

TEST_CASE("A Welcome has no content and crosses before anybody agrees") {
  EdgeScene scene;
  REQUIRE(scene.world.Sends(scene.pair.ana, scene.pair.ana_link,
                            EnvelopeFrame{0, {}, Welcome(scene.world.random())}));
  CHECK(scene.ToBen() == 1);
}

TEST_CASE("A consent that lapses ends what waits, and is recorded") {
  EdgeScene scene;
  scene.BothAgree();
  scene.world.Health(EdgeNetwork(), Health::kDown);
  const EnvelopeId id = scene.AnaSends();
  scene.world.Look([&](Transaction& tx) {
    ContactRecord contact = *tx.FindContact((*tx.FindLink(scene.pair.ben_link))->contact).value();
    contact.edge.owner_until = scene.world.now() + std::chrono::minutes(1);
    TRESTLE_CHECK(tx.PutContact(contact).has_value());
  });
  scene.world.Advance(std::chrono::minutes(2));
  CHECK(scene.ToldToAna().back() ==
        ReceiptFrame{id, ReceiptLevel::kFailed, Rule::kEndToEndUnavailable});
  scene.world.Health(EdgeNetwork(), Health::kHealthy);
  CHECK(scene.ToBen() == 0);
  CHECK(scene.EntriesOf(scene.pair.ben).back() == ConsentEntry::kEdgeLapsed);
  CHECK(scene.Explained().assurance == Assurance::kE2eeUnavailable);
}

TEST_CASE("The adapter is told to hand nothing over after the consent's end") {
  EdgeScene scene;
  scene.BothAgree();
  scene.world.Look([&](Transaction& tx) {
    ContactRecord contact = *tx.FindContact((*tx.FindLink(scene.pair.ben_link))->contact).value();
    contact.edge.requester_until = scene.world.now() + std::chrono::minutes(1);
    TRESTLE_CHECK(tx.PutContact(contact).has_value());
  });
  scene.AnaSends();
  CHECK(scene.world.On(EdgeNetwork()).FindEnvelope()->expires_at <=
        scene.world.now() + std::chrono::minutes(1));
}

TEST_CASE("A withdrawal by either side takes effect in its own transaction") {
  EdgeScene scene;
  scene.BothAgree();
  scene.world.Health(EdgeNetwork(), Health::kDown);
  const EnvelopeId id = scene.AnaSends();
  const bool by_sender = GENERATE(true, false);
  const Person& person = by_sender ? scene.pair.ana : scene.pair.ben;
  const LinkId& link = by_sender ? scene.pair.ana_link : scene.pair.ben_link;
  scene.world.Consents(person, link, ConsentAction::kEndEdge);
  CHECK(scene.ToldToAna().back() ==
        ReceiptFrame{id, ReceiptLevel::kFailed, Rule::kEndToEndUnavailable});
  CHECK(scene.Explained().assurance == Assurance::kE2eeUnavailable);
  CHECK(scene.EntriesOf(person).back() == ConsentEntry::kEdgeEnded);
}

TEST_CASE("The ledger has each agreement with its scope, its end and where it came from") {
  EdgeScene scene;
  scene.BothAgree();
  const ConsentRecord entry = HistoryOf(scene.world, scene.pair.ben).back();
  CHECK(entry.entry == ConsentEntry::kEdgeAgreed);
  CHECK(entry.origin == ConsentOrigin::kFrame);
  CHECK(entry.contact.has_value());
  CHECK(entry.until == scene.world.now() + kEdgeConsentSpan);
}

TEST_CASE("What ends with the contact is agreed to anew when it begins again") {
  EdgeScene scene;
  scene.BothAgree();
  scene.world.Consents(scene.pair.ben, scene.pair.ben_link, ConsentAction::kRevoke);
  scene.world.Consents(scene.pair.ben, scene.pair.ben_link, ConsentAction::kGrant);
  CHECK(scene.Explained().assurance == Assurance::kE2eeUnavailable);
}

TEST_CASE("Where no edge is crossed there is nothing to agree to") {
  World world(EdgeScene::WithEdge());
  const Pair pair = world.Meet(Network::Messenger(), Network::Whatsapp());
  const AccountId ana = world.AccountOf(pair.ana);
  const auto answer = world.Ask<ConsentAnswer>([&](auto done) {
    world.core().AllowEdge(ana, pair.ana_link, kEdgeConsentSpan, std::move(done));
  });
  CHECK(answer->rule == Rule::kNoConsent);
  CHECK_FALSE(ContactsOf(world, pair.ana)[0].edge);
}

TEST_CASE("Over the API a span is agreed to, within bounds, and both sides see both times") {
  EdgeScene scene;
  const AccountId ana = scene.world.AccountOf(scene.pair.ana);
  const Millis asked = GENERATE(Millis{1}, Millis(std::chrono::hours(2)));
  const auto answer = scene.world.Ask<ConsentAnswer>([&](auto done) {
    scene.world.core().AllowEdge(ana, scene.pair.ana_link, asked, std::move(done));
  });
  CHECK(answer->rule == Rule::kNone);
  const WallTime until = scene.world.now() + std::max(asked, kEdgeConsentSpanMin);
  CHECK(ContactsOf(scene.world, scene.pair.ana)[0].edge->own_until == until);
  CHECK(ContactsOf(scene.world, scene.pair.ben)[0].edge->peer_until == until);
}

TEST_CASE("Who is not at the edge is asked once the contact is granted, and agrees by word") {
  EdgeScene scene;
  CHECK(scene.world.LastTextTo(scene.pair.ana).find("SMS edge") != std::string::npos);
  REQUIRE(scene.world.Offers(scene.pair.ana.network, scene.pair.ana_link,
                             ServiceCommand{ServiceVerb::kAgree, ""}));
  CHECK(scene.EntriesOf(scene.pair.ana).back() == ConsentEntry::kEdgeAgreed);
  CHECK(scene.world.LastTextTo(scene.pair.ana).find("Agreed for 30 days") != std::string::npos);
  REQUIRE(scene.world.Offers(scene.pair.ana.network, scene.pair.ana_link,
                             ServiceCommand{ServiceVerb::kDisagree, ""}));
  CHECK(scene.EntriesOf(scene.pair.ana).back() == ConsentEntry::kEdgeEnded);
}

TEST_CASE("An account at the edge stands alone, whichever network comes second") {
  World world(EdgeScene::WithEdge());
  const Person first = world.Joins(GENERATE(EdgeNetwork(), Network::Whatsapp()));
  const Network second = first.network == EdgeNetwork() ? Network::Whatsapp() : EdgeNetwork();
  const Person there = world.JoinsToo(first, second);
  CHECK(world.LastTextTo(there).find("stands alone") != std::string::npos);
}

TEST_CASE("Consent survives a crash of the bridge") {
  const ScratchFolder folder;
  WorldOptions options = EdgeScene::WithEdge();
  options.path = folder.path() + "/core.db";
  World world(options);
  const Pair pair = world.Meet(Network::Messenger(), EdgeNetwork());
  world.Consents(pair.ana, pair.ana_link, ConsentAction::kAllowEdge);
  world.Crash();
  world.Begin();
  CHECK(ContactsOf(world, pair.ana)[0].edge->own_until.has_value());
}
