// The clear part of an MLSMessage (RFC 9420, Section 6), and nothing else: this is all that the
// bridge can read of a payload. Pure; borrows from its input; refuses what it does not know.
#pragma once

#include <cstdint>

#include "bridge/base/bytes.h"
#include "bridge/base/ids.h"
#include "bridge/envelope/aad_header.h"

namespace trestle {

// Limits of a payload in octets: an application message of the largest bucket with its framing, and
// a handshake (design: 64 KiB and 1 MiB).
inline constexpr std::size_t kApplicationCiphertextBytesMax = 64 * 1024;
inline constexpr std::size_t kApplicationPayloadBytesMax = kApplicationCiphertextBytesMax + 512;
inline constexpr std::size_t kHandshakePayloadBytesMax = 1024 * 1024;
inline constexpr std::size_t kKeyPackageBytesMax = 16 * 1024;

// RFC 9420, Section 6: WireFormat. The bridge accepts these three and no public messages.
enum class WireFormat : std::uint16_t {
  kPrivateMessage = 2,
  kWelcome = 3,
  kKeyPackage = 5,
};

// RFC 9420, Section 6: ContentType.
enum class ContentType : std::uint8_t { kApplication = 1, kProposal = 2, kCommit = 3 };

struct PrivateFraming {
  GroupId group_id;
  std::uint64_t epoch = 0;
  ContentType content_type = ContentType::kApplication;
  ByteView authenticated_data;
  std::size_t ciphertext_bytes = 0;
};

struct Framing {
  WireFormat wire_format;
  std::uint16_t cipher_suite = 0;  // Welcome and KeyPackage only
  PrivateFraming private_message;  // PrivateMessage only
};

// Reads the framing to the last octet. kMalformed for what does not parse, kUnsupported for another
// protocol version or wire format, kTooLarge above the limits.
Result<Framing> ParseFraming(ByteView mls_message);

// An application message that a bridge may carry: framing, AAD header and a ciphertext of exactly
// 256 * 2^k octets, k = 0…8 (kInvalidArgument otherwise).
struct ApplicationMessage {
  GroupId group_id;
  std::uint64_t epoch = 0;
  AadHeader header;
  std::size_t ciphertext_bytes = 0;
};
Result<ApplicationMessage> ParseApplicationMessage(ByteView mls_message);

bool IsBucket(std::size_t ciphertext_bytes);

// Whether a key package is marked as its owner's last resort (draft-ietf-mls-extensions, Last
// Resort KeyPackages). The mark stands inside, under the owner's signature, so publisher, bridge
// and peer read the same thing and no field beside it can say otherwise. False for anything that is
// not a key package to its last octet: that is handed out once, and endpoints refuse it.
bool IsLastResortKeyPackage(ByteView mls_message);

// The idempotency key of a Welcome, which has no AAD: the first 16 octets of its SHA-256.
EnvelopeId WelcomeEnvelopeId(ByteView mls_message);

}  // namespace trestle
