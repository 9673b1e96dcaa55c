#include "endpoint/mls/member.h"

namespace trestle::mls {

void OwnKeyPackage::Write(TlsWriter& out) const {
  key_package.Write(out);
  out.Vector(init_private_key).Vector(encryption_private_key);
}

Result<OwnKeyPackage> OwnKeyPackage::Read(TlsReader& in) {
  OwnKeyPackage out;
  out.key_package = TRESTLE_TRY(KeyPackage::Read(in));
  out.init_private_key = SecretBytes(TRESTLE_TRY(ReadBytes(in)));
  out.encryption_private_key = SecretBytes(TRESTLE_TRY(ReadBytes(in)));
  return out;
}

Result<OwnKeyPackage> MakeKeyPackage(const Suite& suite, const MemberIdentity& identity,
                                     Lifetime lifetime, Random& random, PackageUse use,
                                     Standing standing) {
  crypto::KeyPair init = crypto::MakeX25519KeyPair(random);
  crypto::KeyPair encryption = crypto::MakeX25519KeyPair(random);
  OwnKeyPackage out;
  KeyPackage& key_package = out.key_package;
  key_package.cipher_suite = suite.id;
  key_package.init_key = std::move(init.public_key);
  LeafNode& leaf = key_package.leaf_node;
  leaf.encryption_key = std::move(encryption.public_key);
  leaf.signature_key = identity.signature_public_key;
  leaf.credential = identity.credential;
  leaf.capabilities = Capabilities::OfThisEndpoint();
  leaf.source = FromKeyPackage{lifetime};
  if (use == PackageUse::kLastResort) {
    key_package.extensions.push_back({kLastResortExtension, {}});
    leaf.capabilities.extensions.push_back(kLastResortExtension);
  }
  if (standing == Standing::kEdge) {
    leaf.extensions.push_back({kEdgeExtension, {}});
    leaf.capabilities.extensions.push_back(kEdgeExtension);
  }
  // RFC 9420, Section 10: the leaf signs itself, then the key package as a whole is signed.
  TRESTLE_TRY(leaf.Sign(identity.signature_private_key, {}));
  TRESTLE_TRY(key_package.Sign(identity.signature_private_key));
  out.init_private_key = std::move(init.private_key);
  out.encryption_private_key = std::move(encryption.private_key);
  return out;
}

}  // namespace trestle::mls
