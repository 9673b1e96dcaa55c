// Sealing at rest, and signatures in the daemon's name.
#include <catch2/catch.hpp>

#include "bridge/base/aead.h"
#include "bridge/base/signing.h"
#include "tests/unit/sdk/manual_seams.h"

using namespace trestle;
using namespace trestle::test;

namespace {
const Bytes kKey(kAeadKeyBytes, 0x11);
const Bytes kContext = ToBytes(std::string_view("row 7"));
}  // namespace

// The GCM specification's test case 14 (AES-256, zero key and nonce, one zero block).
TEST_CASE("A sealed text is nonce, AES-256-GCM and tag") {
  struct Zeros final : Random {
    void Fill(std::span<std::uint8_t> out) override { std::ranges::fill(out, 0); }
  } zeros;
  const Bytes sealed = AeadSeal(Bytes(32), Bytes(16), {}, zeros);
  CHECK(ToHex(sealed) ==
        "000000000000000000000000"
        "cea7403d4d606b6e074ec5d3baf39d18"
        "d0d1c8a799996bf0265b98b5d48ab919");
}

TEST_CASE("What was sealed opens with the same key and context alone") {
  CountingRandom random;
  const Bytes plain = ToBytes(std::string_view("what waits"));
  const Bytes sealed = AeadSeal(kKey, plain, kContext, random);
  CHECK(sealed.size() == plain.size() + kAeadOverheadBytes);
  CHECK(AeadOpen(kKey, sealed, kContext).value() == plain);
  CHECK_FALSE(AeadOpen(Bytes(32, 0x12), sealed, kContext));
  CHECK_FALSE(AeadOpen(kKey, sealed, ToBytes(std::string_view("row 8"))));
}

TEST_CASE("Any changed octet, and any shorter text, is noticed") {
  CountingRandom random;
  const Bytes sealed = AeadSeal(kKey, Bytes(5), kContext, random);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    Bytes changed = sealed;
    changed[i] ^= 1;
    REQUIRE_FALSE(AeadOpen(kKey, changed, kContext));
    REQUIRE_FALSE(AeadOpen(kKey, ByteView(sealed).first(i), kContext));
  }
}

TEST_CASE("The same text sealed twice looks different") {
  CountingRandom random;
  CHECK(AeadSeal(kKey, kContext, {}, random) != AeadSeal(kKey, kContext, {}, random));
}

// RFC 8032, Section 7.1, test 2.
TEST_CASE("A signature is that of RFC 8032 and verifies for its message and key alone") {
  const Bytes seed =
      FromHex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb").value();
  const Secret secret{AsText(seed)};
  const Bytes32 key = SigningPublicKey(secret);
  CHECK(ToHex(key) == "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
  const Bytes message = {0x72};
  const Bytes signature = SignMessage(secret, message);
  CHECK(ToHex(signature) ==
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
  CHECK(VerifyMessage(key, message, signature));
  CHECK_FALSE(VerifyMessage(key, Bytes{0x73}, signature));
  CHECK_FALSE(VerifyMessage(Bytes(32, 1), message, signature));
  CHECK_FALSE(VerifyMessage(key, message, ByteView(signature).first(63)));
  CHECK_FALSE(VerifyMessage({}, message, signature));
}
