// What a member who invites may get wrong, on purpose or not: each thing that a Welcome says is
// checked before a group is made of it (RFC 9420, Section 12.4.3.1).
#include <catch2/catch.hpp>
#include <functional>

#include "tests/unit/endpoint/group_world.h"

namespace trestle::mls {
namespace {

using namespace testing;

// Member 0 of three invites a newcomer, by a commit with a path. The Welcome is opened with the
// newcomer's key, spoiled, and sealed again as the inviter would.
struct Invitation : GroupWorld {
  MemberIdentity newcomer;
  OwnKeyPackage own;
  Welcome honest;

  Invitation() {
    Create(3);
    own = GroupWorld::MakeKeyPackage(newcomer);
    CommitOptions options;
    options.proposals.push_back({mls::Add{own.key_package}});
    options.force_path = true;
    honest = *Commit(0, std::move(options));
  }

  struct Opened {
    GroupSecrets secrets;
    GroupInfo info;
    RatchetTree tree;
  };
  static SecretBytes WelcomeSecretOf(const GroupSecrets& secrets) {
    return WelcomeSecret(MemberSecret(secrets.joiner_secret, PskSecret({})));
  }
  Opened Open() {
    const Suite& suite = at(0).suite();
    Opened out;
    out.secrets = Must(OpenGroupSecrets(suite, honest.secrets.at(0), own.init_private_key,
                                        honest.encrypted_group_info));
    out.info =
        Must(OpenGroupInfo(suite, honest.encrypted_group_info, WelcomeSecretOf(out.secrets)));
    const Extension* found = FindExtension(out.info.extensions, kRatchetTreeExtension);
    out.tree = Must(Decode<RatchetTree>(found->data));
    return out;
  }
  Welcome Seal(Opened opened, bool sign = true) {
    const Suite& suite = at(0).suite();
    opened.info.extensions = {{kRatchetTreeExtension, Encode(opened.tree)}};
    if (sign) Must(opened.info.Sign(GroupForger{at(0)}.signature_key()));
    Welcome out = honest;
    out.encrypted_group_info =
        Must(SealGroupInfo(suite, opened.info, WelcomeSecretOf(opened.secrets)));
    out.secrets = {Must(SealGroupSecrets(suite, opened.secrets, own.key_package,
                                         out.encrypted_group_info, random))};
    return out;
  }
  std::string Join(const Welcome& welcome) {
    return WhyNot(Group::Join(services(), welcome, own, newcomer.signature_private_key));
  }
  // Spoils what was opened, and lets the tree hash follow the tree, as a clever inviter would.
  std::string JoinAfter(const std::function<void(Opened&)>& spoil) {
    Opened opened = Open();
    spoil(opened);
    return Join(Seal(std::move(opened)));
  }
  std::string JoinTree(const std::function<void(RatchetTree&)>& spoil) {
    return JoinAfter([&](Opened& opened) {
      spoil(opened.tree);
      opened.info.group_context.tree_hash = opened.tree.RootHash();
    });
  }
};

TEST_CASE_METHOD(Invitation, "An honest Welcome joins, also when it was sealed again") {
  CHECK(Join(honest) == "it was accepted");
  CHECK(Join(Seal(Open())) == "it was accepted");
}

TEST_CASE_METHOD(Invitation, "A Welcome with a false confirmation tag is refused") {
  CHECK(JoinAfter([](Opened& opened) { opened.info.confirmation_tag.back() ^= 1; }) ==
        "the confirmation tag does not verify");
}

TEST_CASE_METHOD(Invitation, "A Welcome with another joiner secret is refused") {
  Opened opened = Open();
  opened.secrets.joiner_secret.span()[0] ^= 1;
  CHECK(Join(Seal(std::move(opened))) == "the confirmation tag does not verify");
}

TEST_CASE_METHOD(Invitation, "A Welcome whose GroupInfo nobody signed is refused") {
  Opened opened = Open();
  opened.info.signature.back() ^= 1;
  CHECK(Join(Seal(opened, false)) == "the signature does not verify");
  opened.info.signer = LeafIndex{7};
  CHECK(Join(Seal(opened)) == "a GroupInfo signed by nobody");
  opened.info.signer = LeafIndex{1};
  CHECK(Join(Seal(std::move(opened))) == "the signature does not verify");
}

TEST_CASE_METHOD(Invitation, "A Welcome with another tree than its context names is refused") {
  CHECK(JoinAfter([](Opened& opened) { opened.tree.BlankPath({0}); }) ==
        "the ratchet tree is not the group's");
}

TEST_CASE_METHOD(Invitation, "A Welcome with a parent that nobody's commit set is refused") {
  CHECK(JoinTree([](RatchetTree& tree) {
          tree.SetParent({5}, ParentNode{Bytes(32, 9), {}, {}});
        }) == "a parent node is not chained to exactly one leaf");
}

TEST_CASE_METHOD(Invitation, "A Welcome with a leaf whose signature is false is refused") {
  // The committer's own leaf: it stands under none of its path's parent hashes.
  CHECK(JoinTree([](RatchetTree& tree) {
          LeafNode leaf = *tree.leaf({0});
          leaf.signature.back() ^= 1;
          tree.Replace({0}, leaf);
        }) == "the signature does not verify");
}

TEST_CASE_METHOD(Invitation, "A Welcome with two leaves of one key is refused") {
  CHECK(JoinTree([](RatchetTree& tree) {
          LeafNode leaf = *tree.leaf({2});
          leaf.encryption_key = tree.leaf({1})->encryption_key;
          tree.Replace({2}, leaf);
        }) == "two nodes of the tree share an encryption key");
}

TEST_CASE_METHOD(Invitation, "A Welcome with a leaf that lacks a required capability is refused") {
  CHECK(
      JoinAfter([](Opened& opened) {
        RequiredCapabilities required;
        required.extension_types = {0xF001};
        opened.info.group_context.extensions = {{kRequiredCapabilitiesExtension, Encode(required)}};
      }) == "a member lacks a required capability");
}

TEST_CASE_METHOD(Invitation, "A Welcome into a group without our leaf is refused") {
  CHECK(JoinTree([](RatchetTree& tree) {
          tree.Remove({3});
          tree.BlankPath({0});
        }) == "a group without our leaf");
}

TEST_CASE_METHOD(Invitation, "A Welcome with a path secret that yields other keys is refused") {
  CHECK(JoinAfter([](Opened& opened) { opened.secrets.path_secret->span()[0] ^= 1; }) ==
        "a path secret does not yield its node's public key");
}

TEST_CASE_METHOD(Invitation, "A Welcome with a shorter path secret is refused") {
  CHECK(JoinAfter([](Opened& opened) {
          opened.secrets.path_secret =
              SecretBytes::CopyOf(opened.secrets.path_secret->view().first(31));
        }) == "a path secret does not yield its node's public key");
}

TEST_CASE_METHOD(Invitation, "A Welcome of a group of another suite is refused") {
  CHECK(JoinAfter([](Opened& opened) { opened.info.group_context.cipher_suite = 3; }) ==
        "a group of another suite than its Welcome");
  Welcome other = honest;
  other.cipher_suite = 3;
  CHECK(Join(other) == "a Welcome for another suite than the key package");
  other.cipher_suite = 2;
  CHECK(Join(other) == "a Welcome for an unknown suite");
}

TEST_CASE_METHOD(Invitation, "A Welcome of a branched or reinitialised group is refused") {
  for (const auto usage : {ResumptionUsage::kBranch, ResumptionUsage::kReInit}) {
    CHECK(JoinAfter([&](Opened& opened) {
            PreSharedKeyId psk;
            psk.type = PskType::kResumption;
            psk.usage = usage;
            opened.secrets.psks = {psk};
          }) == "a Welcome of a reinitialised or branched group");
  }
}

TEST_CASE_METHOD(Invitation,
                 "A Welcome that needs a pre-shared key which nobody gave us is refused") {
  CHECK(JoinAfter([&](Opened& opened) {
          PreSharedKeyId psk;
          psk.psk_id = ToBytes("unknown");
          opened.secrets.psks = {psk};
        }) == "no such pre-shared key");
}

TEST_CASE_METHOD(Invitation, "A Welcome for other key packages is refused") {
  MemberIdentity other;
  const OwnKeyPackage others = GroupWorld::MakeKeyPackage(other);
  CHECK(WhyNot(Group::Join(services(), honest, others, other.signature_private_key)) ==
        "a Welcome for other key packages");
}

TEST_CASE_METHOD(Invitation, "A Welcome whose parts come from two Welcomes is refused") {
  Opened opened = Open();
  opened.info.confirmation_tag.back() ^= 1;
  Welcome mixed = Seal(std::move(opened));
  mixed.encrypted_group_info = honest.encrypted_group_info;
  CHECK(Join(mixed) == "the AEAD tag does not verify");
}

TEST_CASE_METHOD(Invitation, "A key private to another node is refused when the group is joined") {
  own.encryption_private_key = crypto::MakeX25519KeyPair(random).private_key;
  CHECK(Join(honest) == "a private key does not belong to its node");
}

}  // namespace
}  // namespace trestle::mls
