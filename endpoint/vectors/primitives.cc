#include <algorithm>

#include "bridge/base/digest.h"
#include "endpoint/crypto/hpke.h"
#include "endpoint/crypto/kdf.h"
#include "endpoint/vectors/vector_case.h"

namespace trestle::vectors {
namespace {

using namespace crypto;

bool IsValid(const Json& one) { return one.at("result") == "valid"; }

KeyPair PairOf(const Json& one, const char* private_field, const char* public_field) {
  KeyPair out{Secret(one.at(private_field)), Hex(one.at(public_field))};
  Expect(Need(X25519PublicKey(out.private_key), private_field) == out.public_key, public_field);
  return out;
}

void CheckDerivedKeys(const Json& one) {
  for (const auto& [input, private_field, public_field] :
       {std::tuple{"ikmR", "skRm", "pkRm"}, {"ikmE", "skEm", "pkEm"}}) {
    const KeyPair derived = Need(HpkeDeriveKeyPair(Hex(one.at(input))), input);
    Expect(Same(derived.private_key, Hex(one.at(private_field))), private_field);
    Expect(derived.public_key == Hex(one.at(public_field)), public_field);
  }
}

void CheckAead(AeadId aead, const Json& one) {
  const Bytes key = Hex(one.at("key"));
  const Bytes nonce = Hex(one.at("iv"));
  const Bytes associated = Hex(one.at("aad"));
  const Bytes plain = Hex(one.at("msg"));
  Bytes sealed = Hex(one.at("ct"));
  const Bytes tag = Hex(one.at("tag"));
  sealed.insert(sealed.end(), tag.begin(), tag.end());
  const auto opened = AeadOpen(aead, key, nonce, associated, sealed);
  if (nonce.size() != kNonceBytes) {
    Expect(!opened, "a nonce of another length was accepted");
    if (IsValid(one))
      throw Skipped{"a nonce length that MLS does not use (refused, as it should be)"};
    return;
  }
  Expect(opened.has_value() == IsValid(one), "open");
  if (!opened) return;
  Expect(Same(*opened, plain), "plaintext");
  Expect(Need(AeadSeal(aead, key, nonce, associated, plain), "seal") == sealed, "ciphertext");
}

}  // namespace

void CheckHpke(const Json& one) {
  if (one.at("mode").get<int>() != 0) throw Skipped{"a mode other than base"};
  if (one.at("kem_id").get<int>() != 0x20) throw Skipped{"a KEM that is not offered"};
  if (one.at("kdf_id").get<int>() != 1) throw Skipped{"a KDF that is not offered"};
  if (one.at("aead_id").get<int>() > 3) throw Skipped{"export-only AEAD"};
  const auto aead = static_cast<AeadId>(one.at("aead_id").get<std::uint16_t>());
  const KeyPair receiver = PairOf(one, "skRm", "pkRm");
  const KeyPair ephemeral = PairOf(one, "skEm", "pkEm");
  CheckDerivedKeys(one);
  const Bytes info = Hex(one.at("info"));
  HpkeSender sender =
      Need(HpkeSetupSenderWith(aead, receiver.public_key, info, ephemeral), "setup");
  Expect(sender.kem_output == Hex(one.at("enc")), "enc");
  HpkeContext context =
      Need(HpkeSetupReceiver(aead, sender.kem_output, receiver.private_key, info), "receiver");
  for (const HpkeContext* side : {&sender.context, &context}) {
    Expect(Same(side->key(), Hex(one.at("key"))), "key");
    Expect(Same(side->base_nonce(), Hex(one.at("base_nonce"))), "base_nonce");
    Expect(Same(side->exporter_secret(), Hex(one.at("exporter_secret"))), "exporter_secret");
  }
  for (const Json& step : one.at("encryptions")) {
    const Bytes associated = Hex(step.at("aad"));
    const Bytes sealed = Need(sender.context.Seal(associated, Hex(step.at("pt"))), "seal");
    Expect(sealed == Hex(step.at("ct")), "ct");
    Expect(Same(Need(context.Open(associated, sealed), "open"), Hex(step.at("pt"))), "pt");
  }
  for (const Json& step : one.at("exports")) {
    const auto exported =
        Need(context.Export(Hex(step.at("exporter_context")), step.at("L").get<std::size_t>()),
             "export");
    Expect(Same(exported, Hex(step.at("exported_value"))), "exported_value");
  }
}

void CheckAesGcm(const Json& one) {
  const auto bits = one.at("keySize").get<int>();
  if (bits == 192) throw Skipped{"AES-192, which no suite uses"};
  CheckAead(bits == 128 ? AeadId::kAes128Gcm : AeadId::kAes256Gcm, one);
}

void CheckChaCha20Poly1305(const Json& one) { CheckAead(AeadId::kChaCha20Poly1305, one); }

void CheckX25519(const Json& one) {
  if (one.at("curve") != "curve25519") throw Skipped{"a curve that no suite here uses"};
  if (one.at("type") != "XdhComp") throw Skipped{"a form of keys that MLS does not use"};
  const auto shared = X25519(Hex(one.at("private")), Hex(one.at("public")));
  const Bytes expected = Hex(one.at("shared"));
  const bool all_zero =
      std::all_of(expected.begin(), expected.end(), [](auto x) { return x == 0; });
  // RFC 9180, Section 7.1.4: a shared secret of zeros is refused.
  Expect(shared.has_value() == !all_zero, "a small-order key must be refused, others accepted");
  if (shared) Expect(Same(*shared, expected), "shared");
}

void CheckEd25519(const Json& one) {
  // Wycheproof has called the group's key by both names.
  const Json& key = one.contains("publicKey") ? one.at("publicKey") : one.at("key");
  if (key.at("curve") != "edwards25519") throw Skipped{"a curve that no suite here uses"};
  const auto verified = Ed25519Verify(Hex(key.at("pk")), Hex(one.at("msg")), Hex(one.at("sig")));
  Expect(verified.has_value() == IsValid(one), "verify");
}

void CheckHkdf(const Json& one) {
  const SecretBytes key = HkdfExtract(Hex(one.at("salt")), Hex(one.at("ikm")));
  const auto out = HkdfExpand(key, Hex(one.at("info")), one.at("size").get<std::size_t>());
  Expect(out.has_value() == IsValid(one), "size");
  if (out) Expect(Same(*out, Hex(one.at("okm"))), "okm");
}

void CheckHmac(const Json& one) {
  const Bytes32 mac = HmacSha256(Hex(one.at("key")), Hex(one.at("msg")));
  const auto tag_bytes = one.at("tagSize").get<std::size_t>() / 8;
  Expect(tag_bytes <= mac.size(), "tagSize");
  Expect(Same(ByteView(mac).first(tag_bytes), Hex(one.at("tag"))) == IsValid(one), "tag");
}

}  // namespace trestle::vectors
