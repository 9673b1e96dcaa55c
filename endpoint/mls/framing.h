// Messages on the wire (RFC 9420, Section 6): what is said (FramedContent), how it is proved
// (signature, MACs) and how it is wrapped (PublicMessage, PrivateMessage, MLSMessage). Structures
// and their coding; the cryptography stands in protection.h.
#pragma once

#include "bridge/envelope/mls_framing.h"
#include "endpoint/mls/key_schedule.h"
#include "endpoint/mls/welcome.h"

namespace trestle::mls {

using trestle::ContentType;

// RFC 9420, Section 17.2: every wire format of MLS; the bridge carries three of them.
enum class WireFormat : std::uint16_t {
  kPublicMessage = 1,
  kPrivateMessage = 2,
  kWelcome = 3,
  kGroupInfo = 4,
  kKeyPackage = 5,
};

enum class SenderType : std::uint8_t {
  kMember = 1,
  kExternal = 2,
  kNewMemberProposal = 3,
  kNewMemberCommit = 4,
};

struct Sender {
  SenderType type = SenderType::kMember;
  std::uint32_t index =
      0;  // leaf index of a member, place in external_senders of an external sender

  LeafIndex leaf() const { return {index}; }

  void Write(TlsWriter& out) const;
  static Result<Sender> Read(TlsReader& in);
  bool operator==(const Sender&) const = default;
};

struct ApplicationData {
  SecretBytes data;
};

struct FramedContent {
  Bytes group_id;
  std::uint64_t epoch = 0;
  Sender sender;
  Bytes authenticated_data;
  std::variant<ApplicationData, Proposal, Commit> body;

  ContentType content_type() const;

  void Write(TlsWriter& out) const;
  void WriteBody(TlsWriter& out) const;
  static Result<FramedContent> Read(TlsReader& in);
  Result<void> ReadBody(ContentType type, TlsReader& in);
};

struct AuthData {
  Bytes signature;
  Bytes confirmation_tag;  // of commits alone

  void Write(TlsWriter& out, ContentType type) const;
  static Result<AuthData> Read(TlsReader& in, ContentType type);
};

struct AuthenticatedContent {
  WireFormat wire_format = WireFormat::kPrivateMessage;
  FramedContent content;
  AuthData auth;

  // RFC 9420, Section 6.1: FramedContentTBS. The context is for members and new members.
  SecretBytes ToBeSigned(ByteView group_context) const;  // holds the content
  Bytes ConfirmedTranscriptInput() const;                // RFC 9420, Section 8.2
  Bytes ProposalRef() const;                             // RFC 9420, Section 5.2

  void Write(TlsWriter& out) const;
  static Result<AuthenticatedContent> Read(TlsReader& in);
};

struct PublicMessage {
  FramedContent content;
  AuthData auth;
  Bytes membership_tag;  // of members alone

  void Write(TlsWriter& out) const;
  static Result<PublicMessage> Read(TlsReader& in);
};

struct PrivateMessage {
  Bytes group_id;
  std::uint64_t epoch = 0;
  ContentType content_type = ContentType::kApplication;
  Bytes authenticated_data;
  Bytes encrypted_sender_data;
  Bytes ciphertext;

  void Write(TlsWriter& out) const;
  static Result<PrivateMessage> Read(TlsReader& in);
};

struct MlsMessage {
  std::variant<PublicMessage, PrivateMessage, Welcome, GroupInfo, KeyPackage> body;

  WireFormat wire_format() const;

  void Write(TlsWriter& out) const;
  static Result<MlsMessage> Read(TlsReader& in);
};

// Decodes a whole MLSMessage and answers its body when it is a `Body`; kInvalidArgument otherwise,
// kTooLarge above the bridge's limit of 1 MiB.
Result<MlsMessage> DecodeMessage(ByteView bytes);
template <class Body>
Result<Body> DecodeMessageAs(ByteView bytes) {
  MlsMessage message = TRESTLE_TRY(DecodeMessage(bytes));
  if (auto* body = std::get_if<Body>(&message.body)) return std::move(*body);
  return Fail(Reason::kInvalidArgument, "an MLS message of another kind");
}

}  // namespace trestle::mls
