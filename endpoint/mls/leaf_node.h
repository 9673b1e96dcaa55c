// A member's leaf in the ratchet tree, and the KeyPackage that carries a leaf to somebody who wants
// to add the member (RFC 9420, Sections 7.2, 7.3 and 10).
#pragma once

#include <compare>
#include <variant>

#include "bridge/base/seams.h"
#include "endpoint/mls/credential.h"

namespace trestle::mls {

// Counts leaves from the left, blank ones too (RFC 9420, Section 4.1).
struct LeafIndex {
  std::uint32_t value = 0;
  auto operator<=>(const LeafIndex&) const = default;
};

struct Lifetime {
  std::uint64_t not_before_s = 0;  // seconds of the Unix epoch
  std::uint64_t not_after_s = 0;

  bool Covers(WallTime now) const;
  bool operator==(const Lifetime&) const = default;
};

// What a leaf holds by its source (RFC 9420, Section 7.2: LeafNodeSource).
struct FromKeyPackage {
  Lifetime lifetime;
  bool operator==(const FromKeyPackage&) const = default;
};
struct FromUpdate {
  bool operator==(const FromUpdate&) const = default;
};
struct FromCommit {
  Bytes parent_hash;
  bool operator==(const FromCommit&) const = default;
};
using LeafSource = std::variant<FromKeyPackage, FromUpdate, FromCommit>;

// Where a leaf stands; signed along in updates and commits.
struct LeafPosition {
  ByteView group_id;
  LeafIndex index;
};

struct LeafNode {
  Bytes encryption_key;
  Bytes signature_key;
  Credential credential;
  Capabilities capabilities;
  LeafSource source;
  std::vector<Extension> extensions;
  Bytes signature;

  // The position is ignored for a leaf from a KeyPackage.
  Result<void> Sign(ByteView signature_private_key, LeafPosition position);
  Result<void> VerifySignature(LeafPosition position) const;
  // What can be checked of a leaf alone (RFC 9420, Section 7.3): version and suite are listed, its
  // own credential type and extensions are listed, keys have their sizes.
  Result<void> CheckAlone(const Suite& suite) const;

  void Write(TlsWriter& out) const;
  static Result<LeafNode> Read(TlsReader& in);
  bool operator==(const LeafNode&) const = default;

 private:
  void WriteUnsigned(TlsWriter& out) const;
  Bytes ToBeSigned(LeafPosition position) const;
};

struct KeyPackage {
  std::uint16_t version = kMls10;
  SuiteId cipher_suite = 0;
  Bytes init_key;
  LeafNode leaf_node;
  std::vector<Extension> extensions;
  Bytes signature;

  Result<void> Sign(ByteView signature_private_key);
  // RFC 9420, Section 10.1, without the credential and without the group's own rules.
  Result<void> Validate(const Suite& suite) const;
  Bytes Ref() const;  // RFC 9420, Section 5.2: KeyPackageRef
  bool is_last_resort() const { return FindExtension(extensions, kLastResortExtension) != nullptr; }

  void Write(TlsWriter& out) const;
  static Result<KeyPackage> Read(TlsReader& in);
  bool operator==(const KeyPackage&) const = default;

 private:
  void WriteUnsigned(TlsWriter& out) const;
};

}  // namespace trestle::mls
