#include "endpoint/mls/group.h"

namespace trestle::mls {
namespace {

constexpr std::uint8_t kStateVersion = 1;

void WriteSecret(TlsWriter& out, const SecretBytes& secret) { out.Vector(secret); }

Result<SecretBytes> ReadSecret(TlsReader& in) { return SecretBytes(TRESTLE_TRY(ReadBytes(in))); }

void WriteEpochSecrets(TlsWriter& out, const EpochSecrets& secrets) {
  WriteSecret(out, secrets.init_secret);
  WriteSecret(out, secrets.sender_data_secret);
  WriteSecret(out, secrets.exporter_secret);
  WriteSecret(out, secrets.external_secret);
  WriteSecret(out, secrets.confirmation_key);
  WriteSecret(out, secrets.membership_key);
  WriteSecret(out, secrets.resumption_psk);
  WriteSecret(out, secrets.epoch_authenticator);
}

Result<EpochSecrets> ReadEpochSecrets(TlsReader& in) {
  EpochSecrets out;
  out.init_secret = TRESTLE_TRY(ReadSecret(in));
  out.sender_data_secret = TRESTLE_TRY(ReadSecret(in));
  out.exporter_secret = TRESTLE_TRY(ReadSecret(in));
  out.external_secret = TRESTLE_TRY(ReadSecret(in));
  out.confirmation_key = TRESTLE_TRY(ReadSecret(in));
  out.membership_key = TRESTLE_TRY(ReadSecret(in));
  out.resumption_psk = TRESTLE_TRY(ReadSecret(in));
  out.epoch_authenticator = TRESTLE_TRY(ReadSecret(in));
  return out;
}

void WriteKeys(TlsWriter& out, const PrivateKeys& keys) {
  out.U32(keys.own.value).U32(static_cast<std::uint32_t>(keys.by_node.size()));
  for (const auto& [node, key] : keys.by_node) out.U32(node.value).Vector(key);
}

Result<PrivateKeys> ReadKeys(TlsReader& in) {
  PrivateKeys out;
  out.own = LeafIndex{TRESTLE_TRY(in.U32())};
  for (std::uint32_t left = TRESTLE_TRY(in.U32()); left > 0; --left) {
    const NodeIndex node{TRESTLE_TRY(in.U32())};
    out.by_node[node] = TRESTLE_TRY(ReadSecret(in));
  }
  return out;
}

void WritePending(TlsWriter& out, const SentProposal& sent) {
  sent.proposal.Write(out);
  sent.sender.Write(out);
  out.Vector(sent.ref);
}

Result<SentProposal> ReadPending(TlsReader& in) {
  SentProposal out{TRESTLE_TRY(Proposal::Read(in)), {}, {}};
  out.sender = TRESTLE_TRY(Sender::Read(in));
  out.ref = TRESTLE_TRY(ReadBytes(in));
  return out;
}

}  // namespace

void Group::PastEpoch::Write(TlsWriter& out) const {
  out.U64(epoch).Vector(context).Vector(sender_data_secret);
  secret_tree.Write(out);
  out.U32(static_cast<std::uint32_t>(signers.size()));
  for (const auto& [leaf, signer] : signers) {
    out.U32(leaf.value).Vector(signer.signature_key);
    signer.credential.Write(out);
  }
}

Result<Group::PastEpoch> Group::PastEpoch::Read(const Suite& suite, TlsReader& in) {
  PastEpoch out;
  out.epoch = TRESTLE_TRY(in.U64());
  out.context = TRESTLE_TRY(ReadBytes(in));
  out.sender_data_secret = TRESTLE_TRY(ReadSecret(in));
  out.secret_tree = TRESTLE_TRY(SecretTree::Read(suite, in));
  for (std::uint32_t left = TRESTLE_TRY(in.U32()); left > 0; --left) {
    const LeafIndex leaf{TRESTLE_TRY(in.U32())};
    Signer signer{TRESTLE_TRY(ReadBytes(in)), {}};
    signer.credential = TRESTLE_TRY(Credential::Read(in));
    out.signers[leaf] = std::move(signer);
  }
  return out;
}

void Group::Write(TlsWriter& out) const {
  out.U8(kStateVersion).U16(suite_->id).U8(active_ ? 1 : 0);
  if (!active_) return;
  context_.Write(out);
  tree_.Write(out);
  WriteKeys(out, keys_);
  WriteSecret(out, signature_private_key_);
  WriteEpochSecrets(out, secrets_);
  secret_tree_.Write(out);
  out.Vector(confirmation_tag_).Vector(interim_transcript_hash_);
  WriteListWith(out, pending_, &WritePending);
  out.U32(static_cast<std::uint32_t>(update_keys_.size()));
  for (const auto& [ref, key] : update_keys_) out.Vector(AsBytes(ref)).Vector(key);
  out.U32(static_cast<std::uint32_t>(past_.size()));
  for (const PastEpoch& past : past_) past.Write(out);
  out.U32(static_cast<std::uint32_t>(resumption_psks_.size()));
  for (const auto& [epoch, psk] : resumption_psks_) out.U64(epoch).Vector(psk);
}

Result<Group> Group::Read(const Services& services, TlsReader& in) {
  if (TRESTLE_TRY(in.U8()) != kStateVersion) {
    return Fail(Reason::kUnsupported, "the group state has another version");
  }
  const Suite* suite = crypto::FindSuite(TRESTLE_TRY(in.U16()));
  if (suite == nullptr) return Fail(Reason::kUnsupported, "the group state has an unknown suite");
  Group out(services, *suite);
  out.active_ = TRESTLE_TRY(ReadPresence(in));
  if (!out.active_) return out;
  out.context_ = TRESTLE_TRY(GroupContext::Read(in));
  out.tree_ = TRESTLE_TRY(RatchetTree::Read(in));
  out.keys_ = TRESTLE_TRY(ReadKeys(in));
  TRESTLE_TRY(out.TakeSignatureKey(TRESTLE_TRY(ReadSecret(in))));
  out.secrets_ = TRESTLE_TRY(ReadEpochSecrets(in));
  out.secret_tree_ = TRESTLE_TRY(SecretTree::Read(*suite, in));
  out.confirmation_tag_ = TRESTLE_TRY(ReadBytes(in));
  out.interim_transcript_hash_ = TRESTLE_TRY(ReadBytes(in));
  out.pending_ =
      TRESTLE_TRY(ReadListWith<SentProposal>(in, Group::kPendingProposalsMax, &ReadPending));
  for (std::uint32_t left = TRESTLE_TRY(in.U32()); left > 0; --left) {
    std::string ref(AsText(TRESTLE_TRY(in.Vector())));
    out.update_keys_[std::move(ref)] = TRESTLE_TRY(ReadSecret(in));
  }
  for (std::uint32_t left = TRESTLE_TRY(in.U32()); left > 0; --left) {
    out.past_.push_back(TRESTLE_TRY(PastEpoch::Read(*suite, in)));
  }
  for (std::uint32_t left = TRESTLE_TRY(in.U32()); left > 0; --left) {
    const std::uint64_t epoch = TRESTLE_TRY(in.U64());
    out.resumption_psks_[epoch] = TRESTLE_TRY(ReadSecret(in));
  }
  if (out.tree_.leaf(out.keys_.own) == nullptr) {
    return Fail(Reason::kMalformed, "the group state has no leaf of its own");
  }
  return out;
}

}  // namespace trestle::mls
