// Who is let into a thread: leaves that are bound to an identity, pinned to the first one seen, and
// nobody beside the two. Played by a stranger who speaks MLS well and breaks these rules alone.
#include <catch2/catch.hpp>

#include "tests/unit/endpoint/world.h"

namespace trestle::endpoint {
namespace {

using namespace testing;

class BelieveAnyone final : public mls::Authentication {
 public:
  Result<void> CheckLeaf(const mls::LeafNode&, crypto::SuiteId) const override { return {}; }
  Result<void> CheckSuccessor(const mls::LeafNode&, const mls::LeafNode&) const override {
    return {};
  }
};

struct Stranger : World {
  BelieveAnyone anyone;
  const crypto::Suite& suite = *crypto::FindSuite(1);
  OwnIdentity identity = OwnIdentity::Make(random);
  mls::MemberIdentity member = Must(identity.MakeMember(1, 2'000'000'000, random));
  mls::Services services{&random, &anyone, nullptr, nullptr};

  mls::OwnKeyPackage Package() {
    return Must(mls::MakeKeyPackage(suite, member, {0, ~0ULL}, random));
  }
  Bytes Message() { return mls::Encode(mls::MlsMessage{Package().key_package}); }
  mls::Group Alone(Bytes group_id = Bytes(16, 5)) {
    return Must(mls::Group::Create(services, suite, std::move(group_id), Package(),
                                   member.signature_private_key));
  }
  // The Welcome of a group of the stranger, Ben and these.
  Bytes Invite(mls::Group& group, std::vector<mls::Proposal> more = {}) {
    mls::CommitOptions options;
    options.proposals = std::move(more);
    const Bytes bens = Must(ben->MakeKeyPackages(1)).front();
    options.proposals.push_back({mls::Add{Must(mls::DecodeMessageAs<mls::KeyPackage>(bens))}});
    mls::NewCommit commit = Must(group.Commit(std::move(options)));
    const Bytes out = mls::Encode(mls::MlsMessage{*commit.welcome});
    Must(group.AdoptCommit(std::move(commit)));
    return out;
  }
  void Unbind() { member.credential.identity = Bytes(136, 7); }
};

TEST_CASE_METHOD(Stranger, "A stranger with a good binding is let in") {
  mls::Group group = Alone();
  Must(ben->JoinThread("stranger", Invite(group)));
  CHECK(ana->StartThread("stranger", Message()).has_value());
}

TEST_CASE_METHOD(Stranger, "A key package whose leaf is bound to nobody is refused") {
  Unbind();
  CHECK(WhyNot(ana->StartThread("stranger", Message())) == "the signature does not verify");
  member.credential.identity = ToBytes("Ben");
  CHECK(WhyNot(ana->StartThread("stranger", Message())) ==
        "a credential that holds no identity binding");
}

TEST_CASE_METHOD(Stranger, "A Welcome of somebody who is bound to nobody is refused") {
  Unbind();
  mls::Group group = Alone();
  CHECK(WhyNot(ben->JoinThread("stranger", Invite(group))) == "the signature does not verify");
}

TEST_CASE_METHOD(Stranger, "Another's binding on one's own leaf is refused") {
  // Ana's credential is public; the stranger puts it on a key of its own.
  const Bytes anas = Must(ana->MakeKeyPackages(1)).front();
  member.credential = Must(mls::DecodeMessageAs<mls::KeyPackage>(anas)).leaf_node.credential;
  mls::Group group = Alone();
  CHECK(WhyNot(ben->JoinThread("ana", Invite(group))) == "the signature does not verify");
}

TEST_CASE_METHOD(Stranger, "An expired binding is refused at both doors") {
  member = Must(identity.MakeMember(1, 1, random));
  mls::Group group = Alone();
  CHECK(WhyNot(ben->JoinThread("stranger", Invite(group))) ==
        "an identity binding that has expired");
  CHECK(WhyNot(ana->StartThread("stranger", Message())) == "an identity binding that has expired");
}

TEST_CASE_METHOD(Stranger, "A Welcome into a group of three is no thread") {
  mls::Group group = Alone();
  const auto other = OwnIdentity::Make(random);
  const auto third = Must(other.MakeMember(1, 2'000'000'000, random));
  const auto package = Must(mls::MakeKeyPackage(suite, third, {0, ~0ULL}, random)).key_package;
  CHECK(WhyNot(ben->JoinThread("three", Invite(group, {{mls::Add{package}}}))) ==
        "a thread is a group of two");
}

TEST_CASE_METHOD(Stranger, "A group id that is not sixteen octets is no thread's") {
  mls::Group group = Alone(Bytes(15, 5));
  CHECK_FALSE(ben->JoinThread("short", Invite(group)).has_value());
}

TEST_CASE_METHOD(Stranger, "A commit that passes the peer's leaf to another identity is refused") {
  mls::Group group = Alone();
  Must(ben->JoinThread("stranger", Invite(group)));
  mls::CommitOptions options;
  const auto other = OwnIdentity::Make(random);
  options.credential = Must(other.Bind(member.signature_public_key, 1, 2'000'000'000));
  const mls::NewCommit commit = Must(group.Commit(std::move(options)));
  CHECK(WhyNot(ben->ApplyRekey("stranger", mls::Encode(commit.message))) ==
        "a leaf that passes to another identity");
}

TEST_CASE_METHOD(Stranger, "A commit that adds or removes somebody is refused") {
  mls::Group group = Alone();
  Must(ben->JoinThread("stranger", Invite(group)));
  const auto other = OwnIdentity::Make(random);
  const auto third = Must(other.MakeMember(1, 2'000'000'000, random));
  mls::CommitOptions more;
  more.proposals.push_back(
      {mls::Add{Must(mls::MakeKeyPackage(suite, third, {0, 1'800'000'000}, random)).key_package}});
  CHECK(WhyNot(ben->ApplyRekey("stranger",
                               mls::Encode(Must(group.Commit(std::move(more))).message))) ==
        "a commit that changes who is in the thread");
  mls::CommitOptions fewer;
  fewer.proposals.push_back({mls::Remove{{1}}});
  CHECK(WhyNot(ben->ApplyRekey("stranger",
                               mls::Encode(Must(group.Commit(std::move(fewer))).message))) ==
        "a commit that changes who is in the thread");
}

TEST_CASE_METHOD(Stranger, "A message on a thread that was not sealed for it is refused") {
  mls::Group group = Alone();
  Must(ben->JoinThread("stranger", Invite(group)));
  Meet();
  const Sealed anas = AnaSays("for Ben");
  CHECK(WhyNot(ben->Unseal("stranger", anas.payload)) == "a message of another group");
}

TEST_CASE_METHOD(Stranger, "A payload above its bound is refused before it is read") {
  Meet();
  CHECK(WhyNot(ben->Unseal("ana", Bytes(64 * 1024 + 513))) ==
        "the application message is above 64 KiB");
  CHECK(WhyNot(ben->ApplyRekey("ana", Bytes(1024 * 1024 + 1))) == "an MLS message above 1 MiB");
}

}  // namespace
}  // namespace trestle::endpoint
