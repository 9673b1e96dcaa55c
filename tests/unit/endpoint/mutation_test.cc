// Nothing that is signed or sealed survives the change of a single bit, wherever it is; what was
// refused leaves the receiver as it was, and the message as it was sent is then accepted.
#include <catch2/catch.hpp>

#include "tests/unit/endpoint/group_world.h"

namespace trestle::mls {
namespace {

using namespace testing;

// Calls with every octet string that differs from this one in one bit.
template <class Accepts>
void ExpectNoFlipAccepted(const Bytes& good, Accepts accepts) {
  Bytes broken = good;
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    broken[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    const bool accepted = accepts(broken);
    if (accepted) FAIL_CHECK("bit " << bit << " may be flipped");
    broken[bit / 8] = good[bit / 8];
  }
}

struct Flips : GroupWorld {
  Flips() { Create(2); }

  // Member 0 sent it; member 1 looks at every flip of it.
  void ExpectRefusedFlips(const MlsMessage& message) {
    const Bytes before = StateOf(at(1));
    ExpectNoFlipAccepted(Encode(message), [&](const Bytes& broken) {
      const auto decoded = DecodeMessage(broken);
      const bool accepted = decoded && at(1).Handle(*decoded).has_value();
      return accepted || StateOf(at(1)) != before;
    });
    CHECK(at(1).Handle(message).has_value());
  }
  CommitOptions Small(HandshakeWire wire) {
    CommitOptions out;
    out.wire = wire;
    out.padding = Padding::kNone;
    return out;
  }
};

TEST_CASE_METHOD(Flips, "No bit of a sealed application message may be flipped") {
  ExpectRefusedFlips({Must(at(0).Protect(AsBytes("aad"), AsBytes("text"), Padding::kNone))});
}

TEST_CASE_METHOD(Flips, "No bit of a padded application message may be flipped") {
  ExpectRefusedFlips({Must(at(0).Protect(AsBytes("aad"), AsBytes("text"), Padding::kBuckets))});
}

TEST_CASE_METHOD(Flips, "No bit of a sealed proposal may be flipped") {
  ExpectRefusedFlips(Must(at(0).ProposeUpdate()));
}

TEST_CASE_METHOD(Flips, "No bit of an open proposal may be flipped") {
  ExpectRefusedFlips(Must(at(0).ProposeUpdate(HandshakeWire::kPublic)));
}

TEST_CASE_METHOD(Flips, "No bit of a sealed commit may be flipped") {
  ExpectRefusedFlips(Must(at(0).Commit(Small(HandshakeWire::kPrivate))).message);
}

TEST_CASE_METHOD(Flips, "No bit of an open commit may be flipped") {
  ExpectRefusedFlips(Must(at(0).Commit(Small(HandshakeWire::kPublic))).message);
}

TEST_CASE_METHOD(Flips, "No bit of a late message of the last epoch may be flipped") {
  const PrivateMessage late = Must(at(0).Protect({}, AsBytes("late"), Padding::kNone));
  Commit(1);
  ExpectRefusedFlips({late});
}

TEST_CASE_METHOD(Flips, "No bit of a key package may be flipped") {
  MemberIdentity identity;
  const KeyPackage key_package = MakeKeyPackage(identity).key_package;
  ExpectNoFlipAccepted(Encode(key_package), [&](const Bytes& broken) {
    const auto decoded = Decode<KeyPackage>(broken);
    return decoded && decoded->Validate(at(0).suite()).has_value();
  });
  CHECK(key_package.Validate(at(0).suite()).has_value());
}

TEST_CASE_METHOD(Flips, "No bit of a leaf that was updated may be flipped") {
  Commit(0);
  const LeafNode leaf = *at(0).tree().leaf({0});
  const LeafPosition position{at(0).context().group_id, {0}};
  ExpectNoFlipAccepted(Encode(leaf), [&](const Bytes& broken) {
    const auto decoded = Decode<LeafNode>(broken);
    return decoded && decoded->VerifySignature(position).has_value();
  });
  CHECK(leaf.VerifySignature(position).has_value());
  CHECK_FALSE(leaf.VerifySignature({at(0).context().group_id, {1}}).has_value());
  CHECK_FALSE(leaf.VerifySignature({AsBytes("other"), {0}}).has_value());
}

TEST_CASE_METHOD(Flips, "No bit of a group info may be flipped") {
  const crypto::KeyPair key = crypto::MakeEd25519KeyPair(random);
  GroupInfo info{at(0).context(), {{0xF001, {1}}}, Bytes(32, 1), {0}, {}};
  Must(info.Sign(key.private_key));
  ExpectNoFlipAccepted(Encode(info), [&](const Bytes& broken) {
    const auto decoded = Decode<GroupInfo>(broken);
    return decoded && decoded->VerifySignature(key.public_key).has_value();
  });
  CHECK(info.VerifySignature(key.public_key).has_value());
}

TEST_CASE_METHOD(Flips, "No bit of a Welcome may be flipped") {
  MemberIdentity identity;
  const OwnKeyPackage own = MakeKeyPackage(identity);
  CommitOptions options = Small(HandshakeWire::kPrivate);
  options.proposals.push_back({mls::Add{own.key_package}});
  const Welcome welcome = *Commit(0, std::move(options));
  const auto joins = [&](const Welcome& one) {
    return Group::Join(services(), one, own, identity.signature_private_key).has_value();
  };
  ExpectNoFlipAccepted(Encode(welcome), [&](const Bytes& broken) {
    const auto decoded = Decode<Welcome>(broken);
    return decoded && joins(*decoded);
  });
  CHECK(joins(welcome));
}

}  // namespace
}  // namespace trestle::mls
