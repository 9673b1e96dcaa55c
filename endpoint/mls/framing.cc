#include "endpoint/mls/framing.h"

namespace trestle::mls {
namespace {

Result<ContentType> ReadContentType(TlsReader& in) {
  const std::uint8_t type = TRESTLE_TRY(in.U8());
  if (type < 1 || type > 3) return Fail(Reason::kMalformed, "MLS has no such content type");
  return static_cast<ContentType>(type);
}

Result<WireFormat> ReadWireFormat(TlsReader& in) {
  const std::uint16_t format = TRESTLE_TRY(in.U16());
  if (format < 1 || format > 5) return Fail(Reason::kUnsupported, "an unknown wire format");
  return static_cast<WireFormat>(format);
}

}  // namespace

void Sender::Write(TlsWriter& out) const {
  out.U8(static_cast<std::uint8_t>(type));
  if (type == SenderType::kMember || type == SenderType::kExternal) out.U32(index);
}

Result<Sender> Sender::Read(TlsReader& in) {
  Sender out;
  const std::uint8_t type = TRESTLE_TRY(in.U8());
  if (type < 1 || type > 4) return Fail(Reason::kMalformed, "MLS has no such sender type");
  out.type = static_cast<SenderType>(type);
  if (out.type == SenderType::kMember || out.type == SenderType::kExternal) {
    out.index = TRESTLE_TRY(in.U32());
  }
  return out;
}

ContentType FramedContent::content_type() const {
  return static_cast<ContentType>(body.index() + 1);  // the variant stands in the order of the enum
}

void FramedContent::WriteBody(TlsWriter& out) const {
  if (const auto* application = std::get_if<ApplicationData>(&body)) {
    out.Vector(application->data);
  } else if (const auto* proposal = std::get_if<Proposal>(&body)) {
    proposal->Write(out);
  } else {
    std::get<Commit>(body).Write(out);
  }
}

Result<void> FramedContent::ReadBody(ContentType type, TlsReader& in) {
  switch (type) {
    case ContentType::kApplication:
      body = ApplicationData{SecretBytes(TRESTLE_TRY(ReadBytes(in)))};
      return {};
    case ContentType::kProposal:
      body = TRESTLE_TRY(Proposal::Read(in));
      return {};
    case ContentType::kCommit:
      body = TRESTLE_TRY(Commit::Read(in));
      return {};
  }
  return Fail(Reason::kMalformed, "MLS has no such content type");
}

void FramedContent::Write(TlsWriter& out) const {
  out.Vector(group_id).U64(epoch);
  sender.Write(out);
  out.Vector(authenticated_data).U8(static_cast<std::uint8_t>(content_type()));
  WriteBody(out);
}

Result<FramedContent> FramedContent::Read(TlsReader& in) {
  FramedContent out;
  out.group_id = TRESTLE_TRY(ReadBytes(in));
  out.epoch = TRESTLE_TRY(in.U64());
  out.sender = TRESTLE_TRY(Sender::Read(in));
  out.authenticated_data = TRESTLE_TRY(ReadBytes(in));
  TRESTLE_TRY(out.ReadBody(TRESTLE_TRY(ReadContentType(in)), in));
  return out;
}

void AuthData::Write(TlsWriter& out, ContentType type) const {
  out.Vector(signature);
  if (type == ContentType::kCommit) out.Vector(confirmation_tag);
}

Result<AuthData> AuthData::Read(TlsReader& in, ContentType type) {
  AuthData out;
  out.signature = TRESTLE_TRY(ReadBytes(in));
  if (type == ContentType::kCommit) out.confirmation_tag = TRESTLE_TRY(ReadBytes(in));
  return out;
}

SecretBytes AuthenticatedContent::ToBeSigned(ByteView group_context) const {
  TlsWriter out;
  out.U16(kMls10).U16(static_cast<std::uint16_t>(wire_format));
  content.Write(out);
  switch (content.sender.type) {
    case SenderType::kMember:
    case SenderType::kNewMemberCommit:
      out.Fixed(group_context);
      break;
    case SenderType::kExternal:
    case SenderType::kNewMemberProposal:
      break;
  }
  return SecretBytes(out.Take());
}

Bytes AuthenticatedContent::ConfirmedTranscriptInput() const {
  TlsWriter out;
  out.U16(static_cast<std::uint16_t>(wire_format));
  content.Write(out);
  out.Vector(auth.signature);
  return out.Take();
}

Bytes AuthenticatedContent::ProposalRef() const {
  return RefHash("MLS 1.0 Proposal Reference", Encode(*this));
}

void AuthenticatedContent::Write(TlsWriter& out) const {
  out.U16(static_cast<std::uint16_t>(wire_format));
  content.Write(out);
  auth.Write(out, content.content_type());
}

Result<AuthenticatedContent> AuthenticatedContent::Read(TlsReader& in) {
  AuthenticatedContent out;
  out.wire_format = TRESTLE_TRY(ReadWireFormat(in));
  out.content = TRESTLE_TRY(FramedContent::Read(in));
  out.auth = TRESTLE_TRY(AuthData::Read(in, out.content.content_type()));
  return out;
}

void PublicMessage::Write(TlsWriter& out) const {
  content.Write(out);
  auth.Write(out, content.content_type());
  if (content.sender.type == SenderType::kMember) out.Vector(membership_tag);
}

Result<PublicMessage> PublicMessage::Read(TlsReader& in) {
  PublicMessage out;
  out.content = TRESTLE_TRY(FramedContent::Read(in));
  out.auth = TRESTLE_TRY(AuthData::Read(in, out.content.content_type()));
  if (out.content.sender.type == SenderType::kMember) {
    out.membership_tag = TRESTLE_TRY(ReadBytes(in));
  }
  return out;
}

void PrivateMessage::Write(TlsWriter& out) const {
  out.Vector(group_id).U64(epoch).U8(static_cast<std::uint8_t>(content_type));
  out.Vector(authenticated_data).Vector(encrypted_sender_data).Vector(ciphertext);
}

Result<PrivateMessage> PrivateMessage::Read(TlsReader& in) {
  PrivateMessage out;
  out.group_id = TRESTLE_TRY(ReadBytes(in));
  out.epoch = TRESTLE_TRY(in.U64());
  out.content_type = TRESTLE_TRY(ReadContentType(in));
  out.authenticated_data = TRESTLE_TRY(ReadBytes(in));
  out.encrypted_sender_data = TRESTLE_TRY(ReadBytes(in));
  out.ciphertext = TRESTLE_TRY(ReadBytes(in));
  return out;
}

WireFormat MlsMessage::wire_format() const {
  return static_cast<WireFormat>(body.index() + 1);  // the variant stands in the order of the enum
}

void MlsMessage::Write(TlsWriter& out) const {
  out.U16(kMls10).U16(static_cast<std::uint16_t>(wire_format()));
  std::visit([&](const auto& one) { one.Write(out); }, body);
}

Result<MlsMessage> MlsMessage::Read(TlsReader& in) {
  if (TRESTLE_TRY(in.U16()) != kMls10) {
    return Fail(Reason::kUnsupported, "not a message of MLS 1.0");
  }
  switch (TRESTLE_TRY(ReadWireFormat(in))) {
    case WireFormat::kPublicMessage:
      return MlsMessage{TRESTLE_TRY(PublicMessage::Read(in))};
    case WireFormat::kPrivateMessage:
      return MlsMessage{TRESTLE_TRY(PrivateMessage::Read(in))};
    case WireFormat::kWelcome:
      return MlsMessage{TRESTLE_TRY(Welcome::Read(in))};
    case WireFormat::kGroupInfo:
      return MlsMessage{TRESTLE_TRY(GroupInfo::Read(in))};
    case WireFormat::kKeyPackage: {
      // RFC 9420, Section 10: the key package has the version of the message around it.
      KeyPackage key_package = TRESTLE_TRY(KeyPackage::Read(in));
      if (key_package.version != kMls10) {
        return Fail(Reason::kUnsupported, "the key package is not for MLS 1.0");
      }
      return MlsMessage{std::move(key_package)};
    }
  }
  return Fail(Reason::kUnsupported, "an unknown wire format");
}

Result<MlsMessage> DecodeMessage(ByteView bytes) {
  if (bytes.size() > kHandshakePayloadBytesMax) {
    return Fail(Reason::kTooLarge, "an MLS message above 1 MiB");
  }
  return Decode<MlsMessage>(bytes);
}

}  // namespace trestle::mls
