// Who a person is to others: a long-lived Ed25519 identity key, and in each leaf a binding of that
// leaf's signature key to it. The binding stands inside the BasicCredential, so that every MLS
// library hands it to its application. Identity keys are trusted on first contact and pinned;
// people compare a safety number to rule out somebody in between.
#pragma once

#include <string>

#include "bridge/base/seams.h"
#include "endpoint/mls/member.h"

namespace trestle::endpoint {

// The content of a credential: 136 octets. The identity key signs handle, leaf signature key, suite
// and not_after with the label "Trestle IdentityBinding" in MLS's SignWithLabel (RFC 9420,
// Section 5.1.2).
struct IdentityBinding {
  static constexpr std::size_t kBytes = 32 + 32 + 8 + 64;

  Bytes32 handle{};        // names the person at the bridge; random
  Bytes32 identity_key{};  // Ed25519
  std::uint64_t not_after_s = 0;
  std::array<std::uint8_t, 64> signature{};

  Bytes Encode() const;
  static Result<IdentityBinding> Parse(ByteView bytes);
  Result<void> Verify(ByteView leaf_signature_key, crypto::SuiteId suite) const;
};

Result<IdentityBinding> BindingOf(const mls::Credential& credential);

// The person's own keys.
class OwnIdentity {
 public:
  static OwnIdentity Make(Random& random);

  // A fresh leaf key with its binding; valid until `not_after_s`.
  Result<mls::MemberIdentity> MakeMember(crypto::SuiteId suite, std::uint64_t not_after_s,
                                         Random& random) const;

  // A binding for a leaf key that is in use already.
  Result<mls::Credential> Bind(ByteView leaf_signature_key, crypto::SuiteId suite,
                               std::uint64_t not_after_s) const;

  const Bytes32& handle() const { return handle_; }
  const Bytes32& identity_key() const { return identity_key_; }

  void Write(TlsWriter& out) const;  // with its secrets: for sealed storage alone
  static Result<OwnIdentity> Read(TlsReader& in);

 private:
  Bytes32 handle_{};
  Bytes32 identity_key_{};
  crypto::SecretBytes private_key_;
};

// Believes a leaf whose binding verifies and has not expired, and lets a leaf be followed only by
// one of the same handle and identity key.
class BindingAuthentication final : public mls::Authentication {
 public:
  explicit BindingAuthentication(const Clock& clock) : clock_(clock) {}

  Result<void> CheckLeaf(const mls::LeafNode& leaf, crypto::SuiteId suite) const override;
  Result<void> CheckSuccessor(const mls::LeafNode& previous,
                              const mls::LeafNode& next) const override;

 private:
  const Clock& clock_;
};

// 60 digits in groups of five, the same for both; 30 from each key, so each person can be
// recognised.
std::string SafetyNumberOf(const Bytes32& one_identity_key, const Bytes32& other_identity_key);

}  // namespace trestle::endpoint
