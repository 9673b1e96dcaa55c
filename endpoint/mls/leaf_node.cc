#include "endpoint/mls/leaf_node.h"

#include <algorithm>

namespace trestle::mls {
namespace {

constexpr std::uint8_t kSourceKeyPackage = 1;
constexpr std::uint8_t kSourceUpdate = 2;
constexpr std::uint8_t kSourceCommit = 3;

Result<LeafSource> ReadSource(TlsReader& in) {
  const std::uint8_t source = TRESTLE_TRY(in.U8());
  switch (source) {
    case kSourceKeyPackage: {
      FromKeyPackage out;
      out.lifetime.not_before_s = TRESTLE_TRY(in.U64());
      out.lifetime.not_after_s = TRESTLE_TRY(in.U64());
      return LeafSource(out);
    }
    case kSourceUpdate:
      return LeafSource(FromUpdate{});
    case kSourceCommit:
      return LeafSource(FromCommit{TRESTLE_TRY(ReadBytes(in))});
  }
  return Fail(Reason::kMalformed, "a leaf node has no such source");
}

void WriteSource(TlsWriter& out, const LeafSource& source) {
  if (const auto* key_package = std::get_if<FromKeyPackage>(&source)) {
    out.U8(kSourceKeyPackage);
    out.U64(key_package->lifetime.not_before_s).U64(key_package->lifetime.not_after_s);
  } else if (const auto* commit = std::get_if<FromCommit>(&source)) {
    out.U8(kSourceCommit).Vector(commit->parent_hash);
  } else {
    out.U8(kSourceUpdate);
  }
}

bool Lists(const std::vector<std::uint16_t>& list, std::uint16_t value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

}  // namespace

bool Lifetime::Covers(WallTime now) const {
  const auto now_s = static_cast<std::uint64_t>(std::max<std::int64_t>(now.ms, 0) / 1000);
  return not_before_s <= now_s && now_s <= not_after_s;
}

void LeafNode::WriteUnsigned(TlsWriter& out) const {
  out.Vector(encryption_key).Vector(signature_key);
  credential.Write(out);
  capabilities.Write(out);
  WriteSource(out, source);
  WriteList(out, extensions);
}

Bytes LeafNode::ToBeSigned(LeafPosition position) const {
  TlsWriter out;  // RFC 9420, Section 7.2: LeafNodeTBS
  WriteUnsigned(out);
  if (!std::holds_alternative<FromKeyPackage>(source)) {
    out.Vector(position.group_id).U32(position.index.value);
  }
  return out.Take();
}

Result<void> LeafNode::Sign(ByteView signature_private_key, LeafPosition position) {
  signature =
      TRESTLE_TRY(SignWithLabel(signature_private_key, "LeafNodeTBS", ToBeSigned(position)));
  return {};
}

Result<void> LeafNode::VerifySignature(LeafPosition position) const {
  return VerifyWithLabel(signature_key, "LeafNodeTBS", ToBeSigned(position), signature);
}

Result<void> LeafNode::CheckAlone(const Suite& suite) const {
  if (encryption_key.size() != crypto::kX25519Bytes ||
      signature_key.size() != crypto::kEd25519KeyBytes) {
    return Fail(Reason::kMalformed, "a leaf's key has the wrong length");
  }
  if (!Lists(capabilities.versions, kMls10) || !Lists(capabilities.cipher_suites, suite.id)) {
    return Fail(Reason::kInvalidArgument, "a leaf does not list the group's version and suite");
  }
  // RFC 9420, Section 7.2: a leaf lists its own credential type and its own extensions.
  if (!capabilities.SupportsCredential(credential.type)) {
    return Fail(Reason::kInvalidArgument, "a leaf does not list its own credential type");
  }
  for (const Extension& extension : extensions) {
    if (!capabilities.SupportsExtension(extension.type)) {
      return Fail(Reason::kInvalidArgument, "a leaf has an extension that it does not list");
    }
  }
  return {};
}

void LeafNode::Write(TlsWriter& out) const {
  WriteUnsigned(out);
  out.Vector(signature);
}

Result<LeafNode> LeafNode::Read(TlsReader& in) {
  LeafNode out;
  out.encryption_key = TRESTLE_TRY(ReadBytes(in));
  out.signature_key = TRESTLE_TRY(ReadBytes(in));
  out.credential = TRESTLE_TRY(Credential::Read(in));
  out.capabilities = TRESTLE_TRY(Capabilities::Read(in));
  out.source = TRESTLE_TRY(ReadSource(in));
  out.extensions = TRESTLE_TRY(ReadExtensions(in));
  out.signature = TRESTLE_TRY(ReadBytes(in));
  return out;
}

void KeyPackage::WriteUnsigned(TlsWriter& out) const {
  out.U16(version).U16(cipher_suite).Vector(init_key);
  leaf_node.Write(out);
  WriteList(out, extensions);
}

Result<void> KeyPackage::Sign(ByteView signature_private_key) {
  TlsWriter to_be_signed;  // RFC 9420, Section 10: KeyPackageTBS
  WriteUnsigned(to_be_signed);
  signature =
      TRESTLE_TRY(SignWithLabel(signature_private_key, "KeyPackageTBS", to_be_signed.bytes()));
  return {};
}

Result<void> KeyPackage::Validate(const Suite& suite) const {
  // RFC 9420, Section 10.1: suite and version match the group's.
  if (version != kMls10 || cipher_suite != suite.id) {
    return Fail(Reason::kUnsupported, "a key package for another version or suite");
  }
  if (init_key.size() != crypto::kX25519Bytes) {
    return Fail(Reason::kMalformed, "a key package's init key has the wrong length");
  }
  // RFC 9420, Section 10.1: the leaf is valid for a KeyPackage.
  if (!std::holds_alternative<FromKeyPackage>(leaf_node.source)) {
    return Fail(Reason::kInvalidArgument, "a key package's leaf has another source");
  }
  TRESTLE_TRY(leaf_node.CheckAlone(suite));
  TRESTLE_TRY(leaf_node.VerifySignature({}));
  // RFC 9420, Section 10.1: the signature verifies under the leaf's key.
  TlsWriter to_be_signed;
  WriteUnsigned(to_be_signed);
  TRESTLE_TRY(
      VerifyWithLabel(leaf_node.signature_key, "KeyPackageTBS", to_be_signed.bytes(), signature));
  // RFC 9420, Section 10.1: init key and encryption key differ.
  if (init_key == leaf_node.encryption_key) {
    return Fail(Reason::kInvalidArgument, "a key package uses one key for two purposes");
  }
  return {};
}

Bytes KeyPackage::Ref() const { return RefHash("MLS 1.0 KeyPackage Reference", Encode(*this)); }

void KeyPackage::Write(TlsWriter& out) const {
  WriteUnsigned(out);
  out.Vector(signature);
}

Result<KeyPackage> KeyPackage::Read(TlsReader& in) {
  KeyPackage out;
  out.version = TRESTLE_TRY(in.U16());
  out.cipher_suite = TRESTLE_TRY(in.U16());
  out.init_key = TRESTLE_TRY(ReadBytes(in));
  out.leaf_node = TRESTLE_TRY(LeafNode::Read(in));
  out.extensions = TRESTLE_TRY(ReadExtensions(in));
  out.signature = TRESTLE_TRY(ReadBytes(in));
  return out;
}

}  // namespace trestle::mls
