#include "endpoint/mls/group.h"

namespace trestle::mls {
namespace {

// RFC 9420, Section 12.4.3.3: the tree comes in the GroupInfo or from elsewhere.
Result<RatchetTree> TreeOf(const GroupInfo& info, std::optional<RatchetTree> given) {
  if (const Extension* found = FindExtension(info.extensions, kRatchetTreeExtension)) {
    return Decode<RatchetTree>(found->data);
  }
  if (!given) return Fail(Reason::kInvalidArgument, "a Welcome without a ratchet tree");
  return *std::move(given);
}

std::optional<LeafIndex> FindLeaf(const RatchetTree& tree, const LeafNode& wanted) {
  for (const LeafIndex member : tree.members()) {
    if (*tree.leaf(member) == wanted) return member;
  }
  return std::nullopt;
}

// RFC 9420, Section 12.4.3.1: resumption keys for reinit and branch belong to operations that are
// not offered here.
Result<void> CheckWelcomePsks(const std::vector<PreSharedKeyId>& psks) {
  for (const PreSharedKeyId& psk : psks) {
    if (psk.type == PskType::kResumption && psk.usage != ResumptionUsage::kApplication) {
      return Fail(Reason::kUnsupported, "a Welcome of a reinitialised or branched group");
    }
  }
  return {};
}

}  // namespace

Result<void> Group::CheckJoinedTree(const GroupInfo& info) const {
  // RFC 9420, Section 12.4.3.1: the tree is the one that the GroupInfo names …
  if (tree_.RootHash() != info.group_context.tree_hash) {
    return Fail(Reason::kCrypto, "the ratchet tree is not the group's");
  }
  // … every parent is parent-hash valid, unmerged leaves and keys are in order …
  TRESTLE_TRY(tree_.VerifyStructure());
  TRESTLE_TRY(tree_.VerifyParentHashes());
  // … and every leaf is valid by itself and beside the others.
  for (const LeafIndex member : tree_.members()) {
    const LeafNode& leaf = *tree_.leaf(member);
    TRESTLE_TRY(leaf.CheckAlone(*suite_));
    TRESTLE_TRY(leaf.VerifySignature({info.group_context.group_id, member}));
    TRESTLE_TRY(services_.authentication->CheckLeaf(leaf, suite_->id));
  }
  return CheckMembers(tree_, info.group_context);
}

Result<Group> Group::Join(const Services& services, const Welcome& welcome,
                          const OwnKeyPackage& own, SecretBytes signature_private_key,
                          std::optional<RatchetTree> tree) {
  const Suite* suite = crypto::FindSuite(welcome.cipher_suite);
  if (suite == nullptr) return Fail(Reason::kUnsupported, "a Welcome for an unknown suite");
  // RFC 9420, Section 12.4.3.1: find the secrets for our key package, with the same suite.
  const EncryptedGroupSecrets* sealed = welcome.FindFor(own.key_package.Ref());
  if (sealed == nullptr) return Fail(Reason::kNotFound, "a Welcome for other key packages");
  if (own.key_package.cipher_suite != welcome.cipher_suite) {
    return Fail(Reason::kInvalidArgument, "a Welcome for another suite than the key package");
  }
  GroupSecrets secrets = TRESTLE_TRY(
      OpenGroupSecrets(*suite, *sealed, own.init_private_key, welcome.encrypted_group_info));
  TRESTLE_TRY(CheckWelcomePsks(secrets.psks));
  Group out(services, *suite);
  const SecretBytes psk_secret = TRESTLE_TRY(out.PskSecretOf(secrets.psks));
  // RFC 9420, Section 12.4.3.1: the GroupInfo is sealed under the welcome secret.
  const SecretBytes member_secret = MemberSecret(secrets.joiner_secret, psk_secret);
  GroupInfo info = TRESTLE_TRY(
      OpenGroupInfo(*suite, welcome.encrypted_group_info, WelcomeSecret(member_secret)));
  if (info.group_context.cipher_suite != suite->id) {
    return Fail(Reason::kInvalidArgument, "a group of another suite than its Welcome");
  }
  out.tree_ = TRESTLE_TRY(TreeOf(info, std::move(tree)));
  const LeafNode* signer = out.tree_.leaf(info.signer);
  if (signer == nullptr) return Fail(Reason::kCrypto, "a GroupInfo signed by nobody");
  TRESTLE_TRY(info.VerifySignature(signer->signature_key));
  TRESTLE_TRY(out.CheckJoinedTree(info));

  // RFC 9420, Section 12.4.3.1: our leaf is the one of our key package.
  const std::optional<LeafIndex> my_leaf = FindLeaf(out.tree_, own.key_package.leaf_node);
  if (!my_leaf) return Fail(Reason::kInvalidArgument, "a group without our leaf");
  if (*my_leaf == info.signer) return Fail(Reason::kInvalidArgument, "a Welcome from ourselves");
  out.keys_.own = *my_leaf;
  out.keys_.by_node[NodeOf(*my_leaf)] = own.encryption_private_key;
  if (secrets.path_secret) {
    const NodeIndex ancestor = CommonAncestor(*my_leaf, info.signer);
    TRESTLE_TRY(AdoptPathSecrets(out.tree_, out.keys_, info.signer, ancestor,
                                 *std::move(secrets.path_secret)));
  }
  TRESTLE_TRY(out.keys_.CheckAgainst(out.tree_));

  // RFC 9420, Section 12.4.3.1: derive the epoch, and verify the confirmation tag.
  EpochSecrets epoch =
      EnterEpoch(std::move(secrets.joiner_secret), psk_secret, Encode(info.group_context));
  const Bytes tag = Mac(epoch.confirmation_key, info.group_context.confirmed_transcript_hash);
  if (!ConstantTimeEqual(tag, info.confirmation_tag)) {
    return Fail(Reason::kCrypto, "the confirmation tag does not verify");
  }
  TRESTLE_TRY(out.TakeSignatureKey(std::move(signature_private_key)));
  Transition first{
      std::move(out.tree_), std::move(out.keys_), std::move(info.group_context), {}, {}};
  out.EnterEpochState(std::move(first), std::move(epoch), tag);
  return out;
}

}  // namespace trestle::mls
