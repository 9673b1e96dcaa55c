#include "endpoint/identity.h"

#include <algorithm>

#include "bridge/base/digest.h"

namespace trestle::endpoint {
namespace {

constexpr std::string_view kBindingLabel = "Trestle IdentityBinding";
// Makes a search for a key with a chosen number 5,200 times as dear.
constexpr int kSafetyNumberRounds = 5200;
constexpr int kGroupsOfEach = 6;
constexpr std::size_t kOctetsOfGroup = 5;

Bytes SignedPart(const Bytes32& handle, ByteView leaf_signature_key, crypto::SuiteId suite,
                 std::uint64_t not_after_s) {
  TlsWriter out;
  out.Fixed(handle).Vector(leaf_signature_key).U16(suite).U64(not_after_s);
  return out.Take();
}

template <class Array>
Result<void> ReadInto(TlsReader& in, Array& out) {
  const ByteView raw = TRESTLE_TRY(in.Fixed(out.size()));
  std::copy(raw.begin(), raw.end(), out.begin());
  return {};
}

std::string DigitsOf(const Bytes32& identity_key) {
  Bytes32 hash = Sha256({AsBytes("Trestle safety number v1"), ByteView(identity_key)});
  for (int i = 1; i < kSafetyNumberRounds; ++i) {
    hash = Sha256({ByteView(hash), ByteView(identity_key)});
  }
  std::string out;
  for (std::size_t group = 0; group < kGroupsOfEach; ++group) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < kOctetsOfGroup; ++i) {
      value = (value << 8) | hash[group * kOctetsOfGroup + i];
    }
    const std::string digits = std::to_string(value % 100000);
    if (group > 0) out.push_back(' ');
    out.append(5 - digits.size(), '0').append(digits);
  }
  return out;
}

}  // namespace

Bytes IdentityBinding::Encode() const {
  TlsWriter out;
  out.Fixed(handle).Fixed(identity_key).U64(not_after_s).Fixed(signature);
  return out.Take();
}

Result<IdentityBinding> IdentityBinding::Parse(ByteView bytes) {
  if (bytes.size() != kBytes) {
    return Fail(Reason::kMalformed, "a credential that holds no identity binding");
  }
  TlsReader in(bytes);
  IdentityBinding out;
  TRESTLE_TRY(ReadInto(in, out.handle));
  TRESTLE_TRY(ReadInto(in, out.identity_key));
  out.not_after_s = TRESTLE_TRY(in.U64());
  TRESTLE_TRY(ReadInto(in, out.signature));
  return out;
}

Result<void> IdentityBinding::Verify(ByteView leaf_signature_key, crypto::SuiteId suite) const {
  return mls::VerifyWithLabel(identity_key, kBindingLabel,
                              SignedPart(handle, leaf_signature_key, suite, not_after_s),
                              signature);
}

Result<IdentityBinding> BindingOf(const mls::Credential& credential) {
  if (credential.type != mls::kBasicCredential) {
    return Fail(Reason::kUnsupported, "a credential of another type than basic");
  }
  return IdentityBinding::Parse(credential.identity);
}

OwnIdentity OwnIdentity::Make(Random& random) {
  OwnIdentity out;
  random.Fill(out.handle_);
  crypto::KeyPair pair = crypto::MakeEd25519KeyPair(random);
  std::copy(pair.public_key.begin(), pair.public_key.end(), out.identity_key_.begin());
  out.private_key_ = std::move(pair.private_key);
  return out;
}

Result<mls::Credential> OwnIdentity::Bind(ByteView leaf_signature_key, crypto::SuiteId suite,
                                          std::uint64_t not_after_s) const {
  IdentityBinding binding{handle_, identity_key_, not_after_s, {}};
  const Bytes signature = TRESTLE_TRY(mls::SignWithLabel(
      private_key_, kBindingLabel, SignedPart(handle_, leaf_signature_key, suite, not_after_s)));
  std::copy(signature.begin(), signature.end(), binding.signature.begin());
  mls::Credential out;
  out.identity = binding.Encode();
  return out;
}

Result<mls::MemberIdentity> OwnIdentity::MakeMember(crypto::SuiteId suite,
                                                    std::uint64_t not_after_s,
                                                    Random& random) const {
  crypto::KeyPair leaf = crypto::MakeEd25519KeyPair(random);
  mls::MemberIdentity out;
  out.credential = TRESTLE_TRY(Bind(leaf.public_key, suite, not_after_s));
  out.signature_private_key = std::move(leaf.private_key);
  out.signature_public_key = std::move(leaf.public_key);
  return out;
}

void OwnIdentity::Write(TlsWriter& out) const {
  out.Fixed(handle_).Fixed(identity_key_).Vector(private_key_);
}

Result<OwnIdentity> OwnIdentity::Read(TlsReader& in) {
  OwnIdentity out;
  TRESTLE_TRY(ReadInto(in, out.handle_));
  TRESTLE_TRY(ReadInto(in, out.identity_key_));
  out.private_key_ = crypto::SecretBytes(TRESTLE_TRY(mls::ReadBytes(in)));
  return out;
}

Result<void> BindingAuthentication::CheckLeaf(const mls::LeafNode& leaf,
                                              crypto::SuiteId suite) const {
  const IdentityBinding binding = TRESTLE_TRY(BindingOf(leaf.credential));
  TRESTLE_TRY(binding.Verify(leaf.signature_key, suite));
  if (!mls::Lifetime{0, binding.not_after_s}.Covers(clock_.wall_now())) {
    return Fail(Reason::kExpired, "an identity binding that has expired");
  }
  return {};
}

Result<void> BindingAuthentication::CheckSuccessor(const mls::LeafNode& previous,
                                                   const mls::LeafNode& next) const {
  const IdentityBinding before = TRESTLE_TRY(BindingOf(previous.credential));
  const IdentityBinding after = TRESTLE_TRY(BindingOf(next.credential));
  if (before.handle != after.handle || before.identity_key != after.identity_key) {
    return Fail(Reason::kCrypto, "a leaf that passes to another identity");
  }
  return {};
}

std::string SafetyNumberOf(const Bytes32& one_identity_key, const Bytes32& other_identity_key) {
  const auto [first, second] = std::minmax(one_identity_key, other_identity_key);
  return DigitsOf(first) + " " + DigitsOf(second);
}

}  // namespace trestle::endpoint
