#include "endpoint/mls/proposal_rules.h"

#include <algorithm>

namespace trestle::mls {
namespace {

Result<void> CheckLifetime(const Rules& rules, const LeafNode& leaf) {
  const auto* source = std::get_if<FromKeyPackage>(&leaf.source);
  if (rules.services.clock == nullptr || source == nullptr) return {};
  if (!source->lifetime.Covers(rules.services.clock->wall_now())) {
    return Fail(Reason::kExpired, "a key package outside its lifetime");
  }
  return {};
}

Result<void> CheckPsk(const PreSharedKeyId& psk) {
  // RFC 9420, Section 12.1.4.
  if (psk.nonce.size() != crypto::kHashBytes) {
    return Fail(Reason::kInvalidArgument, "a pre-shared key's nonce has the wrong length");
  }
  if (psk.type == PskType::kResumption && psk.usage != ResumptionUsage::kApplication) {
    return Fail(Reason::kInvalidArgument, "a resumption key for another purpose");
  }
  return {};
}

// The rules that look at the list alone (RFC 9420, Section 12.2).
Result<void> CheckList(const Rules& rules, const std::vector<SentProposal>& proposals) {
  std::set<LeafIndex> touched;  // by an update or a removal
  std::vector<const PreSharedKeyId*> psks;
  int context_changes = 0;
  for (const SentProposal& sent : proposals) {
    LeafIndex target = rules.committer;
    switch (sent.proposal.type()) {
      case ProposalType::kAdd:
        continue;
      case ProposalType::kUpdate:
        if (sent.sender.type != SenderType::kMember) {
          return Fail(Reason::kInvalidArgument, "an update that is not from a member");
        }
        target = sent.sender.leaf();
        if (target == rules.committer) {
          return Fail(Reason::kInvalidArgument, "a commit with its committer's own update");
        }
        break;
      case ProposalType::kRemove:
        target = std::get<Remove>(sent.proposal.body).removed;
        if (target == rules.committer) {
          return Fail(Reason::kInvalidArgument, "a commit that removes its committer");
        }
        break;
      case ProposalType::kPreSharedKey: {
        const PreSharedKeyId& psk = std::get<PreSharedKey>(sent.proposal.body).psk;
        TRESTLE_TRY(CheckPsk(psk));
        if (std::any_of(psks.begin(), psks.end(), [&](const auto* one) { return *one == psk; })) {
          return Fail(Reason::kInvalidArgument, "a commit with one pre-shared key twice");
        }
        psks.push_back(&psk);
        continue;
      }
      case ProposalType::kReInit:
        if (proposals.size() > 1) {
          return Fail(Reason::kInvalidArgument, "a reinitialisation beside other proposals");
        }
        return Fail(Reason::kUnsupported, "reinitialisation is not offered: start a new group");
      case ProposalType::kExternalInit:
        return Fail(Reason::kUnsupported, "external initialisation is not offered");
      case ProposalType::kGroupContextExtensions:
        if (++context_changes > 1) {
          return Fail(Reason::kInvalidArgument, "a commit that changes the context twice");
        }
        continue;
    }
    if (!touched.insert(target).second) {
      return Fail(Reason::kInvalidArgument, "a commit with two changes to one leaf");
    }
  }
  return {};
}

Result<void> ApplyUpdate(const Rules& rules, const SentProposal& sent, const GroupContext& context,
                         RatchetTree& tree, ProposalEffects& effects) {
  const LeafNode& next = std::get<Update>(sent.proposal.body).leaf_node;
  const LeafIndex leaf = sent.sender.leaf();
  const LeafNode* previous = tree.leaf(leaf);
  if (previous == nullptr) return Fail(Reason::kInvalidArgument, "an update of a blank leaf");
  if (!std::holds_alternative<FromUpdate>(next.source)) {
    return Fail(Reason::kInvalidArgument, "an update's leaf has another source");
  }
  TRESTLE_TRY(CheckSuccessorLeaf(rules, *previous, next, {context.group_id, leaf}));
  // RFC 9420, Section 12.1.2.
  tree.Replace(leaf, next);
  tree.BlankPath(leaf);
  effects.updated[leaf] = sent.ref;
  return {};
}

Result<void> ApplyAdd(const Rules& rules, const Add& add, RatchetTree& tree,
                      ProposalEffects& effects) {
  // RFC 9420, Section 12.1.1 and 10.1.
  const KeyPackage& key_package = add.key_package;
  TRESTLE_TRY(key_package.Validate(rules.suite));
  TRESTLE_TRY(CheckLifetime(rules, key_package.leaf_node));
  TRESTLE_TRY(rules.services.authentication->CheckLeaf(key_package.leaf_node, rules.suite.id));
  const LeafIndex leaf = TRESTLE_TRY(tree.Add(key_package.leaf_node));
  effects.added.push_back({leaf, key_package});
  return {};
}

}  // namespace

std::set<LeafIndex> ProposalEffects::added_leaves() const {
  std::set<LeafIndex> out;
  for (const AddedMember& one : added) out.insert(one.leaf);
  return out;
}

Result<void> CheckSuccessorLeaf(const Rules& rules, const LeafNode& previous, const LeafNode& next,
                                LeafPosition position) {
  TRESTLE_TRY(next.CheckAlone(rules.suite));
  TRESTLE_TRY(next.VerifySignature(position));
  // RFC 9420, Sections 7.3 and 12.4.2: the encryption key is a new one.
  if (next.encryption_key == previous.encryption_key) {
    return Fail(Reason::kInvalidArgument, "a leaf that keeps its encryption key");
  }
  TRESTLE_TRY(rules.services.authentication->CheckLeaf(next, rules.suite.id));
  return rules.services.authentication->CheckSuccessor(previous, next);
}

Result<void> CheckMembers(const RatchetTree& tree, const GroupContext& context) {
  RequiredCapabilities required;
  if (const Extension* found = FindExtension(context.extensions, kRequiredCapabilitiesExtension)) {
    required = TRESTLE_TRY(Decode<RequiredCapabilities>(found->data));
  }
  std::set<std::uint16_t> credentials_in_use;
  std::set<std::string_view> signature_keys;
  std::set<std::string_view> encryption_keys;
  const std::vector<LeafIndex> members = tree.members();
  for (const LeafIndex member : members) {
    const LeafNode& leaf = *tree.leaf(member);
    credentials_in_use.insert(leaf.credential.type);
    if (!signature_keys.insert(AsText(leaf.signature_key)).second) {
      return Fail(Reason::kInvalidArgument, "two members share a signature key");
    }
    if (!encryption_keys.insert(AsText(leaf.encryption_key)).second) {
      return Fail(Reason::kInvalidArgument, "two members share an encryption key");
    }
  }
  for (const LeafIndex member : members) {
    const Capabilities& capabilities = tree.leaf(member)->capabilities;
    if (!required.MetBy(capabilities)) {
      return Fail(Reason::kInvalidArgument, "a member lacks a required capability");
    }
    for (const std::uint16_t type : credentials_in_use) {
      if (!capabilities.SupportsCredential(type)) {
        return Fail(Reason::kInvalidArgument, "a member does not support another's credential");
      }
    }
    // RFC 9420, Section 13.4: every member supports every extension of the group context.
    for (const Extension& extension : context.extensions) {
      if (!capabilities.SupportsExtension(extension.type)) {
        return Fail(Reason::kInvalidArgument, "a member does not support a group extension");
      }
    }
  }
  return {};
}

Result<ProposalEffects> ApplyProposals(const Rules& rules,
                                       const std::vector<SentProposal>& proposals,
                                       RatchetTree& tree, GroupContext& context) {
  TRESTLE_TRY(CheckList(rules, proposals));
  ProposalEffects effects;
  // RFC 9420, Section 12.3: context extensions, updates, removals, additions, in this order.
  for (const SentProposal& sent : proposals) {
    if (const auto* change = std::get_if<GroupContextExtensions>(&sent.proposal.body)) {
      context.extensions = change->extensions;
      effects.path_required = true;
    }
  }
  for (const SentProposal& sent : proposals) {
    if (sent.proposal.type() != ProposalType::kUpdate) continue;
    TRESTLE_TRY(ApplyUpdate(rules, sent, context, tree, effects));
    effects.path_required = true;
  }
  for (const SentProposal& sent : proposals) {
    const auto* remove = std::get_if<Remove>(&sent.proposal.body);
    if (remove == nullptr) continue;
    if (tree.leaf(remove->removed) == nullptr) {
      return Fail(Reason::kInvalidArgument, "a removal of nobody");  // RFC 9420, Section 12.1.3
    }
    tree.Remove(remove->removed);
    effects.removed.insert(remove->removed);
    effects.path_required = true;
  }
  for (const SentProposal& sent : proposals) {
    if (const auto* add = std::get_if<Add>(&sent.proposal.body)) {
      TRESTLE_TRY(ApplyAdd(rules, *add, tree, effects));
    } else if (const auto* psk = std::get_if<PreSharedKey>(&sent.proposal.body)) {
      effects.psks.push_back(psk->psk);
    }
  }
  // RFC 9420, Section 12.2: afterwards every leaf is valid in the new tree.
  TRESTLE_TRY(CheckMembers(tree, context));
  return effects;
}

}  // namespace trestle::mls
