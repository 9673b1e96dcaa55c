#include "endpoint/mls/welcome.h"

#include "endpoint/crypto/aead.h"

namespace trestle::mls {
namespace {

struct WelcomeKey {
  SecretBytes key;
  SecretBytes nonce;
};

// RFC 9420, Section 12.4.3.1.
WelcomeKey DeriveWelcomeKey(const Suite& suite, ByteView welcome_secret) {
  return {ExpandWithLabel(welcome_secret, "key", {}, suite.key_bytes()),
          ExpandWithLabel(welcome_secret, "nonce", {}, crypto::kNonceBytes)};
}

}  // namespace

void GroupInfo::WriteUnsigned(TlsWriter& out) const {
  group_context.Write(out);
  WriteList(out, extensions);
  out.Vector(confirmation_tag).U32(signer.value);
}

Result<void> GroupInfo::Sign(ByteView signature_private_key) {
  TlsWriter to_be_signed;  // RFC 9420, Section 12.4.3: GroupInfoTBS
  WriteUnsigned(to_be_signed);
  signature =
      TRESTLE_TRY(SignWithLabel(signature_private_key, "GroupInfoTBS", to_be_signed.bytes()));
  return {};
}

Result<void> GroupInfo::VerifySignature(ByteView signer_key) const {
  TlsWriter to_be_signed;
  WriteUnsigned(to_be_signed);
  return VerifyWithLabel(signer_key, "GroupInfoTBS", to_be_signed.bytes(), signature);
}

void GroupInfo::Write(TlsWriter& out) const {
  WriteUnsigned(out);
  out.Vector(signature);
}

Result<GroupInfo> GroupInfo::Read(TlsReader& in) {
  GroupInfo out;
  out.group_context = TRESTLE_TRY(GroupContext::Read(in));
  out.extensions = TRESTLE_TRY(ReadExtensions(in));
  out.confirmation_tag = TRESTLE_TRY(ReadBytes(in));
  out.signer = LeafIndex{TRESTLE_TRY(in.U32())};
  out.signature = TRESTLE_TRY(ReadBytes(in));
  return out;
}

void GroupSecrets::Write(TlsWriter& out) const {
  out.Vector(joiner_secret).U8(path_secret ? 1 : 0);
  if (path_secret) out.Vector(*path_secret);
  WriteList(out, psks);
}

Result<GroupSecrets> GroupSecrets::Read(TlsReader& in) {
  GroupSecrets out;
  out.joiner_secret = SecretBytes(TRESTLE_TRY(ReadBytes(in)));
  if (TRESTLE_TRY(ReadPresence(in))) out.path_secret = SecretBytes(TRESTLE_TRY(ReadBytes(in)));
  out.psks = TRESTLE_TRY(ReadList<PreSharedKeyId>(in));
  return out;
}

void EncryptedGroupSecrets::Write(TlsWriter& out) const {
  out.Vector(new_member);
  WriteHpkeCiphertext(out, encrypted_group_secrets);
}

Result<EncryptedGroupSecrets> EncryptedGroupSecrets::Read(TlsReader& in) {
  EncryptedGroupSecrets out;
  out.new_member = TRESTLE_TRY(ReadBytes(in));
  out.encrypted_group_secrets = TRESTLE_TRY(ReadHpkeCiphertext(in));
  return out;
}

const EncryptedGroupSecrets* Welcome::FindFor(ByteView key_package_ref) const {
  for (const EncryptedGroupSecrets& one : secrets) {
    if (ConstantTimeEqual(one.new_member, key_package_ref)) return &one;
  }
  return nullptr;
}

void Welcome::Write(TlsWriter& out) const {
  out.U16(cipher_suite);
  WriteList(out, secrets);
  out.Vector(encrypted_group_info);
}

Result<Welcome> Welcome::Read(TlsReader& in) {
  Welcome out;
  out.cipher_suite = TRESTLE_TRY(in.U16());
  out.secrets = TRESTLE_TRY(ReadList<EncryptedGroupSecrets>(in));
  out.encrypted_group_info = TRESTLE_TRY(ReadBytes(in));
  return out;
}

Result<Bytes> SealGroupInfo(const Suite& suite, const GroupInfo& info, ByteView welcome_secret) {
  const WelcomeKey key = DeriveWelcomeKey(suite, welcome_secret);
  return crypto::AeadSeal(suite.aead, key.key, key.nonce, {}, Encode(info));
}

Result<GroupInfo> OpenGroupInfo(const Suite& suite, ByteView sealed, ByteView welcome_secret) {
  const WelcomeKey key = DeriveWelcomeKey(suite, welcome_secret);
  const SecretBytes plain =
      TRESTLE_TRY(crypto::AeadOpen(suite.aead, key.key, key.nonce, {}, sealed));
  return Decode<GroupInfo>(plain);
}

Result<EncryptedGroupSecrets> SealGroupSecrets(const Suite& suite, const GroupSecrets& secrets,
                                               const KeyPackage& receiver,
                                               ByteView encrypted_group_info, Random& random) {
  const SecretBytes plain(Encode(secrets));
  EncryptedGroupSecrets out;
  out.new_member = receiver.Ref();
  out.encrypted_group_secrets = TRESTLE_TRY(
      EncryptWithLabel(suite, receiver.init_key, "Welcome", encrypted_group_info, plain, random));
  return out;
}

Result<GroupSecrets> OpenGroupSecrets(const Suite& suite, const EncryptedGroupSecrets& sealed,
                                      ByteView init_private_key, ByteView encrypted_group_info) {
  const SecretBytes plain = TRESTLE_TRY(DecryptWithLabel(
      suite, init_private_key, "Welcome", encrypted_group_info, sealed.encrypted_group_secrets));
  return Decode<GroupSecrets>(plain);
}

}  // namespace trestle::mls
