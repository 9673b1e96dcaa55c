#include "endpoint/mls/group.h"

#include <limits>

namespace trestle::mls {

Result<Group> Group::Create(const Services& services, const Suite& suite, Bytes group_id,
                            const OwnKeyPackage& own, SecretBytes signature_private_key,
                            std::vector<Extension> extensions) {
  Group out(services, suite);
  // RFC 9420, Section 11: a tree of one leaf, epoch 0, an empty transcript, a random epoch secret.
  TRESTLE_TRY(own.key_package.Validate(suite));
  TRESTLE_TRY(services.authentication->CheckLeaf(own.key_package.leaf_node, suite.id));
  out.keys_.own = TRESTLE_TRY(out.tree_.Add(own.key_package.leaf_node));
  out.keys_.by_node[NodeOf(out.keys_.own)] = own.encryption_private_key;
  TRESTLE_TRY(out.TakeSignatureKey(std::move(signature_private_key)));
  out.context_.cipher_suite = suite.id;
  out.context_.group_id = std::move(group_id);
  out.context_.tree_hash = out.tree_.RootHash();
  out.context_.extensions = std::move(extensions);
  TRESTLE_TRY(CheckMembers(out.tree_, out.context_));
  const SecretBytes epoch_secret = crypto::RandomSecret(*services.random, crypto::kHashBytes);
  EpochSecrets secrets = DeriveEpochSecrets(epoch_secret);
  Bytes tag = Mac(secrets.confirmation_key, out.context_.confirmed_transcript_hash);
  Transition first{std::move(out.tree_), std::move(out.keys_), std::move(out.context_), {}, {}};
  out.EnterEpochState(std::move(first), std::move(secrets), std::move(tag));
  return out;
}

Result<void> Group::TakeSignatureKey(SecretBytes private_key) {
  signing_key_ = TRESTLE_TRY(crypto::SigningKey::Of(private_key));
  signature_private_key_ = std::move(private_key);
  return {};
}

Result<void> Group::CheckUsable() const {
  if (!active_) return Fail(Reason::kConflict, "this member was removed from the group");
  return {};
}

void Group::EnterEpochState(Transition transition, EpochSecrets secrets, Bytes confirmation_tag) {
  tree_ = std::move(transition.tree);
  keys_ = std::move(transition.keys);
  keys_.Prune(tree_);
  context_ = std::move(transition.context);
  // RFC 9420, Section 8.2.
  interim_transcript_hash_ =
      InterimTranscriptHash(context_.confirmed_transcript_hash, confirmation_tag);
  confirmation_tag_ = std::move(confirmation_tag);
  // RFC 9420, Section 9.2: what has been used up is deleted.
  secret_tree_ = SecretTree(*suite_, std::move(secrets.encryption_secret), tree_.leaf_count());
  secrets.joiner_secret = SecretBytes();
  secrets.welcome_secret = SecretBytes();
  secrets.encryption_secret = SecretBytes();
  secrets_ = std::move(secrets);
  pending_.clear();
  update_keys_.clear();
  resumption_psks_[context_.epoch] = secrets_.resumption_psk;
  if (resumption_psks_.size() > kResumptionEpochsMax) {
    resumption_psks_.erase(resumption_psks_.begin());
  }
}

Result<AuthenticatedContent> Group::Frame(FramedContent content, WireFormat wire_format) const {
  content.group_id = context_.group_id;
  content.epoch = context_.epoch;
  content.sender = {SenderType::kMember, keys_.own.value};
  AuthenticatedContent out{wire_format, std::move(content), {}};
  out.auth.signature = TRESTLE_TRY(SignContent(out, Encode(context_), signing_key_));
  return out;
}

Result<MlsMessage> Group::Wrap(const AuthenticatedContent& content, Padding padding) {
  if (content.wire_format == WireFormat::kPublicMessage) {
    return MlsMessage{
        TRESTLE_TRY(ProtectPublic(content, Encode(context_), secrets_.membership_key))};
  }
  const RatchetKind kind = content.content.content_type() == ContentType::kApplication
                               ? RatchetKind::kApplication
                               : RatchetKind::kHandshake;
  const std::uint32_t generation = secret_tree_.next_generation(keys_.own, kind);
  if (generation == std::numeric_limits<std::uint32_t>::max()) {
    return Fail(Reason::kBusy, "this epoch's keys are used up: commit first");
  }
  const SecretTree::Lookup key = TRESTLE_TRY(secret_tree_.Find(keys_.own, kind, generation));
  PrivateMessage message = TRESTLE_TRY(ProtectPrivate(*suite_, content, secrets_.sender_data_secret,
                                                      key, padding, *services_.random));
  secret_tree_.Consume(key);
  return MlsMessage{std::move(message)};
}

Result<PrivateMessage> Group::Protect(ByteView authenticated_data, ByteView data, Padding padding) {
  TRESTLE_TRY(CheckUsable());
  // RFC 9420, Section 12.4: who has seen a proposal commits before sending application data.
  if (!pending_.empty()) return Fail(Reason::kConflict, "proposals wait for a commit");
  FramedContent content;
  content.authenticated_data = ToBytes(authenticated_data);
  content.body = ApplicationData{SecretBytes::CopyOf(data)};
  const AuthenticatedContent framed =
      TRESTLE_TRY(Frame(std::move(content), WireFormat::kPrivateMessage));
  MlsMessage message = TRESTLE_TRY(Wrap(framed, padding));
  return std::get<PrivateMessage>(std::move(message.body));
}

Result<MlsMessage> Group::SendProposal(Proposal proposal, HandshakeWire wire,
                                       SecretBytes update_key) {
  TRESTLE_TRY(CheckUsable());
  if (pending_.size() == kPendingProposalsMax) {
    return Fail(Reason::kBusy, "too many proposals wait for a commit");
  }
  FramedContent content;
  content.body = std::move(proposal);
  const AuthenticatedContent framed = TRESTLE_TRY(
      Frame(std::move(content), wire == HandshakeWire::kPublic ? WireFormat::kPublicMessage
                                                               : WireFormat::kPrivateMessage));
  MlsMessage message = TRESTLE_TRY(Wrap(framed, Padding::kBuckets));
  Bytes ref = framed.ProposalRef();
  if (!update_key.empty()) update_keys_[std::string(AsText(ref))] = std::move(update_key);
  pending_.push_back(
      {std::get<Proposal>(framed.content.body), framed.content.sender, std::move(ref)});
  return message;
}

Result<MlsMessage> Group::Propose(Proposal proposal, HandshakeWire wire) {
  if (proposal.type() == ProposalType::kUpdate) {
    return Fail(Reason::kInvalidArgument, "an update is made by ProposeUpdate");
  }
  return SendProposal(std::move(proposal), wire, {});
}

Result<MlsMessage> Group::ProposeUpdate(HandshakeWire wire) {
  TRESTLE_TRY(CheckUsable());
  crypto::KeyPair pair = crypto::MakeX25519KeyPair(*services_.random);
  LeafNode leaf = *tree_.leaf(keys_.own);
  leaf.encryption_key = std::move(pair.public_key);
  leaf.source = FromUpdate{};
  TRESTLE_TRY(leaf.Sign(signature_private_key_, {context_.group_id, keys_.own}));
  return SendProposal(Proposal{Update{std::move(leaf)}}, wire, std::move(pair.private_key));
}

Proposal Group::ExternalPsk(ByteView psk_id) const {
  PreSharedKeyId id;
  id.psk_id = ToBytes(psk_id);
  id.nonce.resize(crypto::kHashBytes);
  services_.random->Fill(id.nonce);
  return Proposal{PreSharedKey{std::move(id)}};
}

Result<Proposal> Group::ResumptionPsk(std::uint64_t epoch) const {
  if (!resumption_psks_.contains(epoch)) {
    return Fail(Reason::kNotFound, "that epoch's resumption key is not kept");
  }
  PreSharedKeyId id;
  id.type = PskType::kResumption;
  id.psk_group_id = context_.group_id;
  id.psk_epoch = epoch;
  id.nonce.resize(crypto::kHashBytes);
  services_.random->Fill(id.nonce);
  return Proposal{PreSharedKey{std::move(id)}};
}

SecretBytes Group::Export(std::string_view label, ByteView context, std::size_t length) const {
  return ExportSecret(secrets_.exporter_secret, label, context, length);
}

Result<SecretBytes> Group::FindPsk(const PreSharedKeyId& id) const {
  if (id.type == PskType::kExternal) {
    if (services_.psks == nullptr) return Fail(Reason::kNotFound, "no pre-shared keys are kept");
    return services_.psks->Find(id.psk_id);
  }
  const auto found = resumption_psks_.find(id.psk_epoch);
  if (id.psk_group_id != context_.group_id || found == resumption_psks_.end()) {
    return Fail(Reason::kNotFound, "that epoch's resumption key is not kept");
  }
  return found->second;
}

Result<SecretBytes> Group::PskSecretOf(const std::vector<PreSharedKeyId>& ids) const {
  std::vector<PskInput> inputs;
  for (const PreSharedKeyId& id : ids) {
    SecretBytes psk = TRESTLE_TRY(FindPsk(id));
    inputs.push_back({id, std::move(psk)});
  }
  return PskSecret(inputs);
}

}  // namespace trestle::mls
