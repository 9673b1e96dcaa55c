// Consent, admission and deliveries as pure rules.
#include <algorithm>
#include <catch2/catch.hpp>
#include <vector>

#include "bridge/policy/admission.h"
#include "bridge/policy/consent.h"
#include "bridge/policy/delivery_rules.h"
#include "tests/unit/pipeline/sealed.h"
#include "tests/unit/sdk/manual_seams.h"

using namespace trestle;
using namespace trestle::test;

namespace {

constexpr ConsentStatus kAsked{};
constexpr ConsentStatus kGranted{ContactState::kGranted, true, false, false};

ConsentStatus After(const ConsentStatus& before, Side side, ConsentAction action) {
  return DecideConsent(before, side, action, true).after;
}

AdmissionFacts Admissible() {
  AdmissionFacts facts;
  facts.joined = facts.has_contact = facts.thread_open = true;
  facts.state = ContactState::kGranted;
  facts.payload.kind = PayloadKind::kApplication;
  facts.payload.payload_bytes = 443;
  facts.payload.epoch = 5;
  facts.known_group = GroupId();
  facts.known_epoch = 5;
  return facts;
}

}  // namespace

TEST_CASE("Only the owner can grant a request") {
  CHECK(After(kAsked, Side::kOwner, ConsentAction::kGrant).state == ContactState::kGranted);
  const ConsentDecision decision =
      DecideConsent(kAsked, Side::kRequester, ConsentAction::kGrant, true);
  CHECK(decision.rule == Rule::kNoConsent);
  CHECK(decision.after == kAsked);
}

TEST_CASE("A grant without a key is remembered and does not open the contact") {
  const ConsentDecision decision =
      DecideConsent(kAsked, Side::kOwner, ConsentAction::kGrant, false);
  CHECK(decision.rule == Rule::kKeysExhausted);
  CHECK(decision.after.owner_agreed);
  CHECK(decision.after.state == ContactState::kRequested);
  CHECK(After(decision.after, Side::kOwner, ConsentAction::kGrant).state == ContactState::kGranted);
}

TEST_CASE("Granting twice changes nothing") {
  CHECK(After(kGranted, Side::kOwner, ConsentAction::kGrant) == kGranted);
  CHECK(After(kGranted, Side::kRequester, ConsentAction::kGrant) == kGranted);
}

TEST_CASE("Either side ends a contact, and only that side takes it back") {
  for (const Side side : {Side::kOwner, Side::kRequester}) {
    for (const ConsentAction action :
         {ConsentAction::kRefuse, ConsentAction::kRevoke, ConsentAction::kBlock}) {
      const ConsentStatus ended = After(kGranted, side, action);
      CHECK(MayPass(ended.state) == Rule::kNoConsent);
      CHECK(MayPass(After(ended, Other(side), ConsentAction::kGrant).state) == Rule::kNoConsent);
      CHECK(MayPass(After(ended, side, ConsentAction::kGrant).state) == Rule::kNone);
    }
  }
}

TEST_CASE("What both sides ended neither opens alone") {
  ConsentStatus status = After(kGranted, Side::kRequester, ConsentAction::kRevoke);
  status = After(status, Side::kOwner, ConsentAction::kRevoke);
  CHECK(MayPass(After(status, Side::kOwner, ConsentAction::kGrant).state) == Rule::kNoConsent);
  CHECK(MayPass(After(status, Side::kRequester, ConsentAction::kGrant).state) == Rule::kNoConsent);
}

TEST_CASE("A block stays visible as one when the other side leaves too") {
  const ConsentStatus blocked = After(kGranted, Side::kOwner, ConsentAction::kBlock);
  CHECK(After(blocked, Side::kRequester, ConsentAction::kRevoke).state == ContactState::kBlocked);
}

TEST_CASE("No sequence of actions passes without the owner's standing agreement") {
  std::vector<ConsentStatus> seen{kAsked};
  for (std::size_t i = 0; i < seen.size(); ++i) {
    for (const Side side : {Side::kOwner, Side::kRequester}) {
      for (int action = 1; action <= 4; ++action) {
        for (const bool keys : {false, true}) {
          const ConsentStatus after =
              DecideConsent(seen[i], side, static_cast<ConsentAction>(action), keys).after;
          if (std::ranges::find(seen, after) == seen.end()) seen.push_back(after);
        }
      }
    }
  }
  CHECK(seen.size() < 64);
  for (const ConsentStatus& status : seen) {
    const bool open = status.owner_agreed && !status.ended_by_owner && !status.ended_by_requester;
    if (MayPass(status.state) == Rule::kNone) CHECK(open);
    const bool ended = status.ended_by_owner || status.ended_by_requester;
    const bool live =
        status.state == ContactState::kRequested || status.state == ContactState::kGranted;
    CHECK(ended != live);
  }
}

TEST_CASE("Asking again is for a requester who withdrew, not for one who was refused") {
  const ConsentStatus withdrew = After(kAsked, Side::kRequester, ConsentAction::kRevoke);
  CHECK(DecideAskAgain(withdrew, true).after.state == ContactState::kRequested);
  const ConsentStatus refused = After(kAsked, Side::kOwner, ConsentAction::kRefuse);
  CHECK(DecideAskAgain(refused, true).rule == Rule::kNoConsent);
}

TEST_CASE("Asking again does not open a contact whose owner has no key to give") {
  ConsentStatus status = DecideConsent(kAsked, Side::kOwner, ConsentAction::kGrant, false).after;
  status = After(status, Side::kRequester, ConsentAction::kRevoke);
  CHECK(DecideAskAgain(status, false).after.state == ContactState::kRequested);
}

TEST_CASE("An alias may be reached while it is live, not closed, and somebody else's") {
  const WallTime now{1000};
  CHECK(MayReach({AliasPolicy::kAsk, false, std::nullopt, false, false}, now) == Rule::kNone);
  CHECK(MayReach({AliasPolicy::kOpen, false, WallTime{1001}, false, false}, now) == Rule::kNone);
  for (const AliasFacts& alias : {AliasFacts{AliasPolicy::kClosed, false, {}, false, false},
                                  AliasFacts{AliasPolicy::kAsk, true, {}, false, false},
                                  AliasFacts{AliasPolicy::kAsk, false, now, false, false},
                                  AliasFacts{AliasPolicy::kAsk, false, {}, true, false},
                                  AliasFacts{AliasPolicy::kAsk, false, {}, false, true}}) {
    CHECK(MayReach(alias, now) == Rule::kNoConsent);
  }
}

TEST_CASE("Each fact that is wrong refuses by its own rule") {
  CHECK(Admit(Admissible()).rule == Rule::kNone);
  const auto rule = [](auto spoil) {
    AdmissionFacts facts = Admissible();
    spoil(facts);
    return Admit(facts).rule;
  };
  CHECK(rule([](auto& f) { f.has_contact = false; }) == Rule::kNoContact);
  CHECK(rule([](auto& f) { f.joined = false; }) == Rule::kNotJoined);
  CHECK(rule([](auto& f) { f.thread_open = false; }) == Rule::kThreadNotOpen);
  CHECK(rule([](auto& f) { f.state = ContactState::kBlocked; }) == Rule::kNoConsent);
  CHECK(rule([](auto& f) { f.payload.payload_bytes = 2 << 20; }) == Rule::kTooLarge);
  CHECK(rule([](auto& f) { f.payload.kind = PayloadKind::kUnreadable; }) == Rule::kMalformed);
  CHECK(rule([](auto& f) { f.payload.padded = false; }) == Rule::kBadPadding);
  CHECK(rule([](auto& f) { f.id_reused = true; }) == Rule::kIdReused);
  CHECK(rule([](auto& f) { f.payload.group_id = GroupId(Bytes16{1}); }) == Rule::kWrongGroup);
  CHECK(rule([](auto& f) { f.payload.epoch = 3; }) == Rule::kEpochTooOld);
  CHECK(rule([](auto& f) {
          f.payload.kind = PayloadKind::kCommit;
          f.payload.epoch = 4;
        }) == Rule::kWrongEpoch);
}

TEST_CASE("Of two wrong facts the earlier rule answers") {
  AdmissionFacts facts = Admissible();
  facts.state = ContactState::kRevoked;
  facts.payload.padded = false;
  CHECK(Admit(facts).rule == Rule::kNoConsent);
}

TEST_CASE("A refusal shows what was measured and what is allowed") {
  AdmissionFacts facts = Admissible();
  facts.payload.epoch = 1;
  CHECK(Admit(facts).measured == 1);
  CHECK(Admit(facts).limit == 4);
}

TEST_CASE("The first message names the group; a commit raises the epoch by one") {
  AdmissionFacts facts = Admissible();
  facts.payload.kind = PayloadKind::kCommit;
  CHECK(EpochAfter(facts) == 6);
  facts.known_group.reset();
  facts.payload.epoch = 0;
  CHECK(Admit(facts).rule == Rule::kNone);
  CHECK(EpochAfter(facts) == 1);
  facts.payload.kind = PayloadKind::kWelcome;
  CHECK(EpochAfter(facts) == 5);
}

TEST_CASE("An epoch at the end of its range does not wrap") {
  AdmissionFacts facts = Admissible();
  facts.payload.kind = PayloadKind::kCommit;
  facts.payload.epoch = facts.known_epoch = UINT64_MAX;
  CHECK(EpochAfter(facts) == UINT64_MAX);
}

TEST_CASE("Every kind of payload is recognised, and what is none is unreadable") {
  CountingRandom random;
  const GroupId group = GroupId::Mint(random);
  const EnvelopeId id = EnvelopeId::Mint(random);
  CHECK(ReadPayload(Application(random, {.group = group, .id = id})).envelope_id == id);
  CHECK(ReadPayload(Welcome(random)).kind == PayloadKind::kWelcome);
  CHECK(ReadPayload(Commit(random, group, 1)).kind == PayloadKind::kCommit);
  CHECK(ReadPayload(Proposal(random, group, 1)).kind == PayloadKind::kProposal);
  CHECK(ReadPayload(KeyPackage(random)).kind == PayloadKind::kUnreadable);
  CHECK(ReadPayload({}).kind == PayloadKind::kUnreadable);
}

TEST_CASE("Reports fold in any order to the same level") {
  std::vector<ReceiptLevel> reports{ReceiptLevel::kHandedOver, ReceiptLevel::kFailed,
                                    ReceiptLevel::kDelivered, ReceiptLevel::kRead,
                                    ReceiptLevel::kUnknown};
  std::ranges::sort(reports);
  do {
    ReceiptLevel level = ReceiptLevel::kAccepted;
    for (const ReceiptLevel report : reports) level = Folded(level, report);
    CHECK(level == ReceiptLevel::kRead);
  } while (std::ranges::next_permutation(reports).found);
  CHECK(Folded(ReceiptLevel::kFailed, ReceiptLevel::kHandedOver) == ReceiptLevel::kFailed);
  CHECK(Folded(ReceiptLevel::kExpired, ReceiptLevel::kFailed) == ReceiptLevel::kExpired);
}
