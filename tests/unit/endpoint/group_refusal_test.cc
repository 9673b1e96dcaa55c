// Every rule that a member may break, with the reason that the others give; none of them changes a
// receiver's state.
#include <catch2/catch.hpp>

#include "tests/unit/endpoint/group_world.h"

namespace trestle::mls {
namespace {

using namespace testing;

// Three members; member 0 breaks the rules and member 1 looks on.
struct Trial : GroupWorld {
  Trial() { Create(3); }

  GroupForger forger() { return {at(0)}; }
  MlsMessage CommitOf(std::vector<Proposal> proposals, std::optional<UpdatePath> path = {}) {
    mls::Commit commit;
    for (Proposal& one : proposals) commit.proposals.push_back({std::move(one)});
    commit.path = std::move(path);
    return forger().Send(std::move(commit));
  }
  // A path of member 0 as it should be, which a test then spoils.
  UpdatePath HonestPath() {
    NewCommit commit = Must(Group(at(0)).Commit({}));
    RatchetTree tree = at(0).tree();
    PrivateKeys keys = forger().keys();
    const NewPath made = Must(MakePath(tree, keys, *tree.leaf(at(0).own_leaf()),
                                       at(0).context().group_id, forger().signature_key(), random));
    GroupContext context = at(0).context();
    ++context.epoch;
    context.tree_hash = tree.RootHash();
    return Must(EncryptPath(at(0).suite(), tree, made, {}, Encode(context), random));
  }
  void Resign(LeafNode& leaf) {
    Must(leaf.Sign(forger().signature_key(), {at(0).context().group_id, at(0).own_leaf()}));
  }
  LeafNode UpdatedLeaf() {
    LeafNode leaf = *at(0).tree().leaf(at(0).own_leaf());
    leaf.encryption_key = crypto::MakeX25519KeyPair(random).public_key;
    leaf.source = FromUpdate{};
    Resign(leaf);
    return leaf;
  }
  KeyPackage FreshKeyPackage() {
    MemberIdentity identity;
    return MakeKeyPackage(identity).key_package;
  }
  void ExpectCommitRefused(std::vector<Proposal> proposals, std::string_view why) {
    ExpectRefused(1, CommitOf(std::move(proposals), HonestPath()), why);
  }
  void ExpectPathRefused(UpdatePath path, std::string_view why) {
    ExpectRefused(1, CommitOf({}, std::move(path)), why);
  }
};

PrivateMessage Spoiled(const Group& group, PrivateMessage message) {
  (void)group;
  message.ciphertext.back() ^= 1;
  return message;
}

TEST_CASE_METHOD(Trial, "A message of another group is refused") {
  PrivateMessage message = Say(0, "x");
  message.group_id.push_back(0);
  ExpectRefused(1, {message}, "a message of another group");
}

TEST_CASE_METHOD(Trial, "A message of an epoch to come is refused") {
  PrivateMessage message = Say(0, "x");
  ++message.epoch;
  ExpectRefused(1, {message}, "a message of an epoch to come");
}

TEST_CASE_METHOD(Trial, "A handshake of an epoch that has passed is refused") {
  const NewCommit old = Must(at(0).Commit({}));
  Commit(1);
  ExpectRefused(2, old.message, "a handshake of an epoch that has passed");
}

TEST_CASE_METHOD(Trial, "A spoiled ciphertext is refused") {
  ExpectRefused(1, {Spoiled(at(0), Say(0, "x"))}, "the AEAD tag does not verify");
}

TEST_CASE_METHOD(Trial, "Spoiled sender data are refused") {
  PrivateMessage message = Say(0, "x");
  message.encrypted_sender_data.front() ^= 1;
  ExpectRefused(1, {message}, "the AEAD tag does not verify");
}

TEST_CASE_METHOD(Trial, "Changed authenticated data are refused") {
  PrivateMessage message = Say(0, "x");
  message.authenticated_data = {1};
  ExpectRefused(1, {message}, "the AEAD tag does not verify");
}

TEST_CASE_METHOD(Trial,
                 "A message with another member's place but one's own signature is refused") {
  const auto stranger = crypto::MakeEd25519KeyPair(random);
  ExpectRefused(1, forger().SendSignedBy(stranger.private_key, {1}),
                "the signature does not verify");
}

TEST_CASE_METHOD(Trial, "A replayed message is refused") {
  const PrivateMessage message = Say(0, "x");
  Read(1, message);
  ExpectRefused(1, {message}, "a generation that was used already or is no longer held");
}

TEST_CASE_METHOD(Trial, "A replayed proposal is refused") {
  const MlsMessage proposal = Must(at(0).ProposeUpdate());
  Must(at(1).Handle(proposal));
  ExpectRefused(1, proposal, "a generation that was used already or is no longer held");
}

TEST_CASE_METHOD(Trial, "One's own message is not received") {
  const PrivateMessage message = Say(0, "x");
  CHECK_FALSE(at(0).Handle({message}).has_value());
}

TEST_CASE_METHOD(Trial, "A Welcome is not a message of a group") {
  ExpectRefused(1, {Welcome{}}, "not a message of a group");
}

TEST_CASE_METHOD(Trial, "A wrong membership tag is refused") {
  MlsMessage message = Must(at(0).ProposeUpdate(HandshakeWire::kPublic));
  std::get<PublicMessage>(message.body).membership_tag.back() ^= 1;
  ExpectRefused(1, message, "a membership tag does not verify");
}

TEST_CASE_METHOD(Trial, "Application data in the clear are refused") {
  PublicMessage message;
  message.content.group_id = at(0).context().group_id;
  message.content.epoch = at(0).epoch();
  ExpectRefused(1, {message}, "application data is never sent in the clear");
}

TEST_CASE_METHOD(Trial, "Senders from outside are refused, each with its reason") {
  MlsMessage message = Must(at(0).ProposeUpdate(HandshakeWire::kPublic));
  Sender& sender = std::get<PublicMessage>(message.body).content.sender;
  sender = {SenderType::kExternal, 0};
  ExpectRefused(1, message, "proposals from outside the group are not offered");
  sender = {SenderType::kNewMemberProposal, 0};
  ExpectRefused(1, message, "proposals of new members are not offered");
  sender = {SenderType::kNewMemberCommit, 0};
  ExpectRefused(1, message, "external commits are not offered");
}

TEST_CASE_METHOD(Trial, "Padding that is not zeros is refused") {
  AuthenticatedContent content;
  content.content.body = ApplicationData{SecretBytes(1)};
  // The padding follows the signature, so a signature read one octet short leaves its last octet.
  TlsWriter out;
  content.content.WriteBody(out);
  content.auth.Write(out, ContentType::kApplication);
  out.U8(1);
  const SecretTree tree(at(0).suite(), SecretBytes(32), 2);
  const SecretTree::Lookup key = Must(tree.Find({0}, RatchetKind::kApplication, 0));
  const SecretBytes secret(32);
  PrivateMessage message;
  message.group_id = ToBytes("group");
  TlsWriter aad;
  aad.Vector(message.group_id).U64(0).U8(1).Vector({});
  message.ciphertext = Must(
      crypto::AeadSeal(at(0).suite().aead, key.key.key, key.key.nonce, aad.bytes(), out.bytes()));
  TlsWriter data;
  data.U32(0).U32(0).U32(0);
  TlsWriter data_aad;
  data_aad.Vector(message.group_id).U64(0).U8(1);
  const MessageKey data_key = SenderDataKey(at(0).suite(), secret, message.ciphertext);
  message.encrypted_sender_data = Must(crypto::AeadSeal(
      at(0).suite().aead, data_key.key, data_key.nonce, data_aad.bytes(), data.bytes()));
  CHECK(WhyNot(UnprotectPrivate(at(0).suite(), message, secret, tree)) ==
        "the padding is not all zeros");
}

TEST_CASE_METHOD(Trial, "A commit without the path that it needs is refused") {
  ExpectRefused(1, CommitOf({}), "a commit without the path that it needs");
  ExpectRefused(1, CommitOf({{Remove{{2}}}}), "a commit without the path that it needs");
}

TEST_CASE_METHOD(Trial, "A commit with a false confirmation tag is refused") {
  ExpectRefused(1, CommitOf({}, HonestPath()), "the confirmation tag does not verify");
}

TEST_CASE_METHOD(Trial, "A commit of a proposal that has not arrived is refused") {
  mls::Commit commit;
  commit.proposals.push_back({Bytes(32, 1)});
  ExpectRefused(1, forger().Send(std::move(commit)), "a commit of a proposal that has not arrived");
}

TEST_CASE_METHOD(Trial, "A commit that removes its committer is refused") {
  ExpectCommitRefused({{Remove{at(0).own_leaf()}}}, "a commit that removes its committer");
}

TEST_CASE_METHOD(Trial, "A commit that removes nobody is refused") {
  ExpectCommitRefused({{Remove{{3}}}}, "a removal of nobody");
  ExpectCommitRefused({{Remove{{4000000000}}}}, "a removal of nobody");
}

TEST_CASE_METHOD(Trial, "A commit with two changes to one leaf is refused") {
  ExpectCommitRefused({{Remove{{2}}}, {Remove{{2}}}}, "a commit with two changes to one leaf");
}

TEST_CASE_METHOD(Trial, "A commit with its committer's own update is refused") {
  ExpectCommitRefused({{Update{UpdatedLeaf()}}}, "a commit with its committer's own update");
}

TEST_CASE_METHOD(Trial, "A commit with one pre-shared key twice is refused") {
  const Proposal psk = at(0).ExternalPsk(AsBytes("shared"));
  ExpectCommitRefused({psk, psk}, "a commit with one pre-shared key twice");
}

TEST_CASE_METHOD(Trial, "A pre-shared key that nobody has is refused") {
  ExpectRefused(1, CommitOf({at(0).ExternalPsk(AsBytes("unknown"))}), "no such pre-shared key");
}

TEST_CASE_METHOD(Trial, "A pre-shared key with a short nonce is refused") {
  Proposal psk = at(0).ExternalPsk(AsBytes("shared"));
  std::get<PreSharedKey>(psk.body).psk.nonce.pop_back();
  ExpectCommitRefused({psk}, "a pre-shared key's nonce has the wrong length");
}

TEST_CASE_METHOD(Trial, "A resumption key for a branch is refused in a commit") {
  Proposal psk = Must(at(0).ResumptionPsk(at(0).epoch()));
  std::get<PreSharedKey>(psk.body).psk.usage = ResumptionUsage::kBranch;
  ExpectCommitRefused({psk}, "a resumption key for another purpose");
}

TEST_CASE_METHOD(Trial, "A resumption key of an epoch that is not kept is refused") {
  Proposal psk = Must(at(0).ResumptionPsk(at(0).epoch()));
  std::get<PreSharedKey>(psk.body).psk.psk_epoch = 77;
  ExpectRefused(1, CommitOf({psk}), "that epoch's resumption key is not kept");
}

TEST_CASE_METHOD(Trial, "A second change of the group's extensions is refused") {
  ExpectCommitRefused({{GroupContextExtensions{}}, {GroupContextExtensions{}}},
                      "a commit that changes the context twice");
}

TEST_CASE_METHOD(Trial, "Extensions that a member does not support are refused") {
  ExpectCommitRefused({{GroupContextExtensions{{{0xF001, {}}}}}},
                      "a member does not support a group extension");
  RequiredCapabilities required;
  required.proposal_types = {0xF001};
  ExpectCommitRefused(
      {{GroupContextExtensions{{{kRequiredCapabilitiesExtension, Encode(required)}}}}},
      "a member lacks a required capability");
}

TEST_CASE_METHOD(Trial, "Reinitialisation is refused, alone and beside others") {
  const Proposal reinit{ReInit{ToBytes("new"), kMls10, 1, {}}};
  ExpectCommitRefused({reinit}, "reinitialisation is not offered: start a new group");
  ExpectCommitRefused({reinit, {Remove{{2}}}}, "a reinitialisation beside other proposals");
  ExpectRefused(1, forger().Send(reinit), "reinitialisation is not offered: start a new group");
}

TEST_CASE_METHOD(Trial, "External initialisation is refused") {
  ExpectCommitRefused({{ExternalInit{Bytes(32, 1)}}}, "external initialisation is not offered");
}

TEST_CASE_METHOD(Trial, "A member who is in the group already is not added") {
  KeyPackage again = FreshKeyPackage();
  again.leaf_node.signature_key = at(0).tree().leaf({2})->signature_key;
  ExpectCommitRefused({{mls::Add{again}}}, "the signature does not verify");
  const KeyPackage twice = FreshKeyPackage();
  ExpectCommitRefused({{mls::Add{twice}}, {mls::Add{twice}}}, "two members share a signature key");
}

TEST_CASE_METHOD(Trial, "A key package with a false signature is not added") {
  KeyPackage key_package = FreshKeyPackage();
  key_package.signature.back() ^= 1;
  ExpectCommitRefused({{mls::Add{key_package}}}, "the signature does not verify");
}

TEST_CASE_METHOD(Trial, "A key package for another suite is not added") {
  KeyPackage key_package = FreshKeyPackage();
  key_package.cipher_suite = 3;
  ExpectCommitRefused({{mls::Add{key_package}}}, "a key package for another version or suite");
}

TEST_CASE_METHOD(Trial, "An update that keeps its encryption key is refused") {
  LeafNode leaf = UpdatedLeaf();
  leaf.encryption_key = at(0).tree().leaf(at(0).own_leaf())->encryption_key;
  Resign(leaf);
  ExpectRefused(1, forger().Send(Proposal{Update{leaf}}), "a leaf that keeps its encryption key");
}

TEST_CASE_METHOD(Trial, "An update whose leaf is of a key package is refused") {
  LeafNode leaf = UpdatedLeaf();
  leaf.source = FromKeyPackage{{0, ~0ULL}};
  Resign(leaf);
  ExpectRefused(1, forger().Send(Proposal{Update{leaf}}), "an update's leaf has another source");
}

TEST_CASE_METHOD(Trial, "An update that passes a leaf to another person is refused") {
  LeafNode leaf = UpdatedLeaf();
  leaf.credential.identity = ToBytes("somebody else");
  Resign(leaf);
  ExpectRefused(1, forger().Send(Proposal{Update{leaf}}), "another person");
}

TEST_CASE_METHOD(Trial, "A path with another person's leaf is refused") {
  UpdatePath path = HonestPath();
  path.leaf_node.credential.identity = ToBytes("somebody else");
  Resign(path.leaf_node);
  ExpectPathRefused(std::move(path), "another person");
}

TEST_CASE_METHOD(Trial, "A path with a false leaf signature is refused") {
  UpdatePath path = HonestPath();
  path.leaf_node.signature.back() ^= 1;
  ExpectPathRefused(std::move(path), "the signature does not verify");
}

TEST_CASE_METHOD(Trial, "A path with a false parent hash is refused") {
  UpdatePath path = HonestPath();
  std::get<FromCommit>(path.leaf_node.source).parent_hash.back() ^= 1;
  Resign(path.leaf_node);
  ExpectPathRefused(std::move(path), "an update path's parent hash does not verify");
}

TEST_CASE_METHOD(Trial, "A path of the wrong length is refused") {
  UpdatePath path = HonestPath();
  path.nodes.pop_back();
  ExpectPathRefused(std::move(path), "an update path has the wrong number of nodes");
}

TEST_CASE_METHOD(Trial, "A path that leaves out a receiver is refused") {
  UpdatePath path = HonestPath();
  path.nodes.front().encrypted_path_secret.pop_back();
  ExpectPathRefused(std::move(path), "an update path does not serve its receivers");
}

TEST_CASE_METHOD(Trial, "A path with a key that is in use is refused") {
  UpdatePath path = HonestPath();
  path.nodes.front().encryption_key = at(0).tree().leaf({2})->encryption_key;
  ExpectPathRefused(std::move(path), "a path with a key that is in use");
}

TEST_CASE_METHOD(Trial, "A path with a key of small order or length is refused") {
  UpdatePath path = HonestPath();
  path.nodes.front().encryption_key.pop_back();
  ExpectPathRefused(std::move(path), "an update path's key has the wrong length");
}

TEST_CASE_METHOD(Trial, "A path secret that does not yield its key is refused") {
  UpdatePath path = HonestPath();
  for (UpdatePathNode& node : path.nodes) {
    for (HpkeCiphertext& sealed : node.encrypted_path_secret) sealed.ciphertext.back() ^= 1;
  }
  ExpectPathRefused(std::move(path), "the AEAD tag does not verify");
}

TEST_CASE_METHOD(Trial, "A member that was removed does nothing any more") {
  auto removed = std::make_unique<Group>(at(2));
  mls::CommitOptions options;
  options.proposals.push_back({Remove{{2}}});
  const NewCommit commit = Must(at(0).Commit(std::move(options)));
  Must(removed->Handle(commit.message));
  CHECK(WhyNot(removed->Protect({}, {}, Padding::kNone)) ==
        "this member was removed from the group");
  CHECK(WhyNot(removed->Handle({Say(1, "x")})) == "this member was removed from the group");
  CHECK(WhyNot(removed->Commit({})) == "this member was removed from the group");
}

TEST_CASE_METHOD(Trial, "Pending proposals have a bound") {
  for (std::size_t i = 0; i < Group::kPendingProposalsMax; ++i) {
    Must(at(0).Propose(at(0).ExternalPsk(AsBytes("shared"))));
  }
  CHECK(WhyNot(at(0).ProposeUpdate()) == "too many proposals wait for a commit");
}

TEST_CASE_METHOD(Trial, "An expired key package is not added while a clock is known") {
  const endpoint::testing::HandClock clock;
  MemberIdentity identity;
  crypto::KeyPair pair = crypto::MakeEd25519KeyPair(random);
  identity = {pair.private_key, pair.public_key, {}};
  const OwnKeyPackage expired = Must(mls::MakeKeyPackage(at(0).suite(), identity, {0, 1}, random));
  BelieveAnyone anyone;
  const Services with_clock{&random, &anyone, &clock, nullptr};
  RatchetTree tree = at(0).tree();
  GroupContext context = at(0).context();
  CHECK(WhyNot(ApplyProposals({at(0).suite(), with_clock, {0}},
                              {{{mls::Add{expired.key_package}}, {}, {}}}, tree, context)) ==
        "a key package outside its lifetime");
}

}  // namespace
}  // namespace trestle::mls
