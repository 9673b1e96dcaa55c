#include <catch2/catch.hpp>

#include "tests/unit/endpoint/group_world.h"

namespace trestle::mls {
namespace {

using namespace testing;

Proposal RemovalOf(const Group& group) { return {Remove{group.own_leaf()}}; }

TEST_CASE("A group of nine agrees and talks, in both suites") {
  for (const SuiteId suite : {SuiteId{1}, SuiteId{3}}) {
    GroupWorld world(1, suite);
    world.Create(9);
    world.ExpectAgreement();
    world.ExpectConversation();
  }
}

TEST_CASE("Members added with a path get the path's secrets by Welcome") {
  GroupWorld world;
  world.Create(3);
  CommitOptions options;
  options.force_path = true;
  world.Add(1, 4, std::move(options));
  world.ExpectAgreement();
  world.Commit(5);
  world.ExpectAgreement();
  world.ExpectConversation();
}

TEST_CASE("A removed member is told, and hears no more") {
  GroupWorld world;
  world.Create(4);
  auto removed = std::make_unique<Group>(world.at(2));
  CommitOptions options;
  options.proposals.push_back(RemovalOf(world.at(2)));
  world.Commit(0, std::move(options));
  CHECK(world.groups[2] == nullptr);
  world.ExpectAgreement();
  CHECK_FALSE(removed->Handle(MlsMessage{world.Say(0, "secret")}).has_value());
}

TEST_CASE("A removal shrinks the tree, and its place is taken again") {
  GroupWorld world;
  world.Create(5);
  CHECK(world.at(0).tree().leaf_count() == 8);
  CommitOptions options;
  options.proposals.push_back(RemovalOf(world.at(4)));
  world.Commit(1, std::move(options));
  CHECK(world.at(0).tree().leaf_count() == 4);
  world.Add(3, 1);
  CHECK(world.at(0).tree().leaf_count() == 8);
  world.ExpectAgreement();
}

TEST_CASE("Updates and removals that were proposed are committed by another") {
  GroupWorld world;
  world.Create(5);
  world.Deliver(Must(world.at(1).ProposeUpdate()), 1);
  world.Deliver(Must(world.at(2).ProposeUpdate(HandshakeWire::kPublic)), 2);
  world.Deliver(Must(world.at(3).Propose(RemovalOf(world.at(4)))), 3);
  world.Commit(0);
  CHECK(world.groups[4] == nullptr);
  world.ExpectAgreement();
  world.ExpectConversation();
}

TEST_CASE("A committer leaves out its own update, and removals win over updates") {
  GroupWorld world;
  world.Create(4);
  world.Deliver(Must(world.at(0).ProposeUpdate()), 0);
  world.Deliver(Must(world.at(2).ProposeUpdate()), 2);
  world.Deliver(Must(world.at(1).Propose(RemovalOf(world.at(2)))), 1);
  world.Commit(0);
  CHECK(world.groups[2] == nullptr);
  world.ExpectAgreement();
}

TEST_CASE("An external and a resumption pre-shared key are mixed in, also for new members") {
  GroupWorld world;
  world.Create(3);
  world.Commit(0);
  CommitOptions options;
  options.proposals.push_back(world.at(1).ExternalPsk(AsBytes("shared")));
  world.Add(1, 1, std::move(options));
  world.ExpectAgreement();
  CommitOptions resumption;
  resumption.proposals.push_back(Must(world.at(0).ResumptionPsk(world.at(0).epoch())));
  world.Commit(0, std::move(resumption));
  world.ExpectAgreement();
}

TEST_CASE("The group's extensions are replaced as a whole") {
  GroupWorld world;
  world.Create(3);
  RequiredCapabilities required;
  required.credential_types = {kBasicCredential};
  CommitOptions options;
  options.proposals.push_back(
      {GroupContextExtensions{{{kRequiredCapabilitiesExtension, Encode(required)}}}});
  world.Commit(0, std::move(options));
  CHECK(world.at(2).context().extensions.size() == 1);
  world.Add(1, 1);
  world.ExpectAgreement();
}

TEST_CASE("Handshakes may travel as public messages") {
  GroupWorld world;
  world.Create(3);
  CommitOptions options;
  options.wire = HandshakeWire::kPublic;
  world.Commit(2, std::move(options));
  world.ExpectAgreement();
}

TEST_CASE("A member joins with a tree from elsewhere") {
  GroupWorld world;
  world.Create(3);
  MemberIdentity identity;
  const OwnKeyPackage own = world.MakeKeyPackage(identity);
  CommitOptions options;
  options.proposals.push_back({Add{own.key_package}});
  options.tree_in_welcome = false;
  const auto welcome = world.Commit(0, std::move(options));
  const auto without = Group::Join(world.services(), *welcome, own, identity.signature_private_key);
  CHECK(WhyNot(without) == "a Welcome without a ratchet tree");
  const auto with = Group::Join(world.services(), *welcome, own, identity.signature_private_key,
                                world.at(1).tree());
  CHECK(with.has_value());
}

TEST_CASE("An exporter gives all members the same secret, and each label another") {
  GroupWorld world;
  world.Create(2);
  const auto secret = world.at(0).Export("label", AsBytes("context"), 32);
  CHECK(secret == world.at(1).Export("label", AsBytes("context"), 32));
  CHECK_FALSE(secret == world.at(1).Export("other", AsBytes("context"), 32));
}

TEST_CASE("Late messages are read for two epochs, once each") {
  GroupWorld world;
  world.Create(3);
  const PrivateMessage first = world.Say(0, "first");
  world.Commit(1);
  const PrivateMessage second = world.Say(0, "second");
  world.Commit(2);
  CHECK(world.Read(1, first) == "first");
  CHECK(world.Read(1, second) == "second");
  world.ExpectRefused(1, {first}, "a generation that was used already or is no longer held");
  world.Commit(0);
  world.ExpectRefused(2, {first}, "a message of an epoch no longer kept");
}

TEST_CASE("A message within the stated distance is read, one beyond it is refused") {
  GroupWorld world;
  world.Create(2);
  PrivateMessage last = world.Say(0, "0");
  for (std::uint32_t i = 1; i <= SecretTree::kSkipMax; ++i) last = world.Say(0, "n");
  const PrivateMessage beyond = world.Say(0, "beyond");
  world.ExpectRefused(1, {beyond}, "a generation too far ahead");
  CHECK(world.Read(1, last) == "n");
  CHECK(world.Read(1, beyond) == "beyond");
}

TEST_CASE("What was read while a commit waited cannot be read again after it") {
  GroupWorld world;
  world.Create(2);
  const PrivateMessage old = world.Say(0, "old");
  world.Commit(0);
  const PrivateMessage current = world.Say(0, "current");
  NewCommit commit = Must(world.at(1).Commit({}));
  CHECK(world.Read(1, old) == "old");
  CHECK(world.Read(1, current) == "current");
  Must(world.at(1).AdoptCommit(std::move(commit)));
  world.ExpectRefused(1, {old}, "a generation that was used already or is no longer held");
  world.ExpectRefused(1, {current}, "a generation that was used already or is no longer held");
}

TEST_CASE("A commit that lost its race is dropped") {
  GroupWorld world;
  world.Create(3);
  NewCommit loser = Must(world.at(0).Commit({}));
  world.Commit(1);
  CHECK(WhyNot(world.at(0).AdoptCommit(std::move(loser))) ==
        "the group has moved on since the commit was made");
  world.ExpectAgreement();
}

TEST_CASE("A stored group is the group that was stored") {
  GroupWorld world;
  world.Create(4);
  world.Deliver(Must(world.at(1).ProposeUpdate()), 1);
  const Bytes stored = StateOf(world.at(1));
  TlsReader in(stored);
  *world.groups[1] = Must(Group::Read(world.services(), in));
  CHECK(in.at_end());
  CHECK(StateOf(world.at(1)) == stored);
  world.Commit(0);
  world.ExpectAgreement();
  world.ExpectConversation();
}

TEST_CASE("While proposals wait, application data is not sent") {
  GroupWorld world;
  world.Create(2);
  world.Deliver(Must(world.at(0).ProposeUpdate()), 0);
  CHECK(WhyNot(world.at(1).Protect({}, AsBytes("x"), Padding::kNone)) ==
        "proposals wait for a commit");
}

}  // namespace
}  // namespace trestle::mls
