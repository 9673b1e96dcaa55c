// A group of people who all get every handshake, unless a test says otherwise. Members are named by
// their place in the list; each step checks that all agree.
#pragma once

#include <catch2/catch.hpp>

#include "endpoint/mls/group.h"
#include "tests/unit/endpoint/world.h"

namespace trestle::mls {

// A member who breaks the rules: what a Group refuses to send, made by hand.
struct GroupForger {
  Group& group;

  // A signed handshake with any body, with the tag that honest members compute if they accept it
  // (random here, since most are refused before).
  MlsMessage Send(std::variant<ApplicationData, Proposal, Commit> body,
                  Bytes confirmation_tag = Bytes(crypto::kHashBytes)) {
    FramedContent content;
    content.body = std::move(body);
    AuthenticatedContent framed =
        *group.Frame(std::move(content), mls::WireFormat::kPrivateMessage);
    framed.auth.confirmation_tag = std::move(confirmation_tag);
    return *group.Wrap(framed, Padding::kNone);
  }
  MlsMessage SendSignedBy(ByteView other_key, Bytes data) {
    FramedContent content;
    content.body = ApplicationData{SecretBytes(std::move(data))};
    AuthenticatedContent framed =
        *group.Frame(std::move(content), mls::WireFormat::kPrivateMessage);
    framed.auth.signature =
        *SignContent(framed, Encode(group.context_), *crypto::SigningKey::Of(other_key));
    return *group.Wrap(framed, Padding::kNone);
  }
  const SecretBytes& signature_key() const { return group.signature_private_key_; }
  RatchetTree& tree() { return group.tree_; }
  PrivateKeys& keys() { return group.keys_; }
};

}  // namespace trestle::mls

namespace trestle::mls::testing {

using endpoint::testing::Must;
using endpoint::testing::SeededRandom;
using endpoint::testing::WhyNot;

class BelieveAnyone final : public Authentication {
 public:
  Result<void> CheckLeaf(const LeafNode&, SuiteId) const override { return {}; }
  Result<void> CheckSuccessor(const LeafNode& previous, const LeafNode& next) const override {
    if (previous.credential == next.credential) return {};
    return Fail(Reason::kCrypto, "another person");
  }
};

class OnePsk final : public PskSource {
 public:
  Result<SecretBytes> Find(ByteView psk_id) const override {
    if (!ConstantTimeEqual(psk_id, AsBytes("shared"))) {
      return Fail(Reason::kNotFound, "no such pre-shared key");
    }
    return SecretBytes::CopyOf(AsBytes("a secret from elsewhere"));
  }
};

inline Bytes StateOf(const Group& group) { return Encode(group); }

class GroupWorld {
 public:
  explicit GroupWorld(std::uint64_t seed = 1, SuiteId suite = 1)
      : random(seed), suite_(*crypto::FindSuite(suite)) {}

  OwnKeyPackage MakeKeyPackage(MemberIdentity& identity) {
    crypto::KeyPair pair = crypto::MakeEd25519KeyPair(random);
    identity.signature_private_key = std::move(pair.private_key);
    identity.signature_public_key = std::move(pair.public_key);
    identity.credential.identity = ToBytes("person " + std::to_string(people_++));
    return Must(mls::MakeKeyPackage(suite_, identity, {0, ~0ULL}, random));
  }

  // The first member creates the group and adds the others in one commit.
  void Create(std::size_t size, std::vector<Extension> extensions = {}) {
    MemberIdentity creator;
    const OwnKeyPackage own = MakeKeyPackage(creator);
    groups.push_back(std::make_unique<Group>(
        Must(Group::Create(services(), suite_, ToBytes("group"), own, creator.signature_private_key,
                           std::move(extensions)))));
    if (size > 1) Add(0, size - 1);
  }

  void Add(std::size_t committer, std::size_t count, CommitOptions options = {}) {
    std::vector<std::pair<OwnKeyPackage, MemberIdentity>> fresh;
    for (std::size_t i = 0; i < count; ++i) {
      MemberIdentity identity;
      OwnKeyPackage own = MakeKeyPackage(identity);
      options.proposals.push_back({mls::Add{own.key_package}});
      fresh.emplace_back(std::move(own), std::move(identity));
    }
    const auto welcome = Commit(committer, std::move(options));
    REQUIRE(welcome.has_value());
    for (auto& [own, identity] : fresh) {
      groups.push_back(std::make_unique<Group>(
          Must(Group::Join(services(), *welcome, own, identity.signature_private_key))));
    }
  }

  // Commits, and everybody else takes it. Members who were removed leave the list as null.
  std::optional<Welcome> Commit(std::size_t committer, CommitOptions options = {}) {
    NewCommit commit = Must(groups.at(committer)->Commit(std::move(options)));
    const auto welcome = commit.welcome;
    Deliver(commit.message, committer);
    Must(groups[committer]->AdoptCommit(std::move(commit)));
    for (auto& group : groups) {
      if (group && !group->is_active()) group.reset();
    }
    return welcome;
  }

  void Deliver(const MlsMessage& message, std::size_t from) {
    // Over the wire: what is delivered is what was encoded.
    const MlsMessage arrived = Must(DecodeMessage(Encode(message)));
    for (std::size_t i = 0; i < groups.size(); ++i) {
      if (groups[i] && i != from) Must(groups[i]->Handle(arrived));
    }
  }

  void ExpectAgreement() {
    const Group& first = **std::find_if(groups.begin(), groups.end(),
                                        [](const auto& group) { return group != nullptr; });
    for (const auto& group : groups) {
      if (!group) continue;
      REQUIRE(group->epoch() == first.epoch());
      REQUIRE(group->context() == first.context());
      REQUIRE(group->tree() == first.tree());
      REQUIRE(ConstantTimeEqual(group->epoch_authenticator(), first.epoch_authenticator()));
      REQUIRE(GroupForger{*group}.keys().CheckAgainst(group->tree()).has_value());
      REQUIRE(group->tree().VerifyParentHashes().has_value());
      REQUIRE(group->tree().VerifyStructure().has_value());
    }
  }

  // Everybody hears everybody.
  void ExpectConversation() {
    for (std::size_t from = 0; from < groups.size(); ++from) {
      if (!groups[from]) continue;
      const PrivateMessage message =
          Must(groups[from]->Protect(AsBytes("aad"), AsBytes("hello"), Padding::kBuckets));
      for (std::size_t to = 0; to < groups.size(); ++to) {
        if (groups[to] && to != from) CHECK(Read(to, message) == "hello");
      }
    }
  }

  std::string Read(std::size_t who, const PrivateMessage& message) {
    const Received received = Must(groups[who]->Handle(MlsMessage{message}));
    return std::string(AsText(std::get<ReceivedApplication>(received).data));
  }
  PrivateMessage Say(std::size_t who, std::string_view text) {
    return Must(groups[who]->Protect({}, AsBytes(text), Padding::kBuckets));
  }
  Group& at(std::size_t who) { return *groups.at(who); }

  // The message is refused with this reason, and the receiver's state is what it was.
  void ExpectRefused(std::size_t who, const MlsMessage& message, std::string_view why) {
    const Bytes before = StateOf(at(who));
    CHECK(WhyNot(at(who).Handle(message)) == why);
    CHECK(StateOf(at(who)) == before);
  }

  Services services() { return {&random, &authentication_, nullptr, &psks_}; }

  SeededRandom random;
  std::vector<std::unique_ptr<Group>> groups;

 private:
  const Suite& suite_;
  BelieveAnyone authentication_;
  OnePsk psks_;
  int people_ = 0;
};

}  // namespace trestle::mls::testing
