// Consent to the SMS edge: two sides, each for a time.
#include <catch2/catch.hpp>

#include "bridge/policy/edge_consent.h"

using namespace trestle;

TEST_CASE("A side agrees until its time and not at it") {
  const EdgeConsent consent{WallTime{1000}, std::nullopt};
  CHECK(SidesAgreed(consent, WallTime{999}) == 1);
  CHECK(SidesAgreed(consent, WallTime{1000}) == 0);
}

TEST_CASE("The edge is crossed until the first of the two sides ends") {
  CHECK(EdgeEnd({WallTime{1000}, WallTime{700}}) == WallTime{700});
  CHECK_FALSE(EdgeEnd({WallTime{1000}, std::nullopt}));
  CHECK(SidesAgreed({WallTime{1000}, WallTime{700}}, WallTime{699}) == kEdgeSides);
}

TEST_CASE("There is something to agree to once a contact is granted, or waits for keys alone") {
  ConsentStatus status;
  CHECK(MayAgreeToEdge(status, Side::kOwner) == Rule::kNoConsent);
  status.owner_agreed = true;
  CHECK(MayAgreeToEdge(status, Side::kOwner) == Rule::kNone);
  CHECK(MayAgreeToEdge(status, Side::kRequester) == Rule::kNoConsent);
  status.state = ContactState::kGranted;
  CHECK(MayAgreeToEdge(status, Side::kRequester) == Rule::kNone);
  status.state = ContactState::kRevoked;
  CHECK(MayAgreeToEdge(status, Side::kOwner) == Rule::kNoConsent);
}

TEST_CASE("Consent to the edge is never about everybody") {
  for (const ConsentAction action : {ConsentAction::kAllowEdge, ConsentAction::kEndEdge}) {
    CHECK(IsAboutEdge(action));
    CHECK_FALSE(AppliesTo(action, Everyone::kContacts));
    CHECK_FALSE(AppliesTo(action, Everyone::kStrangers));
  }
  CHECK_FALSE(IsAboutEdge(ConsentAction::kGrant));
}
