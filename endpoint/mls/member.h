// What a member brings to a group, and what a group asks of its application: key packages with
// their private keys, the check of credentials (RFC 9420, Section 5.3.1: the Authentication
// Service), and external pre-shared keys.
#pragma once

#include "endpoint/mls/leaf_node.h"

namespace trestle::mls {

// RFC 9420, Section 5.3.1. Implementations are pure: they answer and remember nothing, so that a
// refused message leaves no trace.
class Authentication {
 public:
  virtual ~Authentication() = default;
  // Does the credential bind this signature key to somebody whom the application knows?
  virtual Result<void> CheckLeaf(const LeafNode& leaf, SuiteId suite) const = 0;
  // May `next` take the place of `previous`, as the same member?
  virtual Result<void> CheckSuccessor(const LeafNode& previous, const LeafNode& next) const = 0;
};

// External pre-shared keys by their id (RFC 9420, Section 8.4). kNotFound when there is none.
class PskSource {
 public:
  virtual ~PskSource() = default;
  virtual Result<SecretBytes> Find(ByteView psk_id) const = 0;
};

// What a group works with; all of it outlives the group.
struct Services {
  Random* random = nullptr;
  const Authentication* authentication = nullptr;
  const Clock* clock = nullptr;     // null: lifetimes are not checked
  const PskSource* psks = nullptr;  // null: no external pre-shared keys
};

// Who a member is: the key it signs with and the credential for that key.
struct MemberIdentity {
  SecretBytes signature_private_key;
  Bytes signature_public_key;
  Credential credential;
};

struct OwnKeyPackage {
  KeyPackage key_package;
  SecretBytes init_private_key;
  SecretBytes encryption_private_key;

  void Write(TlsWriter& out) const;  // with its secrets: for sealed storage alone
  static Result<OwnKeyPackage> Read(TlsReader& in);
};

// A last resort (draft-ietf-mls-extensions, Last Resort KeyPackages) is what a directory hands out
// when the others are used up; its mark is inside, under its signature.
enum class PackageUse : std::uint8_t { kOnce, kLastResort };

// Where the endpoint stands; at the edge its leaf says so, under its signature.
enum class Standing : std::uint8_t { kDevice, kEdge };

Result<OwnKeyPackage> MakeKeyPackage(const Suite& suite, const MemberIdentity& identity,
                                     Lifetime lifetime, Random& random,
                                     PackageUse use = PackageUse::kOnce,
                                     Standing standing = Standing::kDevice);

}  // namespace trestle::mls
