// One member's view of one MLS group (RFC 9420): the state of the current epoch, and what is needed
// to read late messages of the last ones. A value, not thread-safe. Whatever a method refuses
// leaves the group as it was; a message that fails any check has no effect at all.
//
//   Create ──Commit+AdoptCommit──▶ active ──Handle(commit that removes us)──▶ removed
//   Join ─────────────────────────▶ active
//
// A commit of our own is made in two steps, because only one commit per epoch can win: Commit
// answers the message and the next state, and the caller adopts that state when the delivery
// service has accepted the message (RFC 9420, Section 14).
#pragma once

#include <deque>
#include <memory>
#include <string>

#include "endpoint/mls/proposal_rules.h"
#include "endpoint/mls/protection.h"

namespace trestle::mls {

enum class HandshakeWire : std::uint8_t { kPrivate, kPublic };

struct CommitOptions {
  std::vector<Proposal> proposals;       // by value, after the pending ones
  std::optional<Credential> credential;  // a renewed one for our leaf; taken when there is a path
  bool force_path = false;               // a path also where the RFC lets it be left out
  bool tree_in_welcome = true;           // otherwise new members get the tree from elsewhere
  HandshakeWire wire = HandshakeWire::kPrivate;
  Padding padding = Padding::kBuckets;
};

class Group;

struct NewCommit {
  MlsMessage message;
  std::optional<Welcome> welcome;  // for all who were added, with the ratchet tree inside
  std::unique_ptr<Group> next;     // the group as it is when the commit is accepted
};

struct ReceivedApplication {
  LeafIndex sender;
  Credential sender_credential;
  Bytes authenticated_data;
  SecretBytes data;
};
struct ReceivedProposal {
  Bytes ref;
  ProposalType type;
  Sender sender;
};
struct ReceivedCommit {
  LeafIndex committer;
  bool removed_us = false;
};
using Received = std::variant<ReceivedApplication, ReceivedProposal, ReceivedCommit>;

class Group {
 public:
  static constexpr std::size_t kPastEpochsMax = 2;         // whose late messages can be read
  static constexpr std::size_t kResumptionEpochsMax = 32;  // whose resumption PSK is kept
  static constexpr std::size_t kPendingProposalsMax = 256;

  // A group of one, in epoch 0 (RFC 9420, Section 11).
  static Result<Group> Create(const Services& services, const Suite& suite, Bytes group_id,
                              const OwnKeyPackage& own, SecretBytes signature_private_key,
                              std::vector<Extension> extensions = {});
  // RFC 9420, Section 12.4.3.1. `tree` is needed when the Welcome does not carry it. The caller has
  // checked that it is in no group of that id.
  static Result<Group> Join(const Services& services, const Welcome& welcome,
                            const OwnKeyPackage& own, SecretBytes signature_private_key,
                            std::optional<RatchetTree> tree = std::nullopt);

  // Spends one key of our ratchet: save the group before the message leaves. kConflict while
  // proposals wait for a commit (RFC 9420, Section 12.4), kTooLarge above the largest bucket.
  Result<PrivateMessage> Protect(ByteView authenticated_data, ByteView data, Padding padding);
  // Reads any message of this group. kConflict for a replay or another epoch, kCrypto for what does
  // not verify, kInvalidArgument for what breaks a rule. A pending proposal is remembered; a commit
  // moves the group to its next epoch.
  Result<Received> Handle(const MlsMessage& message);

  // Proposals of our own are remembered like those of others.
  Result<MlsMessage> Propose(Proposal proposal, HandshakeWire wire = HandshakeWire::kPrivate);
  Result<MlsMessage> ProposeUpdate(HandshakeWire wire = HandshakeWire::kPrivate);
  Result<NewCommit> Commit(CommitOptions options);
  // kConflict when the group has moved on since the commit was made.
  Result<void> AdoptCommit(NewCommit commit);

  // A new PreSharedKey proposal with a fresh nonce.
  Proposal ExternalPsk(ByteView psk_id) const;
  Result<Proposal> ResumptionPsk(std::uint64_t epoch) const;  // kNotFound when no longer kept
  SecretBytes Export(std::string_view label, ByteView context, std::size_t length) const;

  const Suite& suite() const { return *suite_; }
  const GroupContext& context() const { return context_; }
  std::uint64_t epoch() const { return context_.epoch; }
  const RatchetTree& tree() const { return tree_; }
  LeafIndex own_leaf() const { return keys_.own; }
  ByteView epoch_authenticator() const { return secrets_.epoch_authenticator; }
  bool is_active() const { return active_; }
  std::size_t pending_proposals() const { return pending_.size(); }

  void Write(TlsWriter& out) const;  // with its secrets: for sealed storage alone
  static Result<Group> Read(const Services& services, TlsReader& in);

 private:
  friend struct GroupForger;  // a member who breaks the rules, in tests

  struct Signer {
    Bytes signature_key;
    Credential credential;
  };
  // What remains of an epoch that has passed, to read its late application messages.
  struct PastEpoch {
    std::uint64_t epoch = 0;
    Bytes context;
    SecretBytes sender_data_secret;
    SecretTree secret_tree;
    std::map<LeafIndex, Signer> signers;

    void Write(TlsWriter& out) const;
    static Result<PastEpoch> Read(const Suite& suite, TlsReader& in);
  };
  // What a commit, ours or another's, has worked out before the epoch changes.
  struct Transition {
    RatchetTree tree;
    PrivateKeys keys;
    GroupContext context;  // of the new epoch; transcript hash still the old one
    ProposalEffects effects;
    SecretBytes commit_secret;
  };

  Group(const Services& services, const Suite& suite) : services_(services), suite_(&suite) {}
  Rules rules(LeafIndex committer) const { return {*suite_, services_, committer}; }

  // group_join.cc
  Result<void> CheckJoinedTree(const GroupInfo& info) const;

  // group.cc
  Result<void> TakeSignatureKey(SecretBytes private_key);
  Result<void> CheckUsable() const;
  Result<AuthenticatedContent> Frame(FramedContent content, WireFormat wire_format) const;
  Result<MlsMessage> Wrap(const AuthenticatedContent& content, Padding padding);
  Result<MlsMessage> SendProposal(Proposal proposal, HandshakeWire wire, SecretBytes update_key);
  Result<SecretBytes> FindPsk(const PreSharedKeyId& id) const;
  Result<SecretBytes> PskSecretOf(const std::vector<PreSharedKeyId>& ids) const;
  void EnterEpochState(Transition transition, EpochSecrets secrets, Bytes confirmation_tag);

  // group_receive.cc
  Result<AuthenticatedContent> Open(const MlsMessage& message,
                                    std::optional<SecretTree::Lookup>& spent) const;
  Result<Bytes> SignatureKeyOf(const FramedContent& content) const;
  Result<Received> HandlePast(const PrivateMessage& message);
  Result<ReceivedProposal> Remember(const AuthenticatedContent& content);
  Result<ReceivedCommit> Process(const AuthenticatedContent& content);
  Result<std::vector<SentProposal>> Resolve(const mls::Commit& commit, const Sender& sender) const;
  void KeepEpoch();  // files the current epoch among the past ones
  Result<void> ApplyPath(Transition& transition, LeafIndex committer, const UpdatePath& path) const;

  // group_commit.cc
  std::vector<SentProposal> CommittablePending() const;
  Result<Welcome> MakeWelcome(const Group& next, const Transition& made, const NewPath* path,
                              const EpochSecrets& secrets, bool with_tree) const;

  Services services_;
  const Suite* suite_;
  bool active_ = true;
  GroupContext context_;
  RatchetTree tree_;
  PrivateKeys keys_;
  SecretBytes signature_private_key_;
  crypto::SigningKey signing_key_;  // the same, made ready
  EpochSecrets secrets_;
  SecretTree secret_tree_;
  Bytes confirmation_tag_;
  Bytes interim_transcript_hash_;
  std::vector<SentProposal> pending_;
  std::map<std::string, SecretBytes, std::less<>>
      update_keys_;             // leaf keys of our own pending updates, by reference
  std::deque<PastEpoch> past_;  // oldest first
  std::map<std::uint64_t, SecretBytes> resumption_psks_;
};

}  // namespace trestle::mls
