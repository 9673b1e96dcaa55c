#include <algorithm>

#include "endpoint/mls/group.h"

namespace trestle::mls {

Result<Bytes> Group::SignatureKeyOf(const FramedContent& content) const {
  switch (content.sender.type) {
    case SenderType::kMember: {
      const LeafNode* leaf = tree_.leaf(content.sender.leaf());
      if (leaf == nullptr) return Fail(Reason::kCrypto, "a message from a blank leaf");
      return leaf->signature_key;
    }
    case SenderType::kExternal:
      return Fail(Reason::kUnsupported, "proposals from outside the group are not offered");
    case SenderType::kNewMemberProposal:
      return Fail(Reason::kUnsupported, "proposals of new members are not offered");
    case SenderType::kNewMemberCommit:
      return Fail(Reason::kUnsupported, "external commits are not offered");
  }
  return Fail(Reason::kMalformed, "MLS has no such sender type");
}

Result<AuthenticatedContent> Group::Open(const MlsMessage& message,
                                         std::optional<SecretTree::Lookup>& spent) const {
  if (const auto* open = std::get_if<PublicMessage>(&message.body)) {
    return UnprotectPublic(*open, Encode(context_), secrets_.membership_key);
  }
  Unprotected unprotected = TRESTLE_TRY(UnprotectPrivate(
      *suite_, std::get<PrivateMessage>(message.body), secrets_.sender_data_secret, secret_tree_));
  spent = std::move(unprotected.spent);
  return std::move(unprotected.content);
}

Result<Received> Group::Handle(const MlsMessage& message) {
  TRESTLE_TRY(CheckUsable());
  const auto* open = std::get_if<PublicMessage>(&message.body);
  const auto* sealed = std::get_if<PrivateMessage>(&message.body);
  if (open == nullptr && sealed == nullptr) {
    return Fail(Reason::kInvalidArgument, "not a message of a group");
  }
  const Bytes& group_id = open != nullptr ? open->content.group_id : sealed->group_id;
  const std::uint64_t epoch = open != nullptr ? open->content.epoch : sealed->epoch;
  if (group_id != context_.group_id) return Fail(Reason::kNotFound, "a message of another group");
  if (epoch > context_.epoch) return Fail(Reason::kConflict, "a message of an epoch to come");
  if (epoch < context_.epoch) {
    // RFC 9420, Section 12.4.2: handshakes are for the current epoch alone.
    if (sealed == nullptr || sealed->content_type != ContentType::kApplication) {
      return Fail(Reason::kConflict, "a handshake of an epoch that has passed");
    }
    return HandlePast(*sealed);
  }
  std::optional<SecretTree::Lookup> spent;
  const AuthenticatedContent content = TRESTLE_TRY(Open(message, spent));
  if (content.content.sender.type == SenderType::kMember &&
      content.content.sender.leaf() == keys_.own) {
    return Fail(Reason::kConflict, "a message of our own");
  }
  // RFC 9420, Section 6.1.
  const Bytes signature_key = TRESTLE_TRY(SignatureKeyOf(content.content));
  TRESTLE_TRY(VerifyContent(content, Encode(context_), signature_key));
  switch (content.content.content_type()) {
    case ContentType::kApplication: {
      ReceivedApplication out;
      out.sender = content.content.sender.leaf();
      out.sender_credential = tree_.leaf(out.sender)->credential;
      out.authenticated_data = content.content.authenticated_data;
      out.data = std::get<ApplicationData>(content.content.body).data;
      secret_tree_.Consume(*spent);
      return Received(std::move(out));
    }
    case ContentType::kProposal: {
      ReceivedProposal out = TRESTLE_TRY(Remember(content));
      if (spent) secret_tree_.Consume(*spent);
      return Received(std::move(out));
    }
    case ContentType::kCommit:
      return Received(TRESTLE_TRY(Process(content)));
  }
  return Fail(Reason::kMalformed, "MLS has no such content type");
}

Result<Received> Group::HandlePast(const PrivateMessage& message) {
  const auto past = std::find_if(past_.begin(), past_.end(),
                                 [&](const PastEpoch& one) { return one.epoch == message.epoch; });
  if (past == past_.end()) return Fail(Reason::kConflict, "a message of an epoch no longer kept");
  Unprotected opened =
      TRESTLE_TRY(UnprotectPrivate(*suite_, message, past->sender_data_secret, past->secret_tree));
  const auto signer = past->signers.find(opened.content.content.sender.leaf());
  if (signer == past->signers.end()) return Fail(Reason::kCrypto, "a message from a blank leaf");
  TRESTLE_TRY(VerifyContent(opened.content, past->context, signer->second.signature_key));
  past->secret_tree.Consume(opened.spent);
  ReceivedApplication out;
  out.sender = signer->first;
  out.sender_credential = signer->second.credential;
  out.authenticated_data = std::move(opened.content.content.authenticated_data);
  out.data = std::move(std::get<ApplicationData>(opened.content.content.body).data);
  return Received(std::move(out));
}

Result<ReceivedProposal> Group::Remember(const AuthenticatedContent& content) {
  if (pending_.size() == kPendingProposalsMax) {
    return Fail(Reason::kBusy, "too many proposals wait for a commit");
  }
  const auto& proposal = std::get<Proposal>(content.content.body);
  SentProposal sent{proposal, content.content.sender, content.ProposalRef()};
  ReceivedProposal out{sent.ref, proposal.type(), sent.sender};
  // Each proposal must be one that a commit could hold; two that exclude each other may both wait.
  const LeafIndex nobody{kLeavesMax};
  RatchetTree tree = tree_;
  GroupContext context = context_;
  TRESTLE_TRY(ApplyProposals(rules(nobody), {sent}, tree, context));
  pending_.push_back(std::move(sent));
  return out;
}

Result<std::vector<SentProposal>> Group::Resolve(const mls::Commit& commit,
                                                 const Sender& sender) const {
  std::vector<SentProposal> out;
  for (const ProposalOrRef& one : commit.proposals) {
    if (const auto* proposal = std::get_if<Proposal>(&one.body)) {
      out.push_back({*proposal, sender, {}});
      continue;
    }
    const Bytes& ref = std::get<Bytes>(one.body);
    const auto found = std::find_if(pending_.begin(), pending_.end(),
                                    [&](const SentProposal& sent) { return sent.ref == ref; });
    if (found == pending_.end()) {
      return Fail(Reason::kNotFound, "a commit of a proposal that has not arrived");
    }
    out.push_back(*found);
  }
  return out;
}

Result<void> Group::ApplyPath(Transition& transition, LeafIndex committer,
                              const UpdatePath& path) const {
  RatchetTree& tree = transition.tree;
  // RFC 9420, Section 12.4.2: the leaf is a valid successor, from a commit.
  if (!std::holds_alternative<FromCommit>(path.leaf_node.source)) {
    return Fail(Reason::kInvalidArgument, "a path's leaf has another source");
  }
  TRESTLE_TRY(CheckSuccessorLeaf(rules(committer), *tree.leaf(committer), path.leaf_node,
                                 {context_.group_id, committer}));
  // RFC 9420, Section 12.4.2: none of the path's public keys stands in the tree already.
  std::set<std::string_view> keys;
  for (std::uint32_t i = 0; i < NodeCount(tree.leaf_count()); ++i) {
    if (const Bytes* key = tree.key_at({i})) keys.insert(AsText(*key));
  }
  bool fresh = keys.insert(AsText(path.leaf_node.encryption_key)).second;
  for (const UpdatePathNode& node : path.nodes) {
    fresh = fresh && keys.insert(AsText(node.encryption_key)).second;
  }
  if (!fresh) return Fail(Reason::kInvalidArgument, "a path with a key that is in use");

  const std::set<LeafIndex> added = transition.effects.added_leaves();
  TRESTLE_TRY(MergePath(tree, committer, path, added));
  TRESTLE_TRY(CheckMembers(tree, transition.context));
  transition.context.tree_hash = tree.RootHash();
  DecryptedPath decrypted = TRESTLE_TRY(DecryptPath(*suite_, tree, transition.keys, committer, path,
                                                    added, Encode(transition.context)));
  transition.commit_secret = std::move(decrypted.commit_secret);
  return {};
}

Result<ReceivedCommit> Group::Process(const AuthenticatedContent& content) {
  const auto& commit = std::get<mls::Commit>(content.content.body);
  const LeafIndex committer = content.content.sender.leaf();
  const std::vector<SentProposal> proposals = TRESTLE_TRY(Resolve(commit, content.content.sender));
  Transition next{tree_, keys_, context_, {}, SecretBytes(crypto::kHashBytes)};
  next.effects = TRESTLE_TRY(ApplyProposals(rules(committer), proposals, next.tree, next.context));
  // RFC 9420, Section 12.4: a path where it is required.
  if (!commit.path && (proposals.empty() || next.effects.path_required)) {
    return Fail(Reason::kInvalidArgument, "a commit without the path that it needs");
  }
  if (next.effects.removed.contains(keys_.own)) {
    *this = Group(services_, *suite_);  // RFC 9420, Section 12.4.2: the state is deleted
    active_ = false;
    return ReceivedCommit{committer, true};
  }
  if (const auto updated = next.effects.updated.find(keys_.own);
      updated != next.effects.updated.end()) {
    const auto key = update_keys_.find(AsText(updated->second));
    if (key == update_keys_.end()) return Fail(Reason::kInternal, "our own update's key is gone");
    next.keys.by_node[NodeOf(keys_.own)] = key->second;
  }
  next.keys.Prune(next.tree);
  ++next.context.epoch;
  if (commit.path) {
    TRESTLE_TRY(ApplyPath(next, committer, *commit.path));
  } else {
    next.context.tree_hash = next.tree.RootHash();
  }
  // RFC 9420, Section 12.4.2: transcript, pre-shared keys, key schedule, confirmation tag.
  next.context.confirmed_transcript_hash =
      ConfirmedTranscriptHash(interim_transcript_hash_, content.ConfirmedTranscriptInput());
  const Bytes context = Encode(next.context);
  const SecretBytes psk_secret = TRESTLE_TRY(PskSecretOf(next.effects.psks));
  EpochSecrets secrets = EnterEpoch(JoinerSecret(secrets_.init_secret, next.commit_secret, context),
                                    psk_secret, context);
  const Bytes tag = Mac(secrets.confirmation_key, next.context.confirmed_transcript_hash);
  if (!ConstantTimeEqual(tag, content.auth.confirmation_tag)) {
    return Fail(Reason::kCrypto, "the confirmation tag does not verify");
  }
  KeepEpoch();
  EnterEpochState(std::move(next), std::move(secrets), tag);
  return ReceivedCommit{committer, false};
}

void Group::KeepEpoch() {
  PastEpoch past{
      context_.epoch, Encode(context_), secrets_.sender_data_secret, std::move(secret_tree_), {}};
  for (const LeafIndex member : tree_.members()) {
    const LeafNode& leaf = *tree_.leaf(member);
    past.signers[member] = {leaf.signature_key, leaf.credential};
  }
  past_.push_back(std::move(past));
  if (past_.size() > kPastEpochsMax) past_.pop_front();
}

}  // namespace trestle::mls
