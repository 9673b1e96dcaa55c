#include "endpoint/mls/key_schedule.h"

#include "bridge/base/digest.h"

namespace trestle::mls {
namespace {

Bytes Hash(ByteView data) {
  const Bytes32 digest = Sha256(data);
  return ToBytes(ByteView(digest));
}

}  // namespace

void GroupContext::Write(TlsWriter& out) const {
  out.U16(version).U16(cipher_suite).Vector(group_id).U64(epoch);
  out.Vector(tree_hash).Vector(confirmed_transcript_hash);
  WriteList(out, extensions);
}

Result<GroupContext> GroupContext::Read(TlsReader& in) {
  GroupContext out;
  out.version = TRESTLE_TRY(in.U16());
  if (out.version != kMls10) return Fail(Reason::kUnsupported, "a group of another MLS version");
  out.cipher_suite = TRESTLE_TRY(in.U16());
  out.group_id = TRESTLE_TRY(ReadBytes(in));
  out.epoch = TRESTLE_TRY(in.U64());
  out.tree_hash = TRESTLE_TRY(ReadBytes(in));
  out.confirmed_transcript_hash = TRESTLE_TRY(ReadBytes(in));
  out.extensions = TRESTLE_TRY(ReadExtensions(in));
  return out;
}

SecretBytes JoinerSecret(ByteView init_secret, ByteView commit_secret, ByteView group_context) {
  // RFC 9420, Section 8, Figure 22.
  return ExpandWithLabel(crypto::HkdfExtract(init_secret, commit_secret), "joiner", group_context,
                         crypto::kHashBytes);
}

SecretBytes MemberSecret(ByteView joiner_secret, ByteView psk_secret) {
  return crypto::HkdfExtract(joiner_secret, psk_secret);
}

SecretBytes WelcomeSecret(ByteView member_secret) { return DeriveSecret(member_secret, "welcome"); }

SecretBytes EpochSecret(ByteView member_secret, ByteView group_context) {
  return ExpandWithLabel(member_secret, "epoch", group_context, crypto::kHashBytes);
}

EpochSecrets DeriveEpochSecrets(ByteView epoch_secret) {
  // RFC 9420, Section 8, Table 4.
  EpochSecrets out;
  out.init_secret = DeriveSecret(epoch_secret, "init");
  out.sender_data_secret = DeriveSecret(epoch_secret, "sender data");
  out.encryption_secret = DeriveSecret(epoch_secret, "encryption");
  out.exporter_secret = DeriveSecret(epoch_secret, "exporter");
  out.external_secret = DeriveSecret(epoch_secret, "external");
  out.confirmation_key = DeriveSecret(epoch_secret, "confirm");
  out.membership_key = DeriveSecret(epoch_secret, "membership");
  out.resumption_psk = DeriveSecret(epoch_secret, "resumption");
  out.epoch_authenticator = DeriveSecret(epoch_secret, "authentication");
  return out;
}

EpochSecrets EnterEpoch(SecretBytes joiner_secret, ByteView psk_secret, ByteView group_context) {
  const SecretBytes member = MemberSecret(joiner_secret, psk_secret);
  EpochSecrets out = DeriveEpochSecrets(EpochSecret(member, group_context));
  out.welcome_secret = WelcomeSecret(member);
  out.joiner_secret = std::move(joiner_secret);
  return out;
}

SecretBytes ExportSecret(ByteView exporter_secret, std::string_view label, ByteView context,
                         std::size_t length) {
  return ExpandWithLabel(DeriveSecret(exporter_secret, label), "exported", Hash(context), length);
}

SecretBytes PskSecret(const std::vector<PskInput>& psks) {
  const SecretBytes zeros(crypto::kHashBytes);
  SecretBytes out = zeros;
  for (std::size_t i = 0; i < psks.size(); ++i) {
    TlsWriter label;  // RFC 9420, Section 8.4: PSKLabel
    psks[i].id.Write(label);
    label.U16(static_cast<std::uint16_t>(i)).U16(static_cast<std::uint16_t>(psks.size()));
    const SecretBytes extracted = crypto::HkdfExtract(zeros, psks[i].psk);
    const SecretBytes input =
        ExpandWithLabel(extracted, "derived psk", label.bytes(), crypto::kHashBytes);
    out = crypto::HkdfExtract(input, out);
  }
  return out;
}

Bytes Mac(ByteView key, ByteView data) {
  const Bytes32 tag = HmacSha256(key, data);
  return ToBytes(ByteView(tag));
}

Bytes ConfirmedTranscriptHash(ByteView interim_before, ByteView confirmed_input) {
  TlsWriter input;
  input.Fixed(interim_before).Fixed(confirmed_input);
  return Hash(input.bytes());
}

Bytes InterimTranscriptHash(ByteView confirmed, ByteView confirmation_tag) {
  TlsWriter input;
  input.Fixed(confirmed).Vector(
      confirmation_tag);  // RFC 9420, Section 8.2: InterimTranscriptHashInput
  return Hash(input.bytes());
}

}  // namespace trestle::mls
