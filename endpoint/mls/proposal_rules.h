// Which lists of proposals a commit may hold, and what they do to tree and context (RFC 9420,
// Sections 7.3, 12.1, 12.2 and 12.3). Works on the caller's copies: after a refusal they are thrown
// away.
#pragma once

#include "endpoint/mls/framing.h"
#include "endpoint/mls/member.h"

namespace trestle::mls {

// A proposal together with who made it; `ref` is empty when the committer gave it by value.
struct SentProposal {
  Proposal proposal;
  Sender sender;
  Bytes ref;
};

struct AddedMember {
  LeafIndex leaf;
  KeyPackage key_package;
};

// What applying a list did, for the steps that follow.
struct ProposalEffects {
  std::vector<AddedMember> added;
  std::set<LeafIndex> removed;
  std::map<LeafIndex, Bytes> updated;  // to the reference of the Update
  std::vector<PreSharedKeyId> psks;    // in the order of the list
  bool path_required = false;

  std::set<LeafIndex> added_leaves() const;
};

struct Rules {
  const Suite& suite;
  const Services& services;
  LeafIndex committer;
};

// kInvalidArgument (with the rule that was broken) when the list may not be committed; kUnsupported
// for ReInit and ExternalInit, which this implementation reads and does not offer.
Result<ProposalEffects> ApplyProposals(const Rules& rules,
                                       const std::vector<SentProposal>& proposals,
                                       RatchetTree& tree, GroupContext& context);

// RFC 9420, Section 7.3, for a leaf that arrives in an update or in a commit's path.
Result<void> CheckSuccessorLeaf(const Rules& rules, const LeafNode& previous, const LeafNode& next,
                                LeafPosition position);

// RFC 9420, Section 7.3, for the tree as a whole: unique keys, supported credentials and
// extensions.
Result<void> CheckMembers(const RatchetTree& tree, const GroupContext& context);

}  // namespace trestle::mls
