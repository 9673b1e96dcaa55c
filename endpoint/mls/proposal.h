// Proposals and commits (RFC 9420, Sections 8.4, 12.1 and 12.4): what may change a group, as data.
// Whether a list of proposals may be applied is decided in proposal_rules.h.
#pragma once

#include "endpoint/mls/tree_kem.h"

namespace trestle::mls {

// RFC 9420, Section 17.4.
enum class ProposalType : std::uint16_t {
  kAdd = 1,
  kUpdate = 2,
  kRemove = 3,
  kPreSharedKey = 4,
  kReInit = 5,
  kExternalInit = 6,
  kGroupContextExtensions = 7,
};

enum class PskType : std::uint8_t { kExternal = 1, kResumption = 2 };
enum class ResumptionUsage : std::uint8_t { kApplication = 1, kReInit = 2, kBranch = 3 };

// RFC 9420, Section 8.4.
struct PreSharedKeyId {
  PskType type = PskType::kExternal;
  Bytes psk_id;                                           // external
  ResumptionUsage usage = ResumptionUsage::kApplication;  // resumption, with the two below
  Bytes psk_group_id;
  std::uint64_t psk_epoch = 0;
  Bytes nonce;

  void Write(TlsWriter& out) const;
  static Result<PreSharedKeyId> Read(TlsReader& in);
  bool operator==(const PreSharedKeyId&) const = default;
};

struct Add {
  KeyPackage key_package;
};
struct Update {
  LeafNode leaf_node;
};
struct Remove {
  LeafIndex removed;
};
struct PreSharedKey {
  PreSharedKeyId psk;
};
struct ReInit {
  Bytes group_id;
  std::uint16_t version = kMls10;
  SuiteId cipher_suite = 0;
  std::vector<Extension> extensions;
};
struct ExternalInit {
  Bytes kem_output;
};
struct GroupContextExtensions {
  std::vector<Extension> extensions;
};

struct Proposal {
  std::variant<Add, Update, Remove, PreSharedKey, ReInit, ExternalInit, GroupContextExtensions>
      body;

  ProposalType type() const;

  void Write(TlsWriter& out) const;
  void WriteBody(TlsWriter& out) const;
  static Result<Proposal> Read(TlsReader& in);  // kUnsupported for unknown types
  static Result<Proposal> ReadBody(ProposalType type, TlsReader& in);
};

// By value or by reference (RFC 9420, Section 12.4).
struct ProposalOrRef {
  std::variant<Proposal, Bytes> body;

  void Write(TlsWriter& out) const;
  static Result<ProposalOrRef> Read(TlsReader& in);
};

struct Commit {
  std::vector<ProposalOrRef> proposals;
  std::optional<UpdatePath> path;

  void Write(TlsWriter& out) const;
  static Result<Commit> Read(TlsReader& in);
};

}  // namespace trestle::mls
