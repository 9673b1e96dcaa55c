// How a new member learns of a group (RFC 9420, Sections 12.4.3 and 12.4.3.1): GroupInfo says what
// the group is, GroupSecrets hold what its members know, and a Welcome carries both, sealed.
#pragma once

#include "endpoint/mls/key_schedule.h"

namespace trestle::mls {

struct GroupInfo {
  GroupContext group_context;
  std::vector<Extension> extensions;
  Bytes confirmation_tag;
  LeafIndex signer;
  Bytes signature;

  Result<void> Sign(ByteView signature_private_key);
  Result<void> VerifySignature(ByteView signer_key) const;

  void Write(TlsWriter& out) const;
  static Result<GroupInfo> Read(TlsReader& in);

 private:
  void WriteUnsigned(TlsWriter& out) const;
};

struct GroupSecrets {
  SecretBytes joiner_secret;
  std::optional<SecretBytes> path_secret;
  std::vector<PreSharedKeyId> psks;

  void Write(TlsWriter& out) const;
  static Result<GroupSecrets> Read(TlsReader& in);
};

struct EncryptedGroupSecrets {
  Bytes new_member;  // KeyPackageRef
  HpkeCiphertext encrypted_group_secrets;

  void Write(TlsWriter& out) const;
  static Result<EncryptedGroupSecrets> Read(TlsReader& in);
};

struct Welcome {
  SuiteId cipher_suite = 0;
  std::vector<EncryptedGroupSecrets> secrets;
  Bytes encrypted_group_info;

  // Null when the Welcome is not for that key package.
  const EncryptedGroupSecrets* FindFor(ByteView key_package_ref) const;

  void Write(TlsWriter& out) const;
  static Result<Welcome> Read(TlsReader& in);
};

Result<Bytes> SealGroupInfo(const Suite& suite, const GroupInfo& info, ByteView welcome_secret);
// kCrypto when the joiner secret or a pre-shared key is not the group's.
Result<GroupInfo> OpenGroupInfo(const Suite& suite, ByteView sealed, ByteView welcome_secret);

Result<EncryptedGroupSecrets> SealGroupSecrets(const Suite& suite, const GroupSecrets& secrets,
                                               const KeyPackage& receiver,
                                               ByteView encrypted_group_info, Random& random);
Result<GroupSecrets> OpenGroupSecrets(const Suite& suite, const EncryptedGroupSecrets& sealed,
                                      ByteView init_private_key, ByteView encrypted_group_info);

}  // namespace trestle::mls
