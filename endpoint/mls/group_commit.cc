#include <algorithm>

#include "endpoint/mls/group.h"

namespace trestle::mls {

std::vector<SentProposal> Group::CommittablePending() const {
  // RFC 9420, Section 12.2: removals win over updates, the newest update over older ones, and the
  // committer's own updates become its path.
  std::set<LeafIndex> taken{keys_.own};
  std::set<std::string_view> added_keys;
  std::vector<SentProposal> out;
  for (const SentProposal& sent : pending_) {
    const auto* remove = std::get_if<Remove>(&sent.proposal.body);
    if (remove != nullptr && taken.insert(remove->removed).second) out.push_back(sent);
  }
  for (auto sent = pending_.rbegin(); sent != pending_.rend(); ++sent) {
    if (sent->proposal.type() == ProposalType::kUpdate &&
        taken.insert(sent->sender.leaf()).second) {
      out.push_back(*sent);
    }
  }
  bool context_changed = false;
  for (const SentProposal& sent : pending_) {
    if (const auto* add = std::get_if<Add>(&sent.proposal.body)) {
      if (added_keys.insert(AsText(add->key_package.leaf_node.signature_key)).second)
        out.push_back(sent);
    } else if (sent.proposal.type() == ProposalType::kPreSharedKey) {
      out.push_back(sent);
    } else if (sent.proposal.type() == ProposalType::kGroupContextExtensions && !context_changed) {
      out.push_back(sent);
      context_changed = true;
    }
  }
  return out;
}

Result<Welcome> Group::MakeWelcome(const Group& next, const Transition& made, const NewPath* path,
                                   const EpochSecrets& secrets, bool with_tree) const {
  // RFC 9420, Section 12.4.1: the GroupInfo of the new epoch, with its tree.
  GroupInfo info{next.context_, {}, next.confirmation_tag_, next.keys_.own, {}};
  if (with_tree) info.extensions.push_back({kRatchetTreeExtension, Encode(next.tree_)});
  TRESTLE_TRY(info.Sign(signature_private_key_));
  Welcome out;
  out.cipher_suite = suite_->id;
  out.encrypted_group_info = TRESTLE_TRY(SealGroupInfo(*suite_, info, secrets.welcome_secret));
  for (const AddedMember& added : made.effects.added) {
    GroupSecrets group_secrets{secrets.joiner_secret, std::nullopt, made.effects.psks};
    if (path != nullptr) {
      // RFC 9420, Section 12.4.1: the secret of the lowest node above both.
      const NodeIndex ancestor = CommonAncestor(added.leaf, next.keys_.own);
      for (std::size_t i = 0; i < path->steps.size(); ++i) {
        if (path->steps[i].node == ancestor) group_secrets.path_secret = path->path_secrets[i];
      }
    }
    out.secrets.push_back(TRESTLE_TRY(SealGroupSecrets(
        *suite_, group_secrets, added.key_package, out.encrypted_group_info, *services_.random)));
  }
  return out;
}

Result<NewCommit> Group::Commit(CommitOptions options) {
  TRESTLE_TRY(CheckUsable());
  mls::Commit commit;
  std::vector<SentProposal> proposals = CommittablePending();
  for (const SentProposal& sent : proposals) commit.proposals.push_back({sent.ref});
  for (Proposal& proposal : options.proposals) {
    commit.proposals.push_back({proposal});
    proposals.push_back({std::move(proposal), {SenderType::kMember, keys_.own.value}, {}});
  }
  // RFC 9420, Section 12.4.1: apply the proposals to a copy.
  Transition made{tree_, keys_, context_, {}, SecretBytes(crypto::kHashBytes)};
  made.effects = TRESTLE_TRY(ApplyProposals(rules(keys_.own), proposals, made.tree, made.context));
  made.keys.Prune(made.tree);
  ++made.context.epoch;
  std::optional<NewPath> path;
  if (options.force_path || proposals.empty() || made.effects.path_required) {
    LeafNode leaf = *made.tree.leaf(keys_.own);
    if (options.credential) leaf.credential = *std::move(options.credential);
    path = TRESTLE_TRY(MakePath(made.tree, made.keys, std::move(leaf), context_.group_id,
                                signature_private_key_, *services_.random));
    made.commit_secret = path->commit_secret;
    made.context.tree_hash = made.tree.RootHash();
    commit.path = TRESTLE_TRY(EncryptPath(*suite_, made.tree, *path, made.effects.added_leaves(),
                                          Encode(made.context), *services_.random));
  } else {
    made.context.tree_hash = made.tree.RootHash();
  }
  // RFC 9420, Section 12.4.1: sign under the old context, then enter the new epoch.
  const SecretBytes psk_secret = TRESTLE_TRY(PskSecretOf(made.effects.psks));
  FramedContent content;
  content.body = std::move(commit);
  AuthenticatedContent framed = TRESTLE_TRY(Frame(
      std::move(content), options.wire == HandshakeWire::kPublic ? WireFormat::kPublicMessage
                                                                 : WireFormat::kPrivateMessage));
  made.context.confirmed_transcript_hash =
      ConfirmedTranscriptHash(interim_transcript_hash_, framed.ConfirmedTranscriptInput());
  const Bytes context = Encode(made.context);
  const EpochSecrets secrets = EnterEpoch(
      JoinerSecret(secrets_.init_secret, made.commit_secret, context), psk_secret, context);
  framed.auth.confirmation_tag =
      Mac(secrets.confirmation_key, made.context.confirmed_transcript_hash);

  // Spends a handshake key of this epoch, also when the commit is dropped later.
  MlsMessage message = TRESTLE_TRY(Wrap(framed, options.padding));
  auto next = std::make_unique<Group>(*this);
  next->EnterEpochState(made, secrets, framed.auth.confirmation_tag);
  NewCommit out{std::move(message), std::nullopt, nullptr};
  if (!made.effects.added.empty()) {
    out.welcome = TRESTLE_TRY(
        MakeWelcome(*next, made, path ? &*path : nullptr, secrets, options.tree_in_welcome));
  }
  out.next = std::move(next);
  return out;
}

Result<void> Group::AdoptCommit(NewCommit commit) {
  if (commit.next == nullptr || commit.next->context_.group_id != context_.group_id ||
      commit.next->context_.epoch != context_.epoch + 1 || !active_) {
    return Fail(Reason::kConflict, "the group has moved on since the commit was made");
  }
  // What was read in the meantime, in this epoch and in those before, must not be readable again.
  KeepEpoch();
  commit.next->past_ = std::move(past_);
  *this = std::move(*commit.next);
  return {};
}

}  // namespace trestle::mls
