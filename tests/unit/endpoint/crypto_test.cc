#include <catch2/catch.hpp>

#include "endpoint/crypto/hpke.h"
#include "endpoint/crypto/kdf.h"
#include "endpoint/identity.h"
#include "tests/unit/endpoint/world.h"

namespace trestle::crypto {
namespace {

using endpoint::testing::Must;
using endpoint::testing::SeededRandom;
using endpoint::testing::WhyNot;

TEST_CASE("An HPKE context seals messages in order, and a failure uses no sequence number") {
  SeededRandom random(1);
  const KeyPair receiver = MakeX25519KeyPair(random);
  HpkeSender sender =
      Must(HpkeSetupSender(AeadId::kAes128Gcm, receiver.public_key, AsBytes("info"), random));
  HpkeContext context = Must(HpkeSetupReceiver(AeadId::kAes128Gcm, sender.kem_output,
                                               receiver.private_key, AsBytes("info")));
  const Bytes first = Must(sender.context.Seal({}, AsBytes("one")));
  const Bytes second = Must(sender.context.Seal({}, AsBytes("two")));
  CHECK_FALSE(context.Open({}, second).has_value());
  CHECK(AsText(Must(context.Open({}, first))) == "one");
  CHECK(AsText(Must(context.Open({}, second))) == "two");
}

TEST_CASE("A key of the wrong length is refused, not read beyond") {
  CHECK_FALSE(X25519(Bytes(31), Bytes(32)).has_value());
  CHECK_FALSE(Ed25519Sign(Bytes(33), {}).has_value());
  CHECK(WhyNot(AeadSeal(AeadId::kAes128Gcm, Bytes(15), Bytes(12), {}, {})) ==
        "an AEAD key of wrong length");
  CHECK(WhyNot(AeadSeal(AeadId::kAes128Gcm, Bytes(16), Bytes(11), {}, {})) ==
        "an AEAD nonce is 12 octets");
}

TEST_CASE("A signature under a key of small order is nobody's") {
  // The neutral point: R = A and S = 0 satisfy the equation for any message (found by fuzzing).
  Bytes neutral(kEd25519KeyBytes);
  neutral.front() = 1;
  Bytes signature(kSignatureBytes);
  signature.front() = 1;
  CHECK(WhyNot(Ed25519Verify(neutral, AsBytes("any"), signature)) ==
        "a signature key of small order");
  neutral.back() = 0x80;  // the other sign of x
  CHECK(IsSmallOrderEd25519Key(neutral));
  CHECK(IsSmallOrderEd25519Key(
      Must(FromHex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"))));
  SeededRandom random(2);
  CHECK_FALSE(IsSmallOrderEd25519Key(MakeEd25519KeyPair(random).public_key));
}

TEST_CASE("HKDF yields no more than its bound") {
  CHECK(HkdfExpand(Bytes(32), {}, kExpandBytesMax).has_value());
  CHECK(WhyNot(HkdfExpand(Bytes(32), {}, kExpandBytesMax + 1)) ==
        "HKDF yields at most 8160 octets");
}

struct Bound {
  SeededRandom random{5};
  endpoint::testing::HandClock clock;
  endpoint::BindingAuthentication authentication{clock};
  endpoint::OwnIdentity identity = endpoint::OwnIdentity::Make(random);
  mls::LeafNode leaf = LeafOf(identity);

  mls::LeafNode LeafOf(const endpoint::OwnIdentity& who) {
    const auto member = Must(who.MakeMember(1, 1'800'000'000, random));
    return Must(mls::MakeKeyPackage(*FindSuite(1), member, {0, ~0ULL}, random))
        .key_package.leaf_node;
  }
};

TEST_CASE_METHOD(Bound, "A binding of 136 octets verifies for its own leaf key and suite alone") {
  CHECK(leaf.credential.identity.size() == 136);
  CHECK(authentication.CheckLeaf(leaf, 1).has_value());
  CHECK(WhyNot(authentication.CheckLeaf(leaf, 3)) == "the signature does not verify");
  leaf.signature_key.front() ^= 1;
  CHECK(WhyNot(authentication.CheckLeaf(leaf, 1)) == "the signature does not verify");
}

TEST_CASE_METHOD(Bound, "Each octet of a binding is signed") {
  for (std::size_t i = 0; i < endpoint::IdentityBinding::kBytes; ++i) {
    mls::LeafNode broken = leaf;
    broken.credential.identity[i] ^= 1;
    CHECK_FALSE(authentication.CheckLeaf(broken, 1).has_value());
  }
}

TEST_CASE_METHOD(Bound, "An expired binding is refused") {
  clock.Advance(std::chrono::hours(24 * 1000));
  CHECK(WhyNot(authentication.CheckLeaf(leaf, 1)) == "an identity binding that has expired");
}

TEST_CASE_METHOD(Bound, "A leaf follows one of its own identity alone") {
  CHECK(authentication.CheckSuccessor(leaf, LeafOf(identity)).has_value());
  const auto other = endpoint::OwnIdentity::Make(random);
  CHECK(WhyNot(authentication.CheckSuccessor(leaf, LeafOf(other))) ==
        "a leaf that passes to another identity");
}

}  // namespace
}  // namespace trestle::crypto
