// The key schedule (RFC 9420, Section 8): how each epoch's secrets follow from the last epoch's,
// from the commit, from pre-shared keys and from what the group agrees on.
#pragma once

#include "endpoint/mls/proposal.h"

namespace trestle::mls {

// RFC 9420, Section 8.1: what all members agree on in an epoch.
struct GroupContext {
  std::uint16_t version = kMls10;
  SuiteId cipher_suite = 0;
  Bytes group_id;
  std::uint64_t epoch = 0;
  Bytes tree_hash;
  Bytes confirmed_transcript_hash;
  std::vector<Extension> extensions;

  void Write(TlsWriter& out) const;
  static Result<GroupContext> Read(TlsReader& in);
  bool operator==(const GroupContext&) const = default;
};

struct EpochSecrets {
  SecretBytes joiner_secret;   // erased once the epoch stands
  SecretBytes welcome_secret;  // erased once the epoch stands
  SecretBytes init_secret;
  SecretBytes sender_data_secret;
  SecretBytes encryption_secret;  // erased once the secret tree stands
  SecretBytes exporter_secret;
  SecretBytes external_secret;
  SecretBytes confirmation_key;
  SecretBytes membership_key;
  SecretBytes resumption_psk;
  SecretBytes epoch_authenticator;
};

SecretBytes JoinerSecret(ByteView init_secret, ByteView commit_secret, ByteView group_context);
// The secret below the joiner secret and the PSKs, from which the next two follow.
SecretBytes MemberSecret(ByteView joiner_secret, ByteView psk_secret);
SecretBytes WelcomeSecret(ByteView member_secret);
SecretBytes EpochSecret(ByteView member_secret, ByteView group_context);
EpochSecrets DeriveEpochSecrets(ByteView epoch_secret);

// The whole step from joiner secret to epoch.
EpochSecrets EnterEpoch(SecretBytes joiner_secret, ByteView psk_secret, ByteView group_context);

// RFC 9420, Section 8.5: MLS-Exporter.
SecretBytes ExportSecret(ByteView exporter_secret, std::string_view label, ByteView context,
                         std::size_t length);

struct PskInput {
  PreSharedKeyId id;
  SecretBytes psk;
};
// RFC 9420, Section 8.4; zeros when there are none.
SecretBytes PskSecret(const std::vector<PskInput>& psks);

Bytes Mac(ByteView key, ByteView data);  // HMAC of the suite's hash (RFC 9420, Section 5.1)

// RFC 9420, Section 8.2.
Bytes ConfirmedTranscriptHash(ByteView interim_before, ByteView confirmed_input);
Bytes InterimTranscriptHash(ByteView confirmed, ByteView confirmation_tag);

}  // namespace trestle::mls
